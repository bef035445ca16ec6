import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { environmentViews } from '../sandbox/page/live.ts';
import type { LocalGithub } from './local-github.ts';
import { runningShops } from './running-shop.ts';

/** Which version runs where, who let it in, and where to look. @param home SHOP_HOME of the jobs */
export function whatIsWhere(github: LocalGithub, home: string, runId: number): readonly string[] {
  const shops = runningShops(home);
  const rows = environmentViews(github.sandbox.state).map(({ environment, live }) => {
    const shop = shops.find((one) => one.environment === environment.name);
    const approved = live === null || live.approvedBy.length === 0 ? '' : `approved by ${live.approvedBy.join(', ')}`;
    return [environment.name, live?.version ?? 'nothing', shop === undefined ? '' : `http://127.0.0.1:${shop.port}`, approved];
  });
  return [
    styleText('bold', 'What is where'),
    ...table(rows),
    '',
    ...table([
      ['run', `${github.page}/actions/runs/${runId}`],
      ['records', `${github.page}/deployments`],
      ['clone', `${github.clone} (octocat's; "git push" starts the workflows)`],
    ]),
  ];
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
  writeFileSync(path, `# For a shell: . ${path}\n${lines.join('\n')}\ncd '${clone.replaceAll("'", "'\\''")}'\n`, { mode: 0o600 });
  return path;
}

/** Refusals to try while the demo stays up, as commands for a second terminal. @param sha the commit that production runs */
export function refusals(github: LocalGithub, terminal: string, sha: string): readonly string[] {
  const { page } = github;
  const rollback = JSON.stringify({ ref: 'main', inputs: { environment: 'production', ref: 'refs/heads/main', sha, rollback: 'true' } });
  return [
    styleText('bold', 'Now have it refuse something: in a second terminal, from top to bottom'),
    ...step('Go to your clone of the shop; $API and $MONA are for curl', `. '${terminal}'`),
    ...step(
      'Freeze production',
      `curl -sS -o /dev/null -H "$MONA" "$API/issues" -d '{"title":"production: stocktaking","labels":["promote:hold"]}'`,
    ),
    ...step(
      'Push a hotfix, as hubot: it gets as far as staging, and its run says why not further, and who can change that',
      'git switch --quiet --create hotfix/sunday',
      `echo "export const announcement = 'Closed on Sunday.';" > src/announcement.js`,
      `git -c user.name=hubot -c user.email=hubot@example.com commit --quiet --all --message 'Say that we are closed on Sunday'`,
      'git push --quiet',
    ),
    ...step(
      'Lift the freeze, then choose "Re-run all jobs" on the page of that run; or wait for the schedule, which does it every quarter of an hour',
      `curl -sS -o /dev/null -H "$MONA" -X PATCH "$API/issues/1" -d '{"state":"closed"}'`,
    ),
    '',
    '  Approve production as the initiator: sign in at the top of the page as who started the run (hubot, or you who ran it again).',
    '  The door says no. "Re-run failed jobs" as hubot, sign in as mona, approve: now it goes in.',
    ...step(
      'Roll production back to what it ran before, as mona; hubot may approve that, mona may not. The hotfix is vetoed',
      `curl -sS -H "$MONA" "$API/actions/workflows/by-hand.yml/dispatches" -d '${rollback}'`,
    ),
    '',
    `  Every run: ${page}/actions`,
  ];
}

function step(title: string, ...commands: readonly string[]): readonly string[] {
  return ['', `  ${title}:`, ...commands.map((command) => `    ${command}`)];
}
