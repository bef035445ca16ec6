/** What the probe pushes: workflow files whose jobs ask GitHub, each about one belief. A job's step `Ask` fails where nobody could be asked, its step `Holds` where it is otherwise. */

/** Begins the name of everything that the probe makes; nothing else is touched. */
export const PREFIX = 'promote-probe';
export const BRANCH = PREFIX;
/** Asks the approver. */
export const GATE = `${PREFIX}-gate`;
/** Asks nobody. */
export const PLAIN = `${PREFIX}-plain`;
/** Asks a team. */
export const TEAM = `${PREFIX}-team`;
/** Of the environment `PLAIN`. */
export const SECRET = 'PROMOTE_PROBE';
export const SECRET_VALUE = 'of-the-environment';
/** At the end of the address of jobs whose deployment is no record. */
export const MARK = '#promote';

const FOLDER = '.github/workflows';
export const MAIN = `${FOLDER}/${PREFIX}.yml`;
export const RERUN = `${FOLDER}/${PREFIX}-rerun.yml`;
export const SMALL = `${FOLDER}/${PREFIX}-small.yml`;
export const MANY = `${FOLDER}/${PREFIX}-many.yml`;

/** About as many as the shipped chain defines. */
const MANY_JOBS = 150;

interface Trial {
  readonly name: string;
  readonly permissions: string;
  readonly needs?: string;
  readonly environment?: string;
  readonly ask: string;
  readonly holds: string;
}

const ON = `on: { push: { branches: [${BRANCH}] } }\npermissions: {}\n`;
const VARIABLES = `env:
  API: \${{ github.api_url }}
  GRAPHQL: \${{ github.graphql_url }}
  REPO: \${{ github.repository }}
  RUN: \${{ github.run_id }}
  SHA: \${{ github.sha }}
`;
const GET = 'curl -fsS -H "Authorization: Bearer $TOKEN"';

function job({ name, permissions, needs, environment, ask, holds }: Trial): string {
  return `  ${name}:
    runs-on: ubuntu-latest
    timeout-minutes: 10
    permissions: ${permissions}
${needs === undefined ? '' : `    needs: ${needs}\n`}${environment === undefined ? '' : `    environment: ${environment}\n`}    steps:
      - name: Ask
        env: { TOKEN: '\${{ github.token }}' }
        run: |
${indented(ask)}
      - name: Holds
        run: |
${indented(holds)}
`;
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '          ');
}

const TEAMS: readonly Trial[] = [
  {
    name: 'team-in-graphql',
    permissions: '{ actions: read, contents: read, deployments: read }',
    ask: `cat > question.json <<'END'
{ "query": "query($owner: String!, $name: String!) { repository(owner: $owner, name: $name) { environment(name: \\"${TEAM}\\") { protectionRules(first: 10) { nodes { reviewers(first: 6) { totalCount nodes { ... on Team { combinedSlug } } } } } } } }" }
END
jq --arg owner "\${REPO%/*}" --arg name "\${REPO#*/}" '.variables = { owner: $owner, name: $name }' question.json > body.json
${GET} -X POST --data @body.json "$GRAPHQL" > answer.json
jq -e '.data.repository.environment != null' answer.json`,
    holds: `jq -e '[.. | .combinedSlug? // empty] | length == 0' answer.json`,
  },
  {
    name: 'team-in-rest',
    permissions: '{ actions: read, contents: read }',
    ask: `${GET} "$API/repos/$REPO/environments/${TEAM}" > answer.json`,
    holds: `jq -e '[.protection_rules[]?.reviewers[]?.reviewer.slug? // empty] | length > 0' answer.json`,
  },
];

