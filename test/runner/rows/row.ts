import type { Stage, StageOptions } from '../stage.ts';

/** One behaviour of GitHub that the runner has, and where it is published. */
export interface Row {
  readonly behaviour: string;
  /** Page of docs.github.com below `en/actions/`, a changelog, or GitHub's workflow schema. */
  readonly source: string;
  /** `ci.yml`, or several files by name. */
  readonly workflow: string | Readonly<Record<string, string>>;
  readonly options?: StageOptions;
  /** Instead of pushing main. */
  play?(stage: Stage): Promise<void>;
  expect(stage: Stage): void;
  /** What the sandbox may not be able to do; any other violation fails the row. */
  readonly violations?: RegExp;
}

export const SYNTAX = 'reference/workflows-and-actions/workflow-syntax';
export const EXPRESSIONS = 'reference/workflows-and-actions/expressions';
export const CONTEXTS = 'reference/workflows-and-actions/contexts';
export const EVENTS = 'reference/workflows-and-actions/events-that-trigger-workflows';
export const REUSE = 'how-tos/reuse-automations/reuse-workflows';
export const REUSE_REFERENCE = 'reference/workflows-and-actions/reusing-workflow-configurations';
export const ENVIRONMENTS = 'reference/workflows-and-actions/deployments-and-environments';
export const MATRIX = 'how-tos/write-workflows/choose-what-workflows-do/run-job-variations';
export const CANCELLATION = 'reference/workflows-and-actions/workflow-cancellation';
export const RERUN = 'how-tos/manage-workflow-runs/re-run-workflows-and-jobs';
export const TOKEN = 'concepts/security/github_token';
export const SCHEMA = "@actions/workflow-parser's workflow-v1.0.json";

/** A job that runs on a machine, as one line of YAML. */
export function job(more = ''): string {
  return `{ runs-on: ubuntu-latest, steps: [{ run: 'true' }]${more === '' ? '' : `, ${more}`} }`;
}
