import { DEPLOY, DEPLOY_BEHIND_DEAD_RUN, ROLLBACK } from './journeys.ts';
import { faultMatrix } from './matrix.ts';

await faultMatrix([DEPLOY_BEHIND_DEAD_RUN, ROLLBACK], [DEPLOY]);
