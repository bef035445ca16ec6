import { REASON_MEANINGS } from '../../src/decision/reason-meanings.ts';
import { type Effect, REASON_CODES, REASONS, type ReasonCode } from '../../src/decision/reasons.ts';
import { RULES } from '../../src/decision/rules/index.ts';

const INTRODUCTION = `# Reasons

Every "no" of a decision is one of these codes; a code is never used for anything else. The facts that led to it stand in the reason itself, in the summary and in the
\`decision\` output. How they are weighed: [decision.md](decision.md).

*Generated from \`src/decision/reasons.ts\` by \`npm run generate\`.*
`;

const EFFECTS: Readonly<Record<Effect, string>> = {
  supersedes: 'superseded',
  blocks: 'blocked',
  waits: 'wait',
  asks: 'ask',
};

/** `docs/reasons.md`: every code under its rule, in the order in which reasons are told. */
export function reasonsPage(): string {
  return [INTRODUCTION, ...RULES.map(({ name }) => section(name))].join('\n');
}

function section(rule: string): string {
  const codes = REASON_CODES.filter((code) => REASONS[code].rule === rule);
  return `## ${rule}\n\n${codes.map(entry).join('\n\n')}\n`;
}

function entry(code: ReasonCode): string {
  const { effect, fix, who } = REASONS[code];
  return `### ${code}\n\nVerdict: \`${EFFECTS[effect]}\`. ${REASON_MEANINGS[code]}\n\n- **What to do:** ${fix}\n- **Who can:** ${who}`;
}
