import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadOptions, RunningLoad } from '../database.ts';
import type { LoadReport } from '../observed.ts';
import { AFTERWARDS, type LoadRecorder } from './recorder.ts';

/** While clients get going, plans are made and caches filled: not measured, milliseconds. */
const WARM_UP = 200;

/** The course of a load, whatever its clients are: baseline, beside the migration, a moment behind it, and its report, which is made once. */
export abstract class LoadCourse implements RunningLoad {
  protected readonly recorder: LoadRecorder;
  private readonly signal: AbortSignal;
  private report: Promise<LoadReport> | null = null;

  /** @param signal once it is aborted, nothing is waited for any more */
  constructor(recorder: LoadRecorder, signal: AbortSignal) {
    this.recorder = recorder;
    this.signal = signal;
  }

  /** Until it resolves the clients run with nothing beside them. */
  abstract measureBaseline(options: LoadOptions): Promise<void>;

  begin(): void {
    this.recorder.begin();
  }

  end(): Promise<LoadReport> {
    this.report ??= sleep(AFTERWARDS, undefined, { signal: this.signal }).then(
      () => this.finish(),
      () => this.finish(),
    );
    return this.report;
  }

  /** At once, for nobody wants to know. */
  abandon(): Promise<LoadReport> {
    this.report ??= this.finish();
    return this.report;
  }

  /** Ends the clients and tells what they went through. */
  protected abstract finish(): Promise<LoadReport>;

  protected async runAlone({ baseline, signal }: LoadOptions): Promise<void> {
    await sleep(WARM_UP, undefined, { signal }).catch(() => signal.throwIfAborted());
    this.recorder.beginBaseline();
    await sleep(baseline, undefined, { signal }).catch(() => signal.throwIfAborted());
  }

  /** One sentence for each error that came before the migration. */
  protected errorsBefore(meaningOf: (code: string) => string): readonly string[] {
    return [...this.recorder.errorsAtBaseline].map(
      ([code, count]) =>
        `The load met ${count === 1 ? 'an error' : `${count} errors`} already before the migration: ${code}, ${meaningOf(code)}.`,
    );
  }
}

/** The load once its baseline is measured; whatever goes wrong until then ends it. */
export async function withBaseline(load: LoadCourse, options: LoadOptions): Promise<RunningLoad> {
  const abort = (): void => void load.abandon();
  options.signal.addEventListener('abort', abort, { once: true });
  try {
    await load.measureBaseline(options);
    return load;
  } catch (error) {
    options.signal.removeEventListener('abort', abort);
    await load.abandon();
    throw error;
  }
}
