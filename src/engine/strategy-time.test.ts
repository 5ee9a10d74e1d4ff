// Bars, timers, fills, targets and changes of orders through the whole pipeline: when strategies are asked, and that
// neither the cut of a batch nor a restart shows in what they say.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Strategy } from '#core/strategy/strategy.ts';
import { formatClock, timeOfDay, type EpochMs } from '#core/time.ts';
import {
  after,
  ALPHA,
  catalogueOf,
  deployment,
  instruments,
  namespacePlan,
  ofType,
  OPEN,
  PAPER,
  plan,
  rs,
  signal,
  strategyOf,
  wander,
} from '../../test/support/builders.ts';
import { CascadeRun, short } from '../../test/support/cascade-run.ts';
import { ist } from '../../test/support/tape-builder.ts';

const MINUTE = 60_000;
const CLOSE = ist('2021-06-11T15:30:00');

/** Holds twice as many units as its last bar had ticks, sets a limit at each fill and takes it away at a timer. */
const busy: Strategy = {
  ...(strategyOf('busy', () => undefined) as unknown as Strategy),
  bars: () => [MINUTE, 5 * MINUTE],
  timers: () => [
    { name: 'tidy', everyMs: 7 * MINUTE },
    { name: 'once', at: '09:40' },
  ],
  onBar: (_parameters, _state, { intervalMs, ticks, close }) =>
    intervalMs === MINUTE
      ? { target: (ticks % 5) * 2 }
      : { side: 'BUY', quantity: 1, orderType: 'limit', limitPrice: rs(Math.floor(close / 10_000) - 2) },
  onTimer: (_parameters, _state, { name }, own) => {
    const resting = own.orders.filter(({ state, asked }) => state === 'working' && asked === undefined);
    const cancels = resting.map(({ orderId }) => ({ cancel: orderId }));
    return name === 'once' ? [{ side: 'BUY', quantity: 3 }, ...cancels] : cancels;
  },
  onFill: (_parameters, _state, { side, quantity }) =>
    side === 'BUY' && quantity > 4 ? { side: 'SELL', quantity: 1 } : undefined,
};

/** Asks for nothing, and notes when it is asked. */
function noting(notes: string[], more: Partial<Strategy> = {}): Strategy {
  const at = (time: EpochMs): string => formatClock(timeOfDay(time));
  return {
    ...(strategyOf('noting', () => void notes.push('tick')) as unknown as Strategy),
    bars: () => [MINUTE],
    timers: () => [{ name: 'check', everyMs: 2 * MINUTE }],
    onBar: (_parameters, _state, bar) => void notes.push(`bar ${at(bar.start)}${bar.complete ? '' : ' incomplete'}`),
    onTimer: (_parameters, _state, due) => void notes.push(`timer ${at(due.at)}`),
    ...more,
  };
}

function runOf(strategy: Strategy, count = 1): CascadeRun {
  const deployments = [deployment({ strategyType: strategy.type, brokers: [PAPER] })];
  return new CascadeRun(plan({ instruments: instruments(count), deployments }), catalogueOf(strategy));
}

