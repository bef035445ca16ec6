import { ACCEPT } from './journeys.ts';
import { faultMatrix } from './matrix.ts';

await faultMatrix([ACCEPT]);
