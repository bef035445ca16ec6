/** What stands in for an action of the world: it does the same work on local Git and disk, without the network. */
import type { JobPorts, JobRequest } from '../job/contract.ts';

export interface StandInInput {
  readonly default: string;
  /** Why another value is refused. Absent: every value is understood. */
  readonly only?: string;
}

export interface StandInCall {
  readonly request: JobRequest;
  readonly ports: JobPorts;
  readonly workspace: string;
  /** A text of the `github` context; empty when there is none. */
  github(name: string): string;
  /** Empty text when nothing was given and there is no default. */
  input(name: string): string;
  /** `true` or `false`. @throws when it is neither */
  flag(name: string): boolean;
  /** The step's process environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly home: string;
  readonly temp: string;
  log(line: string): void;
  warning(message: string): void;
  setOutput(name: string, value: string): void;
  /** For the post phase. */
  saveState(name: string, value: string): void;
  readonly state: Readonly<Record<string, string>>;
  addPath(folder: string): void;
  addSummary(markdown: string): void;
  readonly signal: AbortSignal;
}

export interface StandIn {
  /** `owner/repository/path`. */
  readonly name: string;
  /** By name; what is not in here is refused. */
  readonly inputs: Readonly<Record<string, StandInInput>>;
  /** @throws Error with what the action would say; the step fails */
  main(call: StandInCall): Promise<void>;
  post?(call: StandInCall): Promise<void>;
}
