/** Whole cycles on a database whose names were made from data, with a migration that changes all of them without spelling one. */
import pg from 'pg';
import { type CommandRequest, type RunningCommand, runCycle } from '../../../src/rehearsal/cycle.ts';
import type { CommandFacts, RehearsalEvidence, RehearsalFacts } from '../../../src/rehearsal/evidence.ts';
import type { KnownNames } from '../../../src/rehearsal/known-names.ts';
import { readLimits } from '../../../src/rehearsal/limits.ts';
import { judge } from '../../../src/rehearsal/verdict.ts';
import { PLAIN } from '../../../src/report/markup.ts';
import { rehearsalBrief, rehearsalSentence, rehearsalText } from '../../../src/report/rehearsal.ts';
import { rehearsalPage } from '../../../src/report/rehearsal-page.ts';
import type { Rehearsing } from '../postgres/servers.ts';
import { SMALL } from './kinds.ts';
import { NAMES } from './names.ts';

/** What the product shows, by phase of both cycles, and all that it makes for people to read. */
export interface Shown {
  readonly phases: Readonly<Record<string, string>>;
  readonly report: string;
}

const block = (body: string): string =>
  `DO $m$ DECLARE w text := (SELECT word FROM public.people ORDER BY id LIMIT 1); BEGIN ${body} END $m$`;

const CHANGES = Object.values(NAMES).map(({ changed }) => block(changed));
/** Makes a table after the data, and more rows in it each time. */
const ROWS = block(`EXECUTE format('CREATE TABLE IF NOT EXISTS public."new_%s" (id serial)', w);
  EXECUTE format('INSERT INTO public."new_%s" SELECT FROM generate_series(${SMALL}, nextval(''public."q_%s"'')); INSERT INTO public."of_%s" (id) SELECT max(id) + 1 FROM public."of_%s"', w, w, w, w);`);

/** What the team runs, by the words in place of a command. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  'change everything': [
    'SELECT 1',
    'ALTER TABLE public.people ADD added int',
    ...CHANGES,
    ROWS,
    block(
      `EXECUTE format('ALTER TABLE public."of_%s" ALTER v TYPE varchar(90), ADD CONSTRAINT "left_%s" CHECK (id > 0) NOT VALID', w, w);`,
    ),
  ],
  'add a row': [ROWS, 'ALTER TABLE public.people ADD IF NOT EXISTS added int'],
  'take nothing back': ['SELECT 1'],
  'take all back': [
    'ALTER TABLE public.people DROP added',
    block(`EXECUTE format('DROP TABLE public."new_%s"; DELETE FROM public."of_%s" WHERE id > 1', w, w);`),
  ],
};

/** Runs the statements of a command, as a process would. */
function start({ run, access }: CommandRequest): RunningCommand {
  const client = new pg.Client({ connectionString: access.url });
  client.on('error', () => undefined);
  let killed = false;
  const work = async (): Promise<CommandFacts> => {
    try {
      await client.connect();
      for (const statement of COMMANDS[run] ?? []) await client.query(statement);
      return { ended: 'success', exitCode: 0, seconds: 0.1 };
    } catch {
      return killed ? { ended: 'killed', exitCode: null, seconds: 0.1 } : { ended: 'failure', exitCode: 1, seconds: 0.1 };
    } finally {
      void client.end().catch(() => undefined);
    }
  };
  const kill = (): void => {
    killed = true;
    (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  };
  return { done: work(), kill };
}

export async function runNamedCycles({ server }: Rehearsing, names: () => KnownNames): Promise<Shown> {
  await server.freeze();
  const phases: Record<string, string> = {};
  let report = '';
  for (const [migrate, rollback] of [
    ['change everything', 'take nothing back'],
    ['add a row', 'take all back'],
    ['add a row', false],
  ] as const) {
    const logged: string[] = [];
    const rules = { migrate, rollback, previous: null, load: { script: null } };
    const run = await runCycle({
      server,
      rules,
      checks: null,
      pendingColumns: [],
      loadScript: null,
      names: names(),
      baseline: 50,
      ports: {
        start,
        checkOutPrevious: async () => ({ because: 'no version is live' }),
        log: (line) => logged.push(line),
        ended: () => undefined,
        signal: new AbortController().signal,
      },
    });
    for (const phase of run) phases[phase.name] = `${phases[phase.name] ?? ''}${JSON.stringify(phase).replaceAll('\\"', '"')}`;
    const facts: RehearsalFacts = {
      candidate: { sha: 'a'.repeat(40), version: 'v1', digest: '' },
      environment: 'staging',
      migrations: '',
      at: 0,
      server: { name: server.name, major: server.major },
      snapshot: null,
      masking: null,
      deviations: [],
      commands: rules,
      phases: run,
      impossible: null,
      prediction: null,
    };
    const strict = { statement: '1ms', lock: '1ms', 'write-stall': '1ms', 'read-stall': '1ms' } as const;
    const evidence: RehearsalEvidence = { schema: 1, ...facts, ...judge(facts, readLimits(strict as never)) };
    report += [
      rehearsalBrief(evidence, null),
      rehearsalText(evidence),
      rehearsalSentence(evidence, PLAIN),
      rehearsalPage(evidence),
      JSON.stringify(evidence),
      ...logged,
    ].join('\n');
  }
  return { phases, report };
}
