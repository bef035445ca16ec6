import type { DeploymentRecord } from '../../../src/decision/evidence.ts';
import { DIGEST, OTHER_DIGEST } from '../../digests.ts';
import { OTHER, passedBefore, read, record, SHA, UNREAD, veto, world } from '../world.ts';
import type { Case } from './case.ts';

const vetoed = (...candidates: readonly string[]) => world({ evidence: { vetoes: read([veto(candidates)]) } });
/** v1.4.2 is vetoed, and something is on record beside the candidate's path. */
const recordedAs = (changed: Partial<DeploymentRecord>) =>
  world({ rules: { qa: {} }, records: { qa: [record('qa', changed)] }, evidence: { vetoes: read([veto(['v1.4.2'])]) } });

export const cases: readonly Case[] = [
  { name: 'no veto', world: world(), environment: null, codes: [] },
  {
    name: 'by version',
    world: vetoed('v2.0.0'),
    environment: 'dev',
    codes: ['vetoed'],
    verdict: 'blocked',
    because: /^mona vetoed it on 2026-11-10T09:00Z: corrupts invoices \(https:.*8\)\.$/,
    who: ['mona'],
  },
  { name: 'by version in other case', world: vetoed('V2.0.0'), environment: null, codes: ['vetoed'] },
  { name: 'by the beginning of its sha', world: vetoed(SHA.slice(0, 7)), environment: null, codes: ['vetoed'] },
  { name: 'by a sha in upper case', world: vetoed(SHA.toUpperCase()), environment: null, codes: ['vetoed'] },
  { name: 'by too short a sha, which names another version', world: vetoed(SHA.slice(0, 5)), environment: null, codes: [] },
  { name: 'by six digits of its sha', world: vetoed(SHA.slice(0, 6)), environment: null, codes: ['vetoed'] },
  ...['2.0.0', '`v2.0.0`', '"v2.0.0"', '\u200bv2.0.0', 'refs/tags/v2.0.0', 'v2.0.0\u00a0'].map(
    (name): Case => ({
      name: `by its version, written as ${JSON.stringify(name)}`,
      world: vetoed(name),
      environment: null,
      codes: ['vetoed'],
    }),
  ),
  ...['1.4.2', 'v1.4.2', 'cart-v1.4.2'].map(
    (name): Case => ({
      name: `of a component, by ${name}`,
      world: world({ candidate: { ref: 'refs/tags/cart-v1.4.2', version: 'cart-v1.4.2' }, evidence: { vetoes: read([veto([name])]) } }),
      environment: null,
      codes: ['vetoed'],
    }),
  ),
  { name: 'a version that only ends alike', world: vetoed('0.0'), environment: null, codes: [] },
  { name: 'by its branch', world: vetoed('main'), environment: null, codes: ['vetoed'] },
  { name: 'by digest', world: vetoed(DIGEST), environment: null, codes: ['vetoed'] },
  { name: 'by the digits of its digest', world: vetoed(DIGEST.slice(7)), environment: null, codes: ['vetoed'] },
  { name: 'by the beginning of its digest', world: vetoed(DIGEST.slice(0, 20)), environment: null, codes: ['vetoed'] },
  { name: 'another version', world: vetoed('v1.0.0'), environment: null, codes: [] },
  { name: 'one that names nothing', world: vetoed(), environment: null, codes: ['vetoed'], because: /counts for all/ },
  { name: 'one that names blanks', world: vetoed(' '), environment: null, codes: ['vetoed'] },
  {
    name: 'one whose title cannot be understood, before production',
    world: world({ records: passedBefore('production'), evidence: { vetoes: read([veto([], { unclear: 'please do not' })]) } }),
    environment: 'production',
    codes: ['veto_unclear'],
    verdict: 'blocked',
    because:
      /^mona set a veto on .* whose title does not say which version it forbids: "please do not" \(https:.*8\)\. It closes production/,
    fix: /^Rename https:.*8 to .* such as "v2\.0\.0: corrupts invoices", or close it\.$/,
  },
  {
    name: 'one whose title cannot be understood, elsewhere',
    world: world({ evidence: { vetoes: read([veto([], { unclear: 'please do not' })]) } }),
    environment: 'dev',
    codes: [],
  },
  {
    name: 'one whose title cannot be understood, in what the candidate comes from, which it names all the same',
    world: world({ evidence: { vetoes: read([veto(['main'], { unclear: 'main: bad' })]) } }),
    environment: 'dev',
    codes: ['vetoed'],
  },
  {
    name: 'one whose title cannot be understood, where the pipeline calls nothing production',
    world: world({ rules: { production: { role: 'staging' } }, evidence: { vetoes: read([veto([], { unclear: 'please do not' })]) } }),
    environment: 'dev',
    codes: ['veto_unclear'],
  },
  {
    name: 'a rollback under a title that cannot be understood',
    world: world({
      records: { production: [record('production'), record('production', { sha: OTHER, digest: OTHER_DIGEST })] },
      evidence: { intent: 'rollback', vetoes: read([veto([], { unclear: 'please do not' })]) },
    }),
    environment: 'production',
    codes: ['veto_unclear'],
    verdict: 'blocked',
  },
  {
    name: 'by the name of its tag, under whatever version it is promoted now',
    world: world({ candidate: { ref: 'refs/tags/v1.4.2', version: 'v1.4.3' }, evidence: { vetoes: read([veto(['v1.4.2'])]) } }),
    environment: 'dev',
    codes: ['vetoed'],
    because: /It names v1\.4\.2, which is the same candidate\.$/,
  },
  {
    name: 'by what its branch makes of it, under whatever version it is promoted now',
    world: vetoed(`main@${SHA.slice(0, 7)}`),
    environment: null,
    codes: ['vetoed'],
  },
  {
    name: 'by a version that its artifact is on record with',
    world: recordedAs({ version: 'v1.4.2', sha: OTHER }),
    environment: null,
    codes: ['vetoed'],
  },
  {
    name: 'by a version that its commit is on record with, as another build',
    world: recordedAs({ version: 'v1.4.2', digest: OTHER_DIGEST, outcome: 'failure' }),
    environment: null,
    codes: ['vetoed'],
  },
  {
    name: 'by the tag that its commit is on record with',
    world: recordedAs({ version: 'another', ref: 'refs/tags/v1.4.2', kind: 'rehearsal' }),
    environment: null,
    codes: ['vetoed'],
  },
  {
    name: 'by the version of another candidate’s record',
    world: recordedAs({ version: 'v1.4.2', sha: OTHER, digest: OTHER_DIGEST }),
    environment: null,
    codes: [],
  },
  {
    name: 'by a version of its commit that nobody vouches for',
    world: recordedAs({ version: 'v1.4.2', kind: 'foreign' }),
    environment: null,
    codes: [],
  },
  {
    name: 'vetoes that could not be read',
    world: world({ evidence: { vetoes: UNREAD } }),
    environment: 'dev',
    codes: ['vetoes_unread'],
    verdict: 'blocked',
  },
  {
    name: 'a veto takes back what was passed',
    world: world({ records: passedBefore('production'), evidence: { vetoes: read([veto(['v2.0.0'])]) } }),
    environment: 'staging',
    codes: ['vetoed'],
    verdict: 'blocked',
    state: 'entered',
  },
  {
    name: 'a rollback to a vetoed version',
    world: world({ records: { production: [record('production')] }, evidence: { intent: 'rollback', vetoes: read([veto(['v2.0.0'])]) } }),
    codes: ['vetoed'],
    verdict: 'blocked',
  },
];
