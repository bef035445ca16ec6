import * as z from 'zod/mini';
import { DURATION_PATTERN } from './duration.ts';
import { APPROVAL_EVIDENCE, DATA_POLICIES, EXCLUSIONS, ROLES, VERSION_POLICIES } from './model.ts';

/**
 * What a team may write into the pipeline file, as to shape: keys, kinds of value, closed lists of words. What the values mean together (names that must
 * exist, times, paths) is checked in `checks/`. `schema/pipeline.schema.json` is generated from here.
 */

/** Environments one after the other on a path: the shipped workflow chain has that many stages. */
export const MOST_STAGES = 8;
/** GitHub's own limit for an environment's name. */
export const LONGEST_NAME = 255;
/** GitHub's own limit for the name of a branch or a tag. */
export const LONGEST_REF = 255;
export const MOST_ENVIRONMENTS = 1000;
export const MOST_ROUTES = 500;
/** Environments side by side: GitHub starts no more jobs from one matrix. */
export const WIDEST_STAGE = 256;
const MOST_ENTRIES = 100;

export const LONGEST_TEXT = 10_000;

/** Name of an environment variable. */
const VARIABLE_PATTERN = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** `500ms`, `1.5s`, `3m`, `1h`. */
export const SHORT_DURATION_PATTERN = /^\d+(?:\.\d+)?(?:ms|s|m|h)$/;
/** `100MB`, `2GB`; thousands, not 1024. */
export const SIZE_PATTERN = /^\d+(?:\.\d+)?(?:kB|MB|GB|TB)$/;

const text = z.string().check(z.minLength(1), z.maxLength(LONGEST_TEXT));
const off = z.literal(false);
const duration = z.string().check(z.regex(DURATION_PATTERN));
/** `@` may not stand before it: GitHub's logins and `organisation/team`. */
export const REVIEWER_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_-]*(?:\/[A-Za-z0-9][A-Za-z0-9_.-]*)?$/;
const reviewer = z.string().check(z.regex(REVIEWER_PATTERN));

/**
 * One file or folder inside the checkout, by its path from there: what is uploaded as it is and put back in its place. Not the checkout itself, nothing
 * absolute, no `..`, no pattern, one line.
 */
