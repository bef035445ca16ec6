/**
 * What an input is when nobody gave it; an expression is evaluated by the runner. Apart from what inputs mean (`action-io.ts`), which a run has no use for.
 */
export const DEFAULTS = {
  command: 'plan',
  token: '${{ github.token }}',
  pipeline: '.github/promote.yml',
  rollback: 'false',
  'when-blocked': 'fail',
  'queue-timeout': '30',
  'request-timeout': '15',
  'retry-wait': '1',
  'job-status': '${{ job.status }}',
} as const;
