import { shortSha } from '../decision/wording.ts';
import { listed } from '../pipeline/listed.ts';
import { codeSpan, escapeMarkdown, link, table } from './markdown.ts';

/** A candidate whose time has come, and what became of it. */
export interface TakenUp {
  readonly run: { readonly id: number; readonly sha: string; readonly refName: string };
  readonly version: string;
  /** Where it goes first. */
  readonly targets: readonly string[];
  /** `refused`: its run goes on already. */
  readonly outcome: 'started' | 'refused';
}

/** What a scheduled look found, as GitHub-flavoured Markdown for the job summary. */
export function resumeBrief(taken: readonly TakenUp[], repositoryUrl: string): string {
  if (taken.length === 0) return '### Nothing to take up\n\nNo candidate waits whose time has come.\n';
  const rows = taken.map(({ run, version, targets, outcome }) => [
    escapeMarkdown(version, 60),
    link(codeSpan(shortSha(run.sha)), `${repositoryUrl}/commit/${run.sha}`),
    listed(targets.map((name) => escapeMarkdown(name))),
    `${link(`run ${run.id}`, `${repositoryUrl}/actions/runs/${run.id}`)} ${outcome === 'started' ? 'is run again' : 'goes on already'}`,
  ]);
  const started = taken.filter(({ outcome }) => outcome === 'started').length;
  return `### ${started} of ${taken.length} taken up\n\n${table(['candidate', 'commit', 'goes to', 'its run'], rows)}\n`;
}
