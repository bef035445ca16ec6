import { DEPLOY } from './journeys.ts';
import { faultMatrix } from './matrix.ts';

await faultMatrix([DEPLOY]);
