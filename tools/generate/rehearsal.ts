import { type BoundName, boundInWords, LIMIT_NAMES, LIMITS, type LimitEntry, type LimitName } from '../../src/rehearsal/limits.ts';
import { REHEARSAL_REASONS, type RehearsalReasonCode, type RehearsalReasonEntry } from '../../src/rehearsal/reasons.ts';
import { fillRegions } from './io-tables.ts';

const INTRODUCTION = `# What a rehearsal can find

Every finding of a rehearsal is one of these codes; a code is never used for anything else. The figures, the statement and what to write instead of it stand in the finding
itself: in the summary, in the report and in the evidence. One that fails makes the verdict \`fail\`, one that warns \`warn\`. How they are measured: [rehearsal.md](rehearsal.md).

*Generated from \`src/rehearsal/reasons.ts\` by \`npm run generate\`.*
`;

/** By heading, the codes under it, in the order of the cycle. */
const SECTIONS: Readonly<Record<string, readonly RehearsalReasonCode[]>> = {
  'The migration itself': ['migration_failed', 'migration_timeout', 'connection_lost', 'disk_full', 'migration_deadlock', 'duration'],
  'Statements and locks': ['statement_slow', 'concurrent_index_slow', 'lock_held', 'lock_without_timeout'],
  'Disk and write-ahead log': ['table_rewritten', 'disk_peak', 'wal_volume'],
  'What it leaves': [
    'invalid_index',
    'unvalidated_constraint',
    'invariant_violated',
    'lookup_empty',
    'check_failed',
    'check_ahead',
    'row_change_unexplained',
    'masking_pending',
  ],
  'The version that is live': ['previous_broken', 'previous_unavailable'],
  'The way back': ['rollback_missing', 'rollback_failed', 'rollback_incomplete', 'not_repeatable'],
  'Once more, and killed in the middle': ['rerun_failed', 'rerun_changes', 'interrupted_stuck', 'interrupted_differs'],
  'Beside readers and writers': ['read_stall', 'write_stall', 'load_errors', 'load_deadlock', 'migration_failed_under_load'],
  'Not seen': ['not_observed'],
};

/** `docs/rehearsal-reasons.md`: every code under the heading that it belongs to. */
export function rehearsalReasonsPage(): string {
  const named = new Set(Object.values(SECTIONS).flat());
  const missing = Object.keys(REHEARSAL_REASONS).filter((code) => !named.has(code as RehearsalReasonCode));
  if (missing.length > 0) throw new Error(`docs/rehearsal-reasons.md has no heading for ${missing.join(', ')}.`);
  return [INTRODUCTION, ...Object.entries(SECTIONS).map(([title, codes]) => `## ${title}\n\n${codes.map(entry).join('\n\n')}\n`)].join(
    '\n',
  );
}

function entry(code: RehearsalReasonCode): string {
  const { consequence, limit, meaning, fix }: RehearsalReasonEntry = REHEARSAL_REASONS[code];
  const follows = `${consequence === 'fail' ? 'Fails' : 'Warns'}${limit === null ? '.' : limitLink(limit)}`;
  return `### ${code}\n\n${follows} ${meaning}\n\n- **What to do:** ${fix}`;
}

function limitLink(limit: string): string {
  return limit === 'timeout' ? '; [`timeout`](pipeline.md#rehearsal) decides.' : `; the limit [\`${limit}\`](rehearsal.md#limits) decides.`;
}

/** The generated part of `docs/rehearsal.md`. */
export function rehearsalDocs(present: string): string {
  const rows = LIMIT_NAMES.map((name) => `| \`${name}\` | ${byDefault(name)} | ${LIMITS[name].meaning} |`);
  return fillRegions(present, {
    limits: ['| limit | without being named | what it is about |', '| --- | --- | --- |', ...rows].join('\n'),
  });
}

function byDefault(name: LimitName): string {
  const { unit, warn, fail }: LimitEntry = LIMITS[name];
  if (unit === 'consequence') return consequences(name);
  const said = [
    ...(warn === null ? [] : [`warns above ${boundInWords(name as BoundName, warn)}`]),
    ...(fail === null ? [] : [`fails above ${boundInWords(name as BoundName, fail)}`]),
  ];
  return said.length === 0 ? 'no limit' : said.join(', ');
}

/** A limit whose codes differ says which does what. */
function consequences(name: LimitName): string {
  const codes = (Object.entries(REHEARSAL_REASONS) as [string, RehearsalReasonEntry][]).filter(([, { limit }]) => limit === name);
  const distinct = new Set(codes.map(([, { consequence }]) => consequence));
  if (distinct.size === 1) return distinct.has('fail') ? 'fails' : 'warns';
  return codes.map(([code, { consequence }]) => `\`${code}\` ${consequence}s`).join(', ');
}
