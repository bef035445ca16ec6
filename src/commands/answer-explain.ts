import { decide } from '../decision/decide.ts';
import { explain } from '../decision/explain.ts';
import { nameInPipeline } from '../job/environment.ts';
import { exitCodeFor } from '../job/exit-codes.ts';
import { gatherForInquiry, type Inquiry, type InquiryPorts } from '../job/inquiry.ts';
import { explainText } from '../report/terminal.ts';

/** `promote explain ENVIRONMENT`: why the candidate is not there yet, and the smallest set of missing facts that would let it in. */
export async function answerExplain(inquiry: Inquiry & { readonly environment: string }, ports: InquiryPorts): Promise<number> {
  const { pipeline, evidence, now } = await gatherForInquiry(inquiry, ports);
  const explanation = explain(pipeline, evidence, now, nameInPipeline(pipeline, inquiry.environment));
  const subject = { decision: decide(pipeline, evidence, now), pipeline };
  const terminal = { width: inquiry.width, colour: inquiry.colour };
  ports.print(inquiry.json ? `${JSON.stringify(explanation)}\n` : explainText(explanation, subject, terminal));
  return exitCodeFor(explanation.verdict);
}
