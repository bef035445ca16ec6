import { BUILT_IN_TEXT } from '../../src/pipeline/built-in.ts';
import { ROLE_DEFAULTS } from '../../src/pipeline/roles.ts';
import { PIPELINE_KEYS } from './pipeline-keys.ts';

/** Fills the generated parts of `docs/pipeline.md`: everything between a pair of `<!-- generated: name -->` and `<!-- end -->`. */
export function pipelineDocs(present: string): string {
  return present.replaceAll(/(<!-- generated: ([a-z -]+) -->\n)[\s\S]*?(<!-- end -->)/g, (_, begin: string, name: string, end: string) => {
    return `${begin}${part(name)}\n${end}`;
  });
}

function part(name: string): string {
  if (name === 'roles') return roles();
  if (name === 'built-in') return ['```yaml', BUILT_IN_TEXT.trimEnd(), '```'].join('\n');
  const section = name === 'file' ? '' : name;
  const keys = PIPELINE_KEYS[section];
  if (keys === undefined) throw new Error(`docs/pipeline.md asks for "${name}", which nobody can generate.`);
  return table(
    ['key', 'meaning'],
    Object.entries(keys).map(([key, meaning]) => [`\`${key}\``, meaning]),
  );
}

function roles(): string {
  const rows = Object.entries(ROLE_DEFAULTS).map(([role, one]) => [
    `\`${role}\``,
    `\`${one.data}\``,
    one.gate === null ? 'none' : `${one.gate.approvals} approval`,
    one.downgrade,
    one.divergence,
  ]);
  return table(['role', '`data`', '`gate`', '`downgrade`', '`divergence`'], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
