/** Every request of some journeys with every fault on it, in passing and for good; told as a table. */
import Table from 'cli-table3';
import { afterAll, describe, expect, it } from 'vitest';
import { type Cell, forGood, inPassing } from './cell.ts';
import { FAULTS } from './faults.ts';
import { type Journey, type Stage, stage } from './journeys.ts';
import { distinct, type Journal, journalOf } from './requests.ts';

interface Row {
  readonly journey: string;
  readonly request: string;
  readonly fault: string;
  once: string;
  always: string;
}

/**
 * Declares the tests. The requests are those that the journeys turn out to make, so that a new one joins by itself.
 * @param besides journeys whose requests are another file's business
 */
export async function faultMatrix(journeys: readonly Journey[], besides: readonly Journey[] = []): Promise<void> {
  const known = new Set<string>();
  for (const journey of besides) for (const { role } of (await observed(journey)).journal.asked) known.add(role);
  const stages: Stage[] = [];
  const rows: Row[] = [];
  for (const journey of journeys) {
    const { ready, journal } = await observed(journey, stages);
    const asked = distinct(journal.asked, known);
    for (const { role } of asked) known.add(role);
    describe(`${journey.name}, struck by a fault`, () => {
      it('makes requests that no other journey makes', () => {
        expect(asked.length).toBeGreaterThan(0);
        if (journey.command === 'plan') expect(journal.count).toBeLessThanOrEqual(2);
        if (journey.name === 'deploy') expect(journal.count).toBeLessThanOrEqual(6);
      });
      for (const one of asked) {
        for (const fault of FAULTS.filter(({ applies }) => applies(one.example))) {
          const cell = { stage: ready, asked: one, fault, usual: journal.count };
          const row: Row = { journey: journey.name, request: one.name, fault: fault.name, once: 'FAILED', always: 'FAILED' };
          rows.push(row);
          declare(cell, row);
        }
      }
    });
  }
  afterAll(async () => {
    for (const ready of stages) await ready.close();
    console.log(tableOf(rows));
  });
}

function declare(cell: Cell, row: Row): void {
  it.concurrent(`${row.request} · ${row.fault} · in passing`, async () => {
    row.once = await inPassing(cell);
  });
  it.concurrent(`${row.request} · ${row.fault} · for good`, async () => {
    row.always = await forGood(cell);
  });
}

async function observed(journey: Journey, kept: Stage[] | null = null): Promise<{ ready: Stage; journal: Journal }> {
  const ready = await stage(journey);
  const journal = await journalOf(ready);
  if (kept === null) await ready.close();
  else kept.push(ready);
  return { ready, journal };
}

function tableOf(rows: readonly Row[]): string {
  const table = new Table({ head: ['request', 'fault', 'in passing', 'for good'], style: { head: [], border: [], compact: true } });
  let before = '';
  for (const { journey, request, fault, once, always } of rows) {
    const name = `${journey}, ${request}`;
    table.push([name === before ? '' : name, fault, once, always]);
    before = name;
  }
  return table.toString();
}
