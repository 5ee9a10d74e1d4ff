// The closing auction of stocks that have derivatives, from 2026-08-03 on, as the shipped calendar has it: what rests is
// carried into it, it is matched at one price when it ends, and for the engine trading is over when it begins.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { type DomainEvent, type TradingSignal } from '#core/events.ts';
import { type BrokerId } from '#core/ids.ts';
import { parseCalendarData } from '#core/market/calendar-data.ts';
import { sessionCalendar } from '#core/market/session-calendar.ts';
import { type Plan } from '#core/plan.ts';
import { type EpochMs } from '#core/time.ts';
import { catalogueOf, instrument, namespacePlan, plan, rs, signal, units } from '../../test/support/builders.ts';
import { CascadeRun, short } from '../../test/support/cascade-run.ts';
import { ist } from '../../test/support/tape-builder.ts';
import { SessionTimer, type Due } from './session-timer.ts';

const FILE = new URL('../../config/calendars/nse.json', import.meta.url);
const CALENDAR = sessionCalendar([parseCalendarData(JSON.parse(readFileSync(FILE, 'utf8')), 'nse.json')]);
/** The first has the auction; the second trades on to 15:30. */
const TWO = [instrument({ segment: 'NSE_CAS' }), instrument({ token: 2, symbol: 'S2' })];

function on(time: string, day = '2026-08-03'): EpochMs {
  return ist(`${day}T${time}`);
}

function runOf(overrides: Partial<Plan> = {}): CascadeRun {
  const terms = { instruments: TWO, snapshotIntervalMs: 86_400_000, ...overrides };
  return new CascadeRun(plan(terms), catalogueOf(), CALENDAR);
}

function buy(id: string, time: string, overrides: Partial<TradingSignal> = {}): TradingSignal {
  return signal({ id, at: on(time), limitPrice: rs(100), quantity: units(10), ...overrides });
}

function told(events: readonly DomainEvent[]): readonly string[] {
  return short(events.filter(({ type }) => type !== 'pnl_snapshot' && type !== 'order_placed'));
}

/** A limit order at 100 that rests since the morning. */
function resting(): CascadeRun {
  const run = runOf();
  run.tick(0, 101, on('10:00:00'));
  run.message(buy('a', '10:00:01'));
  run.take();
  return run;
}

describe('an order that rests when the closing auction begins', () => {
  test('fills at the price of the auction when it ends, and at no price before', () => {
    const run = resting();
    run.tick(0, 101, on('15:14:59'));
    for (const [time, rupees] of [
      ['15:16:00', 99],
      ['15:21:00', 98],
      ['15:31:00', 99.5],
    ] as const) {
      assert.deepEqual(told(run.tick(0, rupees, on(time))), [], time);
    }
    assert.deepEqual(told(run.clock(on('15:34:59.999'))), []);
    const [fill, ...rest] = run.clock(on('15:35:00')).filter(({ type }) => type === 'order_filled');
    assert.deepEqual(rest, []);
    assert.deepEqual(fill && [...short([fill]), fill.at], ['order_filled 10@99.5', on('15:35:00')]);
  });

  test('expires when the auction ends at a price that it does not reach', () => {
    const run = resting();
    run.tick(0, 99, on('15:16:00'));
    run.tick(0, 100.5, on('15:32:00'));
    assert.deepEqual(told(run.clock(on('15:35:00'))), ['order_expired']);
  });

  test('fares the same when the platform is started anew at any moment', () => {
    const times = ['15:14:59', '15:16:00', '15:20:00', '15:25:01', '15:31:00', '15:36:00'];
    const play = (stop: string): readonly string[] => {
      const run = resting();
      for (const time of times) {
        run.tick(0, 99.75, on(time));
        if (time === stop) run.restart();
      }
      return run.bytes();
    };
    const straight = play('never');
    assert.ok(straight.some((line) => line.startsWith('paper.orders.filled')));
    for (const time of times) assert.deepEqual(play(time), straight, time);
  });

  test('the session after the auction trades continuously again', () => {
    const run = resting();
    run.tick(0, 101, on('15:31:00'));
    run.tick(0, 101, on('10:00:00', '2026-08-04'));
    run.message(buy('b', '10:00:00', { at: on('10:00:01', '2026-08-04') }));
    run.take();
    assert.deepEqual(told(run.tick(0, 100, on('10:00:02', '2026-08-04'))), ['order_filled 10@100']);
  });
});

