/** Runs the command given as the first argument the way `deploy` does, and prints how it ended. */
import { runCommand } from '../../src/job/run-command.ts';

const result = await runCommand({
  run: process.argv[2] ?? 'true',
  cwd: process.cwd(),
  variables: { PROMOTE_ENVIRONMENT: 'uat' },
  grace: 500,
  onCancel: async (signal) => console.log(`closed on ${signal}`),
});
console.log(JSON.stringify(result));
