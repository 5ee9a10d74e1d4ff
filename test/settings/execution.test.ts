// The EXECUTION and EXCHANGE settings, and how often books are written: each under two values, by what then happens to
// orders, fills and snapshots.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DomainEvent } from '#core/events.ts';
import { NO_VOLUME, TickBatch } from '#core/market/tick.ts';
import { applyInput } from '#engine/input.ts';
import { after, deployment, ofType, OPEN, rs, strategyOf, units } from '../support/builders.ts';
import { short } from '../support/cascade-run.ts';
import { depthOf } from '../support/exchange-floor.ts';
import { ist } from '../support/tape-builder.ts';
import { SettingsRun, type Env } from './settings-run.ts';

/** Price and quantity of each fill, and the seconds after the open at which it came. */
function fillsOf(events: readonly DomainEvent[]): readonly string[] {
  return ofType(events, 'order_filled').map(
    ({ quantity, fillPrice, at }) => `${quantity}@${fillPrice / 10_000} after ${(at - OPEN) / 1_000} s`,
  );
}

/** Fills of one order for ten units, asked for at 1 s, over a tick a second whose price and volume rise. */
function fillsUnder(env: Env): readonly string[] {
  const run = new SettingsRun(env);
  run.price(0, 100, 0);
  run.ask(1, { quantity: units(10) });
  for (let second = 1; second <= 12; second++) run.price(second, 100 + second, second * 4);
  return fillsOf(run.events);
}

test('EXECUTION__SIGNAL_TTL_SECONDS is the life of the signals of strategies and of strangers', () => {
  for (const [env, seconds] of [
    [{ EXECUTION__SIGNAL_TTL_SECONDS: '5' }, 5],
    [{}, 30],
  ] as const) {
    const buyOnce = strategyOf('buy_once', ({ seen }) => (seen === 1 ? { side: 'BUY', quantity: 1 } : undefined));
    const run = new SettingsRun(env, [deployment({ strategyType: 'buy_once' })], buyOnce);
    run.price(0, 100);
    const [own] = ofType(run.events, 'trading_signal');
    assert.equal(own?.expiresAt, after(seconds));

    // Of an instrument that never ticked: it waits, and ends when its life does.
    const data = { strategy_id: 'echo', instrument_token: 2, signal_type: 'BUY', quantity: 1, price: '100' };
    const value = JSON.stringify({ type: 'trading_signal', version: 1, broker: 'paper', data });
    const body = JSON.stringify({ topic: 'paper.signals.raw', value, offsetId: 'paper.signals.raw:0:0' });
    applyInput(run.cascade, { seq: 1, kind: 'message', at: after(1), body, ticks: 0 });
    run.take();
    assert.deepEqual(short(run.clock(after(seconds + 1 - 0.001))), []);
    assert.deepEqual(short(run.clock(after(seconds + 1))), ['expired_signal EXPIRED']);
  }
});

test('EXECUTION__CALENDAR decides whether a signal on a Saturday ends as expired', () => {
  for (const [calendar, expected] of [
    ['nse', ['trading_signal', 'validated_signal', 'expired_signal SESSION_CLOSED']],
    ['always_open', ['trading_signal', 'validated_signal', 'order_submitted', 'order_placed']],
  ] as const) {
    const run = new SettingsRun({ EXECUTION__CALENDAR: calendar });
    const saturday = ist('2021-06-12T11:00:00');
    run.tick(0, 100, saturday);
    assert.deepEqual(['trading_signal', ...short(run.ask((saturday + 1_000 - OPEN) / 1_000))], expected);
  }
});

test('EXECUTION__WARMUP_FRESH_SECONDS is how old the last tick of a warm instrument may be', () => {
  for (const [seconds, expected] of [
    ['40', ['validated_signal', 'order_submitted', 'order_placed']],
    ['39.999', ['validated_signal']],
  ] as const) {
    const run = new SettingsRun({ EXECUTION__WARMUP_FRESH_SECONDS: seconds });
    run.price(0, 100);
    assert.deepEqual(short(run.ask(40, { expiresAt: after(50) })), expected);
  }
});

