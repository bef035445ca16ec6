import type { EnvironmentDecision, Reason, Verdict } from '../decision/decision.ts';
import type { Explanation, MissingFact } from '../decision/explain.ts';
import { shortSha } from '../decision/wording.ts';
import { formatInstant } from '../pipeline/calendar.ts';
import { listed } from '../pipeline/listed.ts';
import { WRITE_IT_OUT, WRITE_PIPELINE } from './brief.ts';
import { PLAIN } from './markup.ts';
import { Page, type Style, type Terminal } from './page.ts';
import { signAndWord } from './path-diagram.ts';
import { reasonsOf } from './refusal.ts';
import { type BriefSubject, isLiveUnread, liveInWords, type Subject, targetsOf, verdictOf } from './subject.ts';
import { instantInWords, zoneOf } from './times.ts';
import { liftInWords, verdictSentences, whoCan } from './verdict-line.ts';
import { authorsOf, type ChangeGroup, groupByPullRequest } from './what-enters.ts';
import { counted, shortDigest } from './words.ts';

const VERDICT_STYLES: Readonly<Record<Verdict, Style>> = {
  deploy: 'green',
  ask: 'magenta',
  wait: 'yellow',
  blocked: 'red',
  superseded: 'gray',
  complete: 'green',
};

const MOST_CHANGES = 20;

/** What is missing before an environment, fact by fact: what `promote explain` prints. */
export function explainText(explained: Explanation, subject: Pick<Subject, 'decision' | 'pipeline'>, terminal: Terminal): string {
  const page = new Page(terminal);
  const { missing, sufficient } = explained;
  page.paragraph(explainedInWords(explained, subject), 0, sufficient && missing.length === 0 ? 'green' : VERDICT_STYLES[explained.verdict]);
  for (const [position, fact] of missing.entries()) {
    page.blank();
    const isForGood = !sufficient && position === missing.length - 1;
    missingFact(page, subject, `${position + 1}`.padStart(`${missing.length}`.length, '\u00A0'), fact, isForGood);
  }
  return page.text();
}

function explainedInWords({ environment, verdict, missing, sufficient }: Explanation, subject: Pick<Subject, 'decision'>): string {
  const version = PLAIN.text(subject.decision.candidate.version, 60);
  const place = PLAIN.text(environment);
  if (missing.length === 0)
    return verdict === 'complete'
      ? `${version} has passed ${place}; nothing is missing.`
      : `Nothing is missing: ${version} may enter ${place} now.`;
  if (!sufficient)
    return `${version} cannot get into ${place}: ${missing.length > 1 ? 'whatever else happens, the last of these stands in the way' : 'this stands in the way'} for good.`;
  const start = verdict === 'superseded' ? `${version} is superseded in ${place}` : `${version} is not through to ${place} yet`;
  return `${start}. ${counted(missing.length, 'fact')} ${missing.length === 1 ? 'is' : 'are'} missing, and ${missing.length === 1 ? 'it suffices' : 'together they suffice'}:`;
}

function missingFact(
  page: Page,
  subject: Pick<Subject, 'decision' | 'pipeline'>,
  number: string,
  fact: MissingFact,
  isForGood: boolean,
): void {
  const indent = number.length + 4;
  page.labelled(number, PLAIN.text(fact.what), 2, number.length + 2, isForGood ? 'red' : 'bold');
  const where = fact.environment === null ? '' : ` (${PLAIN.text(fact.environment)})`;
  page.paragraph(`${fact.code}${where}: ${PLAIN.text(fact.because)}`, indent);
  if (fact.who.length > 0) page.labelled('who', whoCan(fact, PLAIN), indent, 6);
  if (fact.when !== null) page.labelled('when', liftInWords(subject, fact.environment, fact.when), indent, 6);
}

/** The answer and everything behind it as plain text: what `promote plan` prints. */
export function planText(subject: BriefSubject, terminal: Terminal): string {
  const page = new Page(terminal);
  for (const sentence of verdictSentences(subject, PLAIN)) page.paragraph(sentence, 0, VERDICT_STYLES[verdictOf(subject)]);
  page.blank();
  identity(page, subject);
  path(page, subject);
  reasons(page, subject, reasonsOf(subject));
  for (const target of targetsOf(subject)) entering(page, subject, target);
  notes(page, subject);
  return page.text();
}

