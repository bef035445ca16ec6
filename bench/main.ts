/**
 * Measures what the project promises: `npm run bench`, or one part of it: `npm run bench -- decisions`. Ratios are taken inside one run,
 * because machines differ; targets are printed beside what was measured, and a missed one ends the run with exit code 1.
 */
import { chain } from './chain.ts';
import { decisions } from './decisions.ts';
import { rehearsal } from './rehearsal.ts';
import { requests } from './requests.ts';
import { startUp } from './start-up.ts';
import type { Target } from './target.ts';

const PARTS: Readonly<Record<string, () => Promise<readonly Target[]>>> = { 'start-up': startUp, requests, decisions, chain, rehearsal };

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => PARTS[name] === undefined);
if (unknown.length > 0) throw new Error(`No such part: ${unknown.join(', ')}. There are: ${Object.keys(PARTS).join(', ')}.`);

const targets: Target[] = [];
for (const [name, part] of Object.entries(PARTS)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  console.log(`\n${name}`);
  targets.push(...(await part()));
}

console.log('\ntargets');
for (const { what, measured, target, met } of targets)
  console.log(`  ${met ? 'met   ' : 'MISSED'}  ${what}: ${measured} (target: ${target})`);
if (targets.some(({ met }) => !met)) process.exitCode = 1;
