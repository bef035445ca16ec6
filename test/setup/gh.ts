/**
 * Stands in for GitHub's command line: `gh api PATH [--method M] [--input -] [--hostname H] [--jq .FIELD]` against GITHUB_API_URL with GH_TOKEN. Anything else is
 * refused, so that a command which gh would not understand is not understood here either.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { method: { type: 'string', default: 'GET' }, input: { type: 'string' }, jq: { type: 'string' }, hostname: { type: 'string' } },
});
const [command, path, ...rest] = positionals;
if (command !== 'api' || path === undefined || rest.length > 0) throw new Error(`not understood: ${positionals.join(' ')}`);
if (values.input !== undefined && values.input !== '-') throw new Error('only standard input is read');
const response = await fetch(`${process.env['GITHUB_API_URL']}/${path}`, {
  method: values.method,
  headers: { authorization: `Bearer ${process.env['GH_TOKEN']}` },
  ...(values.input === undefined ? {} : { body: JSON.stringify(JSON.parse(readFileSync(0, 'utf8'))) }),
});
const text = await response.text();
if (!response.ok) {
  console.error(`gh: ${response.status} ${text}`);
  process.exitCode = 1;
} else if (values.jq === undefined) {
  console.log(text);
} else {
  console.log(String((JSON.parse(text) as Record<string, unknown>)[values.jq.replace(/^\./, '')]));
}
