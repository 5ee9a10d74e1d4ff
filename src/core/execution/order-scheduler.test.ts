import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { after, OPEN, reread } from '../../../test/support/builders.ts';
import { ist } from '../../../test/support/tape-builder.ts';
import { dayOf, type DayNumber, type EpochMs } from '../time.ts';
import { LANES, OrderScheduler, type Lane, type Pacing } from './order-scheduler.ts';

function pacing(overrides: Partial<Pacing> = {}): Pacing {
  const from = 0 as DayNumber;
  const to = 100_000 as DayNumber;
  return { from, to, perSecond: 0, perMinute: 0, perDay: 0, modifiesPerOrder: 0, slices: 0, ...overrides };
}

/** How many of a lane are admitted at an instant, at most 1,000. */
function admitted(scheduler: OrderScheduler<string>, lane: Lane, at: EpochMs): number {
  let count = 0;
  while (count < 1_000 && scheduler.admit(lane, at)) count++;
  return count;
}

/** Everything that may go at an instant, in order. */
function taken(scheduler: OrderScheduler<string>, at: EpochMs): readonly string[] {
  const all: string[] = [];
  for (let item = scheduler.take(at); item !== undefined; item = scheduler.take(at)) all.push(item);
  return all;
}

describe('the budget', () => {
  test('without limits everything goes at once', () => {
    const scheduler = new OrderScheduler<string>([]);
    assert.equal(admitted(scheduler, 'entry', OPEN), 1_000);
    assert.equal(scheduler.limitsAt(OPEN), undefined);
    assert.equal(scheduler.nextAt(OPEN), Number.POSITIVE_INFINITY);
    scheduler.wait('entry', 'a');
    assert.equal(scheduler.nextAt(OPEN), OPEN);
    assert.deepEqual(taken(scheduler, OPEN), ['a']);
  });

  test('a limit of 0 is none', () => {
    assert.equal(admitted(new OrderScheduler([pacing()]), 'entry', OPEN), 1_000);
  });

  test('seconds are the calendar’s, not the last thousand milliseconds', () => {
    const scheduler = new OrderScheduler<string>([pacing({ perSecond: 3 })]);
    assert.equal(admitted(scheduler, 'entry', after(0.999)), 3);
    assert.equal(admitted(scheduler, 'entry', after(1)), 3);
  });

  test('of a minute’s and a day’s budget a tenth, rounded up, is kept for exits and cancels', () => {
    for (const limits of [{ perMinute: 25 }, { perDay: 25 }]) {
      for (const [other, kept] of [['modify', 'exit'] as const, ['entry', 'cancel'] as const]) {
        const scheduler = new OrderScheduler<string>([pacing(limits)]);
        assert.equal(admitted(scheduler, other, OPEN), 22);
        assert.equal(admitted(scheduler, kept, OPEN), 3);
      }
    }
  });

  test('of a second’s budget three tenths are kept, so that an exit need not wait for the next', () => {
    const entries = [3, 4, 10, 25].map((perSecond) =>
      admitted(new OrderScheduler([pacing({ perSecond })]), 'entry', OPEN),
    );
    assert.deepEqual(entries, [3, 4, 7, 19]);
    const scheduler = new OrderScheduler<string>([pacing({ perSecond: 10 })]);
    assert.equal(admitted(scheduler, 'entry', OPEN), 7);
    scheduler.wait('entry', 'a');
    assert.equal(admitted(scheduler, 'exit', OPEN), 3);
    assert.equal(scheduler.nextAt(OPEN), after(1));
  });

  test('what waits learns when it may go: the next second, minute or day', () => {
    const cases: readonly (readonly [Partial<Pacing>, EpochMs])[] = [
      [{ perSecond: 1 }, after(1)],
      [{ perMinute: 2 }, after(60)],
      [{ perDay: 2 }, ist('2021-06-12T00:00:00')],
    ];
    for (const [limits, at] of cases) {
      const scheduler = new OrderScheduler<string>([pacing(limits)]);
      assert.ok(scheduler.admit('entry', OPEN));
      assert.ok(!scheduler.admit('entry', OPEN));
      scheduler.wait('entry', 'a');
      assert.equal(scheduler.nextAt(OPEN), at);
      assert.equal(scheduler.take((at - 1) as EpochMs), undefined);
      assert.equal(scheduler.nextAt(at), at);
      assert.deepEqual(taken(scheduler, at), ['a']);
    }
  });

  test('the limits are those of the day, and a new plan changes them', () => {
    const monday = dayOf(ist('2021-06-14T00:00:00'));
    const scheduler = new OrderScheduler<string>([pacing({ from: monday, perSecond: 2 })]);
    assert.equal(admitted(scheduler, 'entry', OPEN), 1_000);
    assert.equal(admitted(scheduler, 'entry', ist('2021-06-14T09:15:00')), 2);
    scheduler.replan([pacing({ from: monday, perSecond: 5 })]);
    assert.equal(admitted(scheduler, 'entry', ist('2021-06-14T09:15:00')), 3);
  });
});

