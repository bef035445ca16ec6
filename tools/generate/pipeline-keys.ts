/**
 * What every key of the pipeline file means, for the JSON Schema's descriptions and the tables of `docs/pipeline.md`. Kept out of the action, which has no use
 * for it. A test sees to it that no key is missing and none is left over.
 */
export const PIPELINE_KEYS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '': {
    version: 'Version of the file format: 1.',
    build: 'How the artifact is built, once.',
    environments: 'The deployment targets by name; each is a GitHub environment of the same name.',
    routes: 'Which branches and tags travel which path. The first that takes a ref decides.',
    freezes: 'Spans of time in which entry is forbidden.',
  },
  build: {
    run: 'Command that builds.',
    artifact:
      'Path of the file or folder that the build leaves, inside the checkout; no pattern. Without it, nothing is built and the commit itself is what is deployed.',
  },
  environment: {
    role: 'What the environment is for; decides the defaults, see the table of roles.',
    data: 'Which data it works on. Declared for readers and reports.',
    owner: 'Login or team that owns the environment and can lift what bars it.',
    url: 'Address of the deployed environment.',
    accepts:
      'Which versions it takes; one match suffices. `new`: not accepted anywhere yet. `accepted`: has passed an acceptance. `current`: live in production now. Without it: all.',
    gate: 'Approval by people before entering. `false`: none, also where the role has one.',
    acceptance: 'Sign-off by people after using the version. `false`: none.',
    rehearsal: 'Runs the migration against a production-like database. `false`: none.',
    soak: 'Healthy time that must have passed in an earlier environment of the path; one or a list. `false`: none.',
    windows: 'Entry is allowed inside any of these. Without it, or with `false`: always.',
    downgrade: 'Whether an older candidate may replace a newer one without a rollback: `refuse` (default) or `allow`.',
    divergence: 'Whether a candidate may replace a version that it does not contain: `refuse` or `allow`. The default comes from the role.',
    deploy: 'Command that deploys. Without it, or with `false`, the job deploys with its own steps.',
    verify: 'Command that proves the deployment healthy; a promotion succeeds only when it does. `false`: none.',
  },
  gate: {
    approvals: 'How many distinct people must approve; 1 without it.',
    by: 'Logins and teams (`organisation/team`) whose approval counts; without it, any reviewer of the GitHub environment.',
    exclude: 'Whose approval does not count: `initiator` (who started the run, or ran it again), `author` (who wrote any of what enters).',
    evidence:
      "What proves an approval. `seen` (default): it is listed among the run's reviews. `enforced`: GitHub held the job, which proves one approval.",
  },
  acceptance: {
    environment: 'GitHub environment whose reviewers accept; `<environment>-acceptance` without it. The other keys are those of a gate.',
  },
  rehearsal: {
    database: 'Kind of database.',
    snapshot: 'The data to rehearse on.',
    migrate: 'Command that migrates.',
    rollback: 'Command that takes the migration back. `false` in a route: not rehearsed.',
  },
  snapshot: {
    run: 'Command that fetches the snapshot.',
    'max-age': 'Oldest snapshot that still counts, as a duration such as `7d`.',
  },
  soak: {
    in: 'Environment that comes earlier on the path.',
    for: 'Duration such as `30m`, `4h`, `1h30m`, `7d`.',
  },
  window: {
    days: 'Days on which it opens: `mon-thu`, `mon,wed`, or a list.',
    hours: 'From when until when: `09:00-16:00`; past midnight `22:00-04:00`; the whole day `00:00-24:00`.',
    zone: 'Time zone by the name of a place, such as `Europe/Berlin`, or `UTC`.',
  },
  command: { run: 'Shell command of the repository, run in its checkout.' },
  route: {
    name: 'Name of the route, for explanations and records.',
    branches: 'Patterns of branch names, with the meaning of `on.push.branches` in a workflow.',
    tags: 'Patterns of tag names, likewise.',
    path: 'Stages in order, eight at most; a stage is an environment, or a list of environments side by side.',
    environments: 'Rules that this route sets otherwise for its own candidates, by environment.',
  },
  freeze: {
    environments: 'Environments that it closes; without it, all.',
    from: 'Local time at which it begins, such as `2026-12-20T00:00`; with its offset where clocks show that time twice.',
    until: 'Local time at which it ends.',
    zone: 'Time zone of both.',
    reason: 'Why, for explanations.',
  },
};

/** Which of the sections above speaks for a mapping, by the key that holds it. */
const HOLDERS: Readonly<Record<string, string>> = {
  '': '',
  build: 'build',
  gate: 'gate',
  acceptance: 'acceptance',
  rehearsal: 'rehearsal',
  snapshot: 'snapshot',
  soak: 'soak',
  windows: 'window',
  deploy: 'command',
  verify: 'command',
  environments: 'environment',
  routes: 'route',
  freezes: 'freeze',
};

/** The meaning of `key` in a mapping held by `holder`; `undefined` when nobody wrote one. */
export function meaningOf(holder: string, key: string): string | undefined {
  const section = HOLDERS[holder] ?? holder;
  const own = PIPELINE_KEYS[section]?.[key];
  return own ?? (section === 'acceptance' ? PIPELINE_KEYS['gate']?.[key] : undefined);
}
