import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BELIEFS, type Belief, type Status } from '../../sandbox/github/beliefs.ts';

/** What `npm run probe` found on a real GitHub, by belief. */
const TRIED = JSON.parse(readFileSync(join(import.meta.dirname, '../../sandbox/github/beliefs-tried.json'), 'utf8')) as Readonly<
  Record<string, { readonly outcome: string; readonly on: string }>
>;

const INTRODUCTION = `# What is believed about GitHub

The product was written against GitHub's documentation, its published schemas and code, and what others report. This is what it takes for granted, where that is said, and what happens if it is otherwise. Nothing here
opens a door if it is false, but for \`bypass-listed\`: an administrator's bypass then counts as that administrator's approval.

\`npm run probe -- --repo OWNER/NAME\` tries what can be tried on a real GitHub; what it found is told with its day.

*Generated from \`sandbox/github/beliefs.ts\` by \`npm run generate\`.*
`;

const SECTIONS: readonly (readonly [Status, string, string])[] = [
  [
    'unverified',
    'Not verified',
    'Nobody here could ask GitHub. Both outcomes work, and the sandbox stands on the unfavourable side; only of `many-jobs` on the other, where the shipped chain starts at all.',
  ],
  ['seen', 'Seen by others', 'Reported by people who saw it; GitHub does not say it.'],
  ['source', 'In GitHub’s source', 'Read in the published schemas or in the runner’s code.'],
  ['documented', 'Documented', 'GitHub’s documentation says it.'],
];

/** `docs/github-beliefs.md`: every belief under its status, the least certain first. */
export function beliefsPage(): string {
  const sections = SECTIONS.map(([status, title, text]) => {
    const rows = BELIEFS.filter((belief) => belief.status === status).map(row);
    return `## ${title}\n\n${text}\n\n| id | belief | source | if it is otherwise | test |\n| --- | --- | --- | --- | --- |\n${rows.join('\n')}\n`;
  });
  return [INTRODUCTION, ...sections].join('\n');
}

function row({ id, belief, source, otherwise, test, switch: side, untriable }: Belief): string {
  const told = side === undefined ? '' : ` Switch of the sandbox: \`${side}\`.`;
  const found = TRIED[id];
  const tried = found === undefined ? '' : ` **Tried on ${found.on}: ${found.outcome}.**`;
  const not = untriable === undefined ? '' : ` No probe can try it: ${untriable}`;
  return `| \`${id}\` | ${cell(belief)}${tried} | ${cell(source)}${cell(not === '' ? '' : `.${not}`)} | ${cell(otherwise)}${told} | \`${test.file}\`: *${cell(test.title)}…* |`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
