import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { alwaysOpen } from '#core/market/always-open.ts';
import { type EpochMs } from '#core/time.ts';
import { after, OPEN } from '../../test/support/builders.ts';
import { ist, JUNE_2021 } from '../../test/support/tape-builder.ts';
import { SessionTimer, type Due } from './session-timer.ts';

const FIVE_MINUTES = 300_000;

function timerOf(intervalMs = FIVE_MINUTES, from?: EpochMs): SessionTimer {
  return new SessionTimer(JUNE_2021, { segment: 'NSE', intervalMs, squareOffMs: 0 }, from);
}

/** Everything that is due when an input of that instant is taken. */
function moveTo(timer: SessionTimer, at: EpochMs): readonly Due[] {
  const all: Due[] = [];
  if (at >= timer.nextDue) for (let due = timer.take(at); due !== undefined; due = timer.take(at)) all.push(due);
  return all;
}

function names(all: readonly Due[]): readonly string[] {
  return all.map(({ name }) => name.replace('NSE:2021-06-', ''));
}

describe('the session timer', () => {
  test('it is due at multiples of the interval counted from the open, whenever the first input comes', () => {
    const timer = timerOf();
    assert.ok(!('id' in (timer.session ?? {})), 'no session before the first input');
    assert.deepEqual(moveTo(timer, ist('2021-06-11T10:07:30')), [], 'what lies before the first input is not due');
    assert.equal(timer.session?.id, 'NSE:2021-06-11');
    assert.equal(timer.nextDue, ist('2021-06-11T10:10:00'));
    assert.deepEqual(moveTo(timer, ist('2021-06-11T10:09:59.999')), []);
    assert.deepEqual(moveTo(timer, ist('2021-06-11T10:10:00')), [
      { kind: 'snapshot', segment: 'NSE', at: ist('2021-06-11T10:10:00'), name: 'NSE:2021-06-11@10:10:00' },
    ]);
    assert.deepEqual(names(moveTo(timer, ist('2021-06-11T10:22:00'))), ['11@10:15:00', '11@10:20:00']);
  });

  test('the open itself is not due, and the first input may be a price before it', () => {
    const timer = timerOf();
    assert.deepEqual(moveTo(timer, ist('2021-06-11T09:00:00')), []);
    assert.deepEqual(moveTo(timer, OPEN), []);
    assert.deepEqual(names(moveTo(timer, after(300))), ['11@09:20:00']);
  });

  test('the close comes once, also when a multiple of the interval falls on it, and the next session follows', () => {
    const timer = timerOf(3_600_000 * 3.125);
    moveTo(timer, OPEN);
    const due = moveTo(timer, after(22_500));
    assert.deepEqual(due, [
      { kind: 'snapshot', segment: 'NSE', at: after(11_250), name: 'NSE:2021-06-11@12:22:30' },
      { kind: 'close', segment: 'NSE', at: after(22_500), name: 'NSE:2021-06-11@close' },
    ]);
    assert.equal(timer.session?.id, 'NSE:2021-06-14', 'over the weekend');
    assert.equal(timer.nextDue, ist('2021-06-14T12:22:30'));
  });

  test('an interval longer than the session leaves the close alone', () => {
    const timer = timerOf(86_400_000);
    moveTo(timer, OPEN);
    assert.deepEqual(names(moveTo(timer, after(22_500))), ['11@close']);
  });

  test('a first input after the close waits for the next session', () => {
    const timer = timerOf();
    moveTo(timer, ist('2021-06-11T15:30:00'));
    assert.deepEqual([timer.session?.id, timer.nextDue], ['NSE:2021-06-14', ist('2021-06-14T09:20:00')]);
  });

  test('over a gap the open session is closed, and sessions that nobody saw are not told', () => {
    const timer = timerOf(3_600_000);
    moveTo(timer, ist('2021-06-11T14:00:00'));
    const due = moveTo(timer, ist('2021-06-16T11:00:00'));
    assert.deepEqual(names(due), ['11@14:15:00', '11@15:15:00', '11@close']);
    assert.equal(timer.nextDue, ist('2021-06-16T11:15:00'));
  });

  test('names differ at every interval of whole seconds, the second before the close included', () => {
    for (const seconds of [1, 149, 151, 22_499]) {
      const timer = timerOf(seconds * 1_000);
      moveTo(timer, OPEN);
      const due = names(moveTo(timer, after(22_500)));
      assert.equal(new Set(due).size, due.length, `every ${seconds} s`);
      assert.equal(due.length, Math.floor(22_499 / seconds) + 1);
    }
  });

  test('where the market never closes, each day in India is a session that turns into the next', () => {
    const timer = new SessionTimer(alwaysOpen(), { segment: 'NSE', intervalMs: 43_200_000, squareOffMs: 0 }, undefined);
    moveTo(timer, ist('2021-06-11T23:00:00'));
    assert.deepEqual(
      moveTo(timer, ist('2021-06-12T13:00:00')).map(({ name, kind }) => [name, kind]),
      [['ALWAYS:2021-06-11@close', 'turn']],
    );
    assert.deepEqual(
      moveTo(timer, ist('2021-06-13T00:00:00')).map(({ name }) => name),
      ['ALWAYS:2021-06-12@close'],
    );
  });

  test('restarts change nothing: what fires at each input follows from the inputs alone', () => {
    let fired = 0;
    const first = ist('2021-06-01T08:00:00');
    const gap = fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: 0, max: 1_200_000 }) },
      { weight: 2, arbitrary: fc.constantFrom(0, FIVE_MINUTES, 2 * FIVE_MINUTES) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 2 * 86_400_000 }) },
    );
    const interval = fc.constantFrom(60_000, FIVE_MINUTES, 420_000, 86_400_000);
    const inputs = fc.array(fc.tuple(gap, fc.boolean()), { minLength: 2, maxLength: 25, size: 'max' });
    fc.assert(
      fc.property(interval, inputs, (every, steps) => {
        const straight = timerOf(every);
        let stopped = timerOf(every);
        let at = first as number;
        const last = ist('2021-06-30T15:29:59');
        for (const [wait, restart] of steps) {
          if (restart && at !== first) stopped = timerOf(every, at as EpochMs);
          at = Math.min(at + wait, last);
          const due = moveTo(straight, at as EpochMs);
          assert.deepEqual(moveTo(stopped, at as EpochMs), due);
          assert.equal(stopped.nextDue, straight.nextDue);
          fired += due.length;
          for (const one of due) assert.ok(one.at <= at);
          assert.ok(straight.nextDue > at);
        }
      }),
      { numRuns: 300 },
    );
    assert.ok(fired > 1_000, `only ${fired} timers fired`);
  });
});
