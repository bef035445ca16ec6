import type { RecordsPort, Repository } from './records.ts';

export interface NewVeto extends Repository {
  /** The version left, with its commit. */
  readonly version: string;
  readonly sha: string;
  readonly environment: string;
  /** For people: why it was left, and by whom. */
  readonly reason: string;
}

export interface FiledVeto {
  readonly number: number;
  readonly url: string;
}

/** Forbids a version by a labelled issue, which lifts the veto when somebody closes it. @throws GitHubError (`issues: write`). */
export async function fileVeto(_client: RecordsPort, _veto: NewVeto): Promise<FiledVeto> {
  throw new Error('not yet');
}
