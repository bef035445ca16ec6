import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { styleText } from 'node:util';
import { environmentViews } from '../sandbox/page/live.ts';
import { type LocalGithub, quoted } from './local-github.ts';
import { leftByRehearsal } from './rehearsal-results.ts';
import { runningShops } from './running-shop.ts';

/** Which version runs where as the shop itself says, who let it in, and where to look. @param home SHOP_HOME of the jobs */
export async function whatIsWhere(github: LocalGithub, home: string, runId: number): Promise<readonly string[]> {
  const shops = runningShops(home);
  const rows = environmentViews(github.sandbox.state).map(async ({ environment, live }) => {
    const shop = shops.find((one) => one.environment === environment.name);
    if (shop === undefined) return [environment.name, 'nothing'];
    const address = `http://127.0.0.1:${shop.port}`;
    const approved = live?.approvedBy.join(', ') ?? '';
    return [environment.name, await versionAt(address), address, approved === '' ? '' : `approved by ${approved}`];
  });
  const rehearsal = leftByRehearsal(github.sandbox.state, runId);
  return [
    styleText('bold', 'What is where'),
    ...table(await Promise.all(rows)),
    '',
    ...table([
      ['run', `${github.page}/actions/runs/${runId}`],
      ...(rehearsal === null ? [] : [['rehearsal', `${github.page}/${rehearsal.report}`]]),
      ['records', `${github.page}/deployments`],
      ['clone', `${shown(github.clone)} is octocat's; "git push" in it starts the workflows`],
    ]),
  ];
}

async function versionAt(address: string): Promise<string> {
  try {
    const health = (await (await fetch(`${address}/health`)).json()) as { version: string };
    return health.version;
  } catch {
    return 'does not answer';
  }
}

/** A path as people type it from here. */
function shown(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith('..') ? path : near;
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
}

/** Variables for a second terminal, in a file that a shell reads: tokens are no reading matter. @returns its path */
export function writeTerminalFile(folder: string, github: LocalGithub): string {
  const { sandbox, clone } = github;
  const path = join(folder, 'terminal');
  const variables = {
    API: `${sandbox.apiUrl}/repos/${sandbox.owner}/${sandbox.name}`,
    MONA: `Authorization: Bearer ${sandbox.token({ login: 'mona' })}`,
  };
  const lines = Object.entries(variables).map(([name, value]) => `${name}='${value}'`);
  writeFileSync(path, `# For a shell: . ${path}\n${lines.join('\n')}\ncd ${quoted(clone)}\n`, { mode: 0o600 });
  return path;
}

/** Refusals to try while the demo stays up, as commands for a second terminal. @param sha the commit that production runs */
export function refusals(github: LocalGithub, terminal: string, sha: string): readonly string[] {
  const hold = github.sandbox.state.lastNumber + 1;
  const rollback = { ref: 'main', inputs: { environment: 'production', ref: 'refs/heads/main', sha, rollback: 'true' } };
  const hotfix = { ref: 'main', inputs: { environment: 'production', ref: 'refs/heads/hotfix/sunday' } };
  const steps: readonly (readonly [string, ...string[]])[] = [
    ["Go to octocat's clone of the shop. $API and $MONA are for curl.", `. ${quoted(terminal)}`],
    [
      'Hold production, and push a hotfix as hubot: it gets as far as staging. Its run tells why not further, and who can change that.',
      `curl -sS -o /dev/null -H "$MONA" "$API/issues" -d '{"title":"production: stocktaking","labels":["promote:hold"]}'`,
      'git switch --quiet --create hotfix/sunday',
      `echo "export const announcement = 'Closed on Sunday.';" > src/announcement.js`,
      `git -c user.name=hubot -c user.email=hubot@example.com commit --quiet --all --message 'Say that we are closed on Sunday'`,
      'git push --quiet',
    ],
    [
      'Lift the hold, and choose "Re-run all jobs" on the page of that run. You are mona there, so now it is mona who started it.',
      `curl -sS -o /dev/null -H "$MONA" -X PATCH "$API/issues/${hold}" -d '{"state":"closed"}'`,
    ],
    ['Approve production as mona, the initiator: "Review deployments". The door says no.'],
    [
      'Promote it by hand, which asks anew; then choose octocat at the top of the page of that run, and approve. It goes in.',
      `curl -sS -H "$MONA" "$API/actions/workflows/by-hand.yml/dispatches" -d '${JSON.stringify(hotfix)}'`,
    ],
    [
      'Roll production back to what it ran before. As mona starts that, hubot approves. The hotfix is vetoed from then on.',
      `curl -sS -H "$MONA" "$API/actions/workflows/by-hand.yml/dispatches" -d '${JSON.stringify(rollback)}'`,
    ],
  ];
  return [
    styleText('bold', 'Now have it refuse something. In a second terminal, from top to bottom:'),
    ...steps.flatMap(([title, ...commands], index) => ['', `  ${index + 1}. ${title}`, ...commands.map((command) => `     ${command}`)]),
  ];
}
