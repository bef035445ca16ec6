import { describe, expect, it } from 'vitest';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { PipelineFileError, quote } from '../../src/pipeline/problem.ts';
import { changed, EXAMPLE, file, problemsIn, said } from './problems.ts';

const DEV = '  dev: { role: development }';
const production = (rules: string): string =>
  file({ environments: `${DEV}\n  staging: { role: staging }\n  production: { role: production, ${rules} }` });
const staging = (rules: string): string =>
  file({ environments: `${DEV}\n  staging: { role: staging, ${rules} }\n  production: { role: production }` });
const routes = (...lines: readonly string[]): string => file({ routes: lines.map((line) => `  - { ${line} }`).join('\n') });
const window = (text: string): string => staging(`windows: [{ ${text} }]`);
const freeze = (text: string): string => file({ rest: `freezes: [{ ${text}, reason: r }]\n` });
const ALL = 'path: [dev, staging, production]';

const built = (artifact: string): string => file({ rest: `build: { artifact: ${JSON.stringify(artifact)} }\n` });
const rehearsed = (rules: string): string => staging(`rehearsal: { database: postgres, migrate: m, ${rules} }`);
const onRoute = (base: string, rules: string): string =>
  file({
    environments: `${DEV}\n  staging: { role: staging${base} }\n  production: { role: production }`,
    routes: `  - { name: a, branches: [x], ${ALL}, environments: { staging: { rehearsal: { ${rules} } } } }`,
  });
