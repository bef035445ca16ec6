/** The demo as a newcomer meets it: started from a shell, approved by hand in a browser, refusing what it is asked to refuse. */
import { execFile, spawn } from 'node:child_process';
import { chmodSync, existsSync, globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { missingRequirements } from '../../demo/requirements.ts';
import { browse, LAUNCH_TIMEOUT } from '../page/browser.ts';
import { DemoProcess, processesAbout, withoutChance } from './demo-process.ts';

const MINUTES = 60_000;
const README = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');

let parent = '';
let folder = '';
let demo: DemoProcess | null = null;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'promote-demo-'));
  chmodSync(parent, 0o755);
  folder = join(parent, 'demo');
  demo = null;
});
afterEach(async () => {
  demo?.interrupt();
  await demo?.ended;
  rmSync(parent, { recursive: true, force: true });
});

/** Data of databases lies beside the demo's own, or in the machine's folder for temporary files. */
function leftBehind(): readonly string[] {
  return [...processesAbout(folder), ...(existsSync(folder) ? [folder] : [])];
}

/** Soon: guards of what was cut off do their work when that has gone. */
async function nothingIsLeft(): Promise<void> {
  for (let tries = 0; tries < 300 && leftBehind().length > 0; tries += 1) await sleep(50);
  expect(leftBehind()).toEqual([]);
}

/** The README's block of that kind behind a text. */
function readmeBlock(kind: string, marker: string): string {
  const [, block] = new RegExp(`\`\`\`${kind}\\n(.*?)\`\`\``, 's').exec(README.slice(README.indexOf(marker))) ?? [];
  if (!README.includes(marker) || block === undefined) throw new Error(`README.md has no ${kind} block after ${marker}`);
  return block;
}

/** What each shop said of itself over HTTP at the end. */
function whatRuns(output: string): Record<string, string> {
  const shops = output.slice(output.indexOf('What is where')).matchAll(/^ {2}(\S+) +(\S+) +http:\/\/127\.0\.0\.1:\d+(?: |$)/gm);
  return Object.fromEntries([...shops].map(([, environment = '', running = '']) => [environment, running]));
}

it('goes from a push to production by itself with --yes, as the README shows it, and leaves nothing', {
  timeout: 5 * MINUTES,
}, async () => {
  demo = new DemoProcess('--yes', '--port', '0', '--folder', folder);
  const [, , address = ''] = await demo.says(/dev runs (\S+) at (\S+)/);
  const health = await (await fetch(`${address}/health`)).json();
  expect(await demo.ended, demo.errors).toBe(0);
  const { output } = demo;
  const [, version = ''] = /dev runs (\S+) at/.exec(output) ?? [];
  expect(health).toMatchObject({ environment: 'dev', version, migrations: 3 });
  expect(whatRuns(output)).toEqual({ dev: version, uat: version, staging: version, production: version });
  expect(output).toMatch(/Rehearsal of \S+: pass, migration/);
  expect(withoutChance(output.slice(output.indexOf('Opening the shop')))).toBe(withoutChance(readmeBlock('text', '## What it looks like')));
  expect(leftBehind()).toEqual([]);
});

it('stops a release whose migration would close the shop, before anybody is asked about production, as the README shows it', {
  timeout: 5 * MINUTES,
}, async () => {
  demo = new DemoProcess('--bad-migration', '--yes', '--port', '0', '--folder', folder);
  expect(await demo.ended, demo.errors).toBe(0);
  const { output } = demo;
  const [, version = ''] = /dev runs (\S+) at/.exec(output) ?? [];
  expect(whatRuns(output)).toEqual({ dev: version, uat: version, production: 'v1.0.0' });
  expect(output).not.toMatch(/production waits|approved production|Deploy to production/);
  const [fromStaging = ''] = /^.*▸ Deploy to staging\n[\s\S]*/m.exec(output) ?? [];
  expect(withoutChance(fromStaging)).toBe(withoutChance(readmeBlock('text', 'npm run demo -- --bad-migration')));
  expect(leftBehind()).toEqual([]);
});

