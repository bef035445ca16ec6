/**
 * Finds the Chromium that the tests of the sandbox's page drive; on Debian, as root, installs it when there is none.
 * `node tools/chromium.ts` prints where it is.
 */
import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome', 'microsoft-edge-stable'];
const PLACES = [
  '/usr/lib/chromium/chromium',
  '/snap/bin/chromium',
  '/opt/google/chrome/chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** What a Chromium needs so that it runs without a screen, asks nothing and speaks to nobody but the page. */
export const CHROMIUM_FLAGS: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * The executable: `CHROMIUM_PATH`, else the first on the path or in the usual places; `null` when there is none.
 * @throws when `CHROMIUM_PATH` names nothing that can be executed
 */
export function findChromium(environment: NodeJS.ProcessEnv = process.env): string | null {
  const named = environment['CHROMIUM_PATH'] ?? '';
  if (named !== '') {
    if (isExecutable(named)) return named;
    throw new Error(`CHROMIUM_PATH is ${named}, and that is no program. Let it name a Chromium or Chrome, or unset it.`);
  }
  const folders = (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const candidates = [...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))), ...PLACES];
  return candidates.find(isExecutable) ?? null;
}

/**
 * The executable, installed from Debian's packages if need be.
 * @throws when there is none and none can be installed, with what to do
 */
export function ensureChromium(): string {
  const found = findChromium() ?? install();
  if (found !== null) return found;
  throw new Error(
    'No Chromium was found, and none could be installed: the page is tested in a real browser. Install one (Debian: apt-get install chromium) or let CHROMIUM_PATH name it.',
  );
}

/** Two test files may come here at once: apt waits for its lock. */
function install(): string | null {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return null;
  const apt = (...parameters: string[]): void => {
    execFileSync('apt-get', ['-q', '-y', '-o', 'DPkg::Lock::Timeout=600', '-o', 'Acquire::Retries=3', ...parameters], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  };
  try {
    apt('update');
    apt('install', '--no-install-recommends', 'chromium', 'fonts-dejavu-core');
  } catch (error) {
    process.stderr.write(`apt-get could not install chromium: ${error instanceof Error ? error.message : String(error)}\n`);
  }
  return findChromium();
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

if (import.meta.main) console.log(ensureChromium());
