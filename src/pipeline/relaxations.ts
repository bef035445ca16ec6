import { spell } from './duration.ts';
import { allowance, plainPart } from './limit.ts';
import { listed } from './listed.ts';
import type { Acceptance, Environment, Gate, Rehearsal, RehearsalLimit, RehearsalLimits, Soak, Window } from './model.ts';

/**
 * What a route allows that the environment itself would not, one sentence each: `route hotfix: production needs 1 approval instead of 2`.
 * Stricter rules are not listed. Where it cannot be told which of two rules is stricter, the difference is listed.
 */
export function relaxations(route: string, base: Environment, own: Environment): readonly string[] {
  if (base === own) return [];
  const said = [
    ...gateRelaxations(base.gate, own.gate),
    ...acceptanceRelaxations(base.acceptance, own.acceptance),
    ...acceptsRelaxations(base, own),
    ...rehearsalRelaxations(base.rehearsal, own.rehearsal),
    ...soakRelaxations(base.soak, own.soak),
    ...windowRelaxations(base.windows, own.windows),
    ...switchRelaxations(base, own),
  ];
  return said.map((sentence) => `Route ${route}: ${own.name} ${sentence}.`);
}

const people = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

function gateRelaxations(base: Gate | null, own: Gate | null): string[] {
  if (base === null) return [];
  return own === null ? [`needs no approval instead of ${base.approvals}`] : approvalRelaxations(base, own, 'approval');
}

function acceptanceRelaxations(base: Acceptance | null, own: Acceptance | null): string[] {
  if (base === null) return [];
  if (own === null) return ['needs no acceptance'];
  const moved =
    base.environment.toLowerCase() === own.environment.toLowerCase()
      ? []
      : [`is accepted in ${own.environment} instead of ${base.environment}`];
  return [...approvalRelaxations(base, own, 'acceptance'), ...moved];
}

function approvalRelaxations(base: Gate, own: Gate, what: 'approval' | 'acceptance'): string[] {
  const fewer = own.approvals < base.approvals ? [`needs ${people(own.approvals, what)} instead of ${base.approvals}`] : [];
  const gone = base.exclude.filter((who) => !own.exclude.includes(who));
  const counted = gone.map((who) => `counts the ${what} of the ${who}`);
  const weaker =
    base.evidence === 'seen' && own.evidence === 'enforced' ? [`takes GitHub's own enforcement for an ${what} that was not seen`] : [];
  return [...fewer, ...byRelaxations(base, own, what), ...counted, ...weaker];
}

function byRelaxations(base: Gate, own: Gate, what: string): string[] {
  if (base.by.length === 0) return [];
  if (own.by.length === 0) return [`takes the ${what} of any reviewer instead of ${listed(base.by, 'or')}`];
  const added = own.by.filter((who) => !base.by.includes(who));
  return added.length === 0 ? [] : [`also takes the ${what} of ${listed(added, 'or')}`];
}

const VERSIONS = { new: 'new versions', accepted: 'accepted versions', current: 'the version that is live in production' };

function acceptsRelaxations(base: Environment, own: Environment): string[] {
  const added = own.accepts.filter((version) => !base.accepts.includes(version));
  return added.length === 0 ? [] : [`also takes ${listed(added.map((version) => VERSIONS[version]))}`];
}

function ageRelaxations({ maxAge: before }: Rehearsal, { maxAge: now }: Rehearsal): string[] {
  if (before === null || (now !== null && now <= before)) return [];
  return [`rehearses on snapshots ${now === null ? 'of any age' : `up to ${spell(now)} old`} instead of ${spell(before)}`];
}

function rehearsalRelaxations(base: Rehearsal | null, own: Rehearsal | null): string[] {
  if (base === null) return [];
  if (own === null) return ['needs no rehearsal'];
  const said = ageRelaxations(base, own);
  if (own.timeout > base.timeout) said.push(`lets a command take ${spell(own.timeout)} instead of ${spell(base.timeout)}`);
  const dropped = [
    [base.rollback && !own.rollback, 'does not rehearse the way back'],
    [base.rollback === null && own.rollback === false, 'has deliberately no way back'],
    [base.masking !== null && own.masking === null, 'does not mask the data'],
    [base.checks !== null && own.checks === null, 'does not check the data afterwards'],
    [base.previous !== null && own.previous === null, 'does not test the version before on the new schema'],
    [base.load !== false && own.load === false, 'rehearses without load'],
  ] as const;
  said.push(...dropped.flatMap(([is, what]) => (is ? [what] : [])), ...limitRelaxations(base.limits, own.limits));
  const other = (...keys: (keyof Rehearsal)[]): boolean => keys.some((key) => JSON.stringify(base[key]) !== JSON.stringify(own[key]));
  const instead = (key: keyof Rehearsal): boolean => Boolean(base[key]) && Boolean(own[key]) && other(key);
  const changed = [
    [other('database', 'version', 'server'), 'on another database'],
    [other('snapshot'), 'on another snapshot'],
    [other('migrate'), 'with another command'],
    [base.migrations.length > 0 && other('migrations'), 'with other migrations'],
    [instead('rollback'), 'with another way back'],
    [instead('masking'), 'with other masking'],
    [instead('checks') || instead('previous'), 'with other checks'],
    [instead('load'), 'with other load'],
  ] as const;
  const differences = changed.flatMap(([differs, how]) => (differs ? [how] : []));
  return differences.length === 0 ? said : [...said, `rehearses ${listed(differences)}`];
}

