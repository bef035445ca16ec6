import { afterEach, expect, it } from 'vitest';
import { openShop, SHORT, type Shop } from './shop.ts';

let shop: Shop;
afterEach(() => shop.close());

const TELLING = SHORT.replaceAll(
  '{ run: bash scripts/deploy.sh }',
  `{ run: 'printf "%s %s" "$REGION" "$PASSWORD" | base64 > $SHOP_HOME/$PROMOTE_ENVIRONMENT.told; bash scripts/deploy.sh' }`,
);
const secrets = { PROMOTE_ENV: 'REGION=of-repository\nPASSWORD=of-repository\n' };
const environmentSecrets = { production: { PROMOTE_ENV: 'PASSWORD=of-production\n' } };

it.each([
  ['given', 'of-repository of-production', 'PROMOTE_ENV is the secret of the environment'],
  ['withheld', 'of-repository of-repository', 'PROMOTE_ENV is the secret that the calling workflow hands over'],
] as const)('a secret PROMOTE_ENV of an environment that is %s to the called workflow', async (side, told, said) => {
  shop = await openShop({ pipeline: TELLING, secrets, environmentSecrets, switches: { environmentSecrets: side } });
  const run = await shop.push('main', 'with secrets');
  await shop.approve(run, 'production', 'mona');
  expect(shop.run(run).conclusion).toBe('success');
  expect(Buffer.from(shop.told('dev'), 'base64').toString()).toBe('of-repository of-repository');
  expect(Buffer.from(shop.told('production'), 'base64').toString()).toBe(told);
  const log = shop.log(run, 'Stage 2 (production) / Deploy to production');
  expect(log).toContain(said);
  expect(log).not.toMatch(/of-(?:repository|production)/);
});

it('a job without PROMOTE_ENV says nothing about it', async () => {
  shop = await openShop({ pipeline: SHORT });
  const run = await shop.push('main', 'without secrets');
  expect(shop.log(run, 'Stage 1 (dev) / Deploy to dev')).not.toContain('PROMOTE_ENV is');
});
