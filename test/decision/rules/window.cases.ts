import { DAY, freeze, HOUR, hold, NOW, OFFICE_HOURS, passedBefore, read, type WorldOptions, world } from '../world.ts';
import type { Case } from './case.ts';

const windowed = (now: number, options: WorldOptions = {}) =>
  world({ now, rules: { production: { windows: [OFFICE_HOURS] } }, records: passedBefore('production'), ...options });
/** Thursday 12 November, 16:00 in Berlin. */
const CLOSES = Date.UTC(2026, 10, 12, 15, 0);
/** Monday 16 November, 09:00 in Berlin. */
const MONDAY = Date.UTC(2026, 10, 16, 8, 0);

export const cases: readonly Case[] = [
  { name: 'none', world: world({ records: passedBefore('production') }), codes: [], verdict: 'deploy' },
  { name: 'open', world: windowed(NOW), codes: [], verdict: 'deploy', opensAt: null },
  { name: 'the last instant', world: windowed(CLOSES - 1), codes: [], verdict: 'deploy' },
  {
    name: 'closed over the weekend',
    world: windowed(CLOSES),
    codes: ['outside_window'],
    verdict: 'wait',
    liftsAt: MONDAY,
    opensAt: MONDAY,
    who: [],
    because:
      /^production takes entries mon-thu 09:00-16:00 Europe\/Berlin; it is 2026-11-12T15:00Z, and the next one opens at 2026-11-16T08:00Z\.$/,
  },
  {
    name: 'it opens inside a freeze, which ends after it closed',
    world: windowed(CLOSES, { freezes: [freeze(MONDAY - DAY, MONDAY + 8 * HOUR)] }),
    codes: ['outside_window'],
    liftsAt: MONDAY,
    opensAt: MONDAY + DAY,
  },
  {
    name: 'a person bars it too',
    world: windowed(CLOSES, { evidence: { holds: read([hold(['production'])]) } }),
    codes: ['outside_window'],
    verdict: 'wait',
    liftsAt: MONDAY,
    opensAt: null,
  },
  {
    name: 'never open',
    world: windowed(NOW, { rules: { production: { windows: [{ ...OFFICE_HOURS, days: [] }] } } }),
    codes: ['outside_window'],
    liftsAt: null,
    opensAt: null,
    because: /none opens again/,
  },
  { name: 'a moment that is no number', world: windowed(Number.NaN), codes: ['outside_window'], liftsAt: null },
  { name: 'a moment beyond every calendar', world: windowed(Number.MAX_VALUE), codes: ['outside_window'] },
];
