import * as z from 'zod/mini';
import { whenNeeded } from './when-needed.ts';

/**
 * What is stored in a record's payload: a GitHub deployment carries any JSON, and gives it back as text, sometimes encoded twice.
 * Anyone who may create deployments can write one, so it is validated whenever it is read.
 */
export const RECORD_SCHEMA = 1;

export const RECORD_KINDS = ['promotion', 'rollback', 'acceptance', 'rehearsal'] as const;
export type OwnRecordKind = (typeof RECORD_KINDS)[number];

const text = z.string().check(z.maxLength(2000));
/**
 * One line: no control characters, no separators of lines or paragraphs. Written as ranges, because V8 looks a property such as `\p{Cc}` up
 * in the character database whenever it comes past the expression, several times in a start.
 */
const name = z.string().check(z.maxLength(300), z.regex(/^[ -~\u00A0-\u2027\u202A-\u{10FFFF}]*$/u));
/** Whether a runner's name may stand in a record. */
export function fitsRecord(text: string): boolean {
  return name.safeParse(text).success;
}

const instant = z.number().check(z.int(), z.nonnegative());
const sha = z.string().check(z.regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/));
const names = z.array(name).check(z.maxLength(200));
const texts = z.array(text).check(z.maxLength(200));

const figure = z.nullable(z.number().check(z.nonnegative()));

/** What a rehearsal measured, in few enough words to be kept with its record: `RehearsalFigures` says what each means. */
const figuresSchema = whenNeeded(() =>
  z.object({
    seconds: z.number().check(z.nonnegative()),
    statements: figure,
    longestStatement: figure,
    readStall: figure,
    writeStall: figure,
    diskPeak: figure,
    wal: figure,
    size: figure,
  }),
);

export const recordPayloadSchema = whenNeeded(() =>
  z.object({
    schema: z.literal(RECORD_SCHEMA),
    kind: z.enum(RECORD_KINDS),
    candidate: z.object({ sha, ref: name, version: name }),
    /** `null`: not known when the record was opened. */
    digest: z.nullable(name),
    /** Where GitHub keeps what the digest names: an artifact of a run. Absent: nowhere that is known. */
    artifact: z.optional(z.object({ id: instant, run: instant })),
    policyHash: name,
    route: z.nullable(name),
    run: z.object({ id: instant, attempt: instant }),
    /**
     * Made once by each process that opens a record. A request repeated after a lost answer leaves two records with one claim; two jobs
     * of one run leave two claims.
     */
    claim: z.optional(name),
    /** Name of the runner that the job ran on: with the run and its attempt it tells which job of the run holds the record. */
    runner: z.optional(name),
    /** Ids of earlier records that were confirmed when this one was opened, and stay so when their runs are gone. */
    rests: z.optional(z.array(instant).check(z.maxLength(50))),
    initiator: name,
    approvedBy: names,
    /** Codes of the reasons that stood when the record was opened. */
    reasons: names,
    /** What a reader must know, one sentence each. */
    notes: texts,
    /** What the route relaxes, one sentence each. */
    relaxed: texts,
    replaced: z.nullable(z.object({ sha, version: name, digest: z.nullable(name) })),
    rehearsal: z.optional(
      z.object({
        verdict: z.enum(['pass', 'warn', 'fail']),
        migrations: name,
        snapshot: name,
        snapshotTakenAt: instant,
        figures: z.optional(figuresSchema()),
        /** Codes of what it found. */
        reasons: z.optional(z.array(name).check(z.maxLength(50))),
        /** Name and version of the server. */
        server: z.optional(name),
        /** Digest of the evidence that it left as JSON. */
        evidence: z.optional(name),
      }),
    ),
    /** Whether a verification is part of this promotion, so that its success says that it passed. */
    verify: z.boolean(),
  }),
);

export type RecordPayload = z.output<ReturnType<typeof recordPayloadSchema>>;

/** The payload in whichever form GitHub gives it back; `null` when it is not one of ours, or of a schema we do not know. */
export function readRecordPayload(payload: unknown): RecordPayload | null {
  const parsed = recordPayloadSchema().safeParse(decoded(decoded(payload)));
  return parsed.success ? parsed.data : null;
}

function decoded(payload: unknown): unknown {
  if (typeof payload !== 'string') return payload;
  try {
    return JSON.parse(payload);
  } catch {
    return null;
  }
}
