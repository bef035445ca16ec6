import { decide } from '../decision/decide.ts';
import { serializeDecision } from '../decision/serialize.ts';
import type { BriefSubject } from '../report/subject.ts';
import { planText } from '../report/terminal.ts';
import { findOnPath } from './environment.ts';
import { exitCodeFor } from './exit-codes.ts';
import { gatherForInquiry, type Inquiry, type InquiryPorts } from './inquiry.ts';
import { REASONS_URL } from './telling.ts';

/** `promote plan`: where the candidate may go next. Returns the exit code. */
export async function answerPlan(inquiry: Inquiry, ports: InquiryPorts): Promise<number> {
  const gathered = await gatherForInquiry(inquiry, ports);
  const decision = decide(gathered.pipeline, gathered.evidence, gathered.now);
  const asked = inquiry.environment === null ? null : findOnPath(gathered.pipeline, decision, inquiry.environment);
  const subject: BriefSubject = {
    decision,
    pipeline: gathered.pipeline,
    moment: 'plan',
    intent: inquiry.rollback ? 'rollback' : 'promote',
    environment: asked?.name ?? null,
    changes: gathered.changes,
    repositoryUrl: inquiry.repositoryUrl,
    reasonsUrl: REASONS_URL,
    records: [],
  };
  ports.print(inquiry.json ? `${serializeDecision(decision)}\n` : planText(subject, { width: inquiry.width, colour: inquiry.colour }));
  return exitCodeFor(asked?.verdict ?? decision.verdict);
}
