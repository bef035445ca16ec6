/** What the demo's command line says. */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

export const USAGE = `Usage: npm run demo -- [--bad-migration] [--yes] [--port N] [--folder DIR]

  --bad-migration  the release locks a table for long; see it stopped before production
  --yes            approve by script, and end when everything has been shown
  --port           of the pages; default 8080, or any free one where that is taken
  --folder         where everything lies that the demo makes; default .demo; removed at the end`;

export const DEFAULT_FOLDER = join(import.meta.dirname, '../.demo');

export interface Settings {
  readonly yes: boolean;
  /** Whether the release is one that must not get into production. */
  readonly badMigration: boolean;
  /** `null`: the usual one, or any that is free. */
  readonly port: number | null;
  readonly folder: string;
}

/** The settings; `null` when help was asked for. @throws RangeError or TypeError naming the parameter that is wrong */
export function readSettings(parameters: readonly string[]): Settings | null {
  const { values } = parseArgs({
    args: [...parameters],
    options: {
      'bad-migration': { type: 'boolean', default: false },
      yes: { type: 'boolean', default: false },
      port: { type: 'string' },
      folder: { type: 'string', default: DEFAULT_FOLDER },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  const port = values.port === undefined ? null : Number(values.port);
  if (port !== null && (!Number.isInteger(port) || port < 0 || port > 65_535)) throw new RangeError(`--port: ${values.port} is no port`);
  return { yes: values.yes, badMigration: values['bad-migration'], port, folder: resolve(values.folder) };
}
