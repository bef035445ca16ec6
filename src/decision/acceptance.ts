import type { Acceptance, Pipeline } from '../pipeline/model.ts';
import { selectRoute } from '../pipeline/routes.ts';
import {
  approversOf,
  asksSomebody,
  authorsMissing,
  type Count,
  countApprovals,
  initiatorMissing,
  NONE_COUNTS,
  unlistedText,
  whyAuthorsUnread,
  whyInsufficient,
  whyUnproven,
} from './approvals.ts';
import { type CandidateContext, contextOf } from './context.ts';
import { candidateReasons } from './decide.ts';
import type { Reason, Verdict } from './decision.ts';
import type { Evidence, Protection } from './evidence.ts';
import type { Facts } from './facts.ts';
import { NO_REASONS, reasonOf } from './reason.ts';
import { verdictOf } from './verdict.ts';
import { versionOf } from './wording.ts';

/** Whether the candidate may be recorded as accepted in an environment. */
export interface AcceptanceDecision {
  /** `deploy`: record the acceptance · `ask`: its reviewers will be asked · `blocked` · `complete`: it is accepted there already. */
  readonly verdict: Verdict;
  readonly reasons: readonly Reason[];
  /** Logins whose approval counts, for the record. */
  readonly approvedBy: readonly string[];
  readonly required: number;
  readonly missing: number;
}

const NOTHING: Omit<AcceptanceDecision, 'verdict' | 'reasons'> = { approvedBy: [], required: 0, missing: 0 };

/**
 * Whether people have accepted the candidate in an environment: it is what is live there, and as many distinct people approved as the pipeline asks for, on
 * the GitHub environment that stands for the acceptance. Pure and total like `decide`; `now` in epoch milliseconds.
 */
export function decideAcceptance(pipeline: Pipeline, evidence: Evidence, now: number, environment: string): AcceptanceDecision {
  const context = contextOf(pipeline, selectRoute(pipeline, evidence.candidate.ref), evidence, now);
  const bars = candidateReasons(context).filter((reason) => !CLOSES_ENTRY_ONLY.has(reason.code));
  if (context.route === null) return answer(bars);
  const position = context.path.positions.get(environment.toLowerCase());
  const facts = position === undefined ? undefined : context.facts[position];
  if (facts === undefined) {
    const because = `The path of route ${context.route.name} does not lead to ${environment}.`;
    return answer([...bars, reasonOf('not_on_path', environment, { because })]);
  }
  const asked = facts.environment.acceptance;
  if (asked === null) return answer([...bars, notAsked(facts)]);
  if (bars.length === 0 && facts.acceptance !== null) {
    return { verdict: 'complete', reasons: NO_REASONS, approvedBy: facts.acceptance.approvedBy, required: asked.approvals, missing: 0 };
  }
  return count(context, facts, asked, bars);
}

/** A hold closes the door; it does not keep people from judging what is inside. */
const CLOSES_ENTRY_ONLY: ReadonlySet<string> = new Set(['holds_unread']);

function answer(reasons: readonly Reason[]): AcceptanceDecision {
  return { verdict: verdictOf(reasons), reasons, ...NOTHING };
}

function notAsked(facts: Facts): Reason {
  const { name } = facts.environment;
  return reasonOf('acceptance_not_asked', name, { because: `The pipeline asks for no acceptance in ${name}.` });
}

function count(context: CandidateContext, facts: Facts, asked: Acceptance, bars: readonly Reason[]): AcceptanceDecision {
  const read = facts.evidence?.acceptanceProtection;
  const protection = read?.read === true ? read.value : null;
  const counted = countApprovals(
    {
      gate: asked,
      place: facts.environment.name,
      environment: asked.environment,
      protection,
      records: facts.records,
      voided: facts.evidence?.acceptancesVoid ?? null,
    },
    context.evidence,
  );
  const reasons = [...bars, ...presence(context, facts), ...asking(context, facts, asked, protection, counted)];
  return { verdict: verdictOf(reasons), reasons, approvedBy: counted.given, required: asked.approvals, missing: counted.missing };
}

