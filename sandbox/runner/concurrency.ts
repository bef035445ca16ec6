/**
 * Concurrency groups: who runs, who is pending, who is cancelled.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#concurrency
 */
import { asText, isTruthy, type Json } from './expressions.ts';
import { WorkflowProblem } from './problems.ts';

export interface ConcurrencySetting {
  readonly group: string;
  readonly cancelInProgress: boolean;
  readonly queue: 'single' | 'max';
}

/** A run or a job in a group. */
export interface Ticket {
  readonly setting: ConcurrencySetting;
  /** It may go on. */
  granted(): void;
  /** Another took its place. */
  cancelled(reason: string): void;
}

interface Lane {
  holder: Ticket | null;
  readonly pending: Ticket[];
}

const LONGEST_QUEUE = 100;

/** Reads an evaluated `concurrency`. @throws Error when the group has no name, or what it asks for contradicts itself */
export function readConcurrency(value: Json): ConcurrencySetting {
  const given = typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, Json>>) : null;
  const group = asText(given === null ? value : (given['group'] ?? null));
  const cancelInProgress = isTruthy(given?.['cancel-in-progress'] ?? false);
  const queue = given?.['queue'] === 'max' ? 'max' : 'single';
  if (group === '') throw new WorkflowProblem('The concurrency group has no name.');
  if (queue === 'max' && cancelInProgress)
    throw new WorkflowProblem('"queue: max" and "cancel-in-progress: true" cannot be used together.');
  return { group, cancelInProgress, queue };
}

/** The groups of one repository. Names are compared without regard to case. */
export class ConcurrencyGroups {
  readonly #lanes = new Map<string, Lane>();

  /** Lets the ticket in: at once, or when the one before it leaves. */
  enter(ticket: Ticket): void {
    const { group, cancelInProgress, queue } = ticket.setting;
    const lane = this.#lanes.get(group.toLowerCase()) ?? { holder: null, pending: [] };
    this.#lanes.set(group.toLowerCase(), lane);
    if (lane.holder === null) {
      lane.holder = ticket;
      ticket.granted();
      return;
    }
    const replaced = queue === 'single' ? lane.pending.splice(0) : [];
    if (lane.pending.length >= LONGEST_QUEUE) {
      ticket.cancelled(`Canceling since ${LONGEST_QUEUE} requests for ${group} are waiting already`);
      return;
    }
    lane.pending.push(ticket);
    for (const other of replaced) other.cancelled(`Canceling since a higher priority waiting request for ${group} exists`);
    if (cancelInProgress) lane.holder.cancelled(`Canceling since a higher priority waiting request for ${group} exists`);
  }

  /** The ticket is done with its group, or waits no more. */
  leave(ticket: Ticket): void {
    const key = ticket.setting.group.toLowerCase();
    const lane = this.#lanes.get(key);
    if (lane === undefined) return;
    const at = lane.pending.indexOf(ticket);
    if (at !== -1) lane.pending.splice(at, 1);
    if (lane.holder !== ticket) return;
    lane.holder = lane.pending.shift() ?? null;
    if (lane.holder === null) this.#lanes.delete(key);
    else lane.holder.granted();
  }
}
