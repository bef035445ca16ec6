import type { EnvironmentDecision } from '../decision/decision.ts';
import { reachOf } from '../decision/reach.ts';
import { shortSha } from '../decision/wording.ts';
import { formatInstant } from '../pipeline/calendar.ts';
import { listed } from '../pipeline/listed.ts';
import { rulesOnRoute } from '../pipeline/routes.ts';
import { codeSpan, details, escapeMarkdown, escapeWithLinks, link, table } from './markdown.ts';
import { MARKDOWN } from './markup.ts';
import { pathDiagram, signAndWord } from './path-diagram.ts';
import { MOST_ROWS, reasonTable } from './reasons.ts';
import { reasonsOf } from './refusal.ts';
import { type BriefSubject, isLiveUnread, liveInWords, strongestFirst, targetsOf, verdictOf } from './subject.ts';
import { instantInWords, zoneOf } from './times.ts';
import { liftInWords, verdictSentences, whoMayApprove } from './verdict-line.ts';
import { whatEnters } from './what-enters.ts';
import { counted, refInWords, shortDigest } from './words.ts';

/** GitHub refuses a summary of more than 1 MiB per step; a brief stays far below, in bytes, and leaves room for what other steps write. */
export const LONGEST_BRIEF = 300_000;

/** The command that writes the built-in pipeline out to be edited. */
export const WRITE_PIPELINE = 'promote pipeline > .github/promote.yml';
export const WRITE_IT_OUT = 'To have the built-in pipeline as a file and edit it:';

/**
 * What a reviewer reads before approving, as GitHub-flavoured Markdown for the job summary: the answer in plain words first, then what
 * enters and what it replaces, approvals, reasons, the path, every environment on it, and what a reader must know besides.
 */
export function brief(subject: BriefSubject): string {
  const verdict = verdictOf(subject);
  // Who is asked reads what enters first; who is refused reads why.
  const isOpen = verdict === 'deploy' || verdict === 'ask';
  const parts = [
    verdictSentences(subject, MARKDOWN)
      .map((sentence) => `### ${sentence}`)
      .join('\n\n'),
    identity(subject),
    ...whyNow(subject),
    ...wayOfTheRun(subject),
    ...approvalLines(subject),
    ...(isOpen ? [...whatEnters(subject), ...reasonsPart(subject)] : [...reasonsPart(subject), ...whatEnters(subject)]),
    ...pathPart(subject),
    ...laterReasons(subject),
    ...notesPart(subject),
    ...recordsPart(subject),
  ];
  return `${withinLimit(parts).join('\n\n')}\n`;
}

/** Leaves out whole parts that would not fit, and says so. */
function withinLimit(parts: readonly string[]): readonly string[] {
  const kept: string[] = [];
  let room = LONGEST_BRIEF;
  for (const part of parts) {
    const size = Buffer.byteLength(part) + 2;
    if (size > room) continue;
    room -= size;
    kept.push(part);
  }
  return kept.length === parts.length
    ? kept
    : [...kept, `_${counted(parts.length - kept.length, 'part')} left out: too long for a summary._`];
}

/** Candidate, route, artifact, policy and moment on one line. */
function identity(subject: BriefSubject): string {
  const { decision, pipeline, repositoryUrl } = subject;
  const { sha, ref, version, digest } = decision.candidate;
  const { kind, name } = refInWords(ref);
  const policy = pipeline.source === 'built-in' ? 'built-in pipeline' : codeSpan(pipeline.path);
  return [
    `commit ${link(codeSpan(shortSha(sha)), `${repositoryUrl}/commit/${sha}`)}`,
    ...(name === version ? [kind] : [`${kind} ${codeSpan(name, 100)}`]),
    ...(decision.route === null ? [] : [`route ${escapeMarkdown(decision.route)}`]),
    `artifact ${digest === null ? 'not known yet' : codeSpan(shortDigest(digest))}`,
    `policy ${policy} at ${codeSpan(shortSha(decision.policyHash))}`,
    `decided ${instantInWords(decision.decidedAt, zoneOf(pipeline, targetsOf(subject)[0]?.name ?? null))}`,
  ].join(' · ');
}

function approvalLines(subject: BriefSubject): string[] {
  // Whoever is inside already was let in; what is missing then comes after the entry.
  const asked = targetsOf(subject).filter(({ state }) => state !== 'entered');
  return asked.flatMap((target) => (target.approvals === null ? [] : [approvalLine(subject, target, target.approvals)]));
}

function approvalLine(
  subject: BriefSubject,
  target: EnvironmentDecision,
  approvals: NonNullable<EnvironmentDecision['approvals']>,
): string {
  const { required, given, missing, by } = approvals;
  const count = `**Approvals for ${escapeMarkdown(target.name)}: ${Math.max(0, required - missing)} of ${required}**`;
  const names = given.length === 0 ? '' : `, given by ${listed(given.map((login) => escapeMarkdown(login)))}`;
  if (missing === 0) return `${count}${names}.`;
  return `${count}${names}. ${missing} ${missing === 1 ? 'is' : 'are'} missing and may come from ${whoMayApprove(by, MARKDOWN)}${excluded(subject, target)}.`;
}

const EXCLUDED = { initiator: 'whoever started this run', author: 'whoever wrote the change' } as const;

function excluded(subject: BriefSubject, target: EnvironmentDecision): string {
  const exclude = rulesOnRoute(subject.pipeline, subject.decision.route, target.name)?.gate?.exclude ?? [];
  return exclude.length === 0 ? '' : `; ${listed(exclude.map((kind) => EXCLUDED[kind]))} ${exclude.length > 1 ? 'do' : 'does'} not count`;
}

