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
    pipelines:
      'Paths of the other pipeline files of the repository, such as `services/shop/promote.yml`. Only `.github/promote.yml` says so; a file that it does not list does not count.',
  },
  build: {
    run: 'Command that builds.',
    artifact:
      'Path of the file or folder that the build leaves, inside the checkout; no pattern. Without it, nothing is built and the commit itself is what is deployed.',
    attest:
      '`required`: the build signs a provenance attestation, and no environment is entered, except in a rollback, before GitHub’s `gh attestation verify` confirms that the workflow which builds made this very artifact from the candidate’s commit.',
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
    deploy: 'Commands that migrate and deploy. Without them, or with `false`, the job deploys with its own steps.',
    verify: 'Command that proves the deployment healthy; a promotion succeeds only when it does. `false`: none.',
  },
  gate: {
    approvals: 'How many distinct people must approve; 1 without it.',
    by: 'Logins and teams (`organisation/team`) whose approval counts; without it, any reviewer of the GitHub environment.',
    exclude:
      'Whose approval does not count: `initiator` (who started the run, or ran it again; where a bot started it, nobody knows who, and no approval counts), `author` (who wrote any of what enters).',
    evidence:
      "What proves an approval. `seen` (default): it is listed among the run's reviews. `enforced`: GitHub held the job, which proves one approval; the job needs `id-token: write` for it, in the shipped workflows `oidc: true`.",
  },
  acceptance: {
    environment: 'GitHub environment whose reviewers accept; `<environment>-acceptance` without it. The other keys are those of a gate.',
  },
  rehearsal: {
    database: 'Kind of database: `postgres`, `mysql` or `sqlite`.',
    version:
      'Major version of the server that production has, such as `18`. Without it: that of the server which the snapshot comes from, where it tells.',
    server:
      "Name of the variable that holds the URL of a server to rehearse on, such as `REHEARSAL_DATABASE_URL`. Without it: the step's own `DATABASE_URL` where it has one, or else a private server that is started and removed.",
    snapshot: 'The data to rehearse on. Without it, the database is empty.',
    masking:
      'Path of the masking file: which columns are kept, masked or emptied before anything else touches the data. `false`: the data is used as it comes.',
    migrations:
      'Path, or list of paths, of the files that make up the migrations. A rehearsal counts only for a candidate that has the same ones.',
    migrate: 'Command that migrates the database in `DATABASE_URL`.',
    rollback: 'Command that takes the migration back. `false`: there is deliberately none. Without it, its absence is a finding.',
    checks: 'Path of the file with invariants, look-ups and explained changes of rows that must hold after the migration. `false`: none.',
    previous:
      'Command that tests the version which is live in production on the migrated database, run in a checkout of that version. `false`: not tested.',
    load: 'Reads and writes that go on beside the migration. Without it, those that its tables suggest. `false`: none.',
    timeout: 'Longest time that one command may take; `1h` without it.',
    limits: 'From where on a finding warns or fails, where that shall differ from the defaults.',
  },
  snapshot: {
    run: 'Command that fetches a dump or fills the database.',
    file: 'Path of a dump: a file, or a folder.',
    from: 'Name of the variable that holds the URL of a running database, which is only read.',
    'max-age': 'Oldest snapshot that still counts, as a duration such as `7d`.',
  },
  load: { script: 'Path of a file with SQL that one more client repeats.' },
  limits: {
    duration: 'How long the whole migration takes.',
    statement: 'How long one statement takes.',
    'concurrent-index': 'How long an index takes that is built `CONCURRENTLY`.',
    lock: 'How long a lock is held that others wait for.',
    'read-stall': 'How long a read waits while it migrates.',
    'write-stall': 'How long a write waits while it migrates.',
    rewrite: 'Size of a table that is written anew.',
    disk: 'Disk that the migration takes for a while, above what the database takes.',
    wal: 'Write-ahead log that the migration writes.',
    'lock-timeout': 'What follows from waiting for a dangerous lock without a `lock_timeout`: `fail`, `warn` or `ignore`.',
    'load-errors': 'What follows when statements beside the migration fail.',
    rollback: 'What follows when there is no way back.',
    previous: 'What follows when the version that is live cannot be tested on the migrated schema, or fails there.',
    rerun: 'What follows when running the finished migration once more fails or changes something.',
    interrupted: 'What follows when a migration that was killed in the middle cannot be finished.',
    leftovers: 'What follows from an invalid index or a constraint that was never validated.',
    'row-changes': 'What follows when tables have more or fewer rows than before, and the checks do not say why.',
  },
  limit: {
    warn: 'From here on it warns.',
    fail: 'From here on it fails. A limit without `warn` and `fail` means this one; of `statement` and `wal`, the other.',
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
  deploy: {
    migrate: 'Shell command that migrates the database of the environment. It runs first, and how long it took is recorded.',
    run: 'Shell command that deploys. Without it the job deploys with its own steps, after the migration.',
  },
  verify: { run: 'Shell command of the repository, run in its checkout.' },
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
  deploy: 'deploy',
  verify: 'verify',
  load: 'load',
  limits: 'limits',
  ...Object.fromEntries(
    ['duration', 'statement', 'concurrent-index', 'lock', 'read-stall', 'write-stall', 'rewrite', 'disk', 'wal'].map((name) => [
      name,
      'limit',
    ]),
  ),
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
