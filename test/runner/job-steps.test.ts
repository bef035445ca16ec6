import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { conclusions, createWorld, messages, type Row, SOURCES, type World } from './one-job.ts';

let world: World;
beforeAll(() => {
  process.env['LEAK'] = 'of the host';
  world = createWorld();
});
afterAll(() => world.close());

const shells: readonly Row[] = [
  {
    behaviour: 'without a shell, bash runs with -e alone: a failure within a pipe goes unnoticed, a failed command ends the script',
    source: `${SOURCES.syntax}#jobsjob_idstepsshell`,
    job: `
steps:
  - run: |
      false | true
      echo after the pipe
      false
      echo never`,
    expect(ran) {
      expect(ran.said).toEqual(['after the pipe']);
      expect(messages(ran, 'error')).toEqual(['Process completed with exit code 1.']);
      expect(ran.log.some((line) => /^shell: bash -e \S+\.sh$/.test(line))).toBe(true);
    },
  },
  {
    behaviour: '`shell: bash` also fails on a failure within a pipe',
    source: `${SOURCES.syntax}#jobsjob_idstepsshell`,
    job: `
steps:
  - { run: "false | true; echo never", shell: bash }`,
    expect(ran) {
      expect(ran.said).toEqual([]);
      expect(ran.conclusion).toBe('failure');
      expect(ran.log.some((line) => /^shell: bash --noprofile --norc -e -o pipefail \S+\.sh$/.test(line))).toBe(true);
    },
  },
  {
    behaviour: 'sh, python and templates run',
    source: `${SOURCES.syntax}#jobsjob_idstepsshell`,
    job: `
steps:
  - { run: "echo $0 | grep -o 'sh$'", shell: sh }
  - { run: "import sys; print(sys.argv[0].endswith('.py'))", shell: python }
  - { run: "the script itself", shell: "cat {0}" }`,
    expect: (ran) => expect(ran.said).toEqual(['sh', 'True', 'the script itself']),
  },
  {
    behaviour: 'a shell that the machine does not have is refused by name and line before any step runs',
    source: SOURCES.sandbox,
    job: `
steps:
  - run: echo never
  - { run: Get-Date, shell: pwsh }`,
    expect(ran) {
      expect(ran.conclusion).toBe('failure');
      expect(messages(ran, 'error')).toEqual([expect.stringMatching(/^Line 7: .*"pwsh".*bash, sh, python/)]);
      expect(ran.steps.map(({ name }) => name)).toEqual(['Set up job', 'Complete job']);
    },
  },
  {
    behaviour: 'defaults of the job win over those of the workflow, and a step over both',
    source: `${SOURCES.syntax}#jobsjob_iddefaultsrun`,
    job: `
defaults: { run: { shell: "sh -e {0}", working-directory: made } }
steps:
  - { run: "mkdir -p made/inner; basename $PWD", working-directory: . }
  - run: basename "$PWD"
  - { run: basename "$PWD", working-directory: made/inner, shell: bash }`,
    options: { defaults: { shell: 'python', workingDirectory: 'elsewhere' } },
    expect(ran) {
      expect(ran.said).toEqual(['shop', 'made', 'inner']);
      expect(ran.log.filter((line) => line.startsWith('shell: ')).map((line) => line.split(' ')[1])).toEqual(['sh', 'sh', 'bash']);
    },
  },
  {
    behaviour: 'a working directory that does not exist fails the step',
    source: `${SOURCES.syntax}#jobsjob_idstepsworking-directory`,
    job: `
steps:
  - { run: echo never, working-directory: none }`,
    expect: (ran) =>
      expect(messages(ran, 'error')).toEqual([expect.stringMatching(/with working directory '\/.*\/none'\. No such file or directory$/)]),
  },
  {
    behaviour: 'a script is the text that YAML makes of it, with expressions put in',
    source: `${SOURCES.syntax}#jobsjob_idstepsrun`,
    job: `
steps:
  - run: |
      cat <<END
      \${{ github.repository }}
        'indented' 'and' {{ quoted }}
      END
  - run: >-
      echo \${{ github.ref }}
      folded`,
    expect: (ran) => expect(ran.said).toEqual(['octo-org/shop', "  'indented' 'and' {{ quoted }}", 'refs/heads/main folded']),
  },
];

