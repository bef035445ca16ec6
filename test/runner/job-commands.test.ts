import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parsePairs } from '../../sandbox/runner/job/command-files.ts';
import { conclusions, createWorld, messages, type Row, SOURCES, type World } from './one-job.ts';

let world: World;
beforeAll(() => {
  world = createWorld();
});
afterAll(() => world.close());

const files: readonly Row[] = [
  {
    behaviour: 'a line that is neither `name=value` nor a block fails the step; what stood in other files holds',
    source: SOURCES.fileCommands,
    job: `
steps:
  - name: writes
    id: writes
    run: |
      echo 'no pair' >> "$GITHUB_OUTPUT"
      echo 'KEPT=yes' >> "$GITHUB_ENV"
  - { if: always(), run: 'echo "$KEPT"' }`,
    expect(ran) {
      expect(conclusions(ran)[0]).toBe('writes: failure');
      expect(messages(ran, 'error')).toEqual(["Unable to process file command 'output' successfully. Invalid format 'no pair'"]);
      expect(ran.said).toEqual(['yes']);
    },
  },
  {
    behaviour: 'a block without its end fails the step',
    source: `${SOURCES.commands}#multiline-strings`,
    job: `
steps:
  - run: printf 'A<<EOF\\nvalue\\n' >> "$GITHUB_ENV"`,
    expect(ran) {
      expect(ran.conclusion).toBe('failure');
      expect(messages(ran, 'error')).toEqual([
        "Unable to process file command 'env' successfully. Invalid value. Matching delimiter not found 'EOF'",
      ]);
    },
  },
  {
    behaviour: 'NODE_OPTIONS is not taken from GITHUB_ENV, and the step goes on',
    source: `${SOURCES.commands}#setting-an-environment-variable`,
    job: `
steps:
  - run: printf 'NODE_OPTIONS=--require=/tmp/x.js\\nOTHER=1\\n' >> "$GITHUB_ENV"
  - run: echo "[$NODE_OPTIONS] $OTHER"`,
    expect(ran) {
      expect(ran.said).toEqual(['[] 1']);
      expect(messages(ran, 'error')).toEqual(["Can't store NODE_OPTIONS output parameter using '$GITHUB_ENV' command."]);
      expect(ran.conclusion).toBe('success');
    },
  },
  {
    behaviour: 'summaries of all steps are kept, those of failed ones too, with secrets masked',
    source: `${SOURCES.commands}#adding-a-job-summary`,
    job: `
steps:
  - run: echo '# One hunter22' >> "$GITHUB_STEP_SUMMARY"; exit 1
  - { if: always(), run: 'echo two >> "$GITHUB_STEP_SUMMARY"' }`,
    options: { secrets: ['hunter22'] },
    expect: (ran) => expect(ran.summary).toBe('# One ***\n\ntwo\n'),
  },
  {
    behaviour: 'a summary beyond 1 MiB is not kept, and the step does not fail for it',
    source: `${SOURCES.commands}#step-isolation-and-limits`,
    job: `
steps:
  - run: head -c 1048577 /dev/zero | tr '\\0' 'x' >> "$GITHUB_STEP_SUMMARY"
  - run: head -c 1048576 /dev/zero | tr '\\0' 'y' >> "$GITHUB_STEP_SUMMARY"`,
    expect(ran) {
      expect(ran.conclusion).toBe('success');
      expect(messages(ran, 'error')).toEqual(['$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of 1024k, got 1024k.']);
      expect(ran.summary).toBe('y'.repeat(1024 * 1024));
    },
  },
  {
    behaviour: 'each step has files of its own, which lie where the variables say',
    source: `${SOURCES.commands}#environment-files`,
    job: `
steps:
  - run: echo "$GITHUB_OUTPUT $GITHUB_STATE"; rm "$GITHUB_OUTPUT"
  - run: echo "$GITHUB_OUTPUT $GITHUB_STATE"`,
    expect(ran) {
      expect(new Set(ran.said.flatMap((line) => line.split(' '))).size).toBe(4);
      expect(ran.conclusion).toBe('success');
    },
  },
];