/** People can sign off only what they see: the same artifact, deployed without a failure since. */
function presence(context: CandidateContext, facts: Facts): readonly Reason[] {
  const { name } = facts.environment;
  const version = versionOf(context.evidence.candidate);
  if (facts.records === null) {
    return [reasonOf('records_unread', name, { because: `The records of ${name} could not be read: ${facts.unread}.` })];
  }
  if (facts.live === null || facts.live !== facts.entry) {
    const instead = facts.live === null ? 'nothing is' : `${versionOf(facts.live)} is`;
    return [reasonOf('acceptance_not_live', name, { because: `${version} is not live in ${name}; ${instead}.` })];
  }
  if (facts.failure === null) return NO_REASONS;
  return [
    reasonOf('acceptance_not_live', name, { because: `${version} failed in ${name} since it entered (record ${facts.failure.id}).` }),
  ];
}

function asking(
  context: CandidateContext,
  facts: Facts,
  asked: Acceptance,
  protection: Protection | null,
  counted: Count,
): readonly Reason[] {
  if (counted.missing === 0 && protection !== null && asksSomebody(protection)) return NO_REASONS;
  const { evidence } = context;
  const { name } = facts.environment;
  const gap = unprotected(facts, asked, protection, evidence);
  if (gap !== null) return [reasonOf('acceptance_unprotected', name, { because: `${gap}.` })];
  if (authorsMissing(asked, evidence, name)) {
    return [
      reasonOf('authors_unread', name, { because: `The acceptance in ${name} excludes the authors, ${whyAuthorsUnread(evidence, name)}.` }),
    ];
  }
  if (initiatorMissing(asked, evidence)) {
    const because = `The acceptance in ${name} excludes the initiator, and ${evidence.candidate.bot} started this run for somebody whom GitHub does not name.`;
    return [reasonOf('initiator_unknown', name, { because })];
  }
  const voided = facts.evidence?.acceptancesVoid;
  if (voided !== undefined)
    return [reasonOf('approval_stale', name, { because: `${voided} ${NONE_COUNTS}`, who: approversOf(asked, protection) })];
  if (evidence.moment === 'door') {
    const unproven = whyUnproven(asked, asked.environment, protection, evidence);
    if (unproven !== null) {
      return [
        reasonOf('enforcement_unproven', name, {
          because: `Nobody is seen to have approved, and nothing proves that GitHub held this job: ${unproven}.`,
        }),
      ];
    }
  }
  const given = counted.given.length === 0 ? 'nobody has given one that counts' : `only ${counted.given.join(', ')} gave one that counts`;
  const because = `${asked.approvals} approval${asked.approvals === 1 ? '' : 's'} of ${asked.environment} asked for, and ${given}.${unlistedText(asked.environment, protection, evidence)}`;
  const code = evidence.moment === 'plan' ? 'acceptance_required' : 'acceptance_unapproved';
  return [reasonOf(code, name, { because, who: approversOf(asked, protection) })];
}

/** Why nobody can be asked; `null` when somebody can. */
function unprotected(facts: Facts, asked: Acceptance, protection: Protection | null, evidence: Evidence): string | null {
  const read = facts.evidence?.acceptanceProtection;
  if (read === undefined || !read.read)
    return `How GitHub protects ${asked.environment} could not be read: ${read?.why ?? 'it was not asked for'}`;
  if (protection === null) return `GitHub has no environment ${asked.environment}`;
  if (!asksSomebody(protection)) return `${asked.environment} has no required reviewers on GitHub`;
  const why = whyInsufficient(asked, protection, evidence, facts.environment.name);
  return why === null ? null : `The acceptance in ${facts.environment.name} can never be given: ${why}`;
}
