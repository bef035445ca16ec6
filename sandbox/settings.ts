/** What the sandbox's command line says. */
import { parseArgs } from 'node:util';

export const USAGE = `Usage: npm run sandbox -- --repo DIR [--port N] [--owner NAME] [--name NAME] [--environments LIST] [--ghes]

  --repo          folder of a Git repository; read, never written
  --port          default 8080; 0 for any free one
  --owner, --name of the repository that is served; default octo-org and shop
  --environments  like dev,uat:mona,production:hubot+octo-org/release (reviewers behind the colon);
                  default dev,uat:mona,staging,production:mona+hubot
  --ghes          serve as GitHub Enterprise Server, under /api/v3 and /api/graphql`;

export interface NamedEnvironment {
  readonly name: string;
  /** Logins, or `org/team`. */
  readonly reviewers: readonly string[];
}

/**
 * Reads `dev,uat:mona,production:hubot+octo-org/release`: environments between commas, each with its reviewers behind a colon.
 * @throws RangeError naming the part that cannot be read
 */
function readEnvironments(text: string): readonly NamedEnvironment[] {
  return text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const [name = '', reviewers = '', ...rest] = part.trim().split(':');
      if (name === '' || rest.length > 0)
        throw new RangeError(`--environments: "${part.trim()}" cannot be read. Write it like uat:mona+octo-org/qa.`);
      return { name, reviewers: reviewers.split('+').filter((reviewer) => reviewer !== '') };
    });
}

export interface Settings {
  readonly repo: string;
  readonly port: number;
  readonly owner: string;
  readonly name: string;
  readonly environments: readonly NamedEnvironment[];
  readonly ghes: boolean;
}

/** The settings; `null` when help was asked for. @throws RangeError or TypeError naming the parameter that is wrong */
export function readSettings(parameters: readonly string[]): Settings | null {
  const { values } = parseArgs({
    args: [...parameters],
    options: {
      repo: { type: 'string' },
      port: { type: 'string', default: '8080' },
      owner: { type: 'string', default: 'octo-org' },
      name: { type: 'string', default: 'shop' },
      environments: { type: 'string', default: 'dev,uat:mona,staging,production:mona+hubot' },
      ghes: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  if (values.repo === undefined) throw new RangeError('--repo is missing: the folder of a Git repository');
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new RangeError(`--port: ${values.port} is no port`);
  return {
    repo: values.repo,
    port,
    owner: values.owner,
    name: values.name,
    environments: readEnvironments(values.environments),
    ghes: values.ghes,
  };
}
