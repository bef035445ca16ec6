import { listed } from '../../pipeline/listed.ts';
import type { Gate } from '../../pipeline/model.ts';
import {
  approversOf,
  authorsMissing,
  type Count,
  initiatorMissing,
  NONE_COUNTS,
  unlistedText,
  whyAuthorsUnread,
  whyUnproven,
} from '../approvals.ts';
import type { EntryContext } from '../context.ts';
import type { Reason } from '../decision.ts';
import { NO_REASONS, reasonOf } from '../reason.ts';
import type { Rule } from './rule.ts';

/** As many distinct people as the gate asks for must approve, none of them excluded. Before the door they will be asked; behind it nobody will. */
export const approval: Rule = { name: 'approval', rollback: true, ofEntry };

function ofEntry(context: EntryContext): readonly Reason[] {
  const { gate, name } = context.environment;
  const { approvals: count } = context;
  if (gate === null || count === null || count.missing === 0) return NO_REASONS;
  const { evidence } = context.candidate;
  const who = approversOf(gate, context.protection);
  if (authorsMissing(gate, evidence, name)) {
    const because = `The gate of ${name} excludes the authors, ${whyAuthorsUnread(evidence, name)}.`;
    return [reasonOf('authors_unread', name, { because })];
  }
  if (initiatorMissing(gate, evidence)) {
    const because = `The gate of ${name} excludes the initiator, and ${evidence.candidate.bot} started this run for somebody whom GitHub does not name.`;
    return [reasonOf('initiator_unknown', name, { because })];
  }
  const voided = context.facts.evidence?.approvalsVoid;
  if (voided !== undefined) return [reasonOf('approval_stale', name, { because: `${voided} ${NONE_COUNTS}`, who })];
  if (evidence.moment === 'plan') return [reasonOf('approval_required', name, { because: missingText(gate, count), who })];
  const unproven = whyUnproven(gate, name, context.protection, evidence);
  if (unproven !== null) {
    return [
      reasonOf('enforcement_unproven', name, {
        because: `Nobody is seen to have approved, and nothing proves that GitHub held this job: ${unproven}.`,
      }),
    ];
  }
  if (!evidence.run.reviews.read) {
    return [reasonOf('approvals_unread', name, { because: `Who approved this run could not be read: ${evidence.run.reviews.why}.` })];
  }
  if (count.stale.length > 0) {
    const because = `${missingText(gate, count)} What ${listed(count.stale)} approved let another promotion of this run enter already.`;
    return [reasonOf('approval_stale', name, { because, who })];
  }
  return [
    reasonOf('approval_missing', name, { because: `${missingText(gate, count)}${unlistedText(name, context.protection, evidence)}`, who }),
  ];
}

function missingText(gate: Gate, count: Count): string {
  const given = count.given.length === 0 ? 'nobody has given one that counts' : `only ${listed(count.given)} gave one that counts`;
  const wanted = gate.approvals === 1 ? 'One approval is' : `${gate.approvals} approvals are`;
  return `${wanted} asked for, and ${given}${exclusionText(gate, count)}.`;
}

function exclusionText(gate: Gate, count: Count): string {
  if (gate.exclude.length === 0) return '';
  const approved = count.excluded.length === 0 ? '' : `${listed(count.excluded)} approved, and `;
  return `; ${approved}the ${listed(gate.exclude)} may not`;
}
