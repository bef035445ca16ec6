import { INPUTS, OUTPUTS } from '../../src/job/action-io.ts';

/** Replaces what stands between `<!-- generated: NAME -->` and `<!-- end generated -->` for each name; fails when a region is missing. */
export function fillRegions(present: string, regions: Readonly<Record<string, string>>): string {
  return Object.entries(regions).reduce((text, [name, content]) => {
    const region = new RegExp(`(<!-- generated: ${name} -->\n)[^]*?(<!-- end generated -->)`);
    if (!region.test(text)) throw new Error(`no region "<!-- generated: ${name} -->" to fill`);
    return text.replace(region, (_all, open: string, close: string) => `${open}${content}\n${close}`);
  }, present);
}

export function inputTable(): string {
  const rows = Object.entries(INPUTS).map(([name, entry]: [string, { description: string; default?: string }]) => {
    const fallback = entry.default === undefined ? '' : `\`${entry.default}\``;
    return `| \`${name}\` | ${fallback} | ${entry.description.replaceAll('|', '\\|')} |`;
  });
  return ['| input | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

export function outputTable(): string {
  const rows = Object.entries(OUTPUTS).map(([name, description]) => `| \`${name}\` | ${description.replaceAll('|', '\\|')} |`);
  return ['| output | meaning |', '| --- | --- |', ...rows].join('\n');
}