/** What a limit allows more of. A limit by a word has none. */
const ALLOWED: Readonly<Record<string, string>> = {
  duration: 'the migration take',
  statement: 'a statement take',
  'concurrent-index': 'a concurrent index take',
  lock: 'a lock be held',
  'read-stall': 'a read wait',
  'write-stall': 'a write wait',
  rewrite: 'a rewritten table have',
  disk: 'the disk peak be',
  wal: 'the write-ahead log be',
};

type Limit = RehearsalLimits[string];

function limitRelaxations(base: RehearsalLimits, own: RehearsalLimits): string[] {
  return Object.keys(own).flatMap((name) => {
    const before = partsOf(name, base[name]);
    const after = { ...(typeof own[name] === 'object' ? {} : dropped(before)), ...partsOf(name, own[name]) };
    return (['fail', 'warn'] as const).flatMap((part) => {
      const [less, more] = [before[part], after[part]];
      // Where nothing is written the default holds, which is not known here.
      if (less === more || (less !== undefined && more !== undefined && allowance(more) <= allowance(less))) return [];
      const what = ALLOWED[name];
      if (what === undefined) return [`answers "${name}" with "${more}" instead of ${less === undefined ? 'the default' : `"${less}"`}`];
      const [now, then] = [more, less].map((one) => (one === false ? 'without limit' : (one ?? 'the default')));
      return [`lets ${what} ${now} instead of ${then}${part === 'warn' ? ' without a warning' : ''}`];
    });
  });
}

type Parts = { readonly [part in 'warn' | 'fail']?: RehearsalLimit | undefined };

function partsOf(name: string, limit: Limit): Parts {
  return typeof limit === 'object' ? limit : { [plainPart(name)]: limit };
}

/** A plain value leaves nothing of what stood before. */
function dropped(before: Parts): Parts {
  return Object.fromEntries(Object.keys(before).map((part) => [part, false]));
}

function soakRelaxations(base: readonly Soak[], own: readonly Soak[]): string[] {
  return base.flatMap(({ environment, duration }) => {
    const kept = own.filter((soak) => soak.environment === environment).map((soak) => soak.duration);
    const longest = Math.max(0, ...kept);
    if (longest >= duration) return [];
    return [
      kept.length === 0
        ? `does not wait ${spell(duration)} in ${environment}`
        : `waits ${spell(longest)} in ${environment} instead of ${spell(duration)}`,
    ];
  });
}

const MINUTES = 7 * 1440;

function windowRelaxations(base: readonly Window[], own: readonly Window[]): string[] {
  if (base.length === 0 || isWithin(own, base)) return [];
  const before = listed(base.map((window) => window.text));
  return [
    own.length === 0
      ? `may be entered at any time instead of ${before}`
      : `may be entered ${listed(own.map((window) => window.text))} instead of ${before}`,
  ];
}

/** Whether windows allow nothing that others do not. Only windows of the same zone can be compared. */
function isWithin(inner: readonly Window[], outer: readonly Window[]): boolean {
  if (inner.length === 0) return false;
  const zones = new Set(inner.map((window) => window.zone));
  return [...zones].every((zone) => {
    const allowed = minutesOf(outer.filter((window) => window.zone === zone));
    return minutesOf(inner.filter((window) => window.zone === zone)).every((open, minute) => open === 0 || allowed[minute] === 1);
  });
}

/** The minutes of a week, 1 where open. */
function minutesOf(windows: readonly Window[]): Uint8Array {
  const minutes = new Uint8Array(MINUTES);
  for (const window of windows) {
    const length = window.closes - window.opens + (window.closes <= window.opens ? 1440 : 0);
    for (const day of window.days) {
      const from = (day - 1) * 1440 + window.opens;
      for (let minute = from; minute < from + length; minute += 1) minutes[minute % MINUTES] = 1;
    }
  }
  return minutes;
}

function switchRelaxations(base: Environment, own: Environment): string[] {
  const said = [
    [base.downgrade === 'refuse' && own.downgrade === 'allow', 'may go back to an older version'],
    [base.divergence === 'refuse' && own.divergence === 'allow', 'may get a version that does not contain what is live'],
    [base.verify !== null && own.verify === null, 'is not verified'],
    [base.verify !== null && own.verify !== null && base.verify.run !== own.verify.run, 'is verified by another command'],
    [base.deploy?.run !== own.deploy?.run, 'is deployed by another command'],
    [base.migrate?.run !== own.migrate?.run, 'is migrated by another command'],
  ] as const;
  return said.flatMap(([relaxed, sentence]) => (relaxed ? [sentence] : []));
}
