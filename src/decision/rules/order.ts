import type { EntryContext } from '../context.ts';
import type { Reason } from '../decision.ts';
import type { Facts, Progress } from '../facts.ts';
import { NO_REASONS, reasonOf } from '../reason.ts';
import type { Rule } from './rule.ts';

/** Every stage before this one must be passed by the same artifact. */
export const order: Rule = { name: 'order', rollback: false, ofEntry: beforeIt, ofStay: beforeIt };

const MISSING: Readonly<Record<Progress, string>> = {
  passed: 'passed',
  unread: 'its records could not be read',
  'not-entered': 'this artifact has not been deployed there',
  failed: 'the candidate failed there',
  'rolled-back': 'somebody rolled back from it there',
  pending: 'a deployment of the candidate is in progress there',
  unverified: 'its verification is missing',
  'not-accepted': 'the candidate has not been accepted there',
  'not-rehearsed': 'the rehearsal is missing there',
};

/** The reasons are the same for every environment behind the stage that is not passed. */
function beforeIt(context: EntryContext): readonly Reason[] {
  const { notPassed } = context.earlier;
  const first = notPassed[0];
  if (first === undefined) return NO_REASONS;
  const { code, because, who } = sayingOf(notPassed);
  return [reasonOf(code, context.environment.name, { because, who })];
}

interface OrderSaying {
  readonly code: 'earlier_failed' | 'earlier_not_passed';
  readonly because: string;
  readonly who: readonly string[];
}

/** Said once for everything that is not passed, however many environments come behind it. */
const SAYINGS = new WeakMap<readonly Facts[], OrderSaying>();

function sayingOf(notPassed: readonly Facts[]): OrderSaying {
  const said = SAYINGS.get(notPassed);
  if (said !== undefined) return said;
  const failed = notPassed.find((facts) => facts.progress === 'failed');
  const saying: OrderSaying = {
    code: failed === undefined ? 'earlier_not_passed' : 'earlier_failed',
    because: because(notPassed),
    who: ownersOf(failed === undefined ? notPassed : [failed]),
  };
  SAYINGS.set(notPassed, saying);
  return saying;
}

const MOST_NAMED = 4;

function because(notPassed: readonly Facts[]): string {
  const named = notPassed.slice(0, MOST_NAMED).map((facts) => `${facts.environment.name} is not passed: ${MISSING[facts.progress]}`);
  const more = notPassed.length - named.length;
  return `${named.join('; ')}${more > 0 ? `; and ${more} more` : ''}.`;
}

function ownersOf(notPassed: readonly Facts[]): readonly string[] {
  const owners: string[] = [];
  for (const { environment } of notPassed.slice(0, MOST_NAMED)) {
    if (environment.owner !== null && !owners.includes(environment.owner)) owners.push(environment.owner);
  }
  return owners;
}
