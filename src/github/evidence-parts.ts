import type { GraphqlAnswer } from './client.ts';
import { NotInTime } from './client-error.ts';
import { evidenceQuery, pieceNames, type Question, withShorterLists } from './evidence-query.ts';
import type { EvidencePort } from './evidence-request.ts';

/** Asked for, at most, beside the whole that was too much. */
const MOST_PARTS = 20;
/** Records of that many environments in one part. */
const RECORDS_TOGETHER = 4;

/** Whether GitHub found a query too costly to answer whole. What it answered of it may lack anything, with an error at any place. */
export function isTooMuch({ errors }: GraphqlAnswer): boolean {
  return errors.some(({ type }) => type === 'RESOURCE_LIMITS_EXCEEDED');
}

/** Asks again for shorter lists where a query is too much; they are read on as others are. */
export function sparing(client: EvidencePort): EvidencePort {
  return {
    request: client.request,
    graphql: async (text, variables) => {
      const answer = await client.graphql(text, variables);
      const shorter = withShorterLists(text);
      return isTooMuch(answer) && shorter !== text ? client.graphql(shorter, variables) : answer;
    },
  };
}

/**
 * Asks for evidence in parts, and where one of them is still too much, piece by piece with shorter lists. What is too much even then, or lies beyond twenty
 * parts, comes with GitHub's error and is unread.
 * @throws GitHubError when GitHub does not answer
 */
export async function askInParts(client: EvidencePort, question: Question, whole: GraphqlAnswer): Promise<GraphqlAnswer> {
  const answers: GraphqlAnswer[] = [];
  let left = MOST_PARTS;
  const ask = async (names: readonly string[], port: EvidencePort): Promise<GraphqlAnswer> => {
    if (left <= 0) return refusedAs(whole, names);
    left -= 1;
    const { text, variables } = evidenceQuery(question, names);
    return port.graphql(text, variables);
  };
  // The error of a piece may stand anywhere in what it shares with others.
  const alone = async (name: string): Promise<GraphqlAnswer> => {
    const answer = await ask([name], sparing(client));
    return isTooMuch(answer) ? refusedAs(answer, [name]) : answer;
  };
  for (const names of partsOf(pieceNames(question))) {
    const answer = await ask(names, client);
    if (!isTooMuch(answer)) answers.push(answer);
    else for (const name of names) answers.push(await alone(name));
  }
  return merged(answers);
}

/**
 * Asks in parts, for shorter lists, what GitHub did not answer in time as a whole.
 * @throws NotInTime, as for the whole, where it does not answer the first part either: then it is not the size
 */
export async function askInPartsAfter(client: EvidencePort, question: Question, whole: NotInTime): Promise<GraphqlAnswer> {
  const answers: GraphqlAnswer[] = [];
  for (const names of partsOf(pieceNames(question))) {
    const { text, variables } = evidenceQuery(question, names);
    try {
      answers.push(await client.graphql(withShorterLists(text), variables));
    } catch (error) {
      if (!(error instanceof NotInTime)) throw error;
      if (answers.length === 0) throw whole;
      answers.push(refusedAs({ data: {}, errors: [{ message: error.message, type: null, path: [] }], date: 0 }, names));
    }
  }
  return merged(answers);
}

/** Costly lists are apart from each other, and what is short is together. */
function partsOf(pieces: readonly string[]): readonly (readonly string[])[] {
  const records = pieces.filter((piece) => /^r\d+$/.test(piece));
  const apart = [['lineage', 'history'], ['deployments'], ['holds', 'vetoes']];
  const others = pieces.filter((piece) => !records.includes(piece) && !apart.flat().includes(piece));
  const chunks = Array.from({ length: Math.ceil(records.length / RECORDS_TOGETHER) }, (_, index) =>
    records.slice(index * RECORDS_TOGETHER, (index + 1) * RECORDS_TOGETHER),
  );
  return [others, ...apart, ...chunks];
}

/** GitHub's refusal at the place of each piece that is not asked for any more. */
function refusedAs({ errors, date }: GraphqlAnswer, names: readonly string[]): GraphqlAnswer {
  const refusal = errors.find(({ type }) => type === 'RESOURCE_LIMITS_EXCEEDED') ??
    errors[0] ?? { message: 'Too much was asked for.', type: null };
  return { data: {}, errors: names.map((name) => ({ ...refusal, path: ['repository', ...placeOf(name)] })), date };
}

function placeOf(piece: string): readonly string[] {
  if (piece === 'lineage') return ['defaultBranchRef', 'target', 'history'];
  return piece === 'history' || piece === 'deployments' ? ['candidate', piece] : [piece];
}

function merged(answers: readonly GraphqlAnswer[]): GraphqlAnswer {
  return {
    data: answers.reduce<unknown>((sum, { data }) => mergedData(sum, data), {}),
    errors: answers.flatMap(({ errors }) => errors),
    date: Math.max(...answers.map(({ date }) => date)),
  };
}

/** Fields of the same object are put together; of anything else the later one stands. */
function mergedData(one: unknown, other: unknown): unknown {
  if (!isObject(one) || !isObject(other)) return other ?? one;
  const fields = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries([...fields].map((field) => [field, mergedData(one[field], other[field])]));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