const printed: readonly Row[] = [
  {
    behaviour: 'annotations have title, file and line; their texts are unescaped',
    source: `${SOURCES.commands}#setting-an-error-message`,
    job: `
steps:
  - run: |
      echo '::error file=app.js,line=10,col=2,title=A%2C b%3A c::Bad%0Ato the %25 bone'
      echo '  ::warning::careful'
      echo '::notice title=News::read'
      echo '##[error]as it was written before'`,
    expect(ran) {
      expect(ran.annotations).toEqual([
        { level: 'error', message: 'Bad\nto the % bone', title: 'A, b: c', file: 'app.js', line: 10 },
        { level: 'warning', message: 'careful', title: null, file: null, line: null },
        { level: 'notice', message: 'read', title: 'News', file: null, line: null },
        { level: 'error', message: 'as it was written before', title: null, file: null, line: null },
      ]);
      expect(ran.log).toEqual(expect.arrayContaining(['##[error]Bad', 'to the % bone', '##[warning]careful', '##[notice]read']));
      expect(ran.conclusion).toBe('success');
    },
  },
  {
    behaviour: 'ten annotations of each level are kept of a step; the log has them all',
    source: 'https://docs.github.com/en/actions/reference/limits',
    job: `
steps:
  - run: for n in $(seq 12); do echo "::error::e$n"; echo "::warning::w$n"; done
  - run: echo ::error::of the next step`,
    expect(ran) {
      expect(messages(ran, 'error')).toEqual([...Array.from({ length: 10 }, (_, n) => `e${n + 1}`), 'of the next step']);
      expect(messages(ran, 'warning')).toHaveLength(10);
      expect(ran.log).toContain('##[error]e12');
    },
  },
  {
    behaviour: 'groups are marked, debug is hidden, and what is no command is text',
    source: `${SOURCES.commands}#grouping-log-lines`,
    job: `
steps:
  - run: printf '::group::Title\\ninner\\n::endgroup::\\n::debug::hidden\\n::unknown::text\\na ::error::in the middle\\n'`,
    expect(ran) {
      const from = ran.log.indexOf('##[group]Title');
      expect(ran.log.slice(from, from + 5)).toEqual([
        '##[group]Title',
        'inner',
        '##[endgroup]',
        '::unknown::text',
        'a ::error::in the middle',
      ]);
      expect(ran.log.join('\n')).not.toContain('\n::debug');
      expect(ran.annotations).toEqual([]);
    },
  },
  {
    behaviour: 'between stop-commands and its token nothing is a command',
    source: `${SOURCES.commands}#stopping-and-starting-workflow-commands`,
    job: `
steps:
  - run: printf '::stop-commands::halt\\n::error::text\\n::other::\\n::halt::\\n::error::command\\n'
  - run: echo ::warning::each step begins anew`,
    expect(ran) {
      expect(ran.said).toEqual(['::stop-commands::halt', '::error::text', '::other::', '::halt::']);
      expect(ran.annotations.map(({ message }) => message)).toEqual(['command', 'each step begins anew']);
    },
  },
  {
    behaviour: 'set-output and save-state do nothing but warn',
    source: 'https://github.blog/changelog/2022-10-11-github-actions-deprecating-save-state-and-set-output-commands/',
    job: `
steps:
  - { id: one, run: "echo '::set-output name=a::1'; echo '::save-state name=a::1'" }
  - run: echo "[\${{ steps.one.outputs.a }}]"`,
    expect(ran) {
      expect(ran.said).toEqual(['[]']);
      expect(messages(ran, 'warning')).toEqual([expect.stringContaining('$GITHUB_OUTPUT'), expect.stringContaining('$GITHUB_STATE')]);
      expect(ran.conclusion).toBe('success');
    },
  },
  {
    behaviour: 'set-env and add-path are disabled: the step fails',
    source: 'https://github.blog/changelog/2020-10-01-github-actions-deprecating-set-env-and-add-path-commands/',
    job: `
steps:
  - run: echo '::set-env name=A::1'
  - { if: always(), run: "echo ::add-path::/x; echo \\"[$A]\\"" }`,
    expect(ran) {
      expect(ran.steps.slice(1, 3).map(({ conclusion }) => conclusion)).toEqual(['failure', 'failure']);
      expect(ran.said).toEqual(['[]']);
    },
  },
  {
    behaviour: 'problem matchers are refused by name',
    source: SOURCES.sandbox,
    job: `
steps:
  - run: echo ::add-matcher::tsc.json`,
    expect(ran) {
      expect(messages(ran, 'error')).toEqual(['The sandbox does not run the `add-matcher` command.']);
      expect(ran.conclusion).toBe('failure');
    },
  },
];

