import { explain } from '../decision/explain.ts';

import { nameInPipeline } from './environment.ts';
import { exitCodeFor } from './exit-codes.ts';
import { gatherForInquiry, type Inquiry, type InquiryPorts } from './inquiry.ts';

/** `promote explain ENVIRONMENT`: why the candidate is not there yet, and the smallest set of missing facts that would let it in. */
export async function answerExplain(inquiry: Inquiry & { readonly environment: string }, ports: InquiryPorts): Promise<number> {
  const gathered = await gatherForInquiry(inquiry, ports);
  const environment = nameInPipeline(gathered.pipeline, inquiry.environment);
  const explanation = explain(gathered.pipeline, gathered.evidence, gathered.now, environment);
  const subject = { explanation, candidate: gathered.evidence.candidate, pipeline: gathered.pipeline };
  ports.print(inquiry.json ? `${JSON.stringify(explanation)}\n` : JSON.stringify(explanation, null, 2));
  return exitCodeFor(explanation.verdict);
}
