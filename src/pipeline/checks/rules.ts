import { allRules, type Draft, isUnknown, present, type RulesAt } from '../draft.ts';
import { listed } from '../listed.ts';
import { quote } from '../problem.ts';
import type { Report } from '../report.ts';
import type { GateInput, WindowInput } from '../schema.ts';
import type { Path } from '../source.ts';
import { readFreeze, readWindow } from '../times.ts';

/** Approvals nobody can give, times that are none, and words said twice. */
export function checkRules(draft: Draft, report: Report): void {
  for (const rules of allRules(draft)) {
    checkApprovals(draft, rules, report);
    checkWindows(rules, report);
    checkTwice(present<string>(rules.rules.accepts), [...rules.path, 'accepts'], report);
  }
  for (const { path, input } of draft.freezes) {
    for (const mistake of readFreeze(input).mistakes) report.add([...path, mistake.key], mistake.message, mistake.fix);
    for (const [index, name] of present<string>(input.environments)) {
      if (isUnknown(draft, name)) report.addUnknown([...path, 'environments', index], 'environment', name, draft.names);
    }
    checkTwice(present<string>(input.environments), [...path, 'environments'], report);
  }
}

function checkApprovals(draft: Draft, { name, path, rules }: RulesAt, report: Report): void {
  for (const key of ['gate', 'acceptance'] as const) {
    const rule = rules[key];
    if (rule === undefined || rule === false) continue;
    const below = draft.environments.get(name)?.rules[key];
    checkEnoughPeople(rule, below === false ? undefined : below, [...path, key], report);
    checkTwice(
      present<string>(rule.by).map(([index, one]) => [index, one.toLowerCase()] as const),
      [...path, key, 'by'],
      report,
    );
    checkTwice(present<string>(rule.exclude), [...path, key, 'exclude'], report);
  }
}

/** `by` may name a team, which counts as enough people; users count one each. `below`: what a route's rule is laid over. */
function checkEnoughPeople(rule: GateInput, below: GateInput | undefined, path: Path, report: Report): void {
  const by = rule.by ?? below?.by ?? [];
  const approvals = rule.approvals ?? below?.approvals ?? 1;
  const people = new Set(present<string>(by).map(([, one]) => one.toLowerCase()));
  if (by.length === 0 || [...people].some((one) => one.includes('/')) || people.size >= approvals) return;
  if (people.size < by.length && by.includes(undefined as never)) return;
  const place = rule.approvals === undefined ? [...path, 'by'] : [...path, 'approvals'];
  report.add(
    place,
    `${approvals} people must approve, and only ${listed([...people])} may.`,
    'Ask for fewer approvals, or add people or a team to "by".',
  );
}

function checkWindows({ path, rules }: RulesAt, report: Report): void {
  if (rules.windows === undefined || rules.windows === false) return;
  for (const [index, window] of present<WindowInput>(rules.windows)) {
    for (const mistake of readWindow(window).mistakes) {
      const place = mistake.index === undefined ? [mistake.key] : [mistake.key, mistake.index];
      report.add([...path, 'windows', index, ...place], mistake.message, mistake.fix);
    }
  }
}

function checkTwice(words: readonly (readonly [number, string])[], path: Path, report: Report): void {
  const seen = new Set<string>();
  for (const [index, word] of words) {
    if (seen.has(word)) report.add([...path, index], `${quote(word)} stands here twice.`, 'Remove one of them.');
    seen.add(word);
  }
}
