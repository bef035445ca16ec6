import { acceptance } from './acceptance.ts';
import { ancestry } from './ancestry.ts';
import { approval } from './approval.ts';
import { artifact } from './artifact.ts';
import { evidence } from './evidence.ts';
import { freeze } from './freeze.ts';
import { gateExists } from './gate-exists.ts';
import { hold } from './hold.ts';
import { order } from './order.ts';
import { queue } from './queue.ts';
import { record } from './record.ts';
import { ref } from './ref.ts';
import { rehearsal } from './rehearsal.ts';
import { rollback } from './rollback.ts';
import type { Rule } from './rule.ts';
import { soak } from './soak.ts';
import { verification } from './verification.ts';
import { versionPolicy } from './version-policy.ts';
import { veto } from './veto.ts';
import { window } from './window.ts';

/** Every rule, in the order in which reasons are told: about the candidate, about what came before, about this environment, about now. */
export const RULES: readonly Rule[] = [
  ref,
  veto,
  artifact,
  evidence,
  rollback,
  record,
  order,
  verification,
  rehearsal,
  versionPolicy,
  ancestry,
  gateExists,
  hold,
  soak,
  freeze,
  window,
  queue,
  approval,
  acceptance,
];

const given = <T>(value: T | undefined): readonly T[] => (value === undefined ? [] : [value]);
const bars = RULES.filter((rule) => rule.rollback);

/** The rules' functions by what they are asked, laid out once: a decision only walks along these lists. */
export const OF_CANDIDATE = RULES.flatMap((rule) => given(rule.ofCandidate));
export const OF_ENTRY = {
  promote: RULES.flatMap((rule) => given(rule.ofEntry)),
  rollback: bars.flatMap((rule) => given(rule.ofEntry)),
} as const;
export const OF_STAY = RULES.flatMap((rule) => given(rule.ofStay));
export const OPENS_AT = {
  promote: RULES.flatMap((rule) => given(rule.opensAt)),
  rollback: bars.flatMap((rule) => given(rule.opensAt)),
} as const;