test('EXECUTION__SQUARE_OFF_MINUTES is how long before the close intraday positions are closed, and 0 leaves them', () => {
  for (const [minutes, expected] of [
    ['15', ist('2021-06-11T15:15:00')],
    ['30', ist('2021-06-11T15:00:00')],
    ['0', undefined],
  ] as const) {
    const run = new SettingsRun({ EXECUTION__SQUARE_OFF_MINUTES: minutes });
    run.price(0, 100);
    run.ask(1, { product: 'MIS' });
    run.price(2, 100);
    run.clock(ist('2021-06-11T15:29:00'));
    const exits = ofType(run.events, 'order_submitted').filter(({ order }) => order.purpose === 'square_off');
    assert.deepEqual(
      ofType(run.events, 'trading_signal').filter(({ purpose }) => purpose === 'square_off').length > 0,
      expected !== undefined,
    );
    assert.ok(exits.every(({ order }) => order.side === 'SELL'));
    assert.equal(ofType(run.events, 'trading_signal').find(({ purpose }) => purpose === 'square_off')?.at, expected);
  }
});

test('EXECUTION__EXIT_STEP_SECONDS is how often a refused exit is tried again, and EXECUTION__EXIT_ALERT_AFTER how often it tells', () => {
  const told = (env: Env): readonly [tries: number, alerts: number] => {
    const run = new SettingsRun({ EXECUTION__WARMUP_FRESH_SECONDS: '1', EXECUTION__SIGNAL_TTL_SECONDS: '1', ...env });
    run.price(0, 100);
    run.ask(0, { bracket: { target: undefined, stop: undefined, trail: undefined, exitAt: after(10) } });
    run.price(1, 100);
    // The instrument falls silent, so no exit can leave: each waits a second for a price and is tried again.
    for (let second = 10; second <= 70; second++) run.clock(after(second));
    const exits = ofType(run.events, 'trading_signal').filter(({ purpose }) => purpose === 'bracket');
    return [exits.length, ofType(run.events, 'alert_raised').length];
  };
  const [tries, alerts] = told({});
  assert.ok(tries > 5 && alerts >= 2, `${tries} tries and ${alerts} alerts`);
  assert.ok(told({ EXECUTION__EXIT_STEP_SECONDS: '20' })[0] < tries);
  assert.ok(told({ EXECUTION__EXIT_ALERT_AFTER: '1' })[1] > alerts);
});

test('EXCHANGE__FILL_AT decides between the next tick and the last one', () => {
  const without = { EXCHANGE__PARTIAL_FILLS: 'false' };
  assert.deepEqual(fillsUnder({ ...without, EXCHANGE__FILL_AT: 'next' }), ['10@101 after 1 s']);
  assert.deepEqual(fillsUnder({ ...without, EXCHANGE__FILL_AT: 'last' }), ['10@100 after 1 s']);
});

test('EXCHANGE__LATENCY_MS_MEAN is how much later than asked an order arrives', () => {
  const without = { EXCHANGE__PARTIAL_FILLS: 'false' };
  assert.deepEqual(fillsUnder({ ...without, EXCHANGE__LATENCY_MS_MEAN: '0' }), ['10@101 after 1 s']);
  assert.deepEqual(fillsUnder({ ...without, EXCHANGE__LATENCY_MS_MEAN: '4500' }), ['10@106 after 6 s']);
});

/** When each of twenty orders, asked for together, filled. */
function secondsOfFills(env: Env): readonly number[] {
  const run = new SettingsRun({ EXCHANGE__LATENCY_MS_MEAN: '10000', EXCHANGE__PARTIAL_FILLS: 'false', ...env });
  run.price(0, 100);
  for (let order = 0; order < 20; order++) run.ask(0);
  for (let second = 1; second <= 40; second++) run.price(second, 100);
  return ofType(run.events, 'order_filled').map(({ at }) => (at - OPEN) / 1_000);
}

test('EXCHANGE__LATENCY_MS_STD spreads the moments at which orders arrive', () => {
  assert.deepEqual(new Set(secondsOfFills({ EXCHANGE__LATENCY_MS_STD: '0' })), new Set([10]));
  assert.ok(new Set(secondsOfFills({ EXCHANGE__LATENCY_MS_STD: '3000' })).size > 5);
});

test('EXCHANGE__SEED decides the draws of the simulated exchange, and the same one draws the same', () => {
  const spread = { EXCHANGE__LATENCY_MS_STD: '3000' };
  const first = secondsOfFills({ ...spread, EXCHANGE__SEED: '1' });
  assert.deepEqual(secondsOfFills({ ...spread, EXCHANGE__SEED: '1' }), first);
  assert.notDeepEqual(secondsOfFills({ ...spread, EXCHANGE__SEED: '2' }), first);
});