/** A file with one mistake, and the one thing that is said about it. */
const MISTAKES: readonly (readonly [name: string, text: string, said: string])[] = [
  ['empty file', '', '1:1 The file is empty. | Write a pipeline, or delete the file: without one, the built-in pipeline applies.'],
  [
    'comment only',
    '# nothing\n',
    '1:1 The file is empty. | Write a pipeline, or delete the file: without one, the built-in pipeline applies.',
  ],
  [
    'two empty documents',
    '---\n---\n',
    '2:1 A second document begins here; a pipeline file is one. | Remove the line "---" and what follows it, or join the two.',
  ],
  [
    'directives alone',
    '%YAML 1.2\n'.repeat(3),
    '4:1 This is not YAML: Missing directives-end indicator line. | Remove what begins with "%"; a pipeline file needs no YAML directives, and a value that begins with "%" must stand in quotes.',
  ],
  [
    'an attestation of nothing',
    file({ rest: 'build: { run: make, attest: required }\n' }),
    '8:21 An attestation is about an artifact, and none is built. | Name what the build leaves under "artifact", or remove the key.',
  ],
  ['a word', 'pipeline', '1:1 The file is "pipeline", and must be a mapping. | Write it so, or remove the key.'],
  [
    'unknown key with a near one',
    file({ rest: 'freeze: []\n' }),
    '8:1 "freeze" is not a key of a pipeline file. | Did you mean "freezes"?',
  ],
  [
    'unknown key in an environment',
    staging('verfy: { run: x }'),
    '4:29 "verfy" is not a key of environment "staging". | Did you mean "verify"?',
  ],
  [
    'unknown key, none near',
    staging('x: 1'),
    expect.stringMatching(/^4:29 "x" is not a key of environment "staging"\. \| Use "role", "data", /) as string,
  ],
  [
    'unknown key in a gate',
    production('gate: { aprovals: 2 }'),
    '5:43 "aprovals" is not a key of "gate" of environment "production". | Did you mean "approvals"?',
  ],
  [
    'unknown role',
    file({ environments: `${DEV}\n  staging: { role: stagging }\n  production: { role: production }` }),
    '4:20 "role" of environment "staging" cannot be "stagging". | Did you mean "staging"?',
  ],
  [
    'no role',
    file({ environments: `  dev: { data: test }\n  staging: { role: staging }\n  production: { role: production }` }),
    expect.stringMatching(/^3:3 Environment "dev" has no "role"\. \| Add "role: development" \(development, integration, /) as string,
  ],
  [
    'empty environment',
    file({ environments: `  dev:\n  staging: { role: staging }\n  production: { role: production }` }),
    '3:3 Environment "dev" has no value, and must be a mapping. | Give it a value, or remove the key.',
  ],
  [
    'version misspelt',
    changed(file(), 'version: 1', 'vresion: 1'),
    '1:1 "vresion" is not a key of a pipeline file. | Did you mean "version"?',
  ],
  [
    'environments misspelt',
    changed(file(), 'environments:', 'evnironments:'),
    '2:1 "evnironments" is not a key of a pipeline file. | Did you mean "environments"?',
  ],
  [
    'no environments, and paths that name them',
    changed(file(), '  dev: { role: development }\n  staging: { role: staging }\n  production: { role: production }', ' [dev]'),
    expect.stringMatching(/^3:2 "environments" is a list, and must be a mapping\./) as string,
  ],
  [
    'zone misspelt',
    window('days: mon, hours: 09:00-16:00, znoe: UTC'),
    '4:72 "znoe" is not a key of window 1 of environment "staging". | Did you mean "zone"?',
  ],
  ['branches misspelt', routes(`name: a, barnches: [x], ${ALL}`), '7:16 "barnches" is not a key of route 1. | Did you mean "branches"?'],
  [
    'an environment misspelt where it is defined',
    changed(production('soak: { in: staging, for: 4h }'), '  staging:', '  satging:'),
    '4:3 Nothing names "satging", and 2 places name "staging", which is not there. | Did you mean "staging"?',
  ],
  [
    'an environment misspelt on a path, where another waits for it and the route has rules for it',
    changed(
      changed(production('soak: { in: staging, for: 4h }'), 'dev, staging,', 'dev, satging,'),
      'production] }',
      'production], environments: { staging: { verify: false } } }',
    ),
    '7:49 There is no environment "satging". | Did you mean "staging"?',
  ],
  ['no version', changed(file(), 'version: 1\n', ''), '1:1 The pipeline file has no "version". | Add "version: 1".'],
  [
    'version of the future',
    changed(file(), 'version: 1', 'version: 2'),
    '1:10 "version" is 2, and this release reads version 1. | Write "version: 1".',
  ],
  [
    'version as text',
    changed(file(), 'version: 1', 'version: "1"'),
    '1:10 "version" is "1", and this release reads version 1. | Write "version: 1".',
  ],
  [
    'gate left empty',
    production('gate: '),
    '5:35 "gate" of environment "production" has no value, and must be a mapping or "false". | Give it a value, write "false" to have none, or remove the key for the default.',
  ],
  [
    'gate of 0 approvals',
    production('gate: { approvals: 0 }'),
    '5:54 "approvals" of "gate" of environment "production" is 0, and must be a whole number from 1. | Write 1 or more; to ask nobody, write "gate: false" or "acceptance: false".',
  ],
  [
    'half an approval',
    production('gate: { approvals: 0.5 }'),
    expect.stringMatching(/^5:54 .* is 0\.5, and must be a whole number from 1\./) as string,
  ],
  [
    'approvals in words',
    production('gate: { approvals: two }'),
    '5:54 "approvals" of "gate" of environment "production" is "two", and must be a whole number from 1 to 100. | Write how many people must approve, for example 1.',
  ],
  [
    'reviewer with @',
    production('gate: { by: ["@octo-org/release"] }'),
    '5:48 Entry 1 of "by" of "gate" of environment "production" is "@octo-org/release"; names are written without "@". | Write "octo-org/release".',
  ],
  [
    'reviewers not in a list',
    production('gate: { by: octocat }'),
    expect.stringMatching(
      /^5:47 "by" of "gate" of environment "production" is "octocat", which is neither|^5:47 .*must be a list/,
    ) as string,
  ],
  [
    'more approvals than people',
    production('gate: { approvals: 2, by: [octocat, OctoCat2], exclude: [] }').replace('approvals: 2', 'approvals: 3'),
    '5:54 3 people must approve, and only octocat and octocat2 may. | Ask for fewer approvals, or add people or a team to "by".',
  ],
  ['reviewer twice', production('gate: { by: [octocat, OCTOCAT] }'), '5:57 "octocat" stands here twice. | Remove one of them.'],
  [
    'deploy as text',
    staging('deploy: ./deploy.sh'),
    '4:37 "deploy" of environment "staging" is "./deploy.sh", and must be a mapping with "run". | Write "{ run: ./deploy.sh }".',
  ],
  ['accepts nothing', staging('accepts: []'), '4:38 "accepts" of environment "staging" is empty. | Give it a value, or remove the key.'],
  [
    'accepts a typo',
    staging('accepts: [acepted]'),
    '4:39 Entry 1 of "accepts" of environment "staging" cannot be "acepted". | Did you mean "accepted"?',
  ],
  [
    'a duration in words',
    production('soak: { in: staging, for: 4 hours }'),
    '5:61 "for" of "soak" of environment "production" is "4 hours", which is no duration. | Write whole numbers with the units w, d, h, m or s, the larger unit first: 30m, 4h, 1h30m, 7d.',
  ],
  ['soak in a stranger', production('soak: { in: stagin, for: 4h }'), '5:47 There is no environment "stagin". | Did you mean "staging"?'],
  [
    'soak in what comes later',
    staging('soak: { in: production, for: 4h }'),
    '4:41 "staging" waits for time in "production", which does not come before it on route "main". | Add "production" before "staging", name an earlier environment, or write "environments: { staging: { soak: false } }" in the route.',
  ],
  [
    'route to a stranger',
    routes('name: main, branches: [main], path: [dev, stagin, production]').replace('staging: {', 'x: {').replace('x: {', 'staging: {'),
    '7:49 There is no environment "stagin". | Did you mean "staging"?',
  ],
  [
    'a path that comes back',
    routes('name: main, branches: [main], path: [dev, staging, dev, production]'),
    '7:58 The path of route "main" enters "dev" a second time. | Name every environment once.',
  ],
  [
    'twice in one stage',
    routes('name: main, branches: [main], path: [dev, [staging, staging], production]'),
    '7:59 The path of route "main" enters "staging" a second time. | Name every environment once.',
  ],
  [
    'a stage that YAML takes for a number',
    routes('name: main, branches: [main], path: [dev, 0x10, staging, production]'),
    '7:49 Stage 2 of route 1 is 16, and must be text or a list. | Put it in quotes.',
  ],
  [
    'a branch that YAML takes for a number',
    routes(`name: main, branches: [1.10], ${ALL}`),
    '7:30 Entry 1 of "branches" of route 1 is 1.1, and must be text. | Put it in quotes.',
  ],
  [
    'a route with a control character in its name',
    routes(`name: "\\u0000m", branches: [main], ${ALL}`),
    '7:13 The name "�m" has a control character or more than one line. | Write it on one line, in characters that can be seen.',
  ],
  [
    'a route with a name of two lines',
    routes(`name: "m\\nm", branches: [main], ${ALL}`),
    '7:13 The name "m�m" has a control character or more than one line. | Write it on one line, in characters that can be seen.',
  ],
  [
    'nine stages',
    routes(`name: main, branches: [main], path: [${Array(9).fill('dev').join(', ')}]`),
    '7:43 "path" of route 1 has 9 entries, and may have 8. | Remove some; what may go side by side can share one stage: [[qa, training]].',
  ],
  [
    'an empty path',
    `${routes(`name: a, branches: [main], ${ALL}`)}`.replace(/path: \[dev.*\]/, 'path: []'),
    expect.stringMatching(/"path" of route 1 is empty/) as string,
  ],
  [
    'an empty stage',
    routes('name: main, branches: [main], path: [dev, [], staging, production]'),
    '7:49 Stage 2 of route 1 is empty. | Give it a value, or remove the key.',
  ],
  [
    'a route that takes nothing',
    routes('name: none, path: [dev]', `name: main, branches: [main], ${ALL}`),
    '7:5 Route "none" takes no branch and no tag. | Add "branches: [main]" or "tags: [\'v*\']".',
  ],
  [
    'only exceptions',
    routes(`name: main, branches: ['!main'], ${ALL}`),
    '7:19 The branches of route "main" match nothing. | Put a pattern without "!" first; patterns with "!" only take back what earlier ones matched.',
  ],
  [
    'a route behind one that takes all',
    routes(`name: all, branches: ['**'], ${ALL}`, 'name: late, branches: [main], path: [dev]'),
    '8:5 Route "late" can never be selected: route "all" before it takes everything that it would. | Move it further up, or remove it; the first route that matches is selected.',
  ],
  [
    'two routes that together take all',
    routes(
      "name: a, branches: ['[0-4]*'], path: [dev]",
      "name: b, branches: ['[5-9]*'], path: [dev]",
      `name: c, branches: ['[0-9]*'], ${ALL}`,
    ),
    '9:5 Route "c" can never be selected: the routes before it take everything that it would. | Move it further up, or remove it; the first route that matches is selected.',
  ],
  [
    'two routes of one name',
    routes(`name: a, branches: [x], ${ALL}`, 'name: a, branches: [y], path: [dev]'),
    '8:13 There are two routes with the name "a". | Rename one of them.',
  ],
  [
    'a full ref',
    routes(`name: a, branches: [refs/heads/main], ${ALL}`),
    '7:27 "refs/heads/main" is a full ref; patterns match names. | Write "main" under "branches".',
  ],
  [
    'a pattern that is none',
    routes(`name: a, branches: ['v[1'], ${ALL}`),
    '7:27 "v[1" is no pattern: "[" is not closed. | Add "]" after the characters of the set, or write "\\[" for the character itself.',
  ],
  [
    'a pattern longer than any name',
    routes(`name: a, branches: [x, '${'a'.repeat(256)}'], ${ALL}`),
    '7:30 Entry 2 of "branches" of route 1 has 256 characters, and may have 255. | Shorten it; GitHub takes no longer name of a branch or a tag.',
  ],
  [
    'rules for a stranger',
    routes(`name: a, branches: [x], ${ALL}, environments: { stagin: { gate: false } }`),
    '7:81 There is no environment "stagin". | Did you mean "staging"?',
  ],
  [
    'rules off the path',
    routes(`name: a, branches: [x], path: [dev], environments: { staging: { verify: false } }`, `name: b, branches: [y], ${ALL}`),
    '7:60 Route "a" has rules for "staging", which is not on its path. | Add "staging" to the path, or remove the rules.',
  ],
  [
    'a route that changes a role',
    routes(`name: a, branches: [x], ${ALL}, environments: { staging: { role: qa } }`),
    '7:92 A route cannot change "role" of an environment. | Write it under "environments: staging:" at the top level, or remove it.',
  ],
  [
    'production without anybody',
    production('gate: false'),
    '5:41 Route "main" reaches production environment "production" without asking anybody. | Give "production" a gate, or an earlier environment of the path a gate or an acceptance.',
  ],
  [
    'production without anybody by a route',
    routes(`name: a, branches: [x], ${ALL}, environments: { production: { gate: false } }`),
    '7:101 Route "a" reaches production environment "production" without asking anybody. | Give "production" a gate, or an earlier environment of the path a gate or an acceptance.',
  ],
  [
    'an environment nobody reaches',
    file({ environments: `${DEV}\n  qa: { role: qa }\n  staging: { role: staging }\n  production: { role: production }` }),
    '4:3 No route leads to "qa". | Add it to the path of a route, or remove it.',
  ],
  [
    'names that differ in case',
    changed(
      file({ environments: `${DEV}\n  staging: { role: staging }\n  Staging: { role: staging }\n  production: { role: production }` }),
      '[dev, staging',
      '[dev, Staging, staging',
    ),
    '5:3 "Staging" and "staging" are the same environment to GitHub, which does not count case. | Rename one of them.',
  ],
  [
    'a name too long',
    file({ environments: `${DEV}\n  ${'x'.repeat(256)}: { role: staging }` }).replace('staging, production', 'x'.repeat(256)),
    expect.stringMatching(/x…" has 256 characters, and GitHub takes 255/) as string,
  ],
  [
    'a name with a comma',
    changed(changed(file(), '  staging:', '  "a,b":'), 'dev, staging', 'dev, "a,b"'),
    expect.stringMatching(/^4:3 "a,b" has a character that an environment's name cannot have/) as string,
  ],
  [
    'an environment for all',
    changed(changed(file(), '  staging:', '  ALL:'), 'dev, staging', 'dev, ALL'),
    '4:3 "ALL" means every environment in the title of a hold. | Choose another name, such as "uat" or "production-eu".',
  ],
  [
    'acceptance where deployments go',
    staging('acceptance: { environment: Production }'),
    '4:56 The acceptance of "staging" would be given in "production", which deployments go to. | Name another GitHub environment with "environment:".',
  ],
  [
    'acceptance by default where deployments go',
    changed(changed(staging('acceptance: {}'), '  dev:', '  staging-acceptance:'), '[dev', '[staging-acceptance'),
    '4:29 The acceptance of "staging" would be given in "staging-acceptance", which deployments go to. | Name another GitHub environment with "environment:".',
  ],
  [
    'acceptance shared',
    file({
      environments:
        '  dev: { role: development, acceptance: { environment: ok } }\n  staging: { role: staging, acceptance: { environment: OK } }\n  production: { role: production }',
    }),
    '4:56 The acceptance of "staging" would be given in "OK", where "dev" is accepted. | Name another GitHub environment with "environment:".',
  ],
  [
    'window with equal ends',
    window('days: mon, hours: 09:00-09:00, zone: UTC'),
    '4:59 "09:00-09:00" opens and closes at the same time. | For the whole day write 00:00-24:00.',
  ],
  [
    'window at 25 o’clock',
    window('days: mon, hours: 09:00-25:00, zone: UTC'),
    expect.stringMatching(/^4:59 "09:00-25:00" are no hours\./) as string,
  ],
  [
    'window from 24:00',
    window('days: mon, hours: 24:00-02:00, zone: UTC'),
    expect.stringMatching(/^4:59 "24:00-02:00" are no hours\./) as string,
  ],
  [
    'window on a strange day',
    window('days: mon-thr, hours: 09:00-16:00, zone: UTC'),
    '4:47 "thr" is no day. | Did you mean "thu"? Days are joined as mon-thu or mon,wed.',
  ],
  [
    'window in a list with a strange day',
    window('days: [mon, wen], hours: 09:00-16:00, zone: UTC'),
    expect.stringMatching(/^4:53 "wen" is no day\. \| Did you mean "/) as string,
  ],
  [
    'window in a misspelt zone',
    window('days: mon, hours: 09:00-16:00, zone: Europe/Berln'),
    '4:78 There is no time zone "Europe/Berln". | Did you mean "Europe/Berlin"? Zones are named as in the time zone database, such as Europe/Berlin, or UTC.',
  ],
  [
    'window in an offset',
    window('days: mon, hours: 09:00-16:00, zone: "+01:00"'),
    expect.stringMatching(/^4:78 There is no time zone "\+01:00"\. \| Write a place such as Europe\/Berlin/) as string,
  ],
  [
    'window without a zone',
    window('days: mon, hours: 09:00-16:00'),
    '4:39 Window 1 of environment "staging" has no "zone". | Add "zone: Europe/Berlin".',
  ],
  [
    'freeze that ends before it begins',
    freeze('from: 2026-12-20T00:00, until: 2026-12-20T00:00, zone: UTC'),
    expect.stringMatching(/^8:44 The freeze ends at "2026-12-20T00:00", not after it begins/) as string,
  ],
  [
    'freeze of a stranger',
    freeze('environments: [prodution], from: 2026-12-20T00:00, until: 2026-12-21T00:00, zone: UTC'),
    '8:28 There is no environment "prodution". | Did you mean "production"?',
  ],
  [
    'freeze at a time that does not exist',
    freeze('from: 2026-03-29T02:30, until: 2026-12-21T00:00, zone: Europe/Berlin'),
    '8:19 "2026-03-29T02:30" does not exist in Europe/Berlin: clocks are put forward over it. | Write "2026-03-29T03:00", the time they are put forward to.',
  ],
  [
    'freeze at a time that comes twice',
    freeze('from: 2026-10-25T02:30, until: 2026-12-21T00:00, zone: Europe/Berlin'),
    '8:19 "2026-10-25T02:30" comes twice in Europe/Berlin: clocks are put back over it. | Write "2026-10-25T02:30+02:00" or "2026-10-25T02:30+01:00", the first or the second.',
  ],
  [
    'freeze at a time that comes twice, with an offset that it never has',
    freeze('from: 2026-10-25T02:30Z, until: 2026-12-21T00:00, zone: Europe/Berlin'),
    '8:19 "2026-10-25T02:30Z" has an offset that Europe/Berlin does not have then. | Write "2026-10-25T02:30+02:00" or "2026-10-25T02:30+01:00".',
  ],
  [
    'freeze at a time with an offset that it does not have',
    freeze('from: 2026-11-25T02:30Z, until: 2026-12-21T00:00, zone: Europe/Berlin'),
    '8:19 "2026-11-25T02:30Z" has an offset that Europe/Berlin does not have then. | Write "2026-11-25T02:30+01:00", or leave the offset out.',
  ],
  [
    'freeze on no day',
    freeze('from: 2026-02-30T00:00, until: 2026-12-21T00:00, zone: UTC'),
    '8:19 "2026-02-30T00:00" is no date and time. | Write it as 2026-12-20T00:00, in the time of the zone.',
  ],
  ['deploy of nothing', staging('deploy: {}'), '4:29 "deploy" of environment "staging" has no "run". | Add "run: ./scripts/deploy.sh".'],
  [
    'rehearsal of no database',
    staging('rehearsal: { migrate: m }'),
    '4:29 "rehearsal" of environment "staging" has no "database". | Add "database: postgres" (postgres, mysql or sqlite).',
  ],
  [
    'rehearsal of a strange database',
    staging('rehearsal: { database: postgers, migrate: m }'),
    '4:52 "database" of "rehearsal" of environment "staging" cannot be "postgers". | Did you mean "postgres"?',
  ],
  [
    'rehearsal key with a near one',
    rehearsed('masing: x'),
    '4:74 "masing" is not a key of "rehearsal" of environment "staging". | Did you mean "masking"?',
  ],
  [
    'rehearsal key misspelt',
    rehearsed('migrattions: x'),
    '4:74 "migrattions" is not a key of "rehearsal" of environment "staging". | Did you mean "migrations"?',
  ],
  [
    'rehearsal on a route over nothing',
    onRoute('', 'database: postgres'),
    '7:92 "rehearsal" of environment "staging" of route 1 has no "migrate". | Add "migrate: npm run migrate".',
  ],
  [
    'snapshot from nowhere',
    rehearsed('snapshot: { max-age: 7d }'),
    '4:74 The snapshot comes from nowhere. | Write "run:" with a command that fetches it, "file:" with a path, or "from:" with the variable that holds a URL.',
  ],
  [
    'snapshot from nowhere on a route',
    onRoute(', rehearsal: { database: postgres, migrate: m }', 'snapshot: {}'),
    '7:105 The snapshot comes from nowhere. | Write "run:" with a command that fetches it, "file:" with a path, or "from:" with the variable that holds a URL.',
  ],
  [
    'snapshot from two places',
    rehearsed('snapshot: { run: a, from: B }'),
    '4:94 The snapshot comes from "run" and "from", and can come from one of them only. | Keep one of them.',
  ],
  [
    'snapshot from a URL',
    rehearsed('snapshot: { from: "postgres://user:secret@host/db" }'),
    '4:92 "from" of "snapshot" of "rehearsal" of environment "staging" is no name of a variable. | Write the name alone, such as DATABASE_URL, and give the variable to the job.',
  ],
  [
    'server by its URL',
    rehearsed('server: "postgres://host/db"'),
    '4:82 "server" of "rehearsal" of environment "staging" is no name of a variable. | Write the name alone, such as DATABASE_URL, and give the variable to the job.',
  ],
  [
    'server version with a minor one',
    rehearsed('version: 15.18'),
    '4:83 "version" of "rehearsal" of environment "staging" is 15.18, and must be the major version of a database server. | Write a whole number, such as 18.',
  ],
  [
    'server version 0',
    rehearsed('version: 0'),
    '4:83 "version" of "rehearsal" of environment "staging" is 0, and must be the major version of a database server. | Write a whole number, such as 18.',
  ],
  [
    'masking file outside',
    rehearsed('masking: ../masking.yml'),
    '4:83 "masking" of "rehearsal" of environment "staging" is "../masking.yml", and must name one file or folder inside the checkout. | Write its path from there, such as db/migrations or db/checks.yml: not the checkout itself, nothing absolute, no ".." and no pattern.',
  ],
  [
    'checks by a pattern',
    rehearsed('checks: db/*.yml'),
    '4:82 "checks" of "rehearsal" of environment "staging" is "db/*.yml", and must name one file or folder inside the checkout. | Write its path from there, such as db/migrations or db/checks.yml: not the checkout itself, nothing absolute, no ".." and no pattern.',
  ],
  [
    'migrations outside',
    rehearsed('migrations: [db, /srv/db]'),
    '4:91 Entry 2 of "migrations" of "rehearsal" of environment "staging" is "/srv/db", and must name one file or folder inside the checkout. | Write its path from there, such as db/migrations or db/checks.yml: not the checkout itself, nothing absolute, no ".." and no pattern.',
  ],
  [
    'migrations by no path',
    rehearsed('migrations: []'),
    '4:86 "migrations" of "rehearsal" of environment "staging" is empty. | Give it a value, or remove the key.',
  ],
  [
    'load script outside',
    rehearsed('load: { script: ~/load.sql }'),
    '4:90 "script" of "load" of "rehearsal" of environment "staging" is "~/load.sql", and must name one file or folder inside the checkout. | Write its path from there, such as db/migrations or db/checks.yml: not the checkout itself, nothing absolute, no ".." and no pattern.',
  ],
  [
    'load switched on',
    rehearsed('load: true'),
    '4:80 "load" of "rehearsal" of environment "staging" is true, and must be a mapping or "false". | Write it so, or remove the key.',
  ],
  [
    'timeout without a unit',
    rehearsed('timeout: 90'),
    '4:83 "timeout" of "rehearsal" of environment "staging" is 90, which is no duration. | Write whole numbers with the units w, d, h, m or s, the larger unit first: 30m, 4h, 1h30m, 7d.',
  ],
  [
    'unknown limit',
    rehearsed('limits: { reed-stall: 1s }'),
    '4:84 "reed-stall" is not a key of "limits" of "rehearsal" of environment "staging". | Did you mean "read-stall"?',
  ],
  [
    'limit of no time',
    rehearsed('limits: { lock: soon }'),
    '4:90 "lock" of "limits" of "rehearsal" of environment "staging" is "soon", which is no limit. | Write 500ms, 2s, 5m or 1h, or "false" for no limit.',
  ],
  [
    'limit by a number',
    rehearsed('limits: { lock: 5 }'),
    '4:90 "lock" of "limits" of "rehearsal" of environment "staging" is 5, which is no limit. | Write 500ms, 2s, 5m or 1h, or "false" for no limit.',
  ],
  [
    'limit of no size',
    rehearsed('limits: { disk: 5s }'),
    '4:90 "disk" of "limits" of "rehearsal" of environment "staging" is "5s", which is no limit. | Write 500MB or 2GB, or "false" for no limit.',
  ],
  [
    'limit in parts with a strange one',
    rehearsed('limits: { lock: { worn: 1s } }'),
    '4:92 "worn" is not a key of "lock" of "limits" of "rehearsal" of environment "staging". | Did you mean "warn"?',
  ],
  [
    'limit in parts of no time',
    rehearsed('limits: { lock: { warn: 1x } }'),
    '4:98 "warn" of "lock" of "limits" of "rehearsal" of environment "staging" is "1x", which is no limit. | Write 500ms, 2s, 5m or 1h, or "false" for no limit.',
  ],
  [
    'limit in no parts',
    rehearsed('limits: { lock: {} }'),
    '4:84 "lock" of "limits" of "rehearsal" of environment "staging" is empty. | Write "warn:" or "fail:", or both.',
  ],
  [
    'limit that warns too late',
    rehearsed('limits: { lock: { warn: 1m, fail: 2s } }'),
    '4:98 "lock" warns from 1m on, and fails from 2s on already. | Warn earlier than it fails.',
  ],
  [
    'limit by an unknown word',
    rehearsed('limits: { rerun: wran }'),
    '4:91 "rerun" of "limits" of "rehearsal" of environment "staging" cannot be "wran". | Did you mean "warn"?',
  ],
  [
    'limit by a time where a word stands',
    rehearsed('limits: { rerun: 5 }'),
    '4:91 "rerun" of "limits" of "rehearsal" of environment "staging" is 5, and must be one of fail, warn and ignore. | Write it so, or remove the key.',
  ],
  [
    'a key twice',
    staging('data: test, data: live'),
    '4:41 The key "data" stands here a second time. | Keep one of the two, or join what they say.',
  ],
  [
    'an environment twice',
    file({ environments: `${DEV}\n${DEV}\n  staging: { role: staging }\n  production: { role: production }` }),
    '4:3 The key "dev" stands here a second time. | Keep one of the two, or join what they say.',
  ],
  [
    'a star without quotes',
    routes(`name: a, branches: [**], ${ALL}`),
    expect.stringMatching(/^7:27 .* \| A value that begins with "\*" must stand in quotes, for example '\*\*'\.$/) as string,
  ],
  [
    'a tab',
    'version: 1\nenvironments:\n\tdev: { role: development }\n',
    expect.stringMatching(/^3:1 This is not YAML: .* \| Indent with spaces\.$/) as string,
  ],
  ['a YAML tag', staging('data: !secret x'), expect.stringMatching(/^4:35 This is not YAML: .*tag.* \| Quote the value/) as string],
  [
    'a merge key',
    `${file()}x: &x {}\n`.replace('x: &x {}\n', '').replace('staging: { role: staging }', 'staging: { role: staging, <<: { data: test } }'),
    expect.stringMatching(/^4:29 "<<" is not a key of environment "staging"\./) as string,
  ],
  [
    'an alias of nothing',
    staging('data: *none'),
    expect.stringMatching(/^4:35 "\*none" repeats a value that nothing before it names\./) as string,
  ],
  ['two documents', `${file()}---\nversion: 1\n`, expect.stringMatching(/^8:1 A second document begins here/) as string],
  [
    'a name that is no name',
    changed(file(), '  dev:', '  __proto__:').replace('[dev', '[staging').replace('staging, staging', 'staging'),
    '3:3 "__proto__" cannot be used as a name. | Choose another name.',
  ],
];

describe('one mistake, one problem', () => {
  it.each(MISTAKES)('%s', (_, text, expected) => {
    expect(said(text)).toEqual([expected]);
  });

  it('whichever word of the example is misspelt, at that word or what it is part of', () => {
    // A word of a key, a list or a mapping, with its second and third letter the wrong way round.
    for (const { index, 0: word } of EXAMPLE.matchAll(/[A-Za-z][A-Za-z-]{2,}(?=:\s|:$|[,\]\s}])/gm)) {
      const typo = `${word.slice(0, 1)}${word[2]}${word[1]}${word.slice(3)}`;
      const before = EXAMPLE.slice(0, index);
      const problems = problemsIn(before + typo + EXAMPLE.slice(index + word.length));
      const place = `${before.split('\n').length}:${word} as ${typo}`;
      expect(problems.length, place).toBeLessThanOrEqual(1);
      for (const { line, fix } of problems) {
        expect(line, place).toBe(before.split('\n').length);
        expect(fix, place).toMatch(/^Did you mean "/);
        expect(fix, place).not.toContain(`"${typo}"`);
      }
    }
  });

  it('and none where there is none', () => {
    expect(said(file())).toEqual([]);
    expect(said(EXAMPLE)).toEqual([]);
    expect(
      said(
        changed(file(), '{ role: staging }', '&s { role: staging }')
          .replace('  production:', '  qa: *s\n  production:')
          .replace('staging, production', 'staging, qa, production'),
      ),
    ).toEqual([]);
    expect(said(routes(`name: a, branches: ['**'], ${ALL}`, "name: b, tags: ['**'], path: [dev]"))).toEqual([]);
    expect(said(staging('gate: { approvals: 1 }').replace('role: production', 'role: production, gate: false'))).toEqual([]);
    expect(said(staging('acceptance: {}').replace('role: production', 'role: production, gate: false'))).toEqual([]);
  });
});

describe('a file with many mistakes', () => {
  it('has them all reported at once, in its order', () => {
    const swaps = [
      ['role: uat', 'role: uatt'],
      ['max-age: 7d', 'max-age: 7 days'],
      ['gate: { approvals: 2', 'gate: { aprovals: 2'],
      ['in: staging', 'in: stging'],
      ['09:00-16:00', '09:00-09:00'],
      ['path: [dev]', 'path: [dve]'],
      ['approvals: 3', 'approvals: 0'],
      ['zone: Europe/Berlin, reason', 'zone: Europe/Berln, reason'],
      ['[main]', "['[main']"],
    ] as const;
    const text = swaps.reduce((changing, [part, by]) => changed(changing, part, by), EXAMPLE);
    const problems = problemsIn(`${text}extra: 1\n`);
    expect(problems.map((problem) => problem.message.replaceAll(/ of .*/g, ''))).toHaveLength(swaps.length + 1);
    const lines = problems.map((problem) => problem.line);
    expect(lines).toEqual([...lines].sort((a, b) => a - b));
    for (const part of [
      '"uatt"',
      '"7 days"',
      '"aprovals"',
      '"stging"',
      '"09:00-09:00"',
      '"dve"',
      'is 0',
      '"Europe/Berln"',
      '"[main"',
      '"extra"',
    ]) {
      expect(
        problems.filter((problem) => problem.message.includes(part)),
        part,
      ).toHaveLength(1);
    }
  });

  it('that begin with broken YAML has what comes before it checked too', () => {
    const problems = said('version: 2\nenvironments:\n  dev: { role: developmnt }\n  qa: { role: qa\nroutes: []\n');
    expect(problems.slice(0, 2)).toEqual([
      '1:10 "version" is 2, and this release reads version 1. | Write "version: 1".',
      '3:16 "role" of environment "dev" cannot be "developmnt". | Did you mean "development"?',
    ]);
    expect(problems.slice(2).every((problem) => problem.includes('This is not YAML'))).toBe(true);
    expect(problems.length).toBeGreaterThan(2);
  });

  it('is thrown as one error that names the file', () => {
    try {
      loadPipeline('version: 1\nx: 1\n', '.github/promote.yml');
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(PipelineFileError);
      expect((error as Error).message.split('\n')).toEqual([
        '.github/promote.yml has 3 mistakes:',
        '  .github/promote.yml:1:1: The pipeline file has no "environments". Fix: Add "environments: { dev: { role: development } }".',
        expect.stringMatching(/^ {2}\.github\/promote\.yml:1:1: The pipeline file has no "routes"\./),
        expect.stringMatching(/^ {2}\.github\/promote\.yml:2:1: "x" is not a key of a pipeline file\./),
      ]);
    }
  });

  it('cannot write to the log with what it says', () => {
    const [problem] = problemsIn(file({ rest: '"a\\n::error::\\u001b[31m\\u202e": 1\n' }));
    expect(problem?.message).toBe('"a�::error::�[31m�" is not a key of a pipeline file.');
  });
});

describe('a hostile file ends in an error', () => {
  const laughs = Array.from(
    { length: 12 },
    (_, index) =>
      `l${index}: &l${index} [${
        index === 0
          ? 'x'
          : Array(9)
              .fill(`*l${index - 1}`)
              .join(', ')
      }]`,
  ).join('\n');
  it.each([
    ['too large', 'x'.repeat(300_000), /300000 bytes/],
    ['billion laughs', laughs, /too many values/],
    ['nested lists', '['.repeat(250_000), /levels/],
    ['nested mappings', '{a: '.repeat(60_000), /levels/],
    ['nested sequences', '- '.repeat(130_000), /levels/],
    ['nested keys', '? '.repeat(130_000), /levels/],
    ['deep indentation', Array.from({ length: 400 }, (_, index) => `${' '.repeat(index)}a:`).join('\n'), /levels/],
    ['an alias of itself', 'version: &a [*a]', /stands inside what it repeats/],
    ['nothing but quotes', '"'.repeat(250_000), /more mistakes|not YAML/],
    ['one key, again and again', 'k: 1\n'.repeat(20_000), /second time/],
    [
      'too many environments',
      `environments:\n${Array.from({ length: 15_000 }, (_, index) => `  e${index}: 1`).join('\n')}`,
      /15000 environments/,
    ],
    ['too many routes', `routes:\n${'  - 1\n'.repeat(20_000)}`, /20000 routes/],
    ['a long word', `routes: ${'a'.repeat(250_000)}`, /must be a list/],
    ['many unknown keys', Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`).join('\n'), /more mistakes/],
    [
      'nothing but closing braces',
      '}'.repeat(262_000),
      /^This is not YAML: Unexpected flow-map-end token[\s\S]*no longer listed; there are too many\./,
    ],
    ['nothing but braces', '{}'.repeat(120_000), /more than 150000 words and signs|no longer listed/],
    [
      'nothing but commas',
      `[${','.repeat(149_000)}`,
      /^This is not YAML: Unexpected , in flow sequence[\s\S]*no longer listed; there are too many\./,
    ],
    ['more signs than words', `x: [${'a, '.repeat(80_000)}]`, /^The file has more than 150000 words and signs\.$/],
    ['anchors one after the other', `x: [${'&a 1,*a,'.repeat(20_000)}]`, /too many values/],
    ['many documents', '--- a\n'.repeat(20_000), /A second document begins here/],
    [
      'strangers on every path',
      file({
        environments: Array.from({ length: 1000 }, (_, index) => `  environment-${index}: { role: qa }`).join('\n'),
        routes: Array.from(
          { length: 400 },
          (_, index) =>
            `  - { name: r${index}, branches: [b${index}], path: [${Array.from({ length: 8 }, (_, at) => `[environmant-${index}-${at}, e-${index}-${at}]`).join(', ')}] }`,
        ).join('\n'),
      }),
      /There is no environment "environmant-0-0"[\s\S]*more mistakes/,
    ],
    [
      'patterns longer than any name',
      routes(...Array.from({ length: 30 }, (_, index) => `name: r${index}, branches: ['${'**/'.repeat(1500)}${index}'], ${ALL}`)),
      /^Entry 1 of "branches" of route 1 has 4501 characters, and may have 255\./,
    ],
    [
      'entangled patterns',
      file({
        routes: `${Array.from(
          { length: 90 },
          (_, index) =>
            `  - { name: r${index}, branches: ['${'*a*b*[a-z]?'.repeat(20)}${index}', '**${index}*'], path: [dev, staging, production] }`,
        ).join('\n')}\n  - { name: [x] }`,
      }),
      /"name"/,
    ],
  ])('%s', (_, text, message) => {
    const problems = problemsIn(text);
    expect(problems.map((problem) => problem.message).join('\n')).toMatch(message);
    expect(problems.length).toBeLessThanOrEqual(201);
  });

  it('that has so many mistakes in its YAML that they are not all told, at the places of the first', () => {
    const problems = problemsIn('}'.repeat(262_000));
    expect(problems.map(({ line, column }) => [line, column])).toEqual(Array.from({ length: 200 }, (_, index) => [1, index + 1]));
    expect(problems.filter(({ message }) => message.includes('no longer listed'))).toHaveLength(1);
  });

  it('or loads, where an alias repeats what had its name last before it', () => {
    const text = file({
      environments: '  dev: &a { role: development }\n  qa: *a\n  staging: &a { role: staging }\n  uat: *a',
      routes: '  - { name: a, branches: [x], path: [dev, qa, staging, uat] }',
    });
    expect([...loadPipeline(text, 'p.yml').environments.values()].map((one) => one.role)).toEqual([
      'development',
      'development',
      'staging',
      'staging',
    ]);
  });

  it('or loads, where its patterns are only many and entangled', () => {
    const text = routes(
      ...Array.from({ length: 400 }, (_, index) => `name: r${index}, branches: ['${'[a-z]?/**/'.repeat(24)}${index}'], ${ALL}`),
    );
    expect(said(text)).toEqual([]);
  });

  it.each(['constructor', 'toString', 'hasOwnProperty', 'valueOf', 'prototype'])('an environment may be called %s', (name) => {
    const text = file({
      environments: `  ${name}: { role: staging, gate: {} }`,
      routes: `  - { name: a, branches: [x], path: [${name}], environments: { ${name}: { gate: false } } }`,
    });
    const loaded = loadPipeline(text, 'p.yml');
    expect(loaded.environments.get(name)?.gate?.approvals).toBe(1);
    expect(loaded.routes[0]?.environments.get(name)?.gate).toBeNull();
    expect(problemsIn(text.replace('gate: {}', '"__proto__": { gate: 1 }')).map((problem) => problem.message)).toEqual([
      '"__proto__" cannot be used as a name.',
    ]);
  });
});

describe('what a route relaxes', () => {
  const base =
    'staging: { role: staging, accepts: [accepted], acceptance: { approvals: 2, by: [octocat, hubot] }, rehearsal: { database: postgres, migrate: m, rollback: r, snapshot: { run: s, max-age: 7d }, masking: m, checks: c, previous: p, load: { script: l }, migrations: [db], limits: { write-stall: 1s, disk: 1GB, lock: { warn: 1s, fail: 4s }, rerun: warn } }, verify: { run: v }, deploy: { run: d }, gate: { approvals: 2, by: [octo-org/qa], exclude: [initiator] }, soak: { in: dev, for: 4h }, windows: [{ days: mon-fri, hours: 09:00-17:00, zone: UTC }] }';
  const relaxed = (rules: string): readonly string[] => {
    const text = file({
      environments: `${DEV}\n  ${base}\n  production: { role: production }`,
      routes: `  - { name: r, branches: [x], ${ALL}, environments: { staging: { ${rules} } } }`,
    });
    return (loadPipeline(text, 'p.yml').routes[0]?.relaxations ?? []).map((one) => one.replace(/^Route r: staging /, ''));
  };

  it.each([
    ['gate: false', ['needs no approval instead of 2.']],
    ['gate: { approvals: 1 }', ['needs 1 approval instead of 2.']],
    ['gate: { by: [] }', ['takes the approval of any reviewer instead of octo-org/qa.']],
    ['gate: { by: [octo-org/qa, Mona] }', ['also takes the approval of mona.']],
    ['gate: { exclude: [] }', ['counts the approval of the initiator.']],
    ['gate: { evidence: enforced }', ["takes GitHub's own enforcement for an approval that was not seen."]],
    ['acceptance: false', ['needs no acceptance.']],
    [
      'acceptance: { approvals: 1, environment: other }',
      ['needs 1 acceptance instead of 2.', 'is accepted in other instead of staging-acceptance.'],
    ],
    ['accepts: [accepted, new]', ['also takes new versions.']],
    ['rehearsal: false', ['needs no rehearsal.']],
    [
      'rehearsal: { snapshot: { max-age: 2w }, rollback: false }',
      ['rehearses on snapshots up to 14d old instead of 7d.', 'does not rehearse the way back.'],
    ],
    ['rehearsal: { migrate: other }', ['rehearses with another command.']],
    [
      'rehearsal: { rollback: other, masking: o, checks: o, previous: o, load: { script: o }, migrations: [o] }',
      ['rehearses with other migrations, with another way back, with other masking, with other checks and with other load.'],
    ],
    [
      'rehearsal: { masking: false, checks: false, previous: false, load: false }',
      [
        'does not mask the data.',
        'does not check the data afterwards.',
        'does not test the version before on the new schema.',
        'rehearses without load.',
      ],
    ],
    ['rehearsal: { version: 15, server: X, snapshot: { file: f } }', ['rehearses on another database and on another snapshot.']],
    ['rehearsal: { timeout: 2h }', ['lets a command take 2h instead of 1h.']],
    ['rehearsal: { limits: { write-stall: 5s } }', ['lets a write wait 5s instead of 1s.']],
    [
      'rehearsal: { limits: { write-stall: false, disk: 2GB } }',
      ['lets a write wait without limit instead of 1s.', 'lets the disk peak be 2GB instead of 1GB.'],
    ],
    ['rehearsal: { limits: { statement: 2s } }', ['lets a statement take 2s instead of the default without a warning.']],
    ['rehearsal: { limits: { lock: 3s } }', ['lets a lock be held without limit instead of 1s without a warning.']],
    ['rehearsal: { limits: { lock: { warn: 2s, fail: 3s } } }', ['lets a lock be held 2s instead of 1s without a warning.']],
    [
      'rehearsal: { limits: { wal: { warn: 1GB }, rerun: ignore, previous: warn } }',
      [
        'answers "rerun" with "ignore" instead of "warn".',
        'lets the write-ahead log be 1GB instead of the default without a warning.',
        'answers "previous" with "warn" instead of the default.',
      ],
    ],
    ['deploy: { run: d, migrate: m }', ['is migrated by another command.']],
    ['soak: false', ['does not wait 4h in dev.']],
    ['soak: { in: dev, for: 30m }', ['waits 30m in dev instead of 4h.']],
    ['windows: false', ['may be entered at any time instead of mon-fri 09:00-17:00 UTC.']],
    [
      'windows: [{ days: mon-sat, hours: 09:00-17:00, zone: UTC }]',
      ['may be entered mon-sat 09:00-17:00 UTC instead of mon-fri 09:00-17:00 UTC.'],
    ],
    [
      'windows: [{ days: mon, hours: 09:00-17:00, zone: Europe/Berlin }]',
      ['may be entered mon 09:00-17:00 Europe/Berlin instead of mon-fri 09:00-17:00 UTC.'],
    ],
    ['downgrade: allow, divergence: allow', ['may go back to an older version.', 'may get a version that does not contain what is live.']],
    ['verify: false', ['is not verified.']],
    ['verify: { run: w }', ['is verified by another command.']],
    ['deploy: { run: e }', ['is deployed by another command.']],
  ])('%s', (rules, expected) => {
    expect(relaxed(rules)).toEqual(expected);
  });

  it.each([
    'gate: { approvals: 3, exclude: [initiator, author] }',
    'soak: { in: dev, for: 5h }',
    'windows: [{ days: tue, hours: 10:00-11:00, zone: UTC }]',
    'accepts: [accepted]',
    'rehearsal: { snapshot: { max-age: 1d } }',
    'rehearsal: { timeout: 30m, limits: { write-stall: 900ms, disk: 0.9GB, lock: { warn: 1s, fail: 3s }, rerun: fail } }',
  ])('nothing by %s', (rules) => {
    expect(relaxed(rules)).toEqual([]);
  });
});

describe('where the artifact lies', () => {
  it.each([
    '.',
    './',
    './.',
    '..',
    '../dist',
    'dist/..',
    'dist/../..',
    './../dist',
    '/',
    '/srv/dist',
    'C:/dist',
    '~/dist',
    'dist/*.jar',
    'dist/**',
    'dis?',
    'dist/[ab]',
    '!dist',
    '#dist',
    'dist\\app',
    'dist\nlib',
    'dist\n',
    ' dist',
    'dist ',
    './/',
    './/dist',
  ])('is no place inside the checkout: %j', (artifact) => {
    const [problem, ...others] = problemsIn(built(artifact));
    expect(others).toEqual([]);
    expect(problem).toMatchObject({
      line: 8,
      message: `"artifact" of "build" is ${quote(artifact)}, and must name one file or folder inside the checkout.`,
      fix: expect.stringMatching(/^Write its path from there, such as dist/),
    });
  });

  it.each(['dist', './dist', 'dist/', 'build/libs/shop-1.2.jar', '.output', '..dist', 'a b/c', 'packages/@shop/app', 'out/{x}'])(
    'is %j',
    (artifact) => {
      expect(loadPipeline(built(artifact), 'promote.yml').build?.artifact).toBe(artifact);
    },
  );
});
