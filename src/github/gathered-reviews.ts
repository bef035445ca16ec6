import * as z from 'zod/mini';
import type { Read, Review } from '../decision/evidence.ts';
import { asRead } from './as-read.ts';
import { type EvidenceAnswer, reviewState } from './evidence-answer.ts';
import type { EvidencePort, EvidenceRequest } from './evidence-request.ts';

const approvalsSchema = z.array(
  z.object({
    state: z.string(),
    comment: z.string(),
    user: z.nullable(z.object({ login: z.string() })),
    environments: z.array(z.object({ name: z.optional(z.string()) })),
  }),
);

/** This run's reviews: from the query where it found the run, else asked for on their own. */
export async function reviewsOf(client: EvidencePort, request: EvidenceRequest, answer: EvidenceAnswer): Promise<Read<readonly Review[]>> {
  const { run } = request;
  if (run === null) return { read: true, value: [] };
  const listed = request.candidate.runHeadSha === null ? { read: true as const, value: null } : answer.reviews(run.id);
  if (listed.read && listed.value !== null) return { read: true, value: listed.value };
  const before = request.earlier?.evidence.run;
  if (before?.id === run.id && before.reviews.read) return before.reviews;
  return asRead(async () => {
    const route = 'GET /repos/{owner}/{repo}/actions/runs/{run_id}/approvals';
    const { data } = await client.request(route, { owner: request.owner, repo: request.repo, run_id: run.id });
    const parsed = approvalsSchema.safeParse(data);
    if (!parsed.success) return { read: false, why: "GitHub's list of the run's approvals is not as it describes it" };
    return { read: true, value: parsed.data.flatMap(approvalReview) };
  });
}

function approvalReview(approval: z.output<typeof approvalsSchema>[number]): readonly Review[] {
  const state = reviewState(approval.state);
  if (state === null || approval.user === null) return [];
  return [
    { state, user: approval.user.login, comment: approval.comment, environments: approval.environments.flatMap(({ name }) => name ?? []) },
  ];
}
