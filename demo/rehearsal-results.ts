import { readFileSync } from 'node:fs';
import { styleText } from 'node:util';
import type { State } from '../sandbox/github/state.ts';
import { environmentViews } from '../sandbox/page/live.ts';
import { millisecondsInWords } from '../src/rehearsal/amounts.ts';
import type { RehearsalEvidence } from '../src/rehearsal/evidence.ts';
import type { LoadReport, LockTrace } from '../src/rehearsal/observed.ts';

/** What the last rehearsal of a run left. */
export interface LeftByRehearsal {
  readonly evidence: RehearsalEvidence;
  /** Path of the report on the pages of the repository. */
  readonly report: string;
}

/** What a rehearsal of a run left as artifacts; `null`: none took place. */
export function leftByRehearsal(state: State, runId: number): LeftByRehearsal | null {
  const latest = (ending: string) =>
    state.artifacts.findLast((one) => one.runId === runId && one.name.startsWith('rehearsal-') && one.name.endsWith(ending));
  const [evidence, report] = [latest('.json'), latest('.html')];
  if (evidence === undefined || report === undefined) return null;
  return {
    evidence: JSON.parse(readFileSync(evidence.file, 'utf8')) as RehearsalEvidence,
    report: `actions/runs/${runId}/artifacts/${report.id}`,
  };
}

/** Whether a release went no further than its rehearsal, and production was not even asked about. */
export function wasStopped(state: State, runId: number, sha: string, left: LeftByRehearsal | null): boolean {
  const production = environmentViews(state).find(({ environment }) => environment.name === 'production');
  const asked = state.runs.some(
    ({ id, reviews }) => id === runId && reviews.some(({ environments }) => environments.includes('production')),
  );
  return left?.evidence.verdict === 'fail' && !asked && production?.live?.deployment.sha !== sha;
}

/** The longest that somebody who uses the shop would have waited, in one line. */
export function besideIt({ evidence }: LeftByRehearsal): string {
  const load = loadOf(evidence);
  if (load === null) return 'Nobody uses what it touches.';
  const [read, write] = [load.during.reads, load.during.writes].map(({ longest }) => millisecondsInWords(longest));
  return `Readers and writers beside it, and one slow reader: no read took longer than ${read}, no write longer than ${write}.`;
}

const WIDTH = 110;

/** Which lock would have closed the shop, for how long, and what to write instead: everything as the rehearsal has measured it. */
export function whyStopped(evidence: RehearsalEvidence): readonly string[] {
  const load = loadOf(evidence);
  const waits = (['reads', 'writes'] as const).flatMap((kind) => {
    if (load === null) return [];
    const [before, beside] = [load.baseline[kind], load.during[kind]].map(({ longest }) => millisecondsInWords(longest));
    return [[kind, `the longest took ${beside} while it migrated, ${before} before`]];
  });
  const rows = [
    ['lock', longestLock(evidence)],
    ...waits,
    ['fix', evidence.reasons.find(({ code }) => code === 'lock_held')?.fix ?? evidence.reasons[0]?.fix ?? ''],
  ];
  const width = Math.max(...rows.map(([name = '']) => name.length));
  return [
    styleText('bold', 'Why it was stopped'),
    ...rows.flatMap(([name = '', text = '']) =>
      wrapped(text.replaceAll('`', ''), WIDTH - width).map((line, index) => `  ${(index === 0 ? name : '').padEnd(width)}  ${line}`),
    ),
  ];
}

/** The lock that stops readers or writers for longest, with the migration alone. */
function longestLock({ phases }: RehearsalEvidence): string {
  const { locks = [], statements = [] } = phases.find(({ name }) => name === 'up')?.observation ?? {};
  const [lock] = locks.filter(({ blocks }) => blocks !== 'schema changes').toSorted(longestFirst);
  if (lock === undefined) return 'none that stops readers or writers was seen';
  const statement = statements.find(({ number }) => number === lock.statement)?.text ?? 'a statement that nobody knows';
  return `${lock.mode} on ${lock.relation} for ${millisecondsInWords(lock.held.atLeast)}: it stops ${lock.blocks}. Taken by ${statement}`;
}

function loadOf({ phases }: RehearsalEvidence): LoadReport | null {
  return phases.find(({ name }) => name === 'load')?.load ?? null;
}

function longestFirst(one: LockTrace, other: LockTrace): number {
  return other.held.atLeast - one.held.atLeast;
}

/** A text in lines of so many characters; a word that is longer has one of its own. */
function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
