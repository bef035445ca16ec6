import { DEFAULT_PIPELINE_PATH } from '../pipeline/load.ts';

/**
 * The one query behind a decision. Names that come from a file or an event travel as variables; the text holds nothing but aliases
 * counted through, so it is the same for every repository with as many environments.
 *
 * Sizes: GitHub counts one request for each list, times the sizes of the lists around it, and a hundredth of the sum is the price
 * (https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api). The sizes below keep a path of
 * four environments near ten of the thousand points an hour that a repository's token has.
 */
export const SIZES = {
  history: 100,
  parents: 10,
  authors: 10,
  pullRequests: 10,
  candidateRecords: 50,
  records: 20,
  statuses: 20,
  protectionRules: 10,
  /** GitHub allows six. */
  reviewers: 6,
  issues: 50,
  issueEvents: 30,
  /** An author without rights cannot add any, so that these stay in sight. */
  labelEvents: 10,
  checkSuites: 20,
  reviews: 15,
  reviewEnvironments: 10,
  versions: 50,
  page: 100,
} as const;

const FILE_FIELDS = '... on Blob { text isBinary isTruncated }';

/** The file that lists the others. */
const ROOT = DEFAULT_PIPELINE_PATH;
const ROOT_FILE = ` root: file(path: "${ROOT}") { oid type object { ${FILE_FIELDS} } }`;

export const HOLD_LABEL = 'promote:hold';
export const VETO_LABEL = 'promote:veto';

/** What a query asks about. */
export interface Question {
  readonly owner: string;
  readonly repo: string;
  /** Path of the pipeline file. */
  readonly path: string;
  /** Sha of the candidate, or its full ref. */
  readonly candidate: string;
  readonly ref: string;
  readonly alternativeRef: string | null;
  /** Environments whose records are needed. */
  readonly environments: readonly string[];
  /** GitHub environments whose protection is needed. */
  readonly protections: readonly string[];
  /** Paths whose Git ids at the candidate's commit are needed. */
  readonly migrations: readonly string[];
  /** Commit under which GitHub lists the run whose reviews are needed. */
  readonly runHeadSha: string | null;
  /** Blob id of an earlier version of the pipeline file that is needed. */
  readonly planned: string | null;
  /** Paths of other pipeline files of the default branch that are needed. */
  readonly siblings: readonly string[];
}