/** The shop's schedule would run the run again by itself, every quarter of an hour. */
async function awayFromSchedule(): Promise<void> {
  const quarter = 15 * MINUTES;
  const left = quarter - (Date.now() % quarter);
  if (left < 30_000) await sleep(left + 15_000);
}

async function approve(page: Page, environment: string): Promise<void> {
  await page.getByRole('button', { name: 'Review deployments' }).click();
  await page.getByRole('checkbox', { name: environment }).check();
  await page.getByRole('button', { name: 'Approve and deploy' }).click();
}

it('waits for people, and refuses what it tells them to try', { timeout: LAUNCH_TIMEOUT + 10 * MINUTES }, async () => {
  const browsing = await browse();
  demo = new DemoProcess('--port', '0', '--folder', folder);
  const running = demo;
  const page = await browsing.open();
  /** What is said from now on. */
  const next = (pattern: RegExp) => {
    const from = running.output.length;
    return () => running.says(pattern, from);
  };

  // By one's own hand.
  const [, uat = ''] = await running.says(/uat waits.*\n +Open (\S+)/);
  await page.goto(uat);
  await approve(page, 'uat');
  await running.says(/production waits/);
  await approve(page, 'production');
  await running.says(/It stays up until Ctrl-C/);
  const [, version = '', production = ''] = await running.says(/production runs (\S+) at (\S+)/);
  await page.goto(production);
  expect(await page.locator('#version').textContent()).toBe(version);
  await page.getByText('Umbrella', { exact: true }).waitFor();
  // What the rehearsal left can be looked at, with its picture.
  const [, report = ''] = /^ +rehearsal +(\S+)$/m.exec(running.output) ?? [];
  await page.goto(report);
  await page.getByRole('heading', { level: 1, name: /passed its rehearsal for staging/ }).waitFor();
  expect(await page.locator('svg').count()).toBeGreaterThan(0);
  for (const [, environment, address = ''] of running.output.matchAll(/^ +(\S+) runs \S+ at (\S+)$/gm))
    expect(await (await fetch(`${address}/health`)).json()).toMatchObject({ environment, version, migrations: 3 });

  // A second demo does not get in the way of the first.
  const second = new DemoProcess('--yes', '--folder', folder);
  expect(await second.ended).toBe(1);
  expect(second.errors).toContain(`A demo is running already: ${new URL(uat).origin}`);

  // The commands for the second terminal, as they are printed.
  const steps = [...running.output.matchAll(/^ {2}\d\. .*\n((?: {5}.*\n)*)/gm)].map(([, commands = '']) => commands);
  const terminal = (step: number) => promisify(execFile)('bash', ['-euc', `${steps[0]}\n${steps[step - 1]}`]);

  let then = next(/Promote #\d+: success/);
  const { stderr: told } = await terminal(2);
  await then();
  expect(running.output).toMatch(/The way of this run: staging\. It ends before production: mona has held it .* stocktaking/);
  const [, hotfix = ''] = /remote: Follow it at (\S+)/.exec(told) ?? [];

  await awayFromSchedule();
  await terminal(3);
  await page.goto(hotfix);
  then = next(/production waits/);
  await page.getByRole('button', { name: 'Re-run all jobs' }).click();
  await then();

  then = next(
    /may not enter production: One approval is asked for, and nobody has given one that counts; mona approved, and the initiator may not\.[\s\S]*Promote #\d+: failure/,
  );
  await approve(page, 'production');
  await then();
  const [refused = ''] = globSync(join(folder, 'machine/jobs/run-*-2/job-*/temp/_runner_file_commands/step_summary_*'))
    .map((file) => withoutChance(readFileSync(file, 'utf8')))
    .filter((summary) => summary.includes('may not enter'));
  const [quote = ''] = /(?:^>.*\n)+/m.exec(README.slice(README.indexOf('begins like this:'))) ?? [];
  expect(refused.slice(0, refused.indexOf('\n\n#### Path'))).toBe(withoutChance(quote.replaceAll(/^> ?/gm, '')));
  expect(refused).toContain(withoutChance(readmeBlock('mermaid', 'and shows the path as a picture')));

  then = next(/production waits.*\n +Open (\S+)/);
  await terminal(5);
  const [, byHand = ''] = await then();
  await page.goto(byHand);
  await page.getByLabel('Signed in as').selectOption('octocat');
  then = next(/production runs hotfix\/sunday@\w+ at[\s\S]*Promote by hand #1: success/);
  await approve(page, 'production');
  await then();

  then = next(/production waits.*\n +Open (\S+)/);
  await terminal(6);
  const [, rollback = ''] = await then();
  await page.goto(rollback);
  await page.getByLabel('Signed in as').selectOption('hubot');
  then = next(/Promote by hand #2: success/);
  await approve(page, 'production');
  await then();
  expect(await (await fetch(`${production}/health`)).json()).toMatchObject({ environment: 'production', version });

  expect(browsing.mishaps).toEqual([]);
  await browsing.close();
  running.interrupt();
  await running.ended;
  expect(running.output).toMatch(/Ending everything …\n$/);
  expect(running.errors.split('\n').filter((line) => !line.startsWith('npm'))).toEqual(['']);
  await nothingIsLeft();
});

it('ends without a fuss when it is interrupted in the middle of a job', { timeout: 5 * MINUTES }, async () => {
  demo = new DemoProcess('--yes', '--port', '0', '--folder', folder);
  await demo.says(/▸ Build/);
  demo.interrupt();
  await demo.ended;
  expect(demo.output).toMatch(/▸ Build\n[\s\S]*\nEnding everything …\n$/);
  expect(demo.errors.split('\n').filter((line) => !line.startsWith('npm'))).toEqual(['']);
  await nothingIsLeft();
});

/** Starts what leaves a process behind in the folder, under guard, and is killed. */
const KILLED = `
import { spawn } from 'node:child_process';
import { guard } from ${JSON.stringify(join(import.meta.dirname, '../../demo/leftovers.ts'))};
const [folder] = process.argv.slice(2);
guard(folder);
const child = spawn('sleep', ['600'], { cwd: folder + '/machine', detached: true, stdio: 'ignore' });
child.on('spawn', () => process.kill(process.pid, 'SIGKILL'));
`;

it('leaves nothing when it is killed, not even what its jobs had started', async () => {
  mkdirSync(join(folder, 'machine'), { recursive: true });
  const script = join(parent, 'killed.ts');
  writeFileSync(script, KILLED);
  const child = spawn(process.execPath, [script, folder], { stdio: 'ignore' });
  expect(await new Promise((resolve) => child.on('exit', (_code, signal) => resolve(signal)))).toBe('SIGKILL');
  await nothingIsLeft();
  expect(readdirSync(parent)).toEqual(['killed.ts']);
});

it('removes nothing that is not its own', async () => {
  mkdirSync(folder);
  writeFileSync(join(folder, 'thesis.txt'), 'two years of work');
  demo = new DemoProcess('--yes', '--folder', folder);
  expect(await demo.ended).toBe(1);
  expect(demo.errors).toContain(`${folder} is not empty, and not a demo's.`);
  expect(readFileSync(join(folder, 'thesis.txt'), 'utf8')).toBe('two years of work');
});

it('names what a machine lacks, and the fix', () => {
  expect(missingRequirements()).toEqual([]);
  const missing = missingRequirements(join(parent, 'nowhere'));
  expect(missing.map((line) => line.split(' ')[0])).toEqual(['git', 'bash', 'npm']);
  for (const line of missing) expect(line).toContain('Install it');
});