const conditions: readonly Row[] = [
  {
    behaviour: 'after a failure only steps run whose `if` asks for it; a condition without status function means success() as well',
    source: `${SOURCES.expressions}#status-check-functions`,
    job: `
steps:
  - { name: fails, id: fails, run: exit 3 }
  - { name: default, run: exit 9 }
  - { name: condition, if: steps.fails.outcome == 'failure', run: exit 9 }
  - { name: failure, if: failure(), run: "echo \${{ job.status }}" }
  - { name: both, if: "failure() && steps.fails.outcome == 'success'", run: exit 9 }
  - { name: always, if: always(), run: "echo \${{ steps.fails.conclusion }}" }
  - { name: cancelled, if: cancelled(), run: exit 9 }
  - { name: not cancelled, if: "!cancelled()", run: echo on }`,
    expect(ran) {
      expect(conclusions(ran)).toEqual([
        ...['fails: failure', 'default: skipped', 'condition: skipped', 'failure: success', 'both: skipped'],
        ...['always: success', 'cancelled: skipped', 'not cancelled: success'],
      ]);
      expect(ran.said).toEqual(['failure', 'failure', 'on']);
      expect(ran.conclusion).toBe('failure');
      expect(messages(ran, 'error')).toEqual(['Process completed with exit code 3.']);
    },
  },
  {
    behaviour: 'continue-on-error: the outcome is failure, the conclusion success, and the job goes on',
    source: `${SOURCES.contexts}#steps-context`,
    job: `
steps:
  - { id: one, run: exit 1, continue-on-error: true }
  - { id: two, run: exit 1, continue-on-error: "\${{ github.ref == 'refs/heads/main' }}" }
  - run: echo "\${{ steps.one.outcome }} \${{ steps.one.conclusion }} \${{ steps.two.conclusion }} \${{ job.status }}"`,
    expect(ran) {
      expect(ran.said).toEqual(['failure success success success']);
      expect(ran.conclusion).toBe('success');
    },
  },
  {
    behaviour: 'a skipped step stands in the steps context, and a later one does not',
    source: `${SOURCES.contexts}#steps-context`,
    job: `
steps:
  - { id: skipped, if: false, run: exit 1 }
  - run: echo '\${{ toJSON(steps) }}' | tr -d '" \\n'
  - { id: later, run: "true" }`,
    expect: (ran) => expect(ran.said.join('')).toBe('{skipped:{outputs:{},outcome:skipped,conclusion:skipped}}'),
  },
  {
    behaviour: 'an expression that cannot be evaluated fails its step',
    source: SOURCES.stepsRunner,
    job: `
steps:
  - { name: env, env: { A: "\${{ fromJSON('{') }}" }, run: echo never }
  - { name: if, if: "always() && fromJSON('{')", run: echo never }
  - { name: run, if: always(), run: "echo \${{ fromJSON('{') }}" }`,
    expect(ran) {
      expect(conclusions(ran)).toEqual(['env: failure', 'if: failure', 'run: failure']);
      expect(ran.said).toEqual([]);
      expect(messages(ran, 'error')).toHaveLength(3);
    },
  },
  {
    behaviour: 'hashFiles is empty without files, and the same for the same contents',
    source: `${SOURCES.expressions}#hashfiles`,
    job: `
steps:
  - run: mkdir -p a/b; echo 1 > a/one.lock; echo 2 > a/b/two.lock; echo 3 > a/b/.hidden.lock
  - run: echo "[\${{ hashFiles('**/none') }}]"
  - run: echo "\${{ hashFiles('**/*.lock', '!a/b/.*') == hashFiles('a/one.lock', 'a/b/two.lock') }} \${{ hashFiles('a') == hashFiles('**/*.lock') }}"
  - run: echo "\${{ hashFiles('**/*.lock') == hashFiles('a/*.lock') }} \${{ hashFiles('/etc/passwd') }}"`,
    expect: (ran) => expect(ran.said).toEqual(['[]', 'true true', 'false ']),
  },
];

