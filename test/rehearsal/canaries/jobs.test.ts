/** Whole jobs, as the runner starts them: what stands in the data is in nothing that they leave behind, whatever goes wrong. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StepResult } from '../../../sandbox/runner/action-step.ts';
import { type GivenServer, type Options, Scenario, startGivenServer } from '../faults-scenario.ts';
import { canariesIn, INSERT_PERSON, KINDS, MAIL, PEOPLE, PERSON, WORD } from './kinds.ts';
import { NAMES } from './names.ts';

let given: GivenServer;
beforeAll(async () => {
  given = await startGivenServer();
});
afterAll(() => given.end());

const RAISED = KINDS['RAISE with DETAIL']?.sql ?? '';
/** A snapshot whose rows make trouble as soon as they are written again, or asked about. */
const TROUBLE = `${PEOPLE}\n${INSERT_PERSON}
CREATE OR REPLACE FUNCTION public.boom(v text) RETURNS boolean LANGUAGE plpgsql AS $f$ BEGIN EXECUTE $say$${RAISED}$say$; RETURN true; END $f$;\n`;
const NAMED = `${PEOPLE}\n${INSERT_PERSON}\n${Object.entries(NAMES)
  .filter(([kind]) => kind !== 'a setting')
  .map(([, { made }]) => `${made};`)
  .join('\n')}\nALTER TABLE public.people DROP CONSTRAINT booming;\n`;
/** Names of the tables and their columns, as a team declares them. */
const MASKING = `version: 1
tables:
  public.people: { "*": mask, id: keep, mood: keep }
  public.parts: { "*": { keep: reviewed } }
`;
const DYNAMIC = `DO $m$ DECLARE w text := (SELECT word FROM people); BEGIN ${Object.entries(NAMES)
  .filter(([kind]) => kind !== 'a setting' && kind !== 'a label of an enum')
  .map(([, { changed }]) => changed)
  .join(' ')} END $m$;\n`;
const quiet = (file: string): string => JSON.stringify(`node sql.cjs ${file} >/dev/null 2>&1`);
const SNAPSHOT = { snapshot: '{ file: people.sql, max-age: 7d }', migrate: quiet('change.sql'), rollback: quiet('back.sql') };
const CHANGE = 'ALTER TABLE people ADD COLUMN added int;\n';
const BACK = 'ALTER TABLE people DROP COLUMN added;\n';

/** Everything that a job leaves where somebody may look. The commands of the repository print nothing here: their output is their own. */
function left(job: StepResult, scenario: Scenario): string {
  const files = ['rehearsal-report', 'rehearsal-evidence'].map((name) => job.outputs[name] ?? '').filter((path) => path !== '');
  const texts = files.map((path) => readFileSync(path, 'utf8'));
  return [job.log, job.summary, JSON.stringify(job.outputs), JSON.stringify(scenario.world.records()), ...texts].join('\n');
}

const JOBS: readonly (readonly [what: string, options: Options, expected: RegExp])[] = [
  [
    'a row that cannot be restored',
    {
      rehearsal: SNAPSHOT,
      files: { 'people.sql': `${PEOPLE}\nSET canary.sql = $say$${RAISED}$say$;\nCOPY public.people FROM stdin;\n${PERSON}\n\\.\n` },
    },
    /could not be restored.*SQLSTATE P0001/s,
  ],
  [
    'a row that cannot be masked',
    { rehearsal: { ...SNAPSHOT, masking: 'masking.yml' }, files: { 'people.sql': TROUBLE, 'masking.yml': MASKING } },
    /Masking stopped: .*SQLSTATE P0001/,
  ],
  [
    'places that hold data after masking',
    {
      rehearsal: { ...SNAPSHOT, masking: 'masking.yml' },
      files: {
        'people.sql': NAMED.replace(/CREATE TABLE public\."of_[^;]*;[^;]*;/, '').replace(/CREATE TABLE "s_[^;]*;/, ''),
        'masking.yml': MASKING,
      },
    },
    /personal data was found in \d+ places:.*the bounds of partition public\.… of public\.parts/s,
  ],
  [
    'columns that nobody declared',
    {
      rehearsal: { ...SNAPSHOT, masking: 'masking.yml' },
      files: { 'people.sql': NAMED, 'masking.yml': 'version: 1\ntables:\n  public.parts: { "*": keep }\n' },
    },
    /declared neither keep, mask nor null.*unnamed table 1, 2 columns/s,
  ],
  [
    'a check that fails',
    {
      rehearsal: { ...SNAPSHOT, checks: 'checks.yml' },
      files: {
        'people.sql': TROUBLE,
        'change.sql': 'CREATE TABLE added (id int);',
        'back.sql': 'DROP TABLE added;',
        'checks.yml': 'version: 1\ninvariants:\n  - { name: nobody makes trouble, sql: SELECT public.boom(word) FROM people }\n',
      },
    },
    /The query of the invariant "nobody makes trouble" ended with an error: .*SQLSTATE P0001/,
  ],
  [
    'a load whose script fails',
    {
      rehearsal: { ...SNAPSHOT, load: '{ script: load.sql }' },
      files: {
        'people.sql': TROUBLE,
        'change.sql': 'CREATE TABLE added (id int);',
        'back.sql': 'DROP TABLE added;',
        'load.sql': 'SELECT public.boom(word) FROM people',
      },
    },
    /The script of the load fails.*SQLSTATE P0001/s,
  ],
  [
    'a migration that fails on a row',
    { rehearsal: SNAPSHOT, files: { 'people.sql': TROUBLE, 'change.sql': 'UPDATE people SET small = small + 1;', 'back.sql': BACK } },
    /UPDATE people SET small = small \+ \?.* failed with P0001/s,
  ],
  [
    'a way back that leaves another schema, with names that were made from data',
    { rehearsal: SNAPSHOT, files: { 'people.sql': NAMED, 'change.sql': `${CHANGE}${DYNAMIC}`, 'back.sql': 'SELECT 1;' } },
    /rollback_incomplete.*unnamed/s,
  ],
  [
    'a snapshot of SQLite that raises',
    {
      on: 'private',
      rehearsal: { ...SNAPSHOT, database: 'sqlite', server: null },
      files: {
        'people.sql': `CREATE TABLE t (v); CREATE TABLE "t_${WORD}" (v CHECK (v <> '${MAIL}'));\nINSERT INTO "t_${WORD}" VALUES ('${MAIL}');\n`,
      },
    },
    /SQL text that cannot be run: CHECK constraint failed/,
  ],
];

describe.concurrent('a job', () => {
  it.each(JOBS)('%s', { timeout: 120_000 }, async (_what, options, expected) => {
    const files = { 'change.sql': CHANGE, 'back.sql': BACK, ...options.files };
    const scenario = await Scenario.open({ ...options, files }, given);
    try {
      const job = await scenario.rehearse();
      const text = left(job, scenario);
      expect(text).toMatch(expected);
      expect(canariesIn(text), text).toEqual([]);
    } finally {
      await scenario.close();
    }
  });
});
