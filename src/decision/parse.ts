import * as z from 'zod/mini';
import type { Decision, EnvironmentDecision, Reason } from './decision.ts';
import { DECISION_SCHEMA, VERDICTS } from './decision.ts';
import { REASON_CODES, type ReasonCode } from './reasons.ts';
import type { Shortening } from './serialize.ts';

/** A decision as it came back, and what it lacks. */
export interface ParsedDecision {
  readonly decision: Decision;
  readonly shortened: Shortening;
}

const code = z.enum(REASON_CODES as [ReasonCode, ...ReasonCode[]]);
const instant = z.nullable(z.number());
const verdict = z.enum(VERDICTS);
const state = z.enum(['passed', 'entered', 'next', 'later']);
const reason = z.object({
  code,
  environment: z.nullable(z.string()),
  because: z.string(),
  fix: z.string(),
  who: z.array(z.string()),
  liftsAt: instant,
});
const live = z.object({ sha: z.string(), version: z.string(), digest: z.nullable(z.string()), since: z.number(), record: z.number() });
const approvals = z.object({ required: z.number(), given: z.array(z.string()), missing: z.number(), by: z.array(z.string()) });
const environment = z.object({
  name: z.string(),
  stage: z.number(),
  state,
  verdict,
  reasons: z.array(reason),
  live: z.nullable(live),
  approvals: z.nullable(approvals),
  liftsAt: instant,
});
const frame = {
  schema: z.literal(DECISION_SCHEMA),
  candidate: z.object({ sha: z.string(), ref: z.string(), version: z.string(), digest: z.nullable(z.string()) }),
  policyHash: z.string(),
  route: z.nullable(z.string()),
  verdict,
  targets: z.array(z.string()),
  liftsAt: instant,
  notes: z.array(z.string()),
  decidedAt: z.number(),
};
const full = z.object({
  ...frame,
  shortened: z.enum(['none', 'texts', 'codes']),
  reasons: z.array(reason),
  environments: z.array(environment),
});
const row = z.tuple([z.string(), z.number(), state, verdict, z.array(z.number()), instant]);
const table = z.object({
  ...frame,
  shortened: z.literal('table'),
  codes: z.array(code),
  reasons: z.array(z.number()),
  environments: z.array(row),
});
const written = z.discriminatedUnion('shortened', [full, table]);

/**
 * Reads back what `serializeDecision` wrote. What was shortened comes back empty.
 *
 * @throws {Error} when the text is no decision of this version: the message says where it differs.
 */
export function parseDecision(text: string): ParsedDecision {
  const parsed = written.safeParse(parseJson(text));
  if (!parsed.success) throw new Error(`Not a decision of schema ${DECISION_SCHEMA}: ${z.prettifyError(parsed.error)}`);
  const { shortened } = parsed.data;
  if (parsed.data.shortened === 'table') return { decision: fromTable(parsed.data), shortened };
  const { shortened: _, ...decision } = parsed.data;
  return { decision, shortened };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`Not a decision: ${error instanceof Error ? error.message : 'not JSON'}`);
  }
}

function fromTable({ shortened: _, codes, ...rest }: z.infer<typeof table>): Decision {
  const named = (numbers: readonly number[], about: string | null): Reason[] =>
    numbers.map((number) => {
      const found = codes[number];
      if (found === undefined) throw new Error(`Not a decision: there is no code number ${number}.`);
      return { code: found, environment: about, because: '', fix: '', who: [], liftsAt: null };
    });
  const environments = rest.environments.map(
    ([name, stage, itsState, itsVerdict, numbers, liftsAt]): EnvironmentDecision => ({
      name,
      stage,
      state: itsState,
      verdict: itsVerdict,
      reasons: named(numbers, name),
      live: null,
      approvals: null,
      liftsAt,
    }),
  );
  return { ...rest, reasons: named(rest.reasons, null), environments };
}