const variables: readonly Row[] = [
  {
    behaviour: 'the nearest env wins: workflow, job, GITHUB_ENV, step',
    source: `${SOURCES.syntax}#env`,
    job: `
env: { B: job, C: job, D: "\${{ github.ref }}" }
steps:
  - run: echo "$A $B $C \${{ env.A }} $D"; echo C=file >> "$GITHUB_ENV"; echo B=file >> "$GITHUB_ENV"
  - { run: 'echo "$A $B $C \${{ env.B }}"', env: { B: "step of \${{ env.B }}" } }
  - run: echo "$B"`,
    options: { contexts: { env: { A: 'workflow', B: 'workflow' } } },
    expect: (ran) =>
      expect(ran.said).toEqual(['workflow job job workflow refs/heads/main', 'workflow step of file file step of file', 'file']),
  },
  {
    behaviour: 'GITHUB_ and RUNNER_ variables are not overridden, CI is',
    source: `${SOURCES.variables}#default-environment-variables`,
    job: `
env: { GITHUB_REPOSITORY: mine, RUNNER_OS: mine, CI: mine, GITHUB_OWN: mine }
steps:
  - run: echo "$GITHUB_REPOSITORY $CI $GITHUB_ACTIONS"; test "$RUNNER_OS" != mine`,
    expect(ran) {
      expect(ran.said).toEqual(['octo-org/shop mine true']);
      expect(ran.conclusion).toBe('success');
    },
  },
  {
    behaviour: 'default variables and contexts say the same',
    source: `${SOURCES.contexts}#runner-context`,
    job: `
steps:
  - run: |
      test "$GITHUB_WORKSPACE" = "\${{ github.workspace }}" && test "$PWD" = "$GITHUB_WORKSPACE"
      test "$RUNNER_TEMP" = "\${{ runner.temp }}" && test -d "$RUNNER_TEMP"
      test "$RUNNER_TOOL_CACHE" = "\${{ runner.tool_cache }}" && test -d "$RUNNER_TOOL_CACHE"
      test "$RUNNER_OS" = "\${{ runner.os }}" && test "$RUNNER_ARCH" = "\${{ runner.arch }}" && test "$RUNNER_NAME" = "\${{ runner.name }}"
      test "$(cat "$GITHUB_EVENT_PATH")" = '{"ref":"refs/heads/main"}' && test "$GITHUB_EVENT_PATH" = "\${{ github.event_path }}"
      echo "$GITHUB_JOB $CI \${{ job.status }}"`,
    expect: (ran) => expect(ran.said).toEqual(['job true success']),
  },
  {
    behaviour: "nothing of the host's environment reaches a step but PATH and what the machine is given; HOME is the job's own",
    source: SOURCES.sandbox,
    job: `
steps:
  - run: |
      echo "[$LEAK] $TOOLS"
      case "$HOME" in "\${{ runner.temp }}"/../home) echo other;; */home) echo own;; esac
      test "$HOME" != "$(getent passwd "$(id -u)" | cut -d: -f6)"`,
    options: { machine: { TOOLS: '/opt/tools' } },
    expect(ran) {
      expect(ran.said).toEqual(['[] /opt/tools', 'own']);
      expect(ran.conclusion).toBe('success');
    },
  },
  {
    behaviour: 'GITHUB_PATH goes before PATH, the latest first',
    source: `${SOURCES.commands}#adding-a-system-path`,
    job: `
steps:
  - run: echo /one >> "$GITHUB_PATH"; printf '/two\\n\\n/three\\n' >> "$GITHUB_PATH"; case $PATH in /one*) exit 1;; esac
  - run: echo "$PATH" | cut -d ':' -f 1-3`,
    expect: (ran) => expect(ran.said).toEqual(['/three:/two:/one']),
  },
];

