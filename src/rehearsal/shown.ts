import type { PhaseFacts } from './evidence.ts';
import type { KnownNames } from './known-names.ts';
import { SCRIPT } from './load/recorder.ts';
import type { LoadReport, Observation } from './observed.ts';

/** What a phase found, as it is shown: relations that nobody spells are told by what they are. Differences and leftovers come so. */
export function withKnownNames(facts: PhaseFacts, names: KnownNames): PhaseFacts {
  const { observation, load, checks } = facts;
  return {
    ...facts,
    observation: observation === null ? null : observed(observation, names),
    load: load === null ? null : loaded(load, names),
    checks:
      checks === null ? null : { ...checks, rowChanges: checks.rowChanges.map((one) => ({ ...one, table: names.relation(one.table) })) },
  };
}

function observed(observation: Observation, names: KnownNames): Observation {
  const relation = (name: string): string => names.relation(name);
  const ifAny = (name: string | null): string | null => (name === null ? null : names.relation(name));
  return {
    ...observation,
    locks: observation.locks.map((one) => ({ ...one, relation: relation(one.relation), table: relation(one.table) })),
    waits: observation.waits.map((one) => ({ ...one, relation: ifAny(one.relation) })),
    rewrites: observation.rewrites.map((one) => ({ ...one, relation: relation(one.relation), root: ifAny(one.root) })),
    touched: observation.touched.map(relation),
  };
}

function loaded(load: LoadReport, names: KnownNames): LoadReport {
  const relation = (name: string): string => (name === SCRIPT ? name : names.relation(name));
  return { ...load, tables: load.tables.map(relation), stalls: load.stalls.map((one) => ({ ...one, relation: relation(one.relation) })) };
}
