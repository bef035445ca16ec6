import { acceptance } from './acceptance.cases.ts';
import { ancestry } from './ancestry.cases.ts';
import { approval } from './approval.cases.ts';
import { artifact } from './artifact.cases.ts';
import type { Table } from './case.ts';
import { evidence } from './evidence.cases.ts';
import { freeze } from './freeze.cases.ts';
import { gateExists } from './gate-exists.cases.ts';
import { hold } from './hold.cases.ts';
import { order } from './order.cases.ts';
import { queue } from './queue.cases.ts';
import { ref } from './ref.cases.ts';
import { rehearsal } from './rehearsal.cases.ts';
import { rollback } from './rollback.cases.ts';
import { soak } from './soak.cases.ts';
import { verification } from './verification.cases.ts';
import { versionPolicy } from './version-policy.cases.ts';
import { vetoes } from './veto.cases.ts';
import { window } from './window.cases.ts';

/** Every rule's table. */
export const TABLES: readonly Table[] = [
  ref,
  vetoes,
  artifact,
  evidence,
  rollback,
  order,
  verification,
  rehearsal,
  versionPolicy,
  ancestry,
  gateExists,
  hold,
  soak,
  freeze,
  window,
  queue,
  approval,
  acceptance,
];