describe('the lanes', () => {
  test('are served in their order, and within one in the order of arrival', () => {
    const scheduler = new OrderScheduler<string>([pacing({ perSecond: 5 })]);
    for (const lane of LANES.toReversed()) scheduler.wait(lane, `${lane} 1`);
    scheduler.wait('exit', 'exit 2');
    assert.deepEqual(scheduler.list(), ['exit 1', 'exit 2', 'cancel 1', 'modify 1', 'entry 1']);
    assert.deepEqual(taken(scheduler, OPEN), ['exit 1', 'exit 2', 'cancel 1', 'modify 1', 'entry 1']);
    assert.equal(scheduler.size, 0);
    assert.equal(scheduler.take(OPEN), undefined);
  });

  test('nobody overtakes what waits in the same lane or in one before it', () => {
    const scheduler = new OrderScheduler<string>([pacing({ perSecond: 9 })]);
    scheduler.wait('modify', 'a');
    const may = LANES.filter((lane) => scheduler.admit(lane, OPEN));
    assert.deepEqual(may, ['exit', 'cancel']);
  });

  test('exits and cancels find budget when entries have used theirs and wait', () => {
    const scheduler = new OrderScheduler<string>([pacing({ perMinute: 20 })]);
    assert.equal(admitted(scheduler, 'entry', OPEN), 18);
    scheduler.wait('entry', 'entry');
    assert.ok(scheduler.admit('cancel', OPEN));
    scheduler.wait('exit', 'exit');
    assert.deepEqual(taken(scheduler, OPEN), ['exit']);
    assert.deepEqual(scheduler.list(), ['entry']);
  });

  test('items can be taken out of every lane', () => {
    const scheduler = new OrderScheduler<string>([]);
    assert.deepEqual(
      scheduler.remove(() => true),
      [],
    );
    for (const lane of LANES) for (const name of ['a', 'b']) scheduler.wait(lane, `${lane} ${name}`);
    const gone = scheduler.remove((item) => item.endsWith('b') && !item.startsWith('exit'));
    assert.deepEqual(gone, ['cancel b', 'modify b', 'entry b']);
    assert.equal(scheduler.size, 5);
    assert.deepEqual(scheduler.list(), ['exit a', 'exit b', 'cancel a', 'modify a', 'entry a']);
  });
});

test('what expires while it waits is taken out in the order of the lanes, and what has gone before is not', () => {
  const scheduler = new OrderScheduler<string>([pacing({ perSecond: 1 })]);
  assert.equal(scheduler.nextExpiry, Number.POSITIVE_INFINITY);
  scheduler.wait('entry', 'entry', after(3));
  scheduler.wait('exit', 'late exit', after(9));
  scheduler.wait('exit', 'exit', after(4));
  scheduler.wait('cancel', 'cancel');
  scheduler.wait('modify', 'gone', after(1));
  assert.equal(scheduler.nextExpiry, after(1));
  scheduler.remove((item) => item === 'gone');
  assert.equal(scheduler.nextExpiry, after(3));
  assert.deepEqual(scheduler.takeExpired(after(2)), []);
  const restored = new OrderScheduler<string>([pacing({ perSecond: 1 })]);
  const expiries: Readonly<Record<string, number>> = { entry: after(3), 'late exit': after(9), exit: after(4) };
  restored.restore(
    scheduler.snapshot((item) => item),
    (item) => expiries[item] ?? Number.POSITIVE_INFINITY,
  );
  for (const each of [scheduler, restored]) {
    assert.deepEqual(each.takeExpired(after(5)), ['exit', 'entry']);
    assert.deepEqual(each.list(), ['late exit', 'cancel']);
    assert.equal(each.nextExpiry, after(9));
  }
});