const masking: readonly Row[] = [
  {
    behaviour: 'secrets are masked wherever they are shown: whole, line by line, and encoded',
    source: `${SOURCES.secure}#use-secrets-for-sensitive-information`,
    job: `
steps:
  - name: "Tell hunter22"
    env: { S: "\${{ secrets.ONE }}" }
    run: |
      echo "one: $S"
      echo 'first line apart, second  line apart'
      printf hunter22 | base64
      echo '::warning title=hunter22::it is hunter22'`,
    options: { secrets: ['hunter22', 'first line\n  second  line\n'], contexts: { secrets: { ONE: 'hunter22' } } },
    expect(ran) {
      expect(ran.said).toEqual(['one: ***', '*** apart, *** apart', '***']);
      expect(ran.annotations).toMatchObject([{ title: '***', message: 'it is ***' }]);
      expect(ran.steps[1]?.name).toBe('Tell ***');
      expect(ran.log.join('\n')).not.toMatch(/hunter22|second/);
    },
  },
  {
    behaviour: 'add-mask hides a value from then on, for later steps too',
    source: `${SOURCES.commands}#masking-a-value-in-a-log`,
    job: `
steps:
  - run: echo before open; echo ::add-mask::open; echo after open
  - run: echo still open`,
    expect: (ran) => expect(ran.said).toEqual(['before open', 'after ***', 'still ***']),
  },
  {
    behaviour: 'a secret that holds another one goes as a whole; an empty mask hides nothing',
    source: SOURCES.printedCommands,
    job: `
steps:
  - run: |
      echo abc abcdef
      echo '::add-mask:: '
      echo still there`,
    options: { secrets: ['abc', 'abcdef', '', ' '] },
    expect: (ran) => expect(ran.said).toEqual(['*** ***', 'still there']),
  },
];

for (const [topic, rows] of Object.entries({ 'command files': files, 'printed commands': printed, masking })) {
  describe(topic, () => {
    test.each(rows.map((row) => [row.behaviour, row.source, row] as const))('%s (%s)', async (_behaviour, _source, row) => {
      row.expect(await world.run(row.job, row.options));
    });
  });
}

describe('pairs of a command file', () => {
  test.each([
    ['A=1\nA=2\n', { A: '2' }],
    ['A=b=c<<d', { A: 'b=c<<d' }],
    ['A<<E\n\nx\n\nE\nB=1', { A: '\nx\n', B: '1' }],
    ['A<<E\nE\n', { A: '' }],
    ['A=\r\n', { A: '\r' }],
    ['A<<E\nx=y\nB<<F\nE', { A: 'x=y\nB<<F' }],
    ['', {}],
  ])('%j', (text, pairs) => expect(parsePairs(text)).toEqual(pairs));

  test.each(['=1', '<<E\nE', 'A<<\n', 'A<<E\nx', 'A'])('%j is refused', (text) => expect(() => parsePairs(text)).toThrow(/^Invalid/));
});
