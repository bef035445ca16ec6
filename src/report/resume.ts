import { shortSha } from '../decision/wording.ts';
import { listed } from '../pipeline/listed.ts';
import { codeSpan, escapeMarkdown, link, table } from './markdown.ts';

/** A candidate whose time has come, and what became of it. */
export interface TakenUp {
  readonly run: { readonly id: number; readonly sha: string; readonly refName: string };
  readonly version: string;
  /** Where it goes first. */
  readonly targets: readonly string[];
  /**
   * `anew`: the workflow was started anew for it, as the token may run nothing again · `running`: its run goes on already · `in vain`: it was run again before, and that led nowhere · `refused`: GitHub will not run this one
   * again · `forbidden`: the token may not run any.
   */
  readonly outcome: 'started' | 'anew' | 'running' | 'in vain' | 'refused' | 'forbidden';
  /** Why GitHub refused; empty otherwise. */
  readonly why: string;
}

const BECAME: Readonly<Record<TakenUp['outcome'], string>> = {
  started: 'is run again',
  anew: 'could not be run again; a new one was started in its place',
  running: 'goes on already',
  'in vain': 'was run again in vain; look at it, and run it again by hand',
  refused: 'cannot be run again; start it anew by hand',
  forbidden: 'could not be run again: the token may not',
};

/** What a scheduled look found, as GitHub-flavoured Markdown for the job summary. */
export function resumeBrief(taken: readonly TakenUp[], repositoryUrl: string): string {
  if (taken.length === 0) return '### Nothing to take up\n\nNo candidate waits whose time has come.\n';
  const rows = taken.map(({ run, version, targets, outcome }) => [
    escapeMarkdown(version, 60),
    link(codeSpan(shortSha(run.sha)), `${repositoryUrl}/commit/${run.sha}`),
    listed(targets.map((name) => escapeMarkdown(name))),
    `${link(`run ${run.id}`, `${repositoryUrl}/actions/runs/${run.id}`)} ${BECAME[outcome]}`,
  ]);
  const started = taken.filter(({ outcome }) => outcome === 'started' || outcome === 'anew').length;
  return `### ${started} of ${taken.length} taken up\n\n${table(['candidate', 'commit', 'goes to', 'its run'], rows)}\n`;
}
