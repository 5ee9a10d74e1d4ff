import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { after, OPEN, rs, tick } from '../../../test/support/builders.ts';
import { type EpochMs } from '../time.ts';
import { endBar, foldTick, interruptBars, startBars, type Bar, type BarSeries } from './bar.ts';
import { type Session } from './calendar.ts';
import { NO_VOLUME } from './tick.ts';

const MINUTES = 60_000;
const DAY = { id: 'NSE:2021-06-11', day: 18_789, preOpen: OPEN, open: OPEN, close: OPEN + 375 * MINUTES } as Session;

/** A tick so many seconds after the open. */
interface Seen {
  readonly second: number;
  readonly rupees: number;
  readonly traded?: number;
}

/** Folds ticks as a schedule does: what has ended is taken before the tick, and the rest at the close. */
function barsOf(
  intervalMs: number,
  seen: readonly Seen[],
  series: BarSeries = joinedAt(intervalMs, OPEN),
): readonly Bar[] {
  const bars: Bar[] = [];
  const take = (at: EpochMs): void => {
    const bar = endBar(series, at);
    if (bar !== undefined) bars.push(bar);
  };
  for (const { second, rupees, traded = NO_VOLUME } of seen) {
    take(after(second));
    foldTick(series, tick({ price: rs(rupees), traded }), after(second), DAY);
  }
  take(DAY.close);
  return bars;
}

function joinedAt(intervalMs: number, from: EpochMs): BarSeries {
  return { ...startBars(intervalMs), from };
}

describe('a bar', () => {
  test('has the first, highest, lowest and last price of its interval, and what was traded in it', () => {
    const seen = [
      { second: 0, rupees: 100, traded: 5 },
      { second: 20, rupees: 103, traded: 1 },
      { second: 40, rupees: 99, traded: 0 },
      { second: 59.999, rupees: 101, traded: 4 },
      { second: 60, rupees: 102, traded: 2 },
    ];
    const [open, high, low, close] = [rs(100), rs(103), rs(99), rs(101)];
    const first = {
      intervalMs: MINUTES,
      index: 0,
      start: OPEN,
      end: after(60),
      open,
      high,
      low,
      close,
      volume: 10,
      ticks: 4,
    };
    const next = rs(102);
    assert.deepEqual(barsOf(MINUTES, seen), [
      { ...first, complete: true },
      {
        intervalMs: MINUTES,
        index: 1,
        start: after(60),
        end: after(120),
        open: next,
        high: next,
        low: next,
        close: next,
        volume: 2,
        ticks: 1,
        complete: true,
      },
    ]);
  });

  test('counts its interval from the open, and an interval without a tick has none', () => {
    const bars = barsOf(15 * MINUTES, [
      { second: 1, rupees: 100 },
      { second: 2_000, rupees: 100 },
    ]);
    assert.deepEqual(
      bars.map(({ start, end }) => [start, end]),
      [
        [OPEN, after(900)],
        [after(1_800), after(2_700)],
      ],
    );
  });

  test('is not complete when the close cuts it short; one for the whole session is', () => {
    const seen = [{ second: 1 }, { second: 6 * 3_600 + 1 }].map((each) => ({ ...each, rupees: 100 }));
    const hours = barsOf(60 * MINUTES, seen);
    assert.deepEqual(
      hours.map(({ end, complete }) => [end, complete]),
      [
        [after(3_600), true],
        [DAY.close, false],
      ],
    );
    const [day] = barsOf(86_400_000, seen);
    assert.deepEqual([day?.start, day?.end, day?.complete, day?.ticks], [OPEN, DAY.close, true, 2]);
  });

  test('is not complete when its series joined in the middle of it', () => {
    const seen = [{ second: 100 }, { second: 130 }].map((each) => ({ ...each, rupees: 100 }));
    const complete = (series: BarSeries) => barsOf(MINUTES, seen, series).map((bar) => bar.complete);
    assert.deepEqual(complete(joinedAt(MINUTES, after(61))), [false, true]);
    assert.deepEqual(complete(joinedAt(MINUTES, after(60))), [true, true]);
    assert.deepEqual(
      complete(startBars(MINUTES)),
      [false, true],
      'a series that nobody joined joins with its first tick',
    );
  });

  test('has no volume when a tick of it has none', () => {
    const volumes = (...traded: readonly number[]) =>
      barsOf(
        MINUTES,
        traded.map((each, second) => ({ second, rupees: 100, traded: each })),
      ).map(({ volume }) => volume);
    assert.deepEqual(volumes(3, NO_VOLUME, 4), [NO_VOLUME]);
    assert.deepEqual(volumes(NO_VOLUME, 3), [NO_VOLUME]);
  });

  test('leaves out what had traded before its series joined the day', () => {
    const seen = [
      { second: 100, rupees: 100, traded: 90_000 },
      { second: 101, rupees: 100, traded: 7 },
      { second: 121, rupees: 100, traded: 9 },
    ];
    const volumes = (series: BarSeries) => barsOf(MINUTES, seen, series).map(({ volume }) => volume);
    assert.deepEqual(volumes(joinedAt(MINUTES, after(90))), [7, 9]);
    assert.deepEqual(volumes(joinedAt(MINUTES, OPEN)), [90_007, 9], 'with the open it is the volume since the open');
    const silent = [{ ...seen[0], second: 100, rupees: 100, traded: NO_VOLUME }];
    assert.deepEqual(barsOf(MINUTES, silent, joinedAt(MINUTES, after(90)))[0]?.volume, NO_VOLUME);
  });
});

test('a gap leaves the running bar incomplete, and one that began before the gap ended', () => {
  const series = joinedAt(MINUTES, OPEN);
  const see = (second: number): void => foldTick(series, tick(), after(second), DAY);
  see(1);
  interruptBars(series, after(70));
  assert.equal(endBar(series, after(70))?.complete, false);
  see(80);
  assert.equal(endBar(series, after(119)), undefined);
  assert.equal(endBar(series, after(120))?.complete, false);
  interruptBars(series, after(120));
  see(120);
  assert.equal(endBar(series, after(180))?.complete, true);
});

test('bars equal a plain recomputation from all ticks', () => {
  const arbitrary = fc.record({
    second: fc.integer({ min: 0, max: 1_500 }),
    rupees: fc.integer({ min: 90, max: 110 }),
    traded: fc.integer({ min: 0, max: 50 }),
  });
  fc.assert(
    fc.property(fc.array(arbitrary, { maxLength: 60 }), fc.integer({ min: 1, max: 400 }), (unsorted, seconds) => {
      const seen = unsorted.toSorted((a, b) => a.second - b.second);
      const groups = Map.groupBy(seen, ({ second }) => Math.floor(second / seconds));
      const expected = [...groups].map(([k, ticks]) => {
        const prices = ticks.map(({ rupees }) => rs(rupees));
        return {
          intervalMs: seconds * 1_000,
          index: k,
          start: after(k * seconds),
          end: after((k + 1) * seconds),
          open: prices[0],
          high: Math.max(...prices),
          low: Math.min(...prices),
          close: prices.at(-1),
          volume: ticks.reduce((sum, { traded }) => sum + traded, 0),
          ticks: ticks.length,
          complete: true,
        };
      });
      assert.deepEqual(barsOf(seconds * 1_000, seen), expected);
    }),
    { numRuns: 1_000 },
  );
});
