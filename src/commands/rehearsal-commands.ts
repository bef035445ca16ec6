import type { Job } from '../job/job.ts';
import { type CommandResult, howItEnded, runCommand } from '../job/run-command.ts';
import type { CommandRequest, RunningCommand } from '../rehearsal/cycle.ts';
import type { Access } from '../rehearsal/database.ts';
import type { CommandFacts } from '../rehearsal/evidence.ts';
import { endMarked } from '../rehearsal/processes.ts';
import type { RehearsalWorkspace } from '../rehearsal/workspace.ts';

/** Runs the repository's commands for a rehearsal. */
export interface RehearsalCommands {
  /**
   * One command in a group of the log; it ends by itself, after the time it may take, by `kill`, or when the job is cancelled. What it
   * leaves running ends with it.
   */
  start(
    request: Pick<CommandRequest, 'title' | 'run' | 'folder'> & { readonly variables: Readonly<Record<string, string>> },
  ): RunningCommand;
  /** The variables that lead a command to a database; what must not be printed of them is masked. */
  variablesFor(access: Access): Readonly<Record<string, string>>;
}

/**
 * @param variables for every command: `PROMOTE_*` and the environment's own secrets
 * @param source the variable that leads to the database which is copied; no command gets its address, under whatever name, nor the key of the masks
 * @param timeout longest time that one command may take, milliseconds
 * @param signal once it is aborted, no command is started
 */
export function rehearsalCommands(
  job: Job,
  variables: Readonly<Record<string, string>>,
  source: string | null,
  timeout: number,
  { folder: own, mark }: Pick<RehearsalWorkspace, 'folder' | 'mark'>,
  signal: AbortSignal,
): RehearsalCommands {
  const withheld = leadingTo(source, variables);
  const given = Object.fromEntries(Object.entries(variables).filter(([name]) => !withheld.has(name)));
  return {
    start: ({ title, run, folder, variables: more }) => {
      if (signal.aborted) return NOT_STARTED;
      const kill = new AbortController();
      const done = job.toolkit.group(title, async () => {
        const result = await runCommand({
          run,
          cwd: folder ?? job.run.workspace,
          variables: { ...given, ...more, ...mark },
          withheld,
          folder: own,
          timeout,
          kill: kill.signal,
          onCancel: async () => undefined,
        });
        await endMarked(own);
        job.toolkit.info(`${title}: ${howItEnded(result)}, ${result.seconds} s.`);
        return factsOf(result);
      });
      return { done, kill: () => kill.abort() };
    },
    variablesFor: (access) => {
      for (const [name, value] of Object.entries(access.variables)) if (/PASSWORD/i.test(name)) job.toolkit.mask(value);
      job.toolkit.mask(access.url);
      return { ...access.variables, DATABASE_URL: access.url };
    },
  };
}

/** Whoever has it can find out by trying which value a masked one was. */
const MASKING_KEY = 'PROMOTE_MASKING_KEY';

/** The names of all variables that hold the address of the source: the candidate's own code has no business there. */
function leadingTo(source: string | null, variables: Readonly<Record<string, string>>): ReadonlySet<string> {
  if (source === null) return new Set([MASKING_KEY]);
  const all = [...Object.entries(process.env), ...Object.entries(variables)];
  const addresses = all.filter(([name]) => name === source).map(([, value]) => value ?? '');
  const holds = (value = ''): boolean => addresses.some((address) => address !== '' && value.includes(address));
  return new Set([MASKING_KEY, source, ...all.filter(([, value]) => holds(value)).map(([name]) => name)]);
}

const NOT_STARTED: RunningCommand = {
  done: Promise.resolve({ ended: 'killed', exitCode: null, seconds: 0 }),
  kill: () => undefined,
};

function factsOf(result: CommandResult): CommandFacts {
  const ended = result.ended === 'cancelled' ? 'killed' : result.ended;
  return { ended, exitCode: result.ended === 'failure' ? result.exitCode : null, seconds: result.seconds };
}