export interface Query {
  readonly text: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

const DEPLOYMENT_FIELDS = `id databaseId commitOid environment task payload createdAt ref { name prefix } creator { __typename login }
      latestStatus { state createdAt }
      statuses(first: ${SIZES.statuses}) { totalCount nodes { state createdAt environmentUrl } }`;

const NEWEST_FIRST = 'orderBy: { field: CREATED_AT, direction: DESC }';

const PAGE_INFO = 'pageInfo { hasNextPage endCursor }';

const PULL_REQUEST_FIELDS = 'number title url isCrossRepository merged author { login }';

const AUTHOR_FIELDS = 'name email user { login }';

const AUTHORS = `authors(first: ${SIZES.authors}) { totalCount nodes { ${AUTHOR_FIELDS} } }
      associatedPullRequests(first: ${SIZES.pullRequests}) { totalCount nodes { ${PULL_REQUEST_FIELDS} } }`;

const HISTORY_FIELDS = `${PAGE_INFO}
    nodes {
      oid messageHeadline parents(first: ${SIZES.parents}) { totalCount nodes { oid } }
      ${AUTHORS}
    }`;

/** By name; a query names those that it uses. */
const FRAGMENTS: Readonly<Record<string, string>> = {
  Lineage: `fragment Lineage on Commit {
  history(first: ${SIZES.history}) { nodes { oid parents(first: ${SIZES.parents}) { totalCount nodes { oid } } } }
}`,
  Tip: `fragment Tip on Ref {
  target { __typename oid ... on Commit { ...Lineage } ... on Tag { target { __typename oid ... on Tag { target { __typename oid } } } } }
}`,
  Deployment: `fragment Deployment on Deployment {
  ${DEPLOYMENT_FIELDS}
}`,
  Labelled: `fragment Labelled on IssueConnection {
  ${PAGE_INFO}
  nodes {
    number title url createdAt author { __typename login }
    labelEvents: timelineItems(last: ${SIZES.labelEvents}, itemTypes: [LABELED_EVENT]) {
      nodes { ... on LabeledEvent { createdAt actor { __typename login } label { name } } }
    }
    timelineItems(last: ${SIZES.issueEvents}, itemTypes: [LABELED_EVENT, RENAMED_TITLE_EVENT]) {
      nodes {
        __typename
        ... on LabeledEvent { createdAt actor { __typename login } label { name } }
        ... on RenamedTitleEvent { createdAt actor { __typename login } previousTitle currentTitle }
      }
    }
  }
}`,
  Protection: `fragment Protection on Environment {
  protectionRules(first: ${SIZES.protectionRules}) {
    totalCount
    nodes {
      type timeout preventSelfReview
      reviewers(first: ${SIZES.reviewers}) { totalCount nodes { __typename ... on User { login } ... on Team { combinedSlug } } }
    }
  }
}`,
};

const REVIEWS = `run: object(oid: $runHeadSha) {
      ... on Commit {
        checkSuites(last: ${SIZES.checkSuites}) {
          nodes {
            workflowRun {
              databaseId url
              deploymentReviews(first: ${SIZES.reviews}) {
                totalCount
                nodes { state comment user { login } environments(first: ${SIZES.reviewEnvironments}) { totalCount nodes { name } } }
              }
            }
          }
        }
      }
    }`;

function issuesWith(alias: string, label: string): string {
  const order = 'orderBy: { field: CREATED_AT, direction: ASC }';
  return `${alias}: issues(first: ${SIZES.issues}, states: [OPEN], labels: ["${label}"], ${order}) { ...Labelled }`;
}

/** Something that can be asked for by itself; answers to several are merged where they name the same object. */
interface Piece {
  readonly name: string;
  readonly selection: string;
  readonly variables: Readonly<Record<string, readonly [type: string, value: unknown]>>;
}

const TEXT = 'String!';
const SHA = 'GitObjectID!';

function piecesOf(question: Question): readonly Piece[] {
  const { path, candidate, ref, alternativeRef, environments, protections, migrations, siblings, runHeadSha, planned } = question;
  const candidates = { candidate: [TEXT, candidate] } as const;
  const atCandidate = (fields: string): string =>
    `candidate: object(expression: $candidate) { __typename oid ... on Commit { ${fields} } }`;
  const piece = (name: string, selection: string, variables: Piece['variables'] = {}): Piece => ({ name, selection, variables });
  const named = (letter: string, names: readonly string[], selection: (variable: string) => string): readonly Piece[] =>
    names.map((value, index) => piece(`${letter}${index}`, selection(`${letter}${index}`), { [`${letter}${index}`]: [TEXT, value] }));
  const onDefaultBranch = (fields: string): string => `defaultBranchRef { name target { ... on Commit { ${fields} } } }`;
  return [
    piece('policy', onDefaultBranch(`file(path: $path) { oid type object { ${FILE_FIELDS} } }${path === ROOT ? '' : ROOT_FILE}`), {
      path: [TEXT, path],
    }),
    piece(
      'candidate',
      `${atCandidate(`${AUTHORS} file(path: $path) { oid }`)}
    candidate: object(expression: $candidate) { ... on Tag { target { __typename oid ... on Tag { target { __typename oid } } } } }`,
      {
        ...candidates,
        path: [TEXT, path],
      },
    ),
    piece('lineage', onDefaultBranch('...Lineage')),
    piece('history', atCandidate(`history(first: ${SIZES.history}) { ${HISTORY_FIELDS} }`), candidates),
    piece(
      'deployments',
      atCandidate(
        `deployments(environments: $environments, first: ${SIZES.candidateRecords}, ${NEWEST_FIRST}) { ${PAGE_INFO} nodes { ...Deployment } }`,
      ),
      { ...candidates, environments: ['[String!]!', environments] },
    ),
    piece('ref', 'ref: ref(qualifiedName: $ref) { ...Tip }', { ref: [TEXT, ref] }),
    ...(alternativeRef === null
      ? []
      : [
          piece('alternativeRef', 'alternativeRef: ref(qualifiedName: $alternativeRef) { ...Tip }', {
            alternativeRef: [TEXT, alternativeRef],
          }),
        ]),
    ...(runHeadSha === null ? [] : [piece('run', REVIEWS, { runHeadSha: [SHA, runHeadSha] })]),
    ...(planned === null ? [] : [piece('planned', `planned: object(oid: $planned) { ${FILE_FIELDS} }`, { planned: [SHA, planned] })]),
    piece('holds', issuesWith('holds', HOLD_LABEL)),
    piece('vetoes', issuesWith('vetoes', VETO_LABEL)),
    ...named(
      'r',
      environments,
      (variable) =>
        `${variable}: deployments(environments: [$${variable}], first: ${SIZES.records}, ${NEWEST_FIRST}) { ${PAGE_INFO} nodes { ...Deployment } }`,
    ),
    ...named('p', protections, (variable) => `${variable}: environment(name: $${variable}) { ...Protection }`),
    ...named(
      'm',
      migrations.map((where) => `${candidate}:${where}`),
      (variable) => `${variable}: object(expression: $${variable}) { oid }`,
    ),
    ...named('s', siblings, (variable) => onDefaultBranch(`${variable}: file(path: $${variable}) { object { ${FILE_FIELDS} } }`)),
  ];
}

/** Names of all pieces of a question, in their order. */
export function pieceNames(question: Question): readonly string[] {
  return piecesOf(question).map(({ name }) => name);
}

/** The query for all evidence at once, or for the pieces that are named. */
export function evidenceQuery(question: Question, names: readonly string[] = pieceNames(question)): Query {
  const { owner, repo } = question;
  const pieces = piecesOf(question).filter(({ name }) => names.includes(name));
  const variables = Object.assign({}, ...pieces.map((piece) => piece.variables)) as Piece['variables'];
  const declared = Object.entries(variables).map(([name, [type]]) => `, $${name}: ${type}`);
  const selections = pieces.map(({ selection }) => `\n    ${selection}`).join('');
  const text = `query Evidence($owner: String!, $repo: String!${declared.join('')}) {
  rateLimit { cost remaining resetAt }
  repository(owner: $owner, name: $repo) {${selections}
  }
}`;
  return {
    text: withFragments(text),
    variables: { owner, repo, ...Object.fromEntries(Object.entries(variables).map(([name, [, value]]) => [name, value])) },
  };
}

function withFragments(text: string): string {
  const used = new Set<string>();
  let whole = text;
  for (;;) {
    const missing = [...whole.matchAll(/\.\.\.([A-Z]\w*)/g)]
      .map(([, name = '']) => name)
      .filter((name) => name in FRAGMENTS && !used.has(name));
    const [next] = missing;
    if (next === undefined) return whole;
    used.add(next);
    whole += `\n${FRAGMENTS[next]}`;
  }
}

/** The same query for a quarter of each list that can be read on; the others must come whole. */
export function withShorterLists(text: string): string {
  const pattern = /\b((?:history|deployments|issues)\([^()]*?\bfirst: )(\d+)/g;
  return text.replaceAll(pattern, (_, before: string, size: string) => `${before}${Math.ceil(Number(size) / 4)}`);
}

/** Further records of one environment; all of them from the newest when `after` is `null`. */
export function recordsQuery(owner: string, repo: string, environment: string, after: string | null): Query {
  return {
    text: `query Records($owner: String!, $repo: String!, $environment: String!, $after: String) {
  repository(owner: $owner, name: $repo) {
    records: deployments(environments: [$environment], first: ${SIZES.page}, after: $after, ${NEWEST_FIRST}) { ${PAGE_INFO} nodes { ...Deployment } }
  }
}
fragment Deployment on Deployment { ${DEPLOYMENT_FIELDS} }`,
    variables: { owner, repo, environment, after },
  };
}

/** Records by their global ids. */
export function recordsByIdQuery(ids: readonly string[]): Query {
  return {
    text: `query RecordsById($ids: [ID!]!) { nodes(ids: $ids) { ...Deployment } }
fragment Deployment on Deployment { ${DEPLOYMENT_FIELDS} }`,
    variables: { ids },
  };
}

/** The statuses of deployments by their global ids, as `d0`, `d1`, …; from their beginning where `after` is `null`. */
export function statusesQuery(deployments: readonly { readonly id: string; readonly after: string | null }[]): Query {
  const declared = deployments.map((_, index) => `$d${index}: ID!, $a${index}: String`).join(', ');
  const asked = deployments.map(
    (_, index) =>
      `\n  d${index}: node(id: $d${index}) { ... on Deployment { statuses(first: ${SIZES.page}, after: $a${index}) { ${PAGE_INFO} totalCount nodes { state createdAt environmentUrl } } } }`,
  );
  const values = deployments.flatMap(({ id, after }, index) => [
    [`d${index}`, id],
    [`a${index}`, after],
  ]);
  return { text: `query Statuses(${declared}) {${asked.join('')}\n}`, variables: Object.fromEntries(values) };
}

/** Further records of the candidate's commit. */
export function candidateRecordsQuery(owner: string, repo: string, sha: string, environments: readonly string[], after: string): Query {
  return {
    text: `query CandidateRecords($owner: String!, $repo: String!, $sha: GitObjectID!, $environments: [String!]!, $after: String) {
  repository(owner: $owner, name: $repo) {
    candidate: object(oid: $sha) {
      ... on Commit {
        records: deployments(environments: $environments, first: ${SIZES.page}, after: $after, ${NEWEST_FIRST}) { ${PAGE_INFO} nodes { ...Deployment } }
      }
    }
  }
}
fragment Deployment on Deployment { ${DEPLOYMENT_FIELDS} }`,
    variables: { owner, repo, sha, environments, after },
  };
}

/** The last versions of a file on the default branch, newest first. */
export function versionsQuery(owner: string, repo: string, path: string): Query {
  return {
    text: `query Versions($owner: String!, $repo: String!, $path: String!) {
  repository(owner: $owner, name: $repo) {
    defaultBranchRef { target { ... on Commit {
      history(first: ${SIZES.versions}, path: $path) { nodes { file(path: $path) { oid object { ${FILE_FIELDS} } } } }
    } } }
  }
}`,
    variables: { owner, repo, path },
  };
}

/** Texts of files as `f0`, `f1`, … @param places each as git rev-parse takes it: `refs/heads/main:path` */
export function filesQuery(owner: string, repo: string, places: readonly string[]): Query {
  const variables = places.map((place, index) => [`f${index}`, place] as const);
  return {
    text: `query Files($owner: String!, $repo: String!, ${variables.map(([name]) => `$${name}: String!`).join(', ')}) {
  repository(owner: $owner, name: $repo) {${variables.map(([name]) => `\n    ${name}: object(expression: $${name}) { ${FILE_FIELDS} }`).join('')}
  }
}`,
    variables: { owner, repo, ...Object.fromEntries(variables) },
  };
}

/** Further commits of the candidate's history. */
export function historyQuery(owner: string, repo: string, sha: string, after: string): Query {
  return {
    text: `query History($owner: String!, $repo: String!, $sha: GitObjectID!, $after: String) {
  repository(owner: $owner, name: $repo) {
    candidate: object(oid: $sha) { ... on Commit { history(first: ${SIZES.history}, after: $after) { ${HISTORY_FIELDS} } } }
  }
}`,
    variables: { owner, repo, sha, after },
  };
}

/** One commit, and where its lists go on; `null`: at their beginning. */
export interface AuthorsPage {
  readonly sha: string;
  readonly authors: string | null;
  readonly pullRequests: string | null;
}

/** The authors of commits and their pull requests, a hundred of each, as `c0`, `c1`, … */
export function authorsQuery(owner: string, repo: string, pages: readonly AuthorsPage[]): Query {
  const declared = pages.map((_, index) => `$c${index}: GitObjectID!, $a${index}: String, $p${index}: String`).join(', ');
  const asked = pages.map(
    (_, index) => `
    c${index}: object(oid: $c${index}) {
      ... on Commit {
        authors(first: ${SIZES.page}, after: $a${index}) { ${PAGE_INFO} totalCount nodes { ${AUTHOR_FIELDS} } }
        associatedPullRequests(first: ${SIZES.page}, after: $p${index}) { ${PAGE_INFO} totalCount nodes { ${PULL_REQUEST_FIELDS} } }
      }
    }`,
  );
  const values = pages.flatMap(({ sha, authors, pullRequests }, index) => [
    [`c${index}`, sha],
    [`a${index}`, authors],
    [`p${index}`, pullRequests],
  ]);
  return {
    text: `query Authors($owner: String!, $repo: String!, ${declared}) {
  repository(owner: $owner, name: $repo) {${asked.join('')}
  }
}`,
    variables: { owner, repo, ...Object.fromEntries(values) },
  };
}

/** Tags (`t0`, …) and branches (`h0`, …) with these names in theirs, and commits (`o0`, …) whose sha begins with them. */
export function matchingQuery(owner: string, repo: string, names: readonly string[]): Query {
  const asked = names.map((name, index) => {
    const refs = ['tags', 'heads'].map(
      (kind) =>
        `${kind === 'tags' ? 't' : 'h'}${index}: refs(refPrefix: "refs/${kind}/", query: $n${index}, first: ${SIZES.page}) { nodes { name } }`,
    );
    const isSha = /^[0-9a-f]{6,64}$/.test(name);
    return `\n    ${[...refs, ...(isSha ? [`o${index}: object(expression: $n${index}) { oid }`] : [])].join('\n    ')}`;
  });
  return {
    text: `query Matching($owner: String!, $repo: String!, ${names.map((_, index) => `$n${index}: String!`).join(', ')}) {
  repository(owner: $owner, name: $repo) {${asked.join('')}
  }
}`,
    variables: { owner, repo, ...Object.fromEntries(names.map((name, index) => [`n${index}`, name])) },
  };
}

/** Holds or vetoes, from the first where `after` is `null`. */
export function issuesQuery(owner: string, repo: string, label: string, after: string | null): Query {
  return {
    text: `query Labelled($owner: String!, $repo: String!, $labels: [String!]!, $after: String) {
  repository(owner: $owner, name: $repo) {
    issues(first: ${SIZES.issues}, after: $after, states: [OPEN], labels: $labels, orderBy: { field: CREATED_AT, direction: ASC }) { ...Labelled }
  }
}
${FRAGMENTS['Labelled']}`,
    variables: { owner, repo, labels: [label], after },
  };
}
