import { describe, expect, it } from 'vitest';
import { Durations } from '../../../src/rehearsal/load/durations.ts';
import { LoadRecorder } from '../../../src/rehearsal/load/recorder.ts';

describe('durations', () => {
  it('none is all zero', () => {
    expect(new Durations().figures()).toEqual({ count: 0, p50: 0, p99: 0, longest: 0 });
  });

  it('percentiles lie within one in a hundred, the longest is exact', () => {
    const durations = new Durations();
    for (let value = 1; value <= 1000; value += 1) durations.add(value, Number.POSITIVE_INFINITY);
    const { count, p50, p99, longest } = durations.figures();
    expect([count, longest]).toEqual([1000, 1000]);
    expect(Math.abs(p50 - 500)).toBeLessThan(5);
    expect(Math.abs(p99 - 990)).toBeLessThan(10);
  });

  it('what a client that waits does not send counts in percentiles, not in the count', () => {
    const durations = new Durations();
    for (let quick = 0; quick < 300; quick += 1) durations.add(1, 5);
    durations.add(1000, 5);
    const { count, p99, longest } = durations.figures();
    expect([count, longest]).toEqual([301, 1000]);
    // 199 that would have been sent meanwhile: two in five of all waited, most of them for hundreds of milliseconds.
    expect(p99).toBeGreaterThan(900);
  });
});

describe('the recorder', () => {
  it('cuts what waits across the beginning, and counts what still waits at the end', () => {
    let now = 1000;
    const recorder = new LoadRecorder(
      () => 'meaning',
      () => now,
    );
    recorder.beginBaseline();
    const across = recorder.start('write', 'public.orders', 5);
    now = 1100;
    recorder.begin();
    now = 1170;
    recorder.end(across, null);
    recorder.start('read', 'public.orders', 5);
    now = 1300;
    const report = recorder.finish();
    expect(report.baseline.writes.count).toBe(0);
    expect(report.during.writes.longest).toBe(70);
    expect(report.during.reads.longest).toBe(130);
    expect(report.stalls).toEqual([
      { kind: 'write', relation: 'public.orders', from: 0, lasted: 70 },
      { kind: 'read', relation: 'public.orders', from: 70, lasted: 130 },
    ]);
  });

  it('counts a script that waits across the border, beyond what those before it took', () => {
    let now = 0;
    const recorder = new LoadRecorder(
      () => '',
      () => now,
    );
    recorder.beginBaseline();
    const usual = recorder.startScript('write');
    now = 10;
    recorder.end(usual, null);
    const across = recorder.startScript('write');
    now = 15;
    recorder.begin();
    now = 315;
    recorder.end(across, null);
    expect(recorder.finish()).toMatchObject({
      during: { writes: { count: 1, longest: 290 } },
      stalls: [{ kind: 'write', relation: 'the script', from: 0, lasted: 290 }],
    });
  });

  it('keeps the two hundred longest stalls in the order in which they began, and errors by how often they came', () => {
    let now = 0;
    const recorder = new LoadRecorder(
      (code) => `means ${code}`,
      () => now,
    );
    recorder.fail('42P01');
    recorder.begin();
    for (let index = 0; index < 1000; index += 1) {
      const operation = recorder.start('read', 'public.orders', 5);
      now += 51 + (index % 500);
      recorder.end(operation, index % 4 === 0 ? '42703' : index === 1 ? '40P01' : null);
    }
    const { stalls, errors, deadlocks } = recorder.finish();
    expect(stalls).toHaveLength(200);
    expect(Math.min(...stalls.map(({ lasted }) => lasted))).toBe(51 + 400);
    expect(stalls.map(({ from }) => from)).toEqual(stalls.map(({ from }) => from).sort((one, other) => one - other));
    expect(errors).toEqual([
      { code: '42703', meaning: 'means 42703', count: 250 },
      { code: '40P01', meaning: 'means 40P01', count: 1 },
    ]);
    expect(deadlocks).toBe(1);
  });
});
