import { decide } from '../decision/decide.ts';
import { serializeDecision } from '../decision/serialize.ts';
import { findOnPath } from '../job/environment.ts';
import { exitCodeFor } from '../job/exit-codes.ts';
import { gatherForInquiry, type Inquiry, type InquiryPorts } from '../job/inquiry.ts';
import { inquirySubject } from '../job/telling.ts';
import { planText } from '../report/terminal.ts';

/** `promote plan`: where the candidate may go next. Returns the exit code. */
export async function answerPlan(inquiry: Inquiry, ports: InquiryPorts): Promise<number> {
  const gathered = await gatherForInquiry(inquiry, ports);
  const decision = decide(gathered.pipeline, gathered.evidence, gathered.now);
  const asked = inquiry.environment === null ? null : findOnPath(gathered.pipeline, decision, inquiry.environment);
  const subject = inquirySubject(gathered, decision, {
    moment: 'plan',
    intent: inquiry.rollback ? 'rollback' : 'promote',
    environment: asked?.name ?? null,
    repositoryUrl: inquiry.repositoryUrl,
  });
  ports.print(inquiry.json ? `${serializeDecision(decision)}\n` : planText(subject, { width: inquiry.width, colour: inquiry.colour }));
  return exitCodeFor(asked?.verdict ?? decision.verdict);
}