/** Why the next stage is next, where nothing but people stand before it. */
function whyNow(subject: BriefSubject): string[] {
  const open = targetsOf(subject).filter(({ verdict }) => verdict === 'deploy' || verdict === 'ask');
  const [first] = open;
  if (first === undefined) return [];
  if (subject.intent === 'rollback')
    return [`Why now: going back to a version that succeeded in ${placeNames(open)} before was asked for.`];
  const before = subject.decision.environments.filter(({ stage }) => stage < first.stage);
  if (before.length === 0)
    return [`Why now: the path of route ${escapeMarkdown(subject.decision.route ?? '')} begins with ${placeNames(open)}.`];
  return [`Why now: ${placeNames(before)} ${before.length > 1 ? 'are' : 'is'} passed, and nothing bars ${placeNames(open)}.`];
}

/** How far the run can come by itself, and what ends it: whoever approves sees what follows. */
function wayOfTheRun(subject: BriefSubject): string[] {
  if (subject.moment !== 'plan' || subject.environment !== null || subject.intent === 'rollback') return [];
  const { stages, barred } = reachOf(subject.pipeline, subject.decision);
  if (stages.length === 0 || (stages.length === 1 && barred.length === 0)) return [];
  const way = stages
    .map((entries) => listed(entries.map(({ environment, deploy }) => `${deploy ? '' : 'acceptance in '}${escapeMarkdown(environment)}`)))
    .join(' → ');
  const ends = barred.map(({ environment, reasons }) => {
    const [first] = strongestFirst(reasons);
    const why = first === undefined ? '' : `: ${escapeWithLinks(first.because, subject.repositoryUrl)}`;
    return `It ends before ${escapeMarkdown(environment.name)}${why}`;
  });
  return [[`The way of this run: ${way}.`, ...ends].join(' ')];
}

function placeNames(environments: readonly EnvironmentDecision[]): string {
  return listed(
    environments.map(({ name }) => escapeMarkdown(name)),
    'and',
    60,
  );
}

function reasonsPart(subject: BriefSubject): string[] {
  const reasons = reasonsOf(subject);
  return reasons.length === 0
    ? []
    : [`#### ${verdictOf(subject) === 'ask' ? 'What is missing' : 'Why not further'}\n\n${reasonTable(subject, reasons)}`];
}

/** What stands before the environments that come after the next stage, folded away. */
function laterReasons(subject: BriefSubject): string[] {
  const told = new Set(targetsOf(subject).map(({ name }) => name));
  const later = subject.decision.environments.filter(({ name, state }) => state !== 'passed' && !told.has(name));
  const reasons = later.flatMap((each) => strongestFirst(each.reasons).filter(({ environment }) => environment !== null));
  if (reasons.length === 0) return [];
  return [details('What stands before the other environments, as of now', reasonTable(subject, reasons))];
}

function pathPart(subject: BriefSubject): string[] {
  const { decision } = subject;
  if (decision.environments.length === 0) return [];
  const diagram = pathDiagram(decision);
  const rows = decision.environments.map((environment) => [
    String(environment.stage),
    escapeMarkdown(environment.name),
    signAndWord(environment),
    liveCell(subject, environment),
    verdictCell(subject, environment),
  ]);
  return [
    '#### Path',
    ...(diagram === null ? [] : [`\`\`\`mermaid\n${diagram}\n\`\`\``]),
    table(['stage', 'environment', 'state', 'live now', 'verdict'], rows),
  ];
}

function liveCell(subject: BriefSubject, environment: EnvironmentDecision): string {
  const { name, live } = environment;
  if (live === null) return isLiveUnread(environment) ? 'not known' : '—';
  return `${liveInWords(live, MARKDOWN)} since ${formatInstant(live.since, zoneOf(subject.pipeline, name))}`;
}

function verdictCell(subject: BriefSubject, environment: EnvironmentDecision): string {
  const codes = [...new Set(strongestFirst(environment.reasons).map(({ code }) => codeSpan(code)))];
  const lifts = environment.liftsAt === null ? '' : ` until ${liftInWords(subject, environment.name, environment.liftsAt)}`;
  return `${environment.verdict}${lifts}${codes.length > 0 ? `: ${codes.slice(0, 4).join(', ')}${codes.length > 4 ? ', …' : ''}` : ''}`;
}

function notesPart(subject: BriefSubject): string[] {
  const { notes } = subject.decision;
  const lines = notes.slice(0, MOST_ROWS).map((note) => `- ${escapeWithLinks(note, subject.repositoryUrl)}`);
  if (notes.length > MOST_ROWS) lines.push(`- … and ${notes.length - MOST_ROWS} more`);
  if (subject.pipeline.source === 'built-in') lines.push(`- ${WRITE_IT_OUT} \`${WRITE_PIPELINE}\``);
  return lines.length === 0 ? [] : [`#### Notes\n\n${lines.join('\n')}`];
}

function recordsPart(subject: BriefSubject): string[] {
  const lines = subject.records.slice(0, MOST_ROWS).map(({ kind, environment, id, outcome, url }) => {
    const name = `${kind} record ${id}`;
    return `- ${url === null ? name : link(name, url)} in ${escapeMarkdown(environment)}: ${escapeMarkdown(outcome)}`;
  });
  return lines.length === 0 ? [] : [`#### Records left\n\n${lines.join('\n')}`];
}