const ARTIFACT_PATTERN =
  /^(?!\s|[!#~]|[A-Za-z]:)(?:\.\/)?(?!\.{0,2}(?:\/|$))[^\\/*?[\]\r\n\t]+(?:\/(?!\.{1,2}(?:\/|$))[^\\/*?[\]\r\n\t]*)*(?<!\s)$/;
const artifact = text.check(z.regex(ARTIFACT_PATTERN));

const gateKeys = {
  approvals: z.optional(z.int().check(z.gte(1), z.lte(100))),
  by: z.optional(z.array(reviewer).check(z.maxLength(MOST_ENTRIES))),
  exclude: z.optional(z.array(z.enum(EXCLUSIONS)).check(z.maxLength(MOST_ENTRIES))),
  evidence: z.optional(z.enum(APPROVAL_EVIDENCE)),
};
const gate = z.strictObject(gateKeys);
const acceptance = z.strictObject({ ...gateKeys, environment: z.optional(text) });
const command = z.strictObject({ run: text });
const deploy = z.strictObject({ migrate: z.optional(text), run: z.optional(text) });
const word = z.string().check(z.regex(VARIABLE_PATTERN));
const path = text.check(z.regex(ARTIFACT_PATTERN));
const snapshot = z.strictObject({
  run: z.optional(text),
  file: z.optional(text),
  from: z.optional(word),
  'max-age': z.optional(duration),
});
const limit = (pattern: RegExp) => {
  const value = z.string().check(z.regex(pattern));
  const part = z.optional(z.union([value, off]));
  return z.optional(z.union([value, off, z.strictObject({ warn: part, fail: part })]));
};
const time = limit(SHORT_DURATION_PATTERN);
const size = limit(SIZE_PATTERN);
const consequence = z.optional(z.enum(['fail', 'warn', 'ignore']));
/** What each means and where it stands without being named: `src/rehearsal/limits.ts`. */
const limits = z.strictObject({
  duration: time,
  statement: time,
  'concurrent-index': time,
  lock: time,
  'read-stall': time,
  'write-stall': time,
  rewrite: size,
  disk: size,
  wal: size,
  'lock-timeout': consequence,
  'load-errors': consequence,
  rollback: consequence,
  previous: consequence,
  rerun: consequence,
  interrupted: consequence,
  leftovers: consequence,
  'row-changes': consequence,
});
const database = z.enum(['postgres', 'mysql', 'sqlite']);
const rehearsalKeys = {
  version: z.optional(z.int().check(z.gte(1))),
  server: z.optional(word),
  snapshot: z.optional(snapshot),
  masking: z.optional(z.union([path, off])),
  migrations: z.optional(z.union([path, z.array(path).check(z.minLength(1), z.maxLength(MOST_ENTRIES))])),
  rollback: z.optional(z.union([text, off])),
  checks: z.optional(z.union([path, off])),
  previous: z.optional(z.union([text, off])),
  load: z.optional(z.union([z.strictObject({ script: z.optional(path) }), off])),
  timeout: z.optional(duration),
  limits: z.optional(limits),
};
const rehearsal = z.strictObject({ database, migrate: text, ...rehearsalKeys });
const rehearsalOverride = z.strictObject({ database: z.optional(database), migrate: z.optional(text), ...rehearsalKeys });

const soak = z.strictObject({ in: text, for: duration });
const window = z.strictObject({
  days: z.union([text, z.array(text).check(z.minLength(1), z.maxLength(MOST_ENTRIES))]),
  hours: text,
  zone: text,
});

const accepts = z.array(z.enum(VERSION_POLICIES)).check(z.minLength(1), z.maxLength(MOST_ENTRIES));
const either = z.enum(['refuse', 'allow']);

/** What a route may say otherwise for its own candidates. */
const ruleKeys = {
  accepts: z.optional(accepts),
  gate: z.optional(z.union([gate, off])),
  acceptance: z.optional(z.union([acceptance, off])),
  soak: z.optional(z.union([soak, z.array(soak).check(z.maxLength(MOST_ENTRIES)), off])),
  windows: z.optional(z.union([z.array(window).check(z.maxLength(MOST_ENTRIES)), off])),
  downgrade: z.optional(either),
  divergence: z.optional(either),
  deploy: z.optional(z.union([deploy, off])),
  verify: z.optional(z.union([command, off])),
};

export const environmentSchema = z.strictObject({
  role: z.enum(ROLES),
  data: z.optional(z.enum(DATA_POLICIES)),
  owner: z.optional(reviewer),
  url: z.optional(text),
  ...ruleKeys,
  rehearsal: z.optional(z.union([rehearsal, off])),
});

export const overrideSchema = z.strictObject({ ...ruleKeys, rehearsal: z.optional(z.union([rehearsalOverride, off])) });

const patterns = z.array(z.string().check(z.minLength(1), z.maxLength(LONGEST_REF))).check(z.maxLength(MOST_ENTRIES));
const stage = z.union([text, z.array(text).check(z.minLength(1), z.maxLength(WIDEST_STAGE))]);

export const routeSchema = z.strictObject({
  name: text,
  branches: z.optional(patterns),
  tags: z.optional(patterns),
  path: z.array(stage).check(z.minLength(1), z.maxLength(MOST_STAGES)),
  environments: z.optional(z.record(z.string(), overrideSchema)),
});

export const freezeSchema = z.strictObject({
  environments: z.optional(z.array(text).check(z.minLength(1), z.maxLength(MOST_ENVIRONMENTS))),
  from: text,
  until: text,
  zone: text,
  reason: text,
});

export const pipelineSchema = z.strictObject({
  version: z.literal(1),
  build: z.optional(z.strictObject({ run: z.optional(text), artifact: z.optional(artifact), attest: z.optional(z.literal('required')) })),
  environments: z.record(z.string(), environmentSchema),
  routes: z.array(routeSchema).check(z.minLength(1), z.maxLength(MOST_ROUTES)),
  freezes: z.optional(z.array(freezeSchema).check(z.maxLength(MOST_ENVIRONMENTS))),
  pipelines: z.optional(z.array(text).check(z.maxLength(MOST_ENTRIES))),
});

export type PipelineInput = z.infer<typeof pipelineSchema>;
export type EnvironmentInput = z.infer<typeof environmentSchema>;
export type OverrideInput = z.infer<typeof overrideSchema>;
export type RouteInput = z.infer<typeof routeSchema>;
export type FreezeInput = z.infer<typeof freezeSchema>;
export type WindowInput = z.infer<typeof window>;
export type GateInput = z.infer<typeof gate>;
export type AcceptanceInput = z.infer<typeof acceptance>;
export type SoakInput = z.infer<typeof soak>;
