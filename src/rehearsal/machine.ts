import { readFileSync, readlinkSync } from 'node:fs';

/** What tells one start of the machine from another: process numbers begin anew with it. Empty where the system does not say. */
export const bootId = (): string => textOf('/proc/sys/kernel/random/boot_id');

/** What tells one container from another, each with process numbers of its own. Empty where the system does not say. */
export const processNamespace = (): string => {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
};

/** A file's text, trimmed; empty when it cannot be read. */
export function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}
