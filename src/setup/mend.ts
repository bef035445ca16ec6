import type { EnvironmentSettings, Reviewer } from '../github/settings.ts';
import type { Demand } from './demands.ts';
import { barredRefs, type Difference, type DifferenceCode, isOpen, isWithin, type KnownReviewers, MOST_REVIEWERS } from './differences.ts';
import { shellWord } from './files.ts';
import { isEverything, policyPatterns } from './ref-policy.ts';

/** Where the settings are. */
export interface Place {
  readonly owner: string;
  readonly repo: string;
  /** Another host than github.com, for `gh`; `null` for github.com. */
  readonly host: string | null;
}

/** What the settings of an environment lack that its API can change. */
const MENDED: readonly DifferenceCode[] = [
  'environment_missing',
  'reviewers_missing',
  'reviewers_too_few',
  'reviewers_outside',
  'self_review_allowed',
  'refs_barred',
  'refs_open',
];

/**
 * The `gh api` commands that mend an environment's differences together. The first one sends all settings, also those that stay: what it would not name might be
 * reset. Empty where no command can help; people's settings pages can.
 */
export function mendingCommands(
  place: Place,
  demand: Demand,
  seen: EnvironmentSettings | null,
  differences: readonly Difference[],
  known: KnownReviewers,
): readonly string[] {
  if (!differences.some(({ code }) => MENDED.includes(code))) return [];
  // All settings are sent, also those that stay: reviewers whom this token may not name would be removed.
  if (seen !== null && seen.unnamed > 0) return [];
  const reviewers = wantedReviewers(demand, seen, known);
  if (reviewers === null) return [];
  const policy = wantedPolicy(demand, seen);
  const path = `repos/${place.owner}/${place.repo}/environments/${encodeURIComponent(seen?.name ?? demand.environment)}`;
  const body = {
    wait_timer: seen?.waitTimer ?? 0,
    prevent_self_review: seen?.preventSelfReview === true || demand.gates.some(({ gate }) => gate.exclude.includes('initiator')),
    reviewers: reviewers.map(({ type, id }) => ({ type, id })),
    deployment_branch_policy: policy.settings,
  };
  return [
    command(place, 'PUT', path, body),
    ...policy.added.map((pattern) =>
      command(place, 'POST', `${path}/deployment-branch-policies`, { name: pattern.name, type: pattern.type }),
    ),
  ];
}

/** The command that makes a label. */
export function labelCommand(place: Place, label: { readonly name: string; readonly color: string; readonly description: string }): string {
  return command(place, 'POST', `repos/${place.owner}/${place.repo}/labels`, label);
}

/** A reviewer by id, or by what a shell asks for it. */
interface Wanted {
  readonly type: 'User' | 'Team';
  readonly id: number | { readonly asked: string };
}

/** Who shall be asked; `null` when the pipeline does not say, and more are needed than whoever runs the command. */
function wantedReviewers({ gates, owner }: Demand, seen: EnvironmentSettings | null, known: KnownReviewers): readonly Wanted[] | null {
  const present = seen?.reviewers ?? [];
  if (gates.length === 0) return present;
  const named = namedBy(gates.map(({ gate }) => gate.by));
  const most = Math.max(...gates.map(({ gate }) => gate.approvals));
  const isEnough = (those: readonly Reviewer[]) => those.reduce((sum, { people }) => sum + (people ?? most), 0) >= most;
  const kept = present.filter(({ name }) => gates.every(({ gate }) => isWithin(gate.by, name)));
  if (kept.length > 0 && isEnough(kept)) return kept;
  if (named.length > 0) return named.slice(0, MOST_REVIEWERS).map((name) => wanted(name, known));
  if (owner !== null) return [...kept, wanted(owner, known)];
  return most === 1 ? [{ type: 'User', id: { asked: 'user' } }] : null;
}

/** Names whose approval counts on every route; where there are none such, on any. */
function namedBy(lists: readonly (readonly string[])[]): readonly string[] {
  const restricting = lists.filter((by) => by.length > 0);
  const all = [...new Set(restricting.flat())];
  const common = all.filter((name) => restricting.every((by) => by.includes(name)));
  return common.length > 0 ? common : all;
}

function wanted(name: string, known: KnownReviewers): Wanted {
  const found = known.get(name.toLowerCase()) ?? null;
  if (found !== null) return found;
  const [org = '', team] = name.split('/');
  if (team === undefined) return { type: 'User', id: { asked: `users/${org}` } };
  return { type: 'Team', id: { asked: `orgs/${org}/teams/${team}` } };
}

interface WantedPolicy {
  readonly settings: { readonly protected_branches: boolean; readonly custom_branch_policies: boolean } | null;
  readonly added: readonly { readonly type: 'branch' | 'tag'; readonly name: string }[];
}

const CUSTOM = { protected_branches: false, custom_branch_policies: true };

function wantedPolicy(demand: Demand, seen: EnvironmentSettings | null): WantedPolicy {
  const present = seen?.refPolicy ?? { kind: 'all' };
  if (present.kind === 'all' || seen === null)
    return isOpen(demand) ? { settings: CUSTOM, added: patternsOf(demand.refs) } : { settings: null, added: [] };
  const barred = barredRefs(demand.refs, seen);
  if (barred.length === 0) return { settings: present.kind === 'patterns' ? CUSTOM : PROTECTED, added: [] };
  if (barred.some(isEverything)) return { settings: null, added: [] };
  if (present.kind === 'protected') return { settings: CUSTOM, added: patternsOf(demand.refs) };
  const isThere = ({ type, name }: { type: string; name: string }) =>
    present.patterns.some((one) => one.type === type && one.name === name);
  return { settings: CUSTOM, added: patternsOf(barred).filter((one) => !isThere(one)) };
}

/** Each pattern once. */
function patternsOf(refs: Demand['refs']): WantedPolicy['added'] {
  const all = refs.flatMap(policyPatterns);
  return all.filter((one, at) => all.findIndex((other) => other.type === one.type && other.name === one.name) === at);
}

const PROTECTED = { protected_branches: true, custom_branch_policies: false };

/** Ids that the shell asks for stand in the JSON text as this, with a number, until it is quoted for the shell. */
const HOLE = '\u0000';

/** One line for a POSIX shell. */
function command(place: Place, method: 'PUT' | 'POST', path: string, body: unknown): string {
  const host = place.host === null ? '' : ` --hostname ${shellWord(place.host)}`;
  const asked: string[] = [];
  const json = JSON.stringify(body, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('asked' in value)) return value;
    asked.push(String(value.asked));
    return `${HOLE}${asked.length - 1}${HOLE}`;
  });
  const quoted = `'${json.replaceAll("'", `'\\''`)}'`;
  const hole = JSON.stringify(HOLE).slice(1, -1).replaceAll('\\', '\\\\');
  const filled = quoted.replaceAll(
    new RegExp(`"${hole}(\\d+)${hole}"`, 'g'),
    (_all, index: string) => `'"$(gh api${host} ${shellWord(asked[Number(index)] ?? '')} --jq .id)"'`,
  );
  return `printf '%s' ${filled} | gh api${host} --method ${method} ${shellWord(path)} --input -`;
}