describe('strategies and time', () => {
  const tape = wander({ seed: 11, rows: 900, instruments: 3, stepMs: 2_300 });

  test('what they say does not depend on where batches are cut, nor on restarts', () => {
    const whole = runOf(busy, 3).rows(tape);
    const kinds = new Set(whole.events.map(({ type }) => type));
    for (const type of ['trading_signal', 'order_change', 'order_filled', 'cancel_submitted'] as const) {
      assert.ok(kinds.has(type), `the run has no ${type}`);
    }
    for (const size of [1, 7]) {
      const cut = runOf(busy, 3).rows(tape, size);
      assert.deepEqual(cut.bytes(), whole.bytes());
      assert.deepEqual(JSON.parse(cut.state()), JSON.parse(whole.state()));
    }
    const stopped = runOf(busy, 3);
    for (const [k, row] of tape.entries()) {
      stopped.rows([row]);
      if (k % 37 === 0) stopped.restart();
    }
    assert.deepEqual(stopped.bytes(), whole.bytes());
    assert.deepEqual(JSON.parse(stopped.state()), JSON.parse(whole.state()));
  });

  test('every id is said once', () => {
    const whole = runOf(busy, 3).rows(tape);
    whole.clock(CLOSE);
    const ids = whole.events.map(({ trace }) => trace.id);
    assert.equal(new Set(ids).size, ids.length);
  });

  test('after the mark and before the tick come bars and timers, and at the close the bars that run', () => {
    const notes: string[] = [];
    const run = runOf(noting(notes));
    run.tick(0, 100, OPEN);
    run.tick(0, 101, after(61));
    run.tick(0, 101, after(121));
    assert.deepEqual(notes.splice(0), ['tick', 'bar 09:15:00', 'tick', 'bar 09:16:00', 'timer 09:17:00', 'tick']);
    run.tick(0, 102, after(122));
    run.clock(CLOSE);
    assert.deepEqual(notes.slice(0, 3), ['tick', 'bar 09:17:00', 'timer 09:19:00']);
    assert.equal(notes.at(-1), 'timer 15:29:00');
  });

  test('the clock, a message and a tick of a closed segment bring what is due as well', () => {
    const notes: string[] = [];
    const run = runOf(noting(notes, { bars: () => [] }));
    run.clock((OPEN - 1_000) as EpochMs);
    run.clock(OPEN);
    run.clock(after(121));
    assert.deepEqual(notes.splice(0), ['timer 09:17:00']);
    run.message(signal({ at: after(241), price: rs(100) }));
    assert.deepEqual(notes.splice(0), ['timer 09:19:00']);
    run.clock(CLOSE);
    run.tick(0, 100, (CLOSE + 1_000) as EpochMs);
    assert.equal(notes.filter((note) => note === 'tick').length, 0);
  });

  test('an instrument that trades while another’s segment is closed is asked at that one’s ticks too', () => {
    const notes: string[] = [];
    const [first, second] = instruments(2);
    const gold = { ...second, segment: 'MCX' } as NonNullable<typeof second>;
    const strategy = noting(notes, { bars: () => [], timers: () => [{ name: 'check', at: '15:20' }] });
    const deployments = [deployment({ strategyType: 'noting', brokers: [PAPER], tokens: [1] })];
    const mixed = plan({ instruments: [first as NonNullable<typeof first>, gold], deployments });
    const run = new CascadeRun({ ...mixed, calendar: 'always_open' }, catalogueOf(strategy));
    run.tick(1, 100, OPEN);
    run.tick(1, 100, ist('2021-06-11T15:20:01'));
    assert.deepEqual(notes, ['timer 15:20:00']);
  });

  test('what follows from time alone is named after it', () => {
    const buying = noting([], { bars: () => [], onTimer: () => ({ side: 'BUY', quantity: 1 }) });
    const run = runOf(buying);
    run.tick(0, 100, OPEN);
    const [said] = ofType(run.clock(after(121)), 'trading_signal');
    assert.equal(said?.trace.id, 'clock@2021-06-11T03:47:01.000Z/s.paper.0');
    const [closing] = ofType(run.clock(CLOSE), 'trading_signal');
    assert.match(closing?.trace.id ?? '', /@close\/s\.paper\.0$/);
    assert.ok(short(run.events).includes('expired_signal SESSION_CLOSED'), 'nothing is traded after the close');
  });

  test('a namespace that was left out for a while has a hole in its bars', () => {
    const notes: string[] = [];
    const strategy = noting(notes, { timers: () => [] });
    const run = runOf(strategy);
    const there = run.cascade.plan;
    run.tick(0, 100, OPEN);
    run.cascade.replan({ ...there, namespaces: [namespacePlan({ broker: 'paper_two' as typeof PAPER })] });
    run.tick(0, 100, after(30));
    run.cascade.replan(there);
    run.tick(0, 100, after(40));
    run.tick(0, 100, after(60));
    assert.deepEqual(notes, ['tick', 'tick', 'bar 09:15:00 incomplete', 'tick']);
  });
});

describe('own orders', () => {
  test('a target is ordered once, counts what fills, and a resting order can be changed and cancelled', () => {
    const seen: string[] = [];
    const strategy = strategyOf('steering', ({ seen: k }, _now, own) => {
      seen.push(`${own.quantity}+${own.working}`);
      const [resting] = own.orders;
      if (k <= 3) return { target: 5 };
      if (k === 4) return { side: 'SELL', quantity: 5, orderType: 'limit', limitPrice: rs(110) };
      if (k === 6) return { modify: String(resting?.orderId), limitPrice: rs(120) };
      return k === 8 ? { cancel: String(resting?.orderId) } : undefined;
    });
    const run = runOf(strategy);
    for (let k = 0; k < 12; k++) run.tick(0, 100, after(k));
    assert.equal(ofType(run.events, 'trading_signal').length, 2, 'three times "hold 5" is one order');
    const changes = ofType(run.events, 'validated_change').map(({ change }) => change);
    const [order] = ofType(run.events, 'order_submitted').slice(-1);
    assert.deepEqual(
      changes.map(({ action, orderId, limitPrice }) => [action, orderId, limitPrice]),
      [
        ['modify', order?.order.orderId, rs(120)],
        ['cancel', order?.order.orderId, undefined],
      ],
    );
    assert.deepEqual(seen.slice(0, 5), ['0+0', '5+0', '5+0', '5+0', '5+-5']);
    assert.equal(run.namespace().portfolio.ledger.book(ALPHA).quantity[0], 5);
  });

  test('own books equal the ledger’s', () => {
    const run = runOf(busy, 3).rows(wander({ seed: 5, rows: 600, instruments: 3, stepMs: 3_100 }));
    const { runner, portfolio } = run.namespace();
    const book = portfolio.ledger.book(ALPHA);
    const own = new Map(runner.snapshot().books.find(([id]) => id === ALPHA)?.[1]);
    let realised = 0;
    for (let index = 0; index < 3; index++) {
      assert.equal(own.get(index)?.quantity ?? 0, book.quantity[index]);
      assert.equal(own.get(index)?.cost ?? 0, book.cost[index]);
      realised += own.get(index)?.realised ?? 0;
    }
    assert.equal(realised, book.realised);
  });
});
