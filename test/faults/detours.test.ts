import { DEPLOY, DEPLOY_BEHIND_DEAD_RUN, DEPLOY_WITH_LONG_LISTS, ROLLBACK } from './journeys.ts';
import { faultMatrix } from './matrix.ts';

await faultMatrix([DEPLOY_BEHIND_DEAD_RUN, DEPLOY_WITH_LONG_LISTS, ROLLBACK], [DEPLOY]);
