import { allRules, type Draft, type RulesAt } from '../draft.ts';
import { allowance } from '../limit.ts';
import { listed } from '../listed.ts';
import { quote } from '../problem.ts';
import type { Report } from '../report.ts';
import { missing, named } from '../shape.ts';
import type { Path } from '../source.ts';

type Rehearsal = Exclude<RulesAt['rules']['rehearsal'], false | undefined>;

/** Data from two places or none, limits that contradict themselves, and what a route lays over nothing. */
export function checkRehearsals(draft: Draft, report: Report): void {
  for (const { name, path, rules } of allRules(draft)) {
    if (rules.deploy && rules.deploy.run === undefined && rules.deploy.migrate === undefined) missing([...path, 'deploy', 'run'], report);
    const { rehearsal } = rules;
    if (!rehearsal) continue;
    const place = [...path, 'rehearsal'];
    const own = draft.environments.get(name)?.rules.rehearsal;
    for (const key of ['database', 'migrate'] as const) if (!own && rehearsal[key] === undefined) missing([...place, key], report);
    checkSnapshot(rehearsal, place, own === rehearsal, report);
    checkLimits(rehearsal.limits ?? {}, [...place, 'limits'], report);
  }
}

const SOURCES = ['run', 'file', 'from'] as const;

function checkSnapshot({ snapshot }: Rehearsal, place: Path, whole: boolean, report: Report): void {
  if (snapshot === undefined) return;
  const path = [...place, 'snapshot'];
  const given = SOURCES.filter((key) => snapshot[key] !== undefined);
  const second = given[1];
  if (second !== undefined) {
    const message = `The snapshot comes from ${listed(given.map(quote))}, and can come from one of them only.`;
    report.add([...path, second], message, 'Keep one of them.', 'key');
  } else if (given.length === 0 && (whole || snapshot['max-age'] === undefined)) {
    const fix = 'Write "run:" with a command that fetches it, "file:" with a path, or "from:" with the variable that holds a URL.';
    report.add(path, 'The snapshot comes from nowhere.', fix, 'key');
  }
}

function checkLimits(limits: NonNullable<Rehearsal['limits']>, path: Path, report: Report): void {
  for (const [name, limit] of Object.entries(limits)) {
    if (typeof limit !== 'object') continue;
    const { warn, fail } = limit;
    const place = [...path, name];
    if (warn === undefined && fail === undefined) {
      report.add(place, `${quote(name)} of ${named(path)} is empty.`, 'Write "warn:" or "fail:", or both.', 'key');
    } else if (warn && fail !== undefined && allowance(warn) > allowance(fail)) {
      report.add(
        [...place, 'warn'],
        `${quote(name)} warns from ${warn} on, and fails from ${fail} on already.`,
        'Warn earlier than it fails.',
      );
    }
  }
}