function identity(page: Page, subject: Subject): void {
  const { decision, pipeline } = subject;
  const { sha, ref, digest } = decision.candidate;
  const rows = [
    ['commit', `${PLAIN.text(shortSha(sha))} on ${PLAIN.text(ref, 200)}`],
    ['route', decision.route === null ? 'none' : PLAIN.text(decision.route)],
    ['artifact', digest === null ? 'not known yet' : PLAIN.text(shortDigest(digest))],
    ['policy', `${pipeline.source === 'built-in' ? 'built-in pipeline' : PLAIN.text(pipeline.path)} at ${shortSha(decision.policyHash)}`],
    ['decided', instantInWords(decision.decidedAt, zoneOf(pipeline, targetsOf(subject)[0]?.name ?? null))],
  ] as const;
  for (const [label, text] of rows) page.labelled(label, text, 2, 10);
}

function path(page: Page, subject: Subject): void {
  const { environments } = subject.decision;
  if (environments.length === 0) return;
  page.heading('Path');
  const widest = Math.min(24, Math.max(...environments.map(({ name }) => name.length)));
  for (const environment of environments) {
    const { name, stage, live, verdict } = environment;
    const since =
      live === null
        ? isLiveUnread(environment)
          ? 'what is live is not known'
          : 'nothing live'
        : `live: ${PLAIN.text(live.version || shortSha(live.sha), 40)} since ${formatInstant(live.since, zoneOf(subject.pipeline, name))}`;
    const codes = [...new Set(environment.reasons.map(({ code }) => code))].join(', ');
    const start = `${stage}\u00A0\u00A0${PLAIN.text(name).padEnd(widest + 2, '\u00A0')}${signAndWord(environment).padEnd(14, '\u00A0')}`;
    page.paragraph(
      `${start}${since}${codes === '' ? '' : ` · ${codes}`}`,
      2,
      environment.state === 'later' ? null : VERDICT_STYLES[verdict],
      widest + 19,
    );
  }
}

function reasons(page: Page, subject: Subject, all: readonly Reason[]): void {
  if (all.length === 0) return;
  page.heading(verdictOf(subject) === 'ask' ? 'What is missing' : 'Why not further');
  for (const reason of all) reasonBlock(page, subject, reason);
}

function reasonBlock(page: Page, subject: Subject, reason: Reason): void {
  page.paragraph(`${reason.code}${reason.environment === null ? '' : ` (${PLAIN.text(reason.environment)})`}`, 2, 'bold');
  page.paragraph(PLAIN.text(reason.because), 4);
  page.labelled('fix', PLAIN.text(reason.fix), 4, 7);
  if (reason.who.length > 0) page.labelled('who', whoCan(reason, PLAIN), 4, 7);
  if (reason.liftsAt !== null) page.labelled('lifts', liftInWords(subject, reason.environment, reason.liftsAt), 4, 7);
}

function entering(page: Page, subject: BriefSubject, target: EnvironmentDecision): void {
  const { name, live } = target;
  const changes = subject.changes.get(name);
  if (changes === undefined || changes.commits.length === 0) return;
  page.heading(`What enters ${PLAIN.text(name)}${live === null ? '' : `, in place of ${liveInWords(live, PLAIN)}`}`);
  const groups = groupByPullRequest(changes.commits);
  const authors = listed(
    authorsOf(changes.commits).map((author) => PLAIN.text(author.name, 60)),
    'and',
    6,
  );
  page.paragraph(`${changes.complete ? '' : 'at least '}${counted(changes.commits.length, 'commit')} by ${authors}`, 2);
  for (const group of groups.slice(0, MOST_CHANGES)) page.paragraph(changeLine(group), 2, null, 9);
  if (groups.length > MOST_CHANGES) page.paragraph(`… and ${groups.length - MOST_CHANGES} more`, 2);
}

function changeLine({ pullRequest, commits }: ChangeGroup): string {
  const [newest] = commits;
  const label = pullRequest === null ? shortSha(newest?.sha ?? '') : `#${pullRequest.number}`;
  const title = pullRequest?.title ?? newest?.title ?? '';
  const author = pullRequest === null ? newest?.author : pullRequest.author;
  const by = author === null || author === undefined ? '' : ` · ${PLAIN.text(author, 60)}`;
  return `${PLAIN.text(label).padEnd(9, '\u00A0')}${PLAIN.text(title, 120)}${by}`;
}

function notes(page: Page, subject: Subject): void {
  const { pipeline, decision } = subject;
  const builtIn = `${WRITE_IT_OUT} ${WRITE_PIPELINE}`;
  const all = [...decision.notes, ...(pipeline.source === 'built-in' ? [builtIn] : [])];
  if (all.length === 0) return;
  page.heading('Notes');
  for (const note of all) page.labelled('-', PLAIN.text(note), 2, 2);
}
