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
      statuses(first: ${SIZES.statuses}) { totalCount nodes { state createdAt } }`;

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

const FRAGMENTS = `
fragment Lineage on Commit {
  history(first: ${SIZES.history}) { nodes { oid parents(first: ${SIZES.parents}) { totalCount nodes { oid } } } }
}
fragment Tip on Ref {
  target { __typename oid ... on Commit { ...Lineage } ... on Tag { target { __typename oid ... on Tag { target { __typename oid } } } } }
}
fragment Candidate on Commit {
  oid
  ${AUTHORS}
  file(path: $path) { oid }
  deployments(environments: $environments, first: ${SIZES.candidateRecords}, ${NEWEST_FIRST}) { ${PAGE_INFO} nodes { ...Deployment } }
  history(first: ${SIZES.history}) { ${HISTORY_FIELDS} }
}
fragment Deployment on Deployment {
  ${DEPLOYMENT_FIELDS}
}
fragment Labelled on IssueConnection {
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
}`;

const PROTECTION = `
fragment Protection on Environment {
  protectionRules(first: ${SIZES.protectionRules}) {
    totalCount
    nodes {
      type timeout preventSelfReview
      reviewers(first: ${SIZES.reviewers}) { totalCount nodes { __typename ... on User { login } ... on Team { combinedSlug } } }
    }
  }
}`;

const REVIEWS = `
    run: object(oid: $runHeadSha) {
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

/** The query for all evidence at once. */
export function evidenceQuery(question: Question): Query {
  const { environments, protections, migrations } = question;
  const records = environments.map((name, index) => ({ name, variable: `r${index}` }));
  const environmentNames = protections.map((name, index) => ({ name, variable: `p${index}` }));
  const objects = migrations.map((path, index) => ({ name: `${question.candidate}:${path}`, variable: `m${index}` }));
  const siblings = question.siblings.map((path, index) => ({ name: path, variable: `s${index}` }));
  const named = [...records, ...environmentNames, ...objects, ...siblings];
  const optional = [
    ...(question.runHeadSha === null ? [] : [{ declaration: '$runHeadSha: GitObjectID!', selection: REVIEWS }]),
    ...(question.planned === null
      ? []
      : [{ declaration: '$planned: GitObjectID!', selection: `\n    planned: object(oid: $planned) { ${FILE_FIELDS} }` }]),
    ...(question.alternativeRef === null
      ? []
      : [{ declaration: '$alternativeRef: String!', selection: '\n    alternativeRef: ref(qualifiedName: $alternativeRef) { ...Tip }' }]),
  ];
  const declarations = [
    '$owner: String!, $repo: String!, $path: String!, $candidate: String!, $ref: String!, $environments: [String!]!',
    ...optional.map(({ declaration }) => declaration),
    ...named.map(({ variable }) => `$${variable}: String!`),
  ];
  const text = `query Evidence(${declarations.join(', ')}) {
  rateLimit { cost remaining resetAt }
  repository(owner: $owner, name: $repo) {
    defaultBranchRef {
      name
      target { ... on Commit { ...Lineage file(path: $path) { oid type object { ${FILE_FIELDS} } }${question.path === ROOT ? '' : ROOT_FILE}${siblings.map(({ variable }) => ` ${variable}: file(path: $${variable}) { object { ${FILE_FIELDS} } }`).join('')} } }
    }
    candidate: object(expression: $candidate) {
      __typename oid
      ... on Commit { ...Candidate }
      ... on Tag { target { __typename oid ... on Tag { target { __typename oid } } } }
    }
    ref: ref(qualifiedName: $ref) { ...Tip }${optional.map(({ selection }) => selection).join('')}
    ${issuesWith('holds', HOLD_LABEL)}
    ${issuesWith('vetoes', VETO_LABEL)}${records
      .map(
        ({ variable }) =>
          `\n    ${variable}: deployments(environments: [$${variable}], first: ${SIZES.records}, ${NEWEST_FIRST}) { ${PAGE_INFO} nodes { ...Deployment } }`,
      )
      .join(
        '',
      )}${environmentNames.map(({ variable }) => `\n    ${variable}: environment(name: $${variable}) { ...Protection }`).join('')}${objects
      .map(({ variable }) => `\n    ${variable}: object(expression: $${variable}) { oid }`)
      .join('')}
  }
}${FRAGMENTS}${protections.length === 0 ? '' : PROTECTION}`;
  const { owner, repo, path, candidate, ref, alternativeRef, runHeadSha, planned } = question;
  return {
    text,
    variables: {
      ...{ owner, repo, path, candidate, ref, environments },
      ...(runHeadSha === null ? {} : { runHeadSha }),
      ...(planned === null ? {} : { planned }),
      ...(alternativeRef === null ? {} : { alternativeRef }),
      ...Object.fromEntries(named.map(({ name, variable }) => [variable, name])),
    },
  };
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
      `\n  d${index}: node(id: $d${index}) { ... on Deployment { statuses(first: ${SIZES.page}, after: $a${index}) { ${PAGE_INFO} totalCount nodes { state createdAt } } } }`,
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

/** Texts of files by the first digits of their blob ids, as `f0`, `f1`, … */
export function filesQuery(owner: string, repo: string, ids: readonly string[]): Query {
  const variables = ids.map((id, index) => [`f${index}`, id] as const);
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
${FRAGMENTS.slice(FRAGMENTS.indexOf('fragment Labelled'))}`,
    variables: { owner, repo, labels: [label], after },
  };
}
