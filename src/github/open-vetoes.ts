import * as z from 'zod/mini';
import type { Veto } from '../decision/evidence.ts';
import { type Nameable, namesOfRecord, plainName, unmatchedNames } from '../decision/rules/veto.ts';
import { type GitHubClient, GitHubError } from './client.ts';
import { assertAnswered, issuesAt } from './evidence-answer.ts';
import { issuesQuery, matchingQuery, VETO_LABEL } from './evidence-query.ts';
import { labelled } from './gathered-issues.ts';
import { readVetoes } from './holds.ts';
import { readRecordsAfter } from './queue.ts';
import type { Repository } from './records.ts';

type Port = Pick<GitHubClient, 'graphql' | 'request'>;

/** The vetoes that count. @throws GitHubError */
export async function readOpenVetoes(client: Port, repository: Repository): Promise<readonly Veto[]> {
  const { text, variables } = issuesQuery(repository.owner, repository.repo, VETO_LABEL, null);
  const answer = await client.graphql(text, variables);
  assertAnswered(answer, 'the repository');
  const vetoes = await labelled(client, repository, VETO_LABEL, issuesAt(answer, ['issues']), (issues) =>
    readVetoes(client, repository, issues),
  );
  if (!vetoes.read) throw new GitHubError('unusable', `The vetoes could not be read: ${vetoes.why}.`);
  return vetoes.value;
}

export interface Unmatched {
  readonly veto: Veto;
  /** As the title writes them. */
  readonly names: readonly string[];
}

/** Names looked up, twenty in one request; further ones are not, and count as matching. */
const MOST_NAMES = 100;
const NAMES_A_REQUEST = 20;

/**
 * Names in vetoes that mean no commit, branch, tag or recent record of the repository. One request for twenty names, and one for each environment where
 * any is left then.
 * @throws GitHubError
 */
export async function unmatchedVetoes(
  client: Port,
  repository: Repository,
  vetoes: readonly Veto[],
  environments: Iterable<string>,
): Promise<readonly Unmatched[]> {
  const names = [...new Set(vetoes.flatMap((veto) => unmatchedNames(veto, [])))].slice(0, MOST_NAMES);
  const known: Nameable[] = [];
  for (let from = 0; from < names.length; from += NAMES_A_REQUEST) {
    known.push(...(await matching(client, repository, names.slice(from, from + NAMES_A_REQUEST))));
  }
  const left = () => {
    const unmatched = vetoes.map((veto) => ({ veto, names: unmatchedNames(veto, known).filter((name) => names.includes(name)) }));
    return unmatched.filter((one) => one.names.length > 0);
  };
  for (const environment of environments) {
    if (left().length === 0) break;
    const { records } = await readRecordsAfter(client, repository, environment, null);
    known.push(...records.flatMap(namesOfRecord));
  }
  return left();
}

const refsSchema = z.object({ nodes: z.array(z.object({ name: z.string() })) });
const answerSchema = z.object({ repository: z.record(z.string(), z.unknown()) });
const objectSchema = z.object({ oid: z.string() });

/** Commits, tags and branches that may be meant. */
async function matching(client: Port, { owner, repo }: Repository, names: readonly string[]): Promise<readonly Nameable[]> {
  const { text, variables } = matchingQuery(owner, repo, names.map(plainName));
  const answer = await client.graphql(text, variables);
  assertAnswered(answer, 'the repository');
  const parsed = answerSchema.safeParse(answer.data);
  if (!parsed.success) throw new GitHubError('unusable', "GitHub's answer about what vetoes name is not as GitHub describes it.");
  return names.flatMap((_, index) => {
    const at = (alias: string): unknown => parsed.data.repository[`${alias}${index}`];
    const refs = ['t', 'h'].flatMap((alias) => refsSchema.safeParse(at(alias)).data?.nodes ?? []);
    const object = objectSchema.safeParse(at('o')).data;
    return [
      ...refs.map(({ name }) => ({ sha: '', version: name, digest: null })),
      ...(object === undefined ? [] : [{ sha: object.oid, version: object.oid, digest: null }]),
    ];
  });
}