describe('while the closing auction runs', () => {
  test('a signal meets a closed market, and a stock without derivatives trades on', () => {
    const run = runOf();
    run.tick(0, 101, on('15:14:59'));
    run.tick(1, 101, on('15:21:00'));
    run.tick(0, 101, on('15:21:00'));
    assert.deepEqual(told(run.message(buy('a', '15:21:01'))), ['validated_signal', 'expired_signal SESSION_CLOSED']);
    run.message(buy('b', '15:21:01', { token: 2 }));
    run.take();
    assert.deepEqual(told(run.tick(1, 100, on('15:21:02'))), ['order_filled 10@100']);
  });

  test('an intraday position is not opened any more from the square-off before it', () => {
    const run = runOf({
      namespaces: [namespacePlan({ exits: { stepMs: 5_000, alertAfter: 3, squareOffMs: 900_000 } })],
    });
    for (const index of [0, 1]) run.tick(index, 101, on('15:00:00'));
    const intraday = (token: number): readonly string[] =>
      told(run.message(buy(`m${token}`, '15:00:01', { token, product: 'MIS' })));
    assert.deepEqual(intraday(1), ['validated_signal', 'expired_signal SESSION_CLOSED']);
    assert.deepEqual(intraday(2), ['validated_signal', 'order_submitted'], 'trades to 15:30');
  });

  test('a namespace that joins is told of it', () => {
    const run = resting();
    run.tick(0, 101, on('15:10:00'));
    const two = namespacePlan({ broker: 'paper_two' as BrokerId });
    const { plan: terms } = run.cascade;
    run.cascade.replan({ ...terms, namespaces: [two] });
    run.tick(0, 99, on('15:21:00'));
    assert.deepEqual(run.namespace(two.broker).exchange.snapshot().phases, [
      ['NSE_CAS', { kind: 'closing_call', accepts: ['market', 'limit'] }],
    ]);
    run.cascade.replan({ ...terms, namespaces: [namespacePlan()] });
    assert.deepEqual(told(run.tick(0, 99.5, on('15:22:00'))), []);
    run.take();
    assert.deepEqual(told(run.clock(on('15:35:00'))), ['order_filled 10@99.5']);
  });
});

describe('the timer of a session with a closing auction', () => {
  function duesOn(day: string, segment = 'NSE_CAS'): readonly Due[] {
    const timer = new SessionTimer(CALENDAR, { segment, intervalMs: Infinity, squareOffMs: 600_000 }, undefined);
    const dues: Due[] = [];
    const end = on('16:00:00', day);
    timer.take(on('10:00:00', day));
    for (let due = timer.take(end); due !== undefined; due = timer.take(end)) dues.push(due);
    return dues;
  }

  const names = (dues: readonly Due[]): readonly string[] => dues.map(({ name }) => name.replace(/^.*@/, ''));

  test('tells each step, and counts the square-off from the end of continuous trading', () => {
    const dues = duesOn('2026-08-03');
    assert.deepEqual(names(dues), [
      'square_off',
      'phase_15:15:00',
      'phase_15:20:00',
      'phase_15:25:00',
      'phase_15:30:00',
      'close',
    ]);
    assert.equal(dues[0]?.at, on('15:05:00'));
    assert.deepEqual(
      dues.flatMap((due) => (due.kind === 'phase' ? [due.phase.accepts] : [])),
      [[], ['market', 'limit'], ['limit'], []],
    );
  });

  test('tells no step where there is no auction', () => {
    assert.deepEqual(names(duesOn('2026-07-31')), ['square_off', 'close']);
    assert.deepEqual(names(duesOn('2026-08-03', 'NSE')), ['square_off', 'close']);
  });

  test('begins with the steps that are left', () => {
    const timer = new SessionTimer(
      CALENDAR,
      { segment: 'NSE_CAS', intervalMs: Infinity, squareOffMs: 600_000 },
      on('15:20:00'),
    );
    assert.equal(timer.nextDue, on('15:25:00'));
    assert.deepEqual(timer.auctionAt(on('15:20:00'))?.accepts, ['market', 'limit']);
    assert.equal(timer.auctionAt(on('15:14:59')), undefined);
  });
});
