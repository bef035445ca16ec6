import { PLAN, PLAN_AFTER_POLICY_CHANGE } from './journeys.ts';
import { faultMatrix } from './matrix.ts';

await faultMatrix([PLAN, PLAN_AFTER_POLICY_CHANGE]);
