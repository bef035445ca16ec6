import { DEPLOY, DEPLOY_BEHIND_DEAD_RUN, DEPLOY_WITH_LONG_LISTS } from './journeys.ts';
import { faultMatrix } from './matrix.ts';

await faultMatrix([DEPLOY_WITH_LONG_LISTS], [DEPLOY, DEPLOY_BEHIND_DEAD_RUN]);
