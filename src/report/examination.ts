import { PLAIN } from './markup.ts';
import { counted } from './words.ts';

/** What was found out about a repository's settings. */
export interface Examination {
  /** `owner/name`. */
  readonly repository: string;
  /** Path of the pipeline file that demands. */
  readonly pipeline: string;
  readonly subjects: readonly ExaminedSubject[];
  /** What is good to know, one sentence each: nothing of it has to be mended. */
  readonly notes: readonly string[];
}

/** An environment or a label: how it differs from what is demanded, and the commands that mend all of it that commands can. */
export interface ExaminedSubject {
  readonly name: string;
  readonly differences: readonly { readonly code: string; readonly level: 'must' | 'should'; readonly because: string }[];
  readonly commands: readonly string[];
  /** Where people change it. */
  readonly page: string | null;
}

/** For programs; `schema` names the version of the format. */
export function examinationJson(examination: Examination): string {
  const subjects = examination.subjects.filter(({ differences }) => differences.length > 0);
  return `${JSON.stringify({ schema: 1, repository: examination.repository, pipeline: examination.pipeline, subjects, notes: examination.notes }, null, 2)}\n`;
}

/** For people. Commands stand on lines of their own, whole, to be copied. */
export function examinationText({ repository, pipeline, subjects, notes }: Examination): string {
  const wrong = subjects.filter(({ differences }) => differences.length > 0);
  const all = wrong.flatMap(({ differences }) => differences);
  const subject = `${PLAIN.text(repository)} against ${PLAIN.text(pipeline)}`;
  const told = notes.map((note) => `Note: ${PLAIN.text(note)}`);
  if (all.length === 0) return `${[`${subject}: everything is as the pipeline demands.`, ...told].join('\n')}\n`;
  const necessary = all.filter(({ level }) => level === 'must').length;
  const heading = `${subject}: ${counted(all.length, 'difference')}; ${necessary === 0 ? 'none must' : `${necessary} must`} be mended.`;
  return `${[heading, ...wrong.map(subjectText), ...(told.length === 0 ? [] : [told.join('\n')])].join('\n\n')}\n`;
}

function subjectText({ name, differences, commands, page }: ExaminedSubject): string {
  const told = differences.map(({ code, level, because }) => `  ${level.padEnd(6)} ${code}: ${PLAIN.text(because)}`);
  const mends = commands.length === 0 ? [] : ['  To mend it:', ...commands.map((command) => `    ${command}`)];
  const byHand = page === null ? [] : [`  By hand: ${page}`];
  return [PLAIN.text(name), ...told, ...mends, ...byHand].join('\n');
}
