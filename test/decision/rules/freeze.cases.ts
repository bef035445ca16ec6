import type { Freeze } from '../../../src/pipeline/model.ts';
import { DAY, freeze as frozen, HOUR, NOW, passedBefore, world } from '../world.ts';
import type { Case } from './case.ts';

const during = (freezes: readonly Freeze[], now = NOW) => world({ freezes, now, records: passedBefore('production') });
const forADay = frozen(NOW, NOW + DAY, ['production']);

export const cases: readonly Case[] = [
  { name: 'none', world: during([]), codes: [], verdict: 'deploy' },
  { name: 'an instant before it begins', world: during([forADay], NOW - 1), codes: [], verdict: 'deploy' },
  {
    name: 'the instant it begins',
    world: during([forADay]),
    codes: ['frozen'],
    verdict: 'wait',
    liftsAt: NOW + DAY,
    opensAt: NOW + DAY,
    who: [],
    because: /^production is frozen until 2026-11-11T10:00Z \(a span of time Europe\/Berlin\): year-end\.$/,
  },
  { name: 'the instant it ends', world: during([forADay], NOW + DAY), codes: [], verdict: 'deploy' },
  { name: 'of all environments', world: during([frozen(NOW, NOW + DAY)]), codes: ['frozen'] },
  { name: 'of another environment', world: during([frozen(NOW, NOW + DAY, ['uat'])]), codes: [] },
  { name: 'of this environment in other case', world: during([frozen(NOW, NOW + DAY, ['Production'])]), codes: ['frozen'] },
  {
    name: 'several, one after the other',
    world: during([forADay, frozen(NOW + DAY, NOW + 2 * DAY), frozen(NOW + 2 * DAY + 1, NOW + 3 * DAY)]),
    codes: ['frozen'],
    liftsAt: NOW + DAY,
    opensAt: NOW + 2 * DAY,
  },
  { name: 'two at once', world: during([forADay, frozen(NOW - HOUR, NOW + HOUR)]), codes: ['frozen', 'frozen'], opensAt: NOW + DAY },
  { name: 'a moment that is no number', world: during([forADay], Number.NaN), codes: ['frozen'], verdict: 'wait' },
];