test('what is used and what waits survive a restart', () => {
  const limits = [pacing({ perSecond: 2, perMinute: 10, perDay: 20 })];
  const scheduler = new OrderScheduler<string>(limits);
  assert.equal(admitted(scheduler, 'entry', OPEN), 2);
  scheduler.wait('entry', 'a');
  scheduler.wait('exit', 'b');
  const state = reread(scheduler.snapshot((item) => item));
  const restored = new OrderScheduler<string>(limits);
  restored.restore(state);
  assert.deepEqual(reread(restored.snapshot((item) => item)), state);
  assert.equal(restored.take(OPEN), undefined);
  assert.deepEqual(taken(restored, after(1)), ['b', 'a']);
});

test('whatever comes when: no calendar second, minute or day has more than its limit, and nothing is lost', () => {
  const step = fc.record({
    lane: fc.constantFrom(...LANES),
    gap: fc.oneof(fc.nat({ max: 400 }), fc.nat({ max: 40_000 }), fc.nat({ max: 30_000_000 })),
    restart: fc.boolean(),
  });
  const limits = fc.record({
    perSecond: fc.nat({ max: 3 }),
    perMinute: fc.nat({ max: 12 }),
    perDay: fc.nat({ max: 30 }),
  });
  let waited = 0;
  fc.assert(
    fc.property(limits, fc.array(step, { maxLength: 80, size: 'max' }), (most, steps) => {
      const rows = [pacing(most)];
      let scheduler = new OrderScheduler<string>(rows);
      const sent: { readonly item: string; readonly at: number }[] = [];
      const waiting: string[] = [];
      let at = OPEN;
      for (const [k, { lane, gap, restart }] of steps.entries()) {
        at = (at + gap) as EpochMs;
        if (restart) {
          const state = reread(scheduler.snapshot((item) => item));
          scheduler = new OrderScheduler<string>(rows);
          scheduler.restore(state);
        }
        for (const item of taken(scheduler, at)) {
          const first = waiting.toSorted((a, b) => rank(a) - rank(b))[0];
          assert.equal(item, first, 'the lanes in order, and each in the order of arrival');
          waiting.splice(waiting.indexOf(item), 1);
          sent.push({ item, at });
        }
        assert.ok(waiting.length === 0 || scheduler.nextAt(at) > at, 'what may go has gone');
        const item = `${lane} ${k}`;
        if (scheduler.admit(lane, at)) sent.push({ item, at });
        else {
          scheduler.wait(lane, item);
          waiting.push(item);
          waited++;
        }
      }
      assert.equal(sent.length + scheduler.size, steps.length);
      assert.deepEqual(scheduler.list().toSorted(), waiting.toSorted());
      const spans = [
        [most.perSecond, 1_000, 0],
        [most.perMinute, 60_000, most.perMinute / 10],
        [most.perDay, 86_400_000, most.perDay / 10],
      ] as const;
      for (const [limit, span, kept] of spans) {
        if (limit === 0) continue;
        assertWithin(sent, span, limit);
        assertWithin(
          sent.filter(({ item }) => !/^(exit|cancel)/.test(item)),
          span,
          limit - kept,
        );
      }
    }),
    { numRuns: 1_000 },
  );
  assert.ok(waited > 1_000, `only ${waited} had to wait`);
});

function rank(item: string): number {
  return LANES.findIndex((lane) => item.startsWith(lane)) * 1_000 + Number(item.split(' ')[1]);
}

/** India is half an hour off the hours of UTC; its days begin at 18:30. */
const INDIA_MS = 5.5 * 3_600_000;

function assertWithin(sent: readonly { readonly at: number }[], span: number, limit: number): void {
  const counts = new Map<number, number>();
  for (const { at } of sent) {
    const bucket = Math.floor((at + INDIA_MS) / span);
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  }
  for (const count of counts.values()) assert.ok(count <= limit, `${count} in ${span} ms, the limit is ${limit}`);
}
