import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const FOLDERS = ['.github/workflows', 'workflows-templates'];

/** Every workflow and starter workflow, by its path from the root. */
export function workflowFiles(root: string): readonly string[] {
  return FOLDERS.filter((folder) => existsSync(join(root, folder))).flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => /\.ya?ml$/.test(name))
      .sort()
      .map((name) => `${folder}/${name}`),
  );
}

/** The action as others name it, and as the shipped workflows do. */
export function actionFiles(root: string): readonly string[] {
  return ['action.yml', '.github/actions/promote/action.yml'].filter((path) => existsSync(join(root, path)));
}

/**
 * Writes the workflows as they would have been written before `uses: $/`, which actionlint does not know yet.
 * What they check besides (types, inputs, outputs, shell) stays as it is.
 * @returns the folder, a repository of its own to them, and the workflows in it
 */
export function writeForOlderTools(root: string, folder: string): { folder: string; workflows: readonly string[] } {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, '.github/workflows'), { recursive: true });
  mkdirSync(join(folder, '.git'), { recursive: true });
  for (const path of actionFiles(root)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), readFileSync(join(root, path)));
  }
  // The action is complete only with what it names.
  mkdirSync(join(folder, 'dist'));
  writeFileSync(join(folder, 'dist/index.js'), '');
  const workflows = workflowFiles(root).map((path) => {
    // A starter workflow may be called like a shipped one.
    const target = `.github/workflows/${path.startsWith('.github/') ? '' : 'starter-'}${basename(path)}`;
    writeFileSync(join(folder, target), olderSyntax(readFileSync(join(root, path), 'utf8')));
    return target;
  });
  return { folder, workflows };
}

function olderSyntax(text: string): string {
  return (
    text
      .replaceAll('uses: $/', 'uses: ./')
      // The name that an organisation's page fills in.
      .replaceAll('$default-branch', 'main')
  );
}
