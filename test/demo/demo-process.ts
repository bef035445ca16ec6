import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PROJECT = join(import.meta.dirname, '../..');

/** `npm run demo` as a process of its own, as somebody starts it in a terminal. */
export class DemoProcess {
  readonly #child: ChildProcess;
  /** Everything that it wrote to standard output. */
  output = '';
  errors = '';
  /** The exit code; `null` when a signal ended it. */
  readonly ended: Promise<number | null>;

  constructor(...parameters: readonly string[]) {
    const { PATH, HOME } = process.env;
    this.#child = spawn('npm', ['run', 'demo', '--', ...parameters], {
      cwd: PROJECT,
      env: { PATH, HOME, NPM_CONFIG_UPDATE_NOTIFIER: 'false' },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child.stdout?.on('data', (chunk) => {
      this.output += chunk;
    });
    this.#child.stderr?.on('data', (chunk) => {
      this.errors += chunk;
    });
    this.ended = new Promise((resolve) => this.#child.on('close', (code) => resolve(code)));
  }

  /** Waits until it has written something behind a place of its output. */
  async says(pattern: RegExp, from = 0, seconds = 120): Promise<RegExpExecArray> {
    for (let tries = 0; tries < seconds * 10; tries += 1) {
      const found = pattern.exec(this.output.slice(from));
      if (found !== null) return found;
      if (!this.#runs) break;
      await sleep(100);
    }
    throw new Error(`The demo did not say ${pattern}:\n${this.output.slice(from)}\n${this.errors}`);
  }

  get #runs(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Ctrl-C reaches everything that belongs to the terminal. */
  interrupt(): void {
    if (this.#child.pid !== undefined && this.#runs) process.kill(-this.#child.pid, 'SIGINT');
  }
}

/** Command lines of the processes that name a folder or work in it. */
export function processesAbout(folder: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return command.includes(folder) || readlinkSync(`/proc/${pid}/cwd`).startsWith(folder) ? [command] : [];
      } catch {
        return []; // Somebody else's, or gone in the meantime.
      }
    });
}

/** The same text for every run: without what differs from one to the next. */
export function withoutChance(text: string): string {
  return text
    .replaceAll('&#8203;', '')
    .replaceAll(/\[([^\]]*)\]\(http:\/\/127\.0\.0\.1[^)]*\)/g, '$1')
    .replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, 'ADDRESS')
    .replaceAll(/\bruns\/\d+/g, 'runs/ID')
    .replaceAll(/\b[0-9a-f]{7,40}\b/g, 'SHA')
    .replaceAll(/\b[A-Z][a-z]{2} \d{4}-\d\d-\d\d \d\d:\d\d UTC/g, 'TIME')
    .replaceAll(/^ +\d+:\d\d (?=[▸✓✗•])/gm, 'TIME ')
    .replaceAll(/\b\d+ findings?\b/g, 'N findings')
    .replaceAll(/\bartifacts\/\d+/g, 'artifacts/ID')
    .replaceAll(/\b\d+(?:\.\d+)? m?s\b/g, 'N s')
    .replaceAll(/\n {8,}(?=\S)/g, ' ')
    .replaceAll(/\b\d+ kB/g, 'N kB')
    .replaceAll(/^( +clone +)\S+/gm, '$1PATH')
    .replaceAll(/(?<=\S) {2,}/g, '  ')
    .replaceAll(/[ \t]+$/gm, '')
    .trim();
}