test('EXCHANGE__PARTIAL_FILLS limits a fill to what was traded since the last tick', () => {
  const parts = ['4@101 after 1 s', '4@102 after 2 s', '2@103 after 3 s'];
  assert.deepEqual(fillsUnder({ EXCHANGE__PARTIAL_FILLS: 'true' }), parts);
  assert.deepEqual(fillsUnder({ EXCHANGE__PARTIAL_FILLS: 'false' }), ['10@101 after 1 s']);
});

test('EXCHANGE__ROUND_TO_TICK rounds fill prices to the tick size, against the trader', () => {
  for (const [value, price] of [
    ['true', rs(100.05)],
    ['false', rs(100.03)],
  ] as const) {
    const run = new SettingsRun({ EXCHANGE__ROUND_TO_TICK: value, PAPER_TRADING__SLIPPAGE_PERCENT: '0.03' });
    run.price(0, 100);
    run.ask(1);
    run.price(2, 100, NO_VOLUME);
    assert.deepEqual(
      ofType(run.events, 'order_filled').map(({ fillPrice }) => fillPrice),
      [price],
    );
  }
});

test('EXCHANGE__BOOK decides between the price of a tick and the levels that it shows', () => {
  for (const [book, expected] of [
    ['ticks', ['10@100 after 2 s']],
    ['depth', ['4@100.05 after 2 s', '6@100.1 after 2 s']],
  ] as const) {
    const run = new SettingsRun({ EXCHANGE__BOOK: book });
    run.price(0, 100);
    run.ask(1, { quantity: units(10) });
    const batch = new TickBatch(1, true);
    batch.push(0, after(2), rs(100), NO_VOLUME, 0);
    batch.hasDepth = true;
    const levels = [
      [100.05, 4],
      [100.1, 50],
    ] as const;
    batch.depth.set(depthOf({ offers: levels }));
    run.cascade.onTicks(batch, 0, batch.count, () => 'levels');
    assert.deepEqual(fillsOf(run.events), expected);
  }
});

test('EXCHANGE__MARKET_PROTECTION_PERCENT is how far from the last price a market order fills', () => {
  const jump = { EXCHANGE__PARTIAL_FILLS: 'false' };
  const fills = (percent: string): readonly string[] => {
    const run = new SettingsRun({ ...jump, EXCHANGE__MARKET_PROTECTION_PERCENT: percent });
    run.price(0, 100);
    run.ask(1, { quantity: units(10) });
    for (const [k, price] of [103, 102, 101].entries()) run.price(2 + k, price);
    return fillsOf(run.events);
  };
  assert.deepEqual(fills('0'), ['10@103 after 2 s']);
  assert.deepEqual(fills('2'), ['10@102 after 3 s']);
  assert.deepEqual(fills('1.5'), ['10@101 after 4 s']);
});

test('EXCHANGE__REJECT_PERCENT is the share of orders that is refused by chance', () => {
  const refused = (percent: string): number => {
    const run = new SettingsRun({ EXCHANGE__REJECT_PERCENT: percent, RISK__MAX_TRADES_PER_DAY: '0' });
    run.price(0, 100);
    for (let order = 0; order < 100; order++) run.ask(0);
    return ofType(run.events, 'order_failed').filter(({ rejectCode }) => rejectCode === 'OTHER').length;
  };
  assert.deepEqual([refused('0'), refused('100')], [0, 100]);
  const some = refused('30');
  assert.ok(some > 15 && some < 45, `${some} of 100`);
});

test('PORTFOLIO_MANAGER__SNAPSHOT_INTERVAL_SECONDS is how often books are written, counted from the open', () => {
  for (const [seconds, expected] of [
    ['120', [120, 240, 360, 480, 600]],
    ['300', [300, 600]],
  ] as const) {
    const run = new SettingsRun({ PORTFOLIO_MANAGER__SNAPSHOT_INTERVAL_SECONDS: seconds }, [deployment()]);
    for (let second = 0; second <= 610; second += 10) run.price(second, 100);
    const written = ofType(run.events, 'pnl_snapshot').map(({ at }) => (at - OPEN) / 1_000);
    assert.deepEqual(written, expected);
  }
});