const jobs: readonly Row[] = [
  {
    behaviour: 'outputs are evaluated whatever the job came to; empty ones are not set',
    source: SOURCES.jobExtension,
    job: `
outputs: { set: "\${{ steps.one.outputs.a }}", empty: "\${{ steps.one.outputs.none }}", status: "\${{ job.status }}" }
steps:
  - { id: one, run: 'echo a=1 >> "$GITHUB_OUTPUT"; exit 1' }`,
    expect: (ran) => expect(ran).toMatchObject({ conclusion: 'failure', outputs: { set: '1', status: 'failure' } }),
  },
  {
    behaviour: 'an output that holds a secret is left out, and a warning says so',
    source: `${SOURCES.syntax}#jobsjob_idoutputs`,
    job: `
outputs: { whole: "\${{ steps.one.outputs.a }}", encoded: "\${{ steps.one.outputs.b }}", masked: "\${{ steps.one.outputs.c }}", plain: fine }
steps:
  - id: one
    run: |
      echo "a=x-hunter22-x" >> "$GITHUB_OUTPUT"
      echo "b=$(printf hunter22 | base64)" >> "$GITHUB_OUTPUT"
      echo "::add-mask::found out"
      echo "c=found out" >> "$GITHUB_OUTPUT"`,
    options: { secrets: ['hunter22'] },
    expect(ran) {
      expect(ran.outputs).toEqual({ plain: 'fine' });
      expect(messages(ran, 'warning')).toEqual(
        ['whole', 'encoded', 'masked'].map((name) => `Skip output '${name}' since it may contain secret.`),
      );
    },
  },
  {
    behaviour: "the environment's address is evaluated after the steps",
    source: `${SOURCES.syntax}#jobsjob_idenvironment`,
    job: `
environment: { name: dev, url: "https://\${{ steps.one.outputs.host }}" }
steps:
  - { id: one, run: 'echo host=dev.example.com >> "$GITHUB_OUTPUT"' }`,
    expect: (ran) => expect(ran.environmentUrl).toBe('https://dev.example.com'),
  },
  {
    behaviour: 'what needs another machine is refused by name and line',
    source: SOURCES.sandbox,
    job: `
container: node:24
steps:
  - run: echo never`,
    expect(ran) {
      expect(messages(ran, 'error')).toEqual(['Line 5: the sandbox does not run jobs with `container`.']);
      expect(ran.said).toEqual([]);
    },
  },
  {
    behaviour: 'the list of steps: names, numbers, and one at a time',
    source: 'https://docs.github.com/en/rest/actions/workflow-jobs',
    job: `
steps:
  - run: |
      echo first line
      echo second line
  - { name: "For \${{ github.ref }}", run: "true" }
  - { name: Not now, if: false, run: "true" }
  - uses: actions/checkout@v7`,
    expect(ran) {
      expect(ran.steps.map(({ number, name }) => `${number} ${name}`)).toEqual([
        ...['1 Set up job', '2 Run echo first line', '3 For refs/heads/main', '4 Not now', '5 Run actions/checkout@v7'],
        ...['6 Post Run actions/checkout@v7', '7 Complete job'],
      ]);
      expect(
        ran.steps.every(({ status, startedAt, completedAt }) => status === 'completed' && startedAt !== null && completedAt !== null),
      ).toBe(true);
    },
  },
  {
    behaviour: 'timeout-minutes of a step: it is stopped and has failed',
    source: `${SOURCES.syntax}#jobsjob_idstepstimeout-minutes`,
    job: `
steps:
  - { name: Long, timeout-minutes: 1, run: "trap 'echo asked; exit 0' INT TERM; sleep 20 & wait" }
  - { if: failure(), run: echo after it }`,
    expect(ran) {
      expect(conclusions(ran)[0]).toBe('Long: failure');
      expect(messages(ran, 'error')).toEqual(["The action 'Long' has timed out after 1 minutes."]);
      expect(ran.said).toEqual(['asked', 'after it']);
    },
  },
  {
    behaviour: 'timeout-minutes of a job: it is cancelled',
    source: `${SOURCES.syntax}#jobsjob_idtimeout-minutes`,
    job: `
timeout-minutes: 2
steps:
  - { name: Long, run: "exec sleep 20" }
  - { name: Later, run: echo never }
  - { name: Always, if: always(), run: "echo \${{ job.status }}" }`,
    expect(ran) {
      expect(conclusions(ran)).toEqual(['Long: cancelled', 'Later: skipped', 'Always: success']);
      expect(messages(ran, 'error')[0]).toBe('The job has exceeded the maximum execution time of 2 minutes');
      expect(ran.said).toEqual(['cancelled']);
      expect(ran.conclusion).toBe('cancelled');
    },
  },
];

for (const [topic, rows] of Object.entries({ shells, conditions, variables, jobs })) {
  describe(topic, () => {
    test.each(rows.map((row) => [row.behaviour, row.source, row] as const))('%s (%s)', async (_behaviour, _source, row) => {
      row.expect(await world.run(row.job, row.options));
    });
  });
}

test('what a job leaves running is ended when it is over, but for what gave up its name', async () => {
  const ran = await world.run(`
steps:
  - run: |
      sleep 60 > /dev/null 2>&1 &
      echo $! > "$RUNNER_TEMP/tracked"
      until grep -q sleep "/proc/$!/comm"; do sleep 0.01; done
      RUNNER_TRACKING_ID= sleep 60 > /dev/null 2>&1 &
      echo $! > "$RUNNER_TEMP/free"
      until grep -q sleep "/proc/$!/comm"; do sleep 0.01; done`);
  const pid = (name: string): number => Number(readFileSync(`${ran.folder}/temp/${name}`, 'utf8'));
  const lives = (id: number): boolean => {
    try {
      return !readFileSync(`/proc/${id}/stat`, 'utf8').includes(') Z ');
    } catch {
      return false;
    }
  };
  try {
    expect(ran.log).toContain(`Terminate orphan process: pid (${pid('tracked')}) (sleep)`);
    await expect.poll(() => lives(pid('tracked'))).toBe(false);
    expect(lives(pid('free'))).toBe(true);
  } finally {
    process.kill(pid('free'), 'SIGKILL');
  }
});
