import { directoryOf, findFile, findFiles, inDirectory, nameOf } from './files.ts';
import { type PackageJson, readPackage } from './package-json.ts';
import { type RepositoryFiles, TOOLS, type Tool, type ToolName } from './repository.ts';

/** The files that tell what a repository is built with. */
const EVIDENCE: Readonly<Record<ToolName, RegExp>> = {
  bundler: /(?:^|\/)Gemfile\.lock$/,
  maven: /(?:^|\/)pom\.xml$/,
  gradle: /(?:^|\/)(?:gradle\.lockfile|build\.gradle(?:\.kts)?)$/,
  go: /(?:^|\/)go\.mod$/,
  poetry: /(?:^|\/)poetry\.lock$/,
  uv: /(?:^|\/)uv\.lock$/,
  pip: /(?:^|\/)requirements(?:[-.]\w+)?\.txt$/,
  pnpm: /(?:^|\/)pnpm-lock\.yaml$/,
  yarn: /(?:^|\/)yarn\.lock$/,
  npm: /(?:^|\/)(?:package-lock|npm-shrinkwrap)\.json$/,
};

type Recipe = (files: RepositoryFiles, directory: string, evidence: string) => Pick<Tool, 'install' | 'build'>;

const RECIPES: Readonly<Record<ToolName, Recipe>> = {
  bundler: () => ({ install: 'bundle install', build: null }),
  maven: (files, directory) => ({
    install: null,
    build: { run: `${wrapper(files, directory, 'mvnw', 'mvn')} --batch-mode package`, artifact: 'target' },
  }),
  gradle: (files, directory) => ({
    install: null,
    build: { run: `${wrapper(files, directory, 'gradlew', 'gradle')} build`, artifact: 'build/libs' },
  }),
  go: () => ({ install: null, build: { run: 'mkdir -p dist && go build -o dist/ ./...', artifact: 'dist' } }),
  poetry: () => ({ install: 'pipx install poetry && poetry install', build: { run: 'pipx run poetry build', artifact: 'dist' } }),
  uv: () => ({ install: 'pipx install uv && uv sync', build: { run: 'pipx run uv build', artifact: 'dist' } }),
  pip: (files, directory, evidence) => ({
    install: `python3 -m pip install -r ${nameOf(evidence)}`,
    build: has(files, directory, 'pyproject.toml') ? { run: 'pipx run build', artifact: 'dist' } : null,
  }),
  pnpm: (files, directory) => withNode(files, directory, 'corepack enable pnpm && pnpm install --frozen-lockfile', 'pnpm'),
  yarn: (files, directory) => {
    const modern = has(files, directory, '.yarnrc.yml');
    return withNode(files, directory, `corepack enable yarn && yarn install ${modern ? '--immutable' : '--frozen-lockfile'}`, 'yarn');
  },
  npm: (files, directory) => withNode(files, directory, 'npm ci', 'npm'),
};

/** What the repository is built with, the one that builds what is deployed first; each tool once, where it lies nearest to the root. */
export function findTools(files: RepositoryFiles): readonly Tool[] {
  const found = TOOLS.flatMap((name) => {
    const evidence = findFile(files, EVIDENCE[name]);
    return evidence === null ? [] : [toolAt(files, name, evidence)];
  });
  const depth = (tool: Tool) => (tool.directory === '' ? 0 : tool.directory.split('/').length);
  return found.filter((tool) => !isImplied(tool, found)).toSorted((a, b) => depth(a) - depth(b));
}

/** Files that pip reads are also there for others' sake. */
function isImplied(tool: Tool, found: readonly Tool[]): boolean {
  return tool.name === 'pip' && found.some(({ name }) => name === 'poetry' || name === 'uv');
}

function toolAt(files: RepositoryFiles, name: ToolName, evidence: string): Tool {
  const directory = directoryOf(evidence);
  const { install, build } = RECIPES[name](files, directory, evidence);
  return {
    name,
    evidence,
    directory,
    install: install === null ? null : inDirectory(directory, install),
    build: build === null ? null : { run: inDirectory(directory, build.run), artifact: within(directory, build.artifact) },
  };
}

function within(directory: string, path: string): string {
  return directory === '' ? path : `${directory}/${path}`;
}

function has(files: RepositoryFiles, directory: string, name: string): boolean {
  return files.paths.includes(within(directory, name));
}

function wrapper(files: RepositoryFiles, directory: string, script: string, command: string): string {
  return has(files, directory, script) ? `./${script}` : command;
}

function withNode(
  files: RepositoryFiles,
  directory: string,
  install: string,
  command: 'npm' | 'pnpm' | 'yarn',
): Pick<Tool, 'install' | 'build'> {
  const root = readPackage(files, within(directory, 'package.json'));
  const member = builtMember(files, directory);
  if (root.scripts['build'] === undefined && member === null) return { install, build: null };
  const run = root.scripts['build'] === undefined ? EVERY_MEMBER[command] : `${command} run build`;
  const artifact = root.scripts['build'] === undefined || isWorkspace(files, directory) ? member : null;
  return { install, build: { run: `${install} && ${run}`, artifact: artifact ?? outputOf(root) } };
}

const EVERY_MEMBER = {
  npm: 'npm run build --workspaces --if-present',
  pnpm: 'pnpm --recursive run build',
  yarn: 'yarn workspaces foreach --all run build',
} as const;

function isWorkspace(files: RepositoryFiles, directory: string): boolean {
  return has(files, directory, 'pnpm-workspace.yaml') || /"workspaces"\s*:/.test(files.read(within(directory, 'package.json')) ?? '');
}

/** Where the first member of a workspace that is built leaves what it builds, applications before libraries; relative to the workspace. */
function builtMember(files: RepositoryFiles, directory: string): string | null {
  if (!isWorkspace(files, directory)) return null;
  const prefix = directory === '' ? '' : `${directory}/`;
  const members = findFiles(files, /\/package\.json$/).filter((path) => path.startsWith(prefix) && path !== `${prefix}package.json`);
  const built = members.filter((path) => readPackage(files, path).scripts['build'] !== undefined);
  const chosen = built.find((path) => /(?:^|\/)(?:apps?|services?)\//.test(path)) ?? built[0];
  return chosen === undefined ? null : `${directoryOf(chosen).slice(prefix.length)}/${outputOf(readPackage(files, chosen))}`;
}

/** Where frameworks leave what they build, unless told otherwise. */
function outputOf(manifest: PackageJson): string {
  if (manifest.dependencies.includes('next')) return '.next';
  return manifest.dependencies.includes('react-scripts') ? 'build' : 'dist';
}