const ALWAYS: readonly Trial[] = [
  {
    name: 'job-list-lags',
    permissions: '{ actions: read }',
    needs: 'earlier',
    ask: `${GET} "$API/repos/$REPO/actions/runs/$RUN/jobs?per_page=100" > answer.json`,
    holds: `jq -e '[.jobs[] | select(.name == "earlier") | .status] == ["completed"]' answer.json`,
  },
  {
    name: 'identity-environment',
    permissions: '{ id-token: write }',
    environment: `{ name: ${GATE}, deployment: false }`,
    ask: 'curl -fsS -H "Authorization: Bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" "$ACTIONS_ID_TOKEN_REQUEST_URL" > answer.json',
    holds: `node -e 'const { value } = JSON.parse(require("node:fs").readFileSync("answer.json", "utf8")); const claims = JSON.parse(Buffer.from(value.split(".")[1], "base64url")); process.exit(claims.environment === "${GATE}" ? 0 : 1)'`,
  },
  {
    name: 'own-deployment-address',
    permissions: '{}',
    environment: `{ name: ${PLAIN}, url: 'https://example.com/${MARK}' }`,
    ask: 'true',
    holds: 'true',
  },
];

const RERUN_TRIAL: Trial = {
  name: 'rerun-by-job-token',
  permissions: '{ actions: write }',
  ask: `for _ in $(seq 60); do
  ${GET} "$API/repos/$REPO/actions/runs?head_sha=$SHA&per_page=100" > runs.json
  id=$(jq -r '[.workflow_runs[] | select(.path | startswith("${SMALL}")) | select(.status == "completed") | .id][0] // empty' runs.json)
  [ -z "$id" ] || break
  sleep 2
done
[ -n "$id" ]
code=$(curl -sS -o answer.json -w '%{http_code}' -X POST -H "Authorization: Bearer $TOKEN" "$API/repos/$REPO/actions/runs/$id/rerun")
echo "$code" > code
[ "$code" = 201 ] || [ "$code" = 403 ]`,
  holds: '[ "$(cat code)" = 201 ]',
};

const EARLIER = `  earlier:
    runs-on: ubuntu-latest
    timeout-minutes: 10
    permissions: {}
    steps: [{ run: 'true' }]
`;

/** What is at hand beside the repository itself. */
export interface AtHand {
  /** Whether a team can be asked. */
  readonly team: boolean;
  /** Another repository, as `owner/name`; `null`: none. */
  readonly second: string | null;
}

/** The files for the repository, by their paths. */
export function workflowFiles({ team, second }: AtHand): Readonly<Record<string, string>> {
  const trials = [...(team ? TEAMS : []), ...ALWAYS].map(job).join('');
  const called =
    second === null
      ? ''
      : `  environment-secrets:\n    uses: ${second}/${MAIN}@${BRANCH}\n    permissions: {}\n    secrets: { ${SECRET}: of-the-caller }\n`;
  const many = Array.from(
    { length: MANY_JOBS },
    (_, index) => `  j${index}: { if: false, runs-on: ubuntu-latest, steps: [{ run: 'true' }] }\n`,
  );
  return {
    [MAIN]: `name: ${PREFIX}\n${ON}${VARIABLES}jobs:\n${EARLIER}${trials}${called}`,
    [RERUN]: `name: ${PREFIX}-rerun\n${ON}${VARIABLES}jobs:\n${job(RERUN_TRIAL)}`,
    [SMALL]: `name: ${PREFIX}-small\n${ON}jobs:\n${EARLIER}`,
    [MANY]: `name: ${PREFIX}-many\n${ON}jobs:\n${many.join('')}`,
  };
}

/** The file for the second repository, which the first one calls. */
export function calledFiles(): Readonly<Record<string, string>> {
  return {
    [MAIN]: `name: ${PREFIX}
on: { workflow_call: { secrets: { ${SECRET}: { required: false } } } }
permissions: {}
jobs:
  read:
    runs-on: ubuntu-latest
    timeout-minutes: 10
    permissions: {}
    environment: ${PLAIN}
    env: { VALUE: '\${{ secrets.${SECRET} }}' }
    steps:
      - name: Ask
        run: test -n "$VALUE"
      - name: Holds
        run: test "$VALUE" = ${SECRET_VALUE}
`,
  };
}
