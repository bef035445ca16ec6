/**
 * The chain that `promote init --local` writes for each kind of repository, run from a push to production. The kinds' own tools (npm, bundle,
 * go …) are stand-ins that leave what a build leaves; everything else is real.
 */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { openShop, type Shop } from '../chain/shop.ts';
import { POSTGRES_BIN } from '../rehearsal/database-commands.ts';
import { type Folder, makeFolder } from './folder.ts';
import { KINDS } from './kinds.ts';

const TOOLS = ['npm', 'npx', 'corepack', 'pnpm', 'pipx', 'uv', 'bundle', 'rails', 'go', 'make'];

let shop: Shop | null = null;
let folder: Folder | null = null;
let machine = '';
afterEach(async () => {
  await shop?.close();
  folder?.remove();
  rmSync(machine, { recursive: true, force: true });
});

/** Programs that write down that they ran, and leave `artifact`. */
function standIns(artifact: string): string {
  machine = mkdtempSync(join(tmpdir(), 'promote-tools-'));
  mkdirSync(join(machine, 'bin'));
  const leave = artifact === '' ? '' : `mkdir -p '${artifact}'\necho built > '${artifact}/built'\n`;
  for (const tool of TOOLS) {
    const path = join(machine, 'bin', tool);
    writeFileSync(path, `#!/bin/sh\necho "$PROMOTE_ENVIRONMENT ${tool} $*" >> '${machine}/ran'\n${leave}`);
    chmodSync(path, 0o755);
  }
  return join(machine, 'bin');
}

it.each(Object.entries(KINDS))('in %s', { timeout: 120_000 }, async (_name, kind) => {
  folder = makeFolder(kind.files);
  expect(await folder.init({ local: true })).toMatchObject({ code: 0 });
  // What a checkout's file modes would allow.
  const pipeline = (folder.read('.github/promote.yml') ?? '')
    .replaceAll('./scripts/deploy.sh', 'bash scripts/deploy.sh')
    .replaceAll('bin/rails', 'rails');
  const caller = folder.read('.github/workflows/promote.yml') ?? '';
  const PATH = `${standIns(kind.build?.artifact ?? '')}:${process.env['PATH']}`;
  const files = { ...kind.files, 'scripts/deploy.sh': `echo "$PROMOTE_ENVIRONMENT deploy.sh" >> '${machine}/ran'\n` };
  shop = await openShop({ pipeline, caller, files, machine: { PATH, PROMOTE_POSTGRES_BIN: POSTGRES_BIN } });
  const run = await shop.push('main', 'first');
  await shop.approve(run, 'uat', 'hubot');
  await shop.approve(run, 'production', 'hubot');
  expect(shop.run(run)).toMatchObject({ status: 'completed', conclusion: 'success' });
  const ran = readFileSync(join(machine, 'ran'), 'utf8').split('\n');
  const deployed =
    kind.deploy
      ?.split(' && ')
      .at(-1)
      ?.replace(/^\.\/scripts\//, '') ?? 'deploy.sh';
  expect(ran.filter((line) => line.endsWith(` ${deployed}`)).map((line) => line.split(' ')[0])).toEqual([
    'dev',
    'uat',
    'staging',
    'production',
  ]);
  expect(shop.sandbox.state.deployments.filter(({ task }) => task === 'promote:rehearsal')).toMatchObject([
    // Where no way back is known, the rehearsal says that it is missing.
    { environment: 'staging', payload: { rehearsal: { verdict: kind.rollback === undefined ? 'warn' : 'pass' } } },
  ]);
});
