import type { Changes, Commit, PullRequest } from '../decision/changes.ts';
import type { EnvironmentDecision } from '../decision/decision.ts';
import { shortSha } from '../decision/wording.ts';
import { listed } from '../pipeline/listed.ts';
import { groupBy } from './group-by.ts';
import { codeSpan, details, escapeMarkdown, link } from './markdown.ts';
import { MARKDOWN } from './markup.ts';
import { type BriefSubject, isLiveUnread, liveInWords, targetsOf } from './subject.ts';
import { instantInWords, zoneOf } from './times.ts';
import { counted } from './words.ts';

/** Lines that are seen at once; the others are folded away. */
const SHOWN = 10;

/** Lines in all, shared by the environments that are told about; beyond them there is only a count. */
const MOST_LINES = 200;
const FEWEST_LINES = 5;

/** Names of authors in the first sentence. */
const MOST_AUTHORS = 6;

const LONGEST_TITLE = 120;

/** A pull request with its commits, or a commit that came without one. */
export interface ChangeGroup {
  readonly pullRequest: PullRequest | null;
  /** Newest first; exactly one without a pull request. */
  readonly commits: readonly Commit[];
}

/** Commits by the pull request that brought them, each where its newest commit stands. */
export function groupByPullRequest(commits: readonly Commit[]): readonly ChangeGroup[] {
  const groups = groupBy(commits, ({ sha, pullRequest }) => pullRequest?.number ?? sha);
  return [...groups.values()].map((members) => ({ pullRequest: members[0]?.pullRequest ?? null, commits: members }));
}

/** Authors by how much of the change is theirs: `octocat (12)`. */
export function authorsOf(commits: readonly Commit[]): readonly { readonly name: string; readonly commits: number }[] {
  const counts = new Map<string, number>();
  for (const { author } of commits) counts.set(author ?? 'unknown', (counts.get(author ?? 'unknown') ?? 0) + 1);
  return [...counts].map(([name, count]) => ({ name, commits: count })).toSorted((one, other) => other.commits - one.commits);
}

/** What the candidate brings to each environment the answer is about, and what it replaces there; a section for each present version. */
export function whatEnters(subject: BriefSubject): string[] {
  const alike = [...groupBy(targetsOf(subject), (target) => target.live?.sha ?? isLiveUnread(target)).values()];
  const budget = Math.max(FEWEST_LINES, Math.floor(MOST_LINES / Math.max(1, alike.length)));
  return alike.map((targets) => section(subject, targets, budget));
}

function section(subject: BriefSubject, targets: readonly EnvironmentDecision[], budget: number): string {
  const names = listed(
    targets.map(({ name }) => escapeMarkdown(name)),
    'and',
    60,
  );
  const changes = targets.map(({ name }) => subject.changes.get(name)).find((found) => found !== undefined);
  const verb = subject.intent === 'rollback' ? 'What going back changes in' : 'What enters';
  const parts = [`#### ${verb} ${names}`, replaces(subject, targets)];
  if (targets[0]?.live?.sha !== subject.decision.candidate.sha) parts.push(...contents(subject, targets, changes, budget));
  return parts.join('\n\n');
}

function replaces(subject: BriefSubject, targets: readonly EnvironmentDecision[]): string {
  const sinces = targets.flatMap(({ name, live }) =>
    live === null ? [] : [`${instantInWords(live.since, zoneOf(subject.pipeline, name))}`],
  );
  const live = targets[0]?.live ?? null;
  if (targets.some(isLiveUnread)) return 'What is live there could not be read.';
  if (live === null) return 'Nothing of ours is live there yet; this is the first version.';
  const { sha } = subject.decision.candidate;
  if (live.sha === sha) return `The same commit is live there already, since ${listed(sinces, 'and', 3)}.`;
  const compare = link('compare', `${subject.repositoryUrl}/compare/${live.sha}...${sha}`);
  return `Replaces ${liveInWords(live, MARKDOWN)}, live since ${listed(sinces, 'and', 3)} · ${compare}`;
}

function contents(subject: BriefSubject, targets: readonly EnvironmentDecision[], changes: Changes | undefined, budget: number): string[] {
  const first = targets[0]?.live ?? null;
  if (changes === undefined) return first === null ? [] : ['What enters could not be read; the comparison above shows it.'];
  if (changes.commits.length === 0)
    return changes.complete ? ['No commit enters that is not there already.'] : ['What enters could not be read completely.'];
  const groups = groupByPullRequest(changes.commits);
  const lines = groups.slice(0, budget).map((group) => groupLine(subject, group));
  const folded = lines.slice(SHOWN);
  const left = groups.length - lines.length;
  const end = [
    ...(left > 0 ? [`… and ${left} more, not listed here.`] : []),
    ...(changes.complete ? [] : ['There are more commits than could be read; these are the newest.']),
  ];
  return [
    totals(changes, groups),
    lines.slice(0, SHOWN).join('\n'),
    ...(folded.length > 0 ? [details(`${folded.length} more`, folded.join('\n'))] : []),
    ...(end.length > 0 ? [end.join(' ')] : []),
  ];
}

/** `14 commits, 9 of them in 3 pull requests, by octocat (9), mona (4) and hubot (1).` */
function totals(changes: Changes, groups: readonly ChangeGroup[]): string {
  const merged = groups.filter(({ pullRequest }) => pullRequest !== null);
  const inside = merged.reduce((sum, { commits }) => sum + commits.length, 0);
  const all = changes.commits.length;
  const portion = inside === all ? 'in' : `${inside} of them in`;
  const authors = authorsOf(changes.commits);
  const names = authors.map(({ name, commits }) => `${escapeMarkdown(name, 60)}${authors.length > 1 ? ` (${commits})` : ''}`);
  const count = `**${changes.complete ? '' : 'At least '}${counted(all, 'commit')}**`;
  return `${count}${merged.length > 0 ? `, ${portion} ${counted(merged.length, 'pull request')}` : ''}, by ${listed(names, 'and', MOST_AUTHORS)}.`;
}

function groupLine(subject: BriefSubject, { pullRequest, commits }: ChangeGroup): string {
  const [newest] = commits;
  if (pullRequest !== null) {
    const count = commits.length > 1 ? ` · ${counted(commits.length, 'commit')}` : '';
    return `- ${link(`#${pullRequest.number}`, pullRequest.url)} ${byWhom(pullRequest.title, pullRequest.author)}${count}`;
  }
  if (newest === undefined) return '';
  return `- ${link(codeSpan(shortSha(newest.sha)), `${subject.repositoryUrl}/commit/${newest.sha}`)} ${byWhom(newest.title, newest.author)}`;
}

function byWhom(title: string, author: string | null): string {
  return `${escapeMarkdown(title, LONGEST_TITLE)}${author === null ? '' : ` · ${escapeMarkdown(author, 60)}`}`;
}
