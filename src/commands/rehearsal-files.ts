import { createHash, randomBytes } from 'node:crypto';
import { readTrustedFiles } from '../github/trusted-files.ts';
import type { Rehearsal } from '../pipeline/model.ts';
import { allChecks, type ChecksFile } from '../rehearsal/checks.ts';
import { readChecks } from '../rehearsal/checks-file.ts';
import { RehearsalImpossible } from '../rehearsal/database.ts';
import { readMaskingRules } from '../rehearsal/masking/read.ts';
import type { MaskingRules } from '../rehearsal/masking/rules.ts';
import { strictestMasking } from '../rehearsal/masking/strictest.ts';
import { orElse } from './consequence.ts';
import type { Job } from './job.ts';

/** What the files that the pipeline names say; `null` where it names none. */
export interface RehearsalFiles {
  readonly masking: MaskingRules | null;
  readonly checks: ChecksFile | null;
  readonly loadScript: string | null;
}

/**
 * The files that say how to rehearse. They are policy, so those of the default branch count, and the candidate's own can only be stricter. They are
 * read before anything is started: their mistakes cost no time.
 */
export async function readRehearsalFiles(
  job: Job,
  rules: Rehearsal,
  variable: (name: string) => string | undefined,
  branch: string,
): Promise<RehearsalFiles> {
  const { masking, checks, load } = rules;
  const script = load === false ? null : load.script;
  const paths = [masking, checks, script].filter((path) => path !== null);
  const trusted = await trustedTexts(job, branch, paths);
  const key = maskingKey(variable);
  return {
    masking: masking === null ? null : maskingOf(job, trusted, masking, key),
    checks: checks === null ? null : checksOf(job, trusted, checks),
    loadScript: script === null ? null : (trusted.get(script) ?? ownText(job, script, 'checks_invalid', 'the script of the load')),
  };
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

/** What the default branch has under these paths, in one request; nothing is asked where the pipeline file names none. */
async function trustedTexts(job: Job, branch: string, paths: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
  if (paths.length === 0) return new Map();
  const texts = await orElse(`Nothing was rehearsed: the files of ${branch} that say how to rehearse could not be read.`, () =>
    readTrustedFiles(job.client, job.run, branch, paths),
  );
  const own = paths.filter((path) => (texts.get(path) ?? null) === null);
  if (own.length > 0) job.toolkit.info(`${branch} does not have ${own.join(', ')} yet, so the candidate's own counts.`);
  const others = paths.filter((path) => !own.includes(path) && texts.get(path) !== job.readCheckout(path));
  if (others.length > 0) {
    const message = `${others.join(', ')}: the candidate's differs from that of ${branch}. Masking and checks are the stricter of both, and a load's script is that of ${branch}.`;
    job.toolkit.annotate('notice', `How to rehearse differs from ${branch}`, message);
  }
  return texts;
}

function maskingOf(job: Job, trusted: ReadonlyMap<string, string | null>, path: string, key: Uint8Array): MaskingRules {
  const other = trusted.get(path) ?? null;
  if (other === null) return readMaskingRules(ownText(job, path, 'masking_invalid', 'the masking file'), path, key);
  const text = job.readCheckout(path);
  if (text === other) return readMaskingRules(text, path, key);
  const rules = readMaskingRules(other, `${path} on the default branch`, key);
  // A candidate from before the file has nothing to say.
  const own = text === null ? { ...rules, tables: new Map() } : readMaskingRules(text, path, key);
  const strictest = strictestMasking(rules, own);
  for (const difference of strictest.differences) job.toolkit.info(`${path}: ${difference}.`);
  return strictest.rules;
}

function checksOf(job: Job, trusted: ReadonlyMap<string, string | null>, path: string): ChecksFile {
  const other = trusted.get(path) ?? null;
  if (other === null) return readChecks(ownText(job, path, 'checks_invalid', 'the file with the checks'), path);
  const text = job.readCheckout(path);
  if (text === other) return readChecks(text, path);
  const checks = readChecks(other, `${path} on the default branch`);
  return allChecks(checks, text === null ? { invariants: [], lookups: [], rowChanges: new Map() } : readChecks(text, path));
}

/** The key that makes masked values the same from one rehearsal to the next; without one they are the same within one only. */
function maskingKey(variable: (name: string) => string | undefined): Uint8Array {
  const given = variable('PROMOTE_MASKING_KEY') ?? '';
  return given === '' ? randomBytes(32) : createHash('sha256').update(given).digest();
}
