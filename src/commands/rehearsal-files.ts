import { createHash, randomBytes } from 'node:crypto';
import { readTrustedFiles } from '../github/trusted-files.ts';
import { orElse } from '../job/consequence.ts';
import type { Door } from '../job/door.ts';
import type { Job } from '../job/job.ts';
import { liveInProduction } from '../job/previous-version.ts';
import type { Rehearsal } from '../pipeline/model.ts';
import { allChecks, type ChecksFile, checkDifferences } from '../rehearsal/checks.ts';
import { readChecks } from '../rehearsal/checks-file.ts';
import { RehearsalImpossible } from '../rehearsal/database.ts';
import { readMaskingRules } from '../rehearsal/masking/read.ts';
import type { MaskingRules } from '../rehearsal/masking/rules.ts';
import { strictestMasking } from '../rehearsal/masking/strictest.ts';

/** What the files that the pipeline names say; `null` where it names none. */
export interface RehearsalFiles {
  readonly masking: MaskingRules | null;
  readonly checks: ChecksFile | null;
  readonly loadScript: string | null;
  /** Where the candidate's differ from those that count, one line each. */
  readonly deviations: readonly string[];
}

/** What GitHub has of the files, and what was found to differ. */
interface Trusted {
  readonly branch: string;
  readonly texts: ReadonlyMap<string, string | null>;
  /** The masking file of the version that is live in production; `null`: none that could be read. */
  readonly live: string | null;
  readonly deviations: string[];
}

/**
 * The files that say how to rehearse. They are policy, so those of the default branch count, and the candidate's own can only be stricter; so can the
 * masking file of the version that is live in production. They are read before anything is started: their mistakes cost no time.
 */
export async function readRehearsalFiles(
  job: Job,
  rules: Rehearsal,
  variable: (name: string) => string | undefined,
  door: Door,
): Promise<RehearsalFiles> {
  const { masking, checks, load } = rules;
  const script = load === false ? null : load.script;
  const paths = [masking, checks, script].filter((path) => path !== null);
  const trusted = await trustedTexts(job, door, paths, masking);
  const key = maskingKey(variable);
  const files = {
    masking: masking === null ? null : maskingOf(job, trusted, masking, key),
    checks: checks === null ? null : checksOf(job, trusted, checks),
    loadScript: script === null ? null : scriptOf(job, trusted, script),
  };
  for (const deviation of trusted.deviations) job.toolkit.info(`${deviation}.`);
  return { ...files, deviations: trusted.deviations };
}

/** @throws RehearsalImpossible where the checkout has no such file, and the default branch has none either */
function ownText(job: Job, path: string, code: 'masking_invalid' | 'checks_invalid', what: string): string {
  const text = job.readCheckout(path);
  if (text !== null) return text;
  throw new RehearsalImpossible(
    code,
    `The pipeline file names ${path} as ${what}, and the checkout has no such file. Add it, or correct the path.`,
  );
}

/** What the default branch has under these paths, and production's masking file, in one request; nothing is asked where the pipeline file names none. */
async function trustedTexts(job: Job, door: Door, paths: readonly string[], masking: string | null): Promise<Trusted> {
  const branch = door.gathered.defaultBranch;
  if (paths.length === 0) return { branch, texts: new Map(), live: null, deviations: [] };
  const live = masking === null ? null : liveInProduction(door);
  const other = live === null || masking === null ? null : { sha: live.sha, path: masking };
  const read = await orElse(`Nothing was rehearsed: the files of ${branch} that say how to rehearse could not be read.`, () =>
    readTrustedFiles(job.client, job.run, branch, paths, other),
  );
  const deviations = paths
    .filter((path) => (read.texts.get(path) ?? null) === null)
    .map((path) => `${path}: ${branch} does not have it yet, so the candidate's own counts`);
  if (live !== null && read.other === null)
    deviations.push(`${masking}: ${live.version}, which is live, has none that can be read, so it has no say`);
  const others = paths.filter((path) => (read.texts.get(path) ?? null) !== null && read.texts.get(path) !== job.readCheckout(path));
  if (others.length > 0) {
    const message = `${others.join(', ')}: the candidate's differs from that of ${branch}. Masking and checks are the stricter of both, and a load's script is that of ${branch}. The summary lists the differences.`;
    job.toolkit.annotate('notice', `How to rehearse differs from ${branch}`, message);
  }
  return { branch, texts: read.texts, live: read.other, deviations };
}

function maskingOf(job: Job, trusted: Trusted, path: string, key: Uint8Array): MaskingRules {
  const { branch, deviations } = trusted;
  const root = trusted.texts.get(path) ?? null;
  const own = job.readCheckout(path);
  const candidate = (): MaskingRules => readMaskingRules(ownText(job, path, 'masking_invalid', 'the masking file'), path, key);
  const live = liveMasking(trusted, path, key);
  const over = (rules: MaskingRules, other: MaskingRules, trusted: string, own: string): MaskingRules => {
    const { rules: strictest, differences } = strictestMasking(rules, other, { trusted, own });
    deviations.push(...differences.map((one) => `${path}: ${one}`));
    return strictest;
  };
  if (root === null) return live === null ? candidate() : over(live, candidate(), 'the live version', 'the candidate');
  const ofRoot = readMaskingRules(root, root === own ? path : `${path} on ${branch}`, key);
  const rules = live === null ? ofRoot : { ...over(ofRoot, live, branch, 'the live version'), path: ofRoot.path, file: ofRoot.file };
  // A candidate from before the file has nothing to say.
  return over(
    rules,
    own === null ? { ...rules, tables: new Map() } : candidate(),
    live === null ? branch : `${branch} or the live version`,
    'the candidate',
  );
}

/** What was reviewed when the live version got there; `null` where there is none that can be understood. */
function liveMasking({ live, deviations }: Trusted, path: string, key: Uint8Array): MaskingRules | null {
  if (live === null) return null;
  try {
    return readMaskingRules(live, `${path} of the live version`, key);
  } catch (error) {
    if (!(error instanceof RehearsalImpossible)) throw error;
    deviations.push(`${path}: that of the live version has mistakes, so it has no say`);
    return null;
  }
}

function checksOf(job: Job, trusted: Trusted, path: string): ChecksFile {
  const other = trusted.texts.get(path) ?? null;
  if (other === null) return readChecks(ownText(job, path, 'checks_invalid', 'the file with the checks'), path);
  const text = job.readCheckout(path);
  if (text === other) return readChecks(text, path);
  const checks = readChecks(other, `${path} on ${trusted.branch}`);
  const own = text === null ? NO_CHECKS : readChecks(text, path);
  trusted.deviations.push(...checkDifferences(checks, own).map((one) => `${path}: ${one}`));
  return allChecks(checks, own);
}

const NO_CHECKS: ChecksFile = { invariants: [], lookups: [], rowChanges: new Map(), lacks: new Map() };

function scriptOf(job: Job, trusted: Trusted, path: string): string {
  const other = trusted.texts.get(path) ?? null;
  if (other === null) return ownText(job, path, 'checks_invalid', 'the script of the load');
  if (other !== job.readCheckout(path))
    trusted.deviations.push(`${path}: the load's script is that of ${trusted.branch}; the candidate's differs`);
  return other;
}

/** The key that makes masked values the same from one rehearsal to the next; without one they are the same within one only. */
function maskingKey(variable: (name: string) => string | undefined): Uint8Array {
  const given = variable('PROMOTE_MASKING_KEY') ?? '';
  return given === '' ? randomBytes(32) : createHash('sha256').update(given).digest();
}
