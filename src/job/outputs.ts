import { decideAcceptance } from '../decision/acceptance.ts';
import type { Decision, EnvironmentDecision, Verdict } from '../decision/decision.ts';
import { type Entry, reachOf, stagesToCome } from '../decision/reach.ts';
import { serializeDecision } from '../decision/serialize.ts';
import { askedFor } from '../github/asked-before.ts';
import type { Gathered } from '../github/evidence.ts';
import type { OutputName } from './action-io.ts';

/** Values of the action's outputs by name; `action-io.ts` says what each means. */
export type Outputs = Readonly<Partial<Record<OutputName, string>>>;

/** Whether a run may go on to the deploying job: free to enter, or only the reviewers have to be asked. */
export function isOpen(verdict: Verdict): boolean {
  return verdict === 'deploy' || verdict === 'ask';
}

/** What a plan was made from, as far as the jobs after it are concerned. */
export type Planned = Pick<Gathered, 'pipeline' | 'evidence' | 'now' | 'storedArtifact'>;

/** What the jobs after `plan` work from: which stages to go through, and what to deploy. */
export function chainOutputs(gathered: Planned, decision: Decision, environment: string | null): Outputs {
  const { pipeline, storedArtifact } = gathered;
  const { stages } = reachOf(pipeline, decision, environment);
  return {
    chain: JSON.stringify(stages.map((entries) => entries.map(({ environment: name }) => name))),
    entries: JSON.stringify(
      Object.fromEntries(stages.flat().map((entry) => [entry.environment, whatItTakes(entry, isAcceptanceAsked(gathered, entry))])),
    ),
    'without-command': stages
      .flat()
      .flatMap(({ environment, deploy, rules }) => (deploy && rules.deploy === null ? [environment] : []))
      .join(', '),
    build: String(stages.length > 0 && gathered.evidence.candidate.artifact.kind === 'to-be-built'),
    'build-run': pipeline.build?.run ?? '',
    'artifact-path': pipeline.build?.artifact ?? '',
    attest: String(pipeline.build?.attest === true),
    'artifact-id': storedArtifact === null ? '' : String(storedArtifact.id),
    'artifact-run-id': storedArtifact === null ? '' : String(storedArtifact.run),
  };
}

/** Nobody is asked to accept what a rollback brings back, or what they have accepted there before. */
function isAcceptanceAsked({ pipeline, evidence, now }: Planned, { environment, rules }: Entry): boolean {
  if (rules.acceptance === null || evidence.intent === 'rollback') return false;
  return decideAcceptance(pipeline, evidence, now, environment).verdict !== 'complete';
}

/** Named as a workflow's inputs name them. */
function whatItTakes({ deploy, approvals, rules }: Entry, accepting: boolean): Record<string, string | number | boolean> {
  const acceptance = accepting ? rules.acceptance : null;
  return {
    deploy,
    approvals,
    acceptance: acceptance?.environment ?? '',
    'acceptance-approvals': acceptance?.approvals ?? 0,
    rehearsal: rules.rehearsal !== null,
    url: rules.url ?? '',
  };
}

/** The outputs of `plan`: about the next stage, or about `environment` when one was asked for. */
export function planOutputs(decision: Decision, environment: EnvironmentDecision | null, explanation: string): Outputs {
  const targets = environment === null ? decision.environments.filter(({ name }) => decision.targets.includes(name)) : [environment];
  const enterable = targets.filter((target) => isOpen(target.verdict));
  const first = enterable[0] ?? targets[0];
  const verdict = environment?.verdict ?? decision.verdict;
  return {
    ...candidateOutputs(decision, explanation),
    verdict,
    environment: first?.name ?? '',
    environments: JSON.stringify(enterable.map(({ name }) => name)),
    stages: JSON.stringify(stagesToCome(decision).map((stage) => stage.map(({ name }) => name))),
    proceed: String(isOpen(verdict)),
    ...reasonOutputs(environment === null && targets.length === 0 ? decision.reasons : targets.flatMap(({ reasons }) => reasons)),
    'lifts-at': instant(environment === null ? decision.liftsAt : environment.liftsAt),
    replaced: first?.live?.version ?? '',
  };
}

/** The outputs of `deploy` and `accept` before anything was recorded: about the one environment. */
export function doorOutputs(decision: Decision, environment: EnvironmentDecision, explanation: string): Outputs {
  return {
    ...candidateOutputs(decision, explanation),
    verdict: environment.verdict,
    environment: environment.name,
    environments: JSON.stringify(environment.verdict === 'deploy' ? [environment.name] : []),
    stages: JSON.stringify(stagesToCome(decision).map((stage) => stage.map(({ name }) => name))),
    proceed: String(environment.verdict === 'deploy'),
    ...reasonOutputs(environment.reasons),
    'lifts-at': instant(environment.liftsAt),
    'approved-by': JSON.stringify(environment.approvals?.given ?? []),
    replaced: environment.live?.version ?? '',
  };
}

function candidateOutputs(decision: Decision, explanation: string): Outputs {
  const { candidate } = decision;
  return {
    explanation,
    route: decision.route ?? '',
    version: candidate.version,
    sha: candidate.sha,
    ref: candidate.ref,
    'artifact-digest': candidate.digest ?? '',
    'policy-hash': decision.policyHash,
    'asked-for': askedFor(candidate.sha, decision.policyHash),
    decision: serializeDecision(decision),
  };
}

function reasonOutputs(reasons: EnvironmentDecision['reasons']): Outputs {
  const codes = [...new Set(reasons.map(({ code }) => code))];
  return { reason: codes[0] ?? '', reasons: JSON.stringify(codes) };
}

function instant(time: number | null): string {
  return time === null ? '' : new Date(time).toISOString();
}
