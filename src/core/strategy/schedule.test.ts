import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { after, OPEN, reread, rs, tick } from '../../../test/support/builders.ts';
import { ist } from '../../../test/support/tape-builder.ts';
import { type Bar } from '../market/bar.ts';
import { type Session } from '../market/calendar.ts';
import { formatClock, timeOfDay, type EpochMs } from '../time.ts';
import { Schedule, scheduleProblem, type ScheduleListener, type Timer } from './schedule.ts';

const MINUTE = 60_000;
const FRIDAY = session('2021-06-11');
const MONDAY = session('2021-06-14');

function session(day: string): Session {
  const open = ist(`${day}T09:15:00`);
  return { id: `NSE:${day}`, day: 0, preOpen: open, open, close: ist(`${day}T15:30:00`) } as unknown as Session;
}

/** A schedule and what it told, such as `bar 0 09:15:00-09:20:00` and `timer 0 check 09:20:00`. */
class Desk implements ScheduleListener {
  schedule: Schedule;
  readonly told: string[] = [];
  readonly bars: Bar[] = [];
  readonly #declared: readonly [readonly number[], readonly Timer[], readonly boolean[]];

  constructor(bars: readonly number[], timers: readonly Timer[] = [], runs: readonly boolean[] = [true]) {
    this.#declared = [bars, timers, runs];
    this.schedule = new Schedule(...this.#declared);
  }

  onBar(index: number, bar: Bar): void {
    this.bars.push(bar);
    this.told.push(`bar ${index} ${clock(bar.start)}-${clock(bar.end)}${bar.complete ? '' : ' incomplete'}`);
  }

  onTimer(index: number, { name, at }: { readonly name: string; readonly at: EpochMs }): void {
    this.told.push(`timer ${index} ${name} ${clock(at)}`);
  }

  /** A tick so many seconds after the open; what it brought. */
  tick(at: EpochMs, on = 0, day = FRIDAY): readonly string[] {
    if (at >= this.schedule.nextDue) this.schedule.moveTo(at, day, this);
    this.schedule.onTick(tick({ instrument: on, price: rs(100) }), at);
    return this.told.splice(0);
  }

  close(at: EpochMs = FRIDAY.close): readonly string[] {
    this.schedule.close(at, this);
    return this.told.splice(0);
  }

  restart(): void {
    const state = reread(this.schedule.snapshot());
    this.schedule = new Schedule(...this.#declared);
    this.schedule.restore(state);
  }
}

function clock(at: EpochMs): string {
  return formatClock(timeOfDay(at));
}

describe('bars of a deployment', () => {
  test('are told at the first input at or after their end, before its tick, one interval after the other', () => {
    const desk = new Desk([MINUTE, 2 * MINUTE]);
    assert.deepEqual(desk.tick(OPEN), []);
    assert.deepEqual(desk.tick(after(59.9)), []);
    assert.deepEqual(desk.tick(after(60)), ['bar 0 09:15:00-09:16:00']);
    assert.deepEqual(desk.tick(after(150)), ['bar 0 09:16:00-09:17:00', 'bar 0 09:15:00-09:17:00']);
    assert.deepEqual(
      desk.bars.map(({ ticks }) => ticks),
      [2, 1, 3],
    );
  });

  test('end for every instrument when the time of any moves on, in the order of the instruments', () => {
    const desk = new Desk([MINUTE], [], [true, false, true]);
    desk.tick(after(1), 2);
    desk.tick(after(2), 0);
    desk.tick(after(3), 1);
    assert.deepEqual(desk.tick(after(61), 2), ['bar 0 09:15:00-09:16:00', 'bar 2 09:15:00-09:16:00']);
  });

  test('end with the session', () => {
    const desk = new Desk([MINUTE, 4 * 60 * MINUTE]);
    assert.deepEqual(desk.close(), [], 'nothing runs before the first session');
    desk.tick(after(1));
    assert.deepEqual(desk.close(), ['bar 0 09:15:00-09:16:00', 'bar 0 09:15:00-13:15:00']);
    assert.equal(desk.schedule.nextDue, -Infinity);
    desk.tick(MONDAY.open, 0, MONDAY);
    assert.deepEqual(desk.close(MONDAY.close), ['bar 0 09:15:00-09:16:00', 'bar 0 09:15:00-13:15:00']);
  });

  test('of a session whose close was missed end late and are not complete', () => {
    const desk = new Desk([MINUTE]);
    desk.tick(after(1));
    assert.deepEqual(desk.tick(MONDAY.open, 0, MONDAY), ['bar 0 09:15:00-09:16:00 incomplete']);
    assert.deepEqual(desk.tick((MONDAY.open + MINUTE) as EpochMs, 0, MONDAY), ['bar 0 09:15:00-09:16:00']);
  });

  test('are complete from the open when the first tick comes within moments of it, and else from where it joins', () => {
    const prompt = new Desk([MINUTE]);
    prompt.tick(after(5));
    assert.deepEqual(prompt.tick(after(60)), ['bar 0 09:15:00-09:16:00']);
    const late = new Desk([MINUTE]);
    late.tick(after(5.001));
    assert.deepEqual(late.tick(after(60)), ['bar 0 09:15:00-09:16:00 incomplete']);
    assert.deepEqual(late.tick(after(120)), ['bar 0 09:16:00-09:17:00']);
  });

  test('are not complete after a while without the deployment, or a gap', () => {
    const desk = new Desk([MINUTE]);
    desk.tick(OPEN);
    desk.schedule.leave();
    assert.deepEqual(desk.close(), [], 'a deployment that does not run is told nothing');
    assert.deepEqual(desk.tick(after(90)), ['bar 0 09:15:00-09:16:00 incomplete']);
    assert.deepEqual(desk.tick(after(120)), ['bar 0 09:16:00-09:17:00 incomplete']);
    assert.deepEqual(desk.tick(after(180)), ['bar 0 09:17:00-09:18:00']);
    desk.schedule.interrupt(after(190));
    assert.deepEqual(desk.tick(after(240)), ['bar 0 09:18:00-09:19:00 incomplete']);
    assert.deepEqual(desk.tick(after(300)), ['bar 0 09:19:00-09:20:00']);
  });

  test('of an instrument that joined the deployment later begin with its first tick', () => {
    const desk = new Desk([MINUTE], [], [true, true]);
    desk.tick(OPEN);
    const state = reread(desk.schedule.snapshot());
    desk.schedule = new Schedule([MINUTE], [], [true, true]);
    desk.schedule.restore({ ...state, series: state.series.slice(0, 1) });
    desk.tick(after(30), 1);
    assert.deepEqual(desk.tick(after(60)), ['bar 0 09:15:00-09:16:00', 'bar 1 09:15:00-09:16:00 incomplete']);
  });

  test('of other intervals, or of an instrument that is left out, do not come back from a snapshot', () => {
    const desk = new Desk([MINUTE], [], [true, true]);
    desk.tick(OPEN, 0);
    desk.tick(OPEN, 1);
    const state = reread(desk.schedule.snapshot());
    for (const [bars, expected] of [
      [[MINUTE], ['bar 0 09:15:00-09:16:00']],
      [[2 * MINUTE], []],
      [[MINUTE, 2 * MINUTE], []],
    ] as const) {
      const other = new Desk(bars, [], [true, false]);
      other.schedule.restore(state);
      assert.deepEqual(other.close(after(61)), expected);
    }
  });
});

describe('timers of a deployment', () => {
  test('fire at multiples counted from the open, for every instrument, each at its own time', () => {
    const desk = new Desk([], [{ name: 'check', everyMs: 5 * MINUTE }], [true, false, true]);
    assert.deepEqual(desk.tick(after(1)), []);
    assert.deepEqual(desk.tick(after(299.999)), []);
    assert.deepEqual(desk.tick(after(650)), [
      'timer 0 check 09:20:00',
      'timer 2 check 09:20:00',
      'timer 0 check 09:25:00',
      'timer 2 check 09:25:00',
    ]);
    assert.deepEqual(desk.tick(after(651)), []);
  });

  test('fire at a clock time of the session, at the open itself too, and never outside it', () => {
    const timers = ['09:00', '09:15', '15:10:30', '15:30'].map((at) => ({ name: 'clock', at }));
    const friday = { ...FRIDAY, day: Math.floor((OPEN + 19_800_000) / 86_400_000) } as Session;
    const desk = new Desk([], timers);
    assert.deepEqual(desk.tick(OPEN, 0, friday), ['timer 0 clock 09:15:00']);
    assert.deepEqual(desk.tick(ist('2021-06-11T15:10:29'), 0, friday), []);
    assert.deepEqual(desk.tick(ist('2021-06-11T15:10:31'), 0, friday), ['timer 0 clock 15:10:30']);
    assert.deepEqual(desk.close(), []);
  });

  test('come after the bars that end with them, and those still due fire at the close', () => {
    const desk = new Desk([MINUTE], [{ name: 'check', everyMs: 3 * 60 * MINUTE }]);
    desk.tick(after(1));
    assert.deepEqual(desk.close(), ['bar 0 09:15:00-09:16:00', 'timer 0 check 12:15:00', 'timer 0 check 15:15:00']);
  });

  test('what lay behind when a deployment joins is not due; what a session brought since it opened is', () => {
    const desk = new Desk([], [{ name: 'check', everyMs: 60 * MINUTE }]);
    assert.deepEqual(desk.tick(after(4_000)), []);
    assert.deepEqual(desk.tick(after(7_200)), ['timer 0 check 11:15:00']);
    assert.equal(desk.close().length, 4);
    const late = (MONDAY.open + 61 * MINUTE) as EpochMs;
    assert.deepEqual(desk.tick(late, 0, MONDAY), ['timer 0 check 10:15:00']);
    desk.schedule.leave();
    const back = (MONDAY.open + 125 * MINUTE) as EpochMs;
    assert.deepEqual(desk.tick(back, 0, MONDAY), [], 'nor is what came while it was away');
  });

  test('a tick before the first session is let go by', () => {
    const { schedule } = new Desk([MINUTE]);
    assert.doesNotThrow(() => schedule.onTick(tick(), OPEN));
    assert.doesNotThrow(() => schedule.onTick(tick({ instrument: 5 }), OPEN));
  });
});

test('intervals and timers that make no sense are refused in words', () => {
  const told = (bars: readonly number[], timers: readonly Timer[] = []) => scheduleProblem(bars, timers);
  assert.equal(
    told(
      [1_000, 86_400_000],
      [
        { name: 'a', at: '09:15' },
        { name: 'b', everyMs: 1_000 },
      ],
    ),
    undefined,
  );
  assert.match(told([999]) ?? '', /wants bars of 999 ms: an interval is a whole number from 1000 to 86400000/);
  assert.match(told([86_400_001]) ?? '', /wants bars of 86400001 ms/);
  assert.match(told([1_500.5]) ?? '', /wants bars of 1500\.5 ms/);
  assert.match(told([60_000, 60_000]) ?? '', /wants bars of 60000, 60000 ms: name each interval once/);
  assert.match(
    told([], [{ name: 'exit', at: '25:00' }]) ?? '',
    /wants the timer exit at 25:00: a clock time is written/,
  );
  assert.match(
    told([], [{ name: 'fast', everyMs: 999 }]) ?? '',
    /wants the timer fast every 999 ms: the least is 1000/,
  );
  assert.match(told([], [{ name: 'odd', everyMs: 1_000.5 }]) ?? '', /wants the timer odd every 1000\.5 ms/);
  assert.throws(() => new Schedule([1], [], [true]), /wants bars of 1 ms/);
});

test('a schedule that is written and read back at any tick tells the same as one that is not', () => {
  const steps = fc.array(
    fc.record({ seconds: fc.integer({ min: 0, max: 400 }), on: fc.integer({ min: 0, max: 2 }), what: fc.nat(12) }),
    { maxLength: 40 },
  );
  const timers: readonly Timer[] = [
    { name: 'often', everyMs: 90_000 },
    { name: 'at', at: '09:30' },
  ];
  const declared = [[MINUTE, 7 * MINUTE], timers, [true, true, false]] as const;
  fc.assert(
    fc.property(steps, fc.nat(5), (taken, every) => {
      const [straight, stopped] = [new Desk(...declared), new Desk(...declared)];
      let at = OPEN as number;
      for (const [k, { seconds, on, what }] of taken.entries()) {
        at += seconds * 1_000;
        if (k % (every + 1) === 0) stopped.restart();
        for (const desk of [straight, stopped]) {
          if (what === 11) desk.schedule.leave();
          if (what === 12) desk.schedule.interrupt(at as EpochMs);
        }
        assert.deepEqual(stopped.tick(at as EpochMs, on), straight.tick(at as EpochMs, on));
        assert.deepEqual(reread(stopped.schedule.snapshot()), reread(straight.schedule.snapshot()));
      }
      assert.deepEqual(stopped.close(), straight.close());
      assert.deepEqual(stopped.bars, straight.bars);
    }),
    { numRuns: 300 },
  );
});
