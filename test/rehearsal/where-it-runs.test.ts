import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GivenServer, type Options, oneJob, startGivenServer } from './faults-scenario.ts';

let given: GivenServer;
beforeAll(async () => {
  given = await startGivenServer();
});
// Fails when a rehearsal left a database there, or touched the one that was there.
afterAll(() => given.end());

const NOWHERE = 'postgresql://u:the-password-of-the-server@127.0.0.1:1/x';

/** Which server the commands of a rehearsal were led to, once it passed. */
async function ranOn(options: Options): Promise<{ given: boolean; log: string }> {
  let seen = { given: false, log: '' };
  await oneJob(options, given, ({ exitCode, outputs, log }) => {
    expect(exitCode, log).toBe(0);
    expect(outputs['rehearsal'], log).toMatch(/^(?:pass|warn)$/);
    // The addresses of its databases are masked, and so are in the log as it leaves the action.
    const ports = new Set([...log.matchAll(/@127\.0\.0\.1:(\d+)\/(?:promote_)?rehearsal/g)].map(([, port]) => Number(port)));
    expect(ports.size, log).toBeGreaterThan(0);
    seen = { given: ports.has(given.port), log };
  });
  return seen;
}

describe.concurrent('a rehearsal takes place', () => {
  it('on the server that the pipeline file names, whatever DATABASE_URL says', async () => {
    const seen = await ranOn({ variables: { DATABASE_URL: NOWHERE } });
    expect(seen.given).toBe(true);
    expect(seen.log).toContain('on the server that GIVEN leads to');
  });

  it("without one on the server that the step's DATABASE_URL leads to", async () => {
    const seen = await ranOn({ rehearsal: { server: null }, variables: { DATABASE_URL: given.url } });
    expect(seen.given).toBe(true);
    expect(seen.log).toContain('on the server that DATABASE_URL leads to');
  });

  it.each<[string, Options]>([
    ["the DATABASE_URL is the environment's own", { variables: { PROMOTE_ENV: `DATABASE_URL=${NOWHERE}` } }],
    ['DATABASE_URL is taken away from the step', { variables: { DATABASE_URL: '' } }],
  ])('on a private server where %s', async (_name, options) => {
    const seen = await ranOn({ ...options, rehearsal: { server: null } });
    expect(seen.given).toBe(false);
    expect(seen.log).not.toContain('It takes place on the server');
  });

  it('on a private server where DATABASE_URL is what the data comes from', async () => {
    const rehearsal = { server: null, snapshot: '{ from: DATABASE_URL, max-age: 7d }' };
    // Whether the machine has the program to copy it with is another matter.
    await oneJob({ rehearsal, variables: { DATABASE_URL: given.url } }, given, ({ log }) => {
      expect(log).toMatch(/^PostgreSQL \d+\.\d+ is running\.$/m);
      expect(log).not.toContain('It takes place on the server');
    });
  });
});
