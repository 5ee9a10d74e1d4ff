import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { rs } from '../../../test/support/builders.ts';
import { formatClock, timeOfDay } from '../time.ts';
import { score } from './models/model.ts';
import { StrategyPlayer, tradingDay } from './play.ts';
import { defineStrategy } from './strategy.ts';
import { type Wanted } from './wanted.ts';

/** Buys at a rise and sells what it holds at a fall; remembers what it was handed. */
const follower = defineStrategy({
  type: 'follower',
  version: 1,
  summary: 'Follows each move.',
  parameters: { quantity: { kind: 'integer', default: 2, min: 1, max: 9, doc: 'units' } },
  validate: ({ quantity }) => (quantity === 7 ? 'parameter quantity must not be 7' : undefined),
  warmUpTicks: () => 2,
  start: (_parameters, instrument) => ({ symbol: instrument.symbol, last: 0, times: [] as number[], held: [0] }),
  onTick(parameters, state, tick, own) {
    const { last } = state;
    state.last = tick.price;
    state.times.push(tick.time);
    state.held.push(own.quantity);
    if (last === 0 || tick.price === last) return undefined;
    if (tick.price > last) return { side: 'BUY', quantity: parameters.quantity };
    return { side: 'SELL', quantity: own.quantity };
  },
});

describe('playing prices into a strategy', () => {
  test('wishes come back with their tick, and are filled before the next one', () => {
    const player = new StrategyPlayer(follower);
    assert.deepEqual(player.play([10, 11, 11, 12, 9, 9]), [
      { tick: 1, side: 'BUY', quantity: 2 },
      { tick: 3, side: 'BUY', quantity: 2 },
      { tick: 4, side: 'SELL', quantity: 4 },
    ]);
    assert.deepEqual(player.state.held, [0, 0, 0, 2, 2, 4, 0]);
    assert.equal(player.position, 0);
  });

  test('parameters, instrument and times can be chosen', () => {
    const player = new StrategyPlayer(follower, { quantity: '5' }, { symbol: 'TCS' });
    assert.equal(player.tick(10), undefined);
    assert.deepEqual(player.tick(11, 9_000), { tick: 1, side: 'BUY', quantity: 5 });
    player.tick(11);
    assert.deepEqual(player.state.times, [0, 9_000, 2_000]);
    assert.equal(player.state.symbol, 'TCS');
  });

  test('refused parameters stop it with the sentences', () => {
    assert.throws(() => new StrategyPlayer(follower, { quantity: 0 }), {
      message: 'parameter quantity must be a whole number from 1 to 9, found 0',
    });
    assert.throws(() => new StrategyPlayer(follower, { quantity: 7 }), { message: 'parameter quantity must not be 7' });
  });
});

/** Wants what is written for the tick (0 is the first), and notes what it is told otherwise. */
function scripted(script: Readonly<Record<number, Wanted | readonly Wanted[]>>) {
  return defineStrategy({
    type: 'scripted',
    version: 1,
    summary: 'Follows a script.',
    parameters: {},
    warmUpTicks: () => 1,
    start: () => ({ seen: 0, told: [] as string[] }),
    onTick: (_parameters, state) => script[state.seen++],
    bars: () => [60_000],
    onBar: (_parameters, state, bar) => void state.told.push(`bar of ${bar.ticks} at ${bar.close}`),
    timers: () => [{ name: 'check', at: '09:16:30' }],
    onTimer: (_parameters, state, { name, at }) => void state.told.push(`${name} ${formatClock(timeOfDay(at))}`),
    onFill: (_parameters, state, { side, quantity, price }) => void state.told.push(`${side} ${quantity} at ${price}`),
  });
}

function told(
  script: Readonly<Record<number, Wanted | readonly Wanted[]>>,
  prices: readonly number[],
): readonly string[] {
  const player = new StrategyPlayer(scripted(script));
  player.play(prices);
  return player.state.told;
}

describe('playing bars and timers', () => {
  test('they come before the tick that brings them, and at the close', () => {
    const player = new StrategyPlayer(scripted({}), {}, {}, { session: tradingDay('2021-06-11') });
    const { open } = player.session;
    for (const seconds of [0, 30, 61, 95]) player.tick(100 + seconds, open + seconds * 1_000);
    assert.deepEqual(player.state.told, ['bar of 2 at 130', 'check 09:16:30']);
    assert.deepEqual(player.close(tradingDay('2021-06-14')), []);
    player.tick(7, player.session.open - 1_000);
    player.tick(8, player.session.open);
    player.close();
    assert.deepEqual(player.state.told.slice(2), ['bar of 2 at 195', 'bar of 1 at 8', 'check 09:16:30']);
    assert.throws(() => tradingDay('11.6.2021'), /expected a day such as 2021-06-11, found 11\.6\.2021/);
  });

  test('what is wanted at a bar is an order like any other', () => {
    const strategy = { ...scripted({}), onBar: () => ({ target: 5 }) };
    const player = new StrategyPlayer(strategy);
    for (const seconds of [0, 61, 62, 125]) player.tick(100, seconds * 1_000);
    assert.deepEqual(player.orders, [{ tick: 1, side: 'BUY', quantity: 5 }]);
    assert.equal(player.position, 5);
    player.position = 9;
    assert.deepEqual(player.close(), [{ tick: 4, side: 'SELL', quantity: 4 }]);
  });

  test('models are handed in by the name of their parameter', () => {
    const strategy = defineStrategy({
      ...scripted({}),
      parameters: { model: { kind: 'model', default: 'm', doc: 'a model' } },
      onTick: (_parameters, _state, tick, _own, _on, models) =>
        score(models['model'] as never, [tick.price]) > 5 ? ({ side: 'BUY', quantity: 1 } as const) : undefined,
    });
    const model = { kind: 'linear', features: ['price'], weights: [1], bias: 0 } as const;
    const player = new StrategyPlayer(strategy, {}, {}, { models: { model } });
    assert.deepEqual(player.play([5, 6]), [{ tick: 1, side: 'BUY', quantity: 1 }]);
  });
});

describe('playing orders', () => {
  const buy = { side: 'BUY', quantity: 10 } as const;
  const sell = { side: 'SELL', quantity: 10 } as const;
  const limitPrice = rs(99);
  const triggerPrice = rs(101);

  test('a market order fills at the next tick, a limit and a stop once the price allows it', () => {
    const prices = [100, 100, 99, 101, 98].map(rs);
    assert.deepEqual(told({ 0: buy }, prices), [`BUY 10 at ${rs(100)}`]);
    assert.deepEqual(told({ 0: { ...buy, orderType: 'limit', limitPrice } }, prices), [`BUY 10 at ${rs(99)}`]);
    assert.deepEqual(told({ 0: { ...buy, orderType: 'stop', triggerPrice } }, prices), [`BUY 10 at ${rs(101)}`]);
    const both = { ...buy, orderType: 'stop_limit', triggerPrice, limitPrice } as const;
    assert.deepEqual(told({ 0: both }, prices), [`BUY 10 at ${rs(98)}`], 'triggered at 101, filled below 99');
    const down = { ...sell, orderType: 'limit', limitPrice: rs(101) } as const;
    assert.deepEqual(told({ 0: down }, prices), [`SELL 10 at ${rs(101)}`]);
  });

  test('an order that is good for a moment only fills at the next tick or not at all', () => {
    const wish = { ...buy, orderType: 'limit', limitPrice, validity: 'IOC' } as const;
    assert.deepEqual(told({ 0: wish }, [100, 100, 99].map(rs)), []);
    assert.deepEqual(told({ 0: wish }, [100, 99].map(rs)), [`BUY 10 at ${rs(99)}`]);
  });

  test('orders can be changed and cancelled while they rest', () => {
    const resting = { ...buy, orderType: 'limit', limitPrice } as const;
    const player = new StrategyPlayer(
      scripted({ 0: resting, 1: { modify: 'order-1', limitPrice: rs(100), quantity: 4 } }),
    );
    player.play([101, 101, 100].map(rs));
    assert.deepEqual(player.state.told, [`BUY 4 at ${rs(100)}`]);
    assert.deepEqual(player.changes, [{ tick: 1, modify: 'order-1', limitPrice: rs(100), quantity: 4 }]);
    const other = new StrategyPlayer(
      scripted({
        0: resting,
        1: { cancel: 'order-1' },
        2: [{ cancel: 'order-1' }, { modify: 'order-1', quantity: 1 }],
      }),
    );
    other.play([101, 101, 101, 98].map(rs));
    assert.deepEqual([other.state.told, other.own.orders, other.own.working], [[], [], 0]);
    assert.equal(other.changes.length, 3, 'a change that comes too late changes nothing');
  });

  test('a bracket ends the position at its target, its stop, its trail or its time', () => {
    const ends = (bracket: object, prices: readonly number[], side: 'BUY' | 'SELL' = 'BUY') =>
      told({ 0: { side, quantity: 10, product: 'MIS', bracket } }, prices.map(rs)).at(-1);
    assert.equal(ends({ target: rs(105), stop: rs(95) }, [100, 100, 104, 105, 90]), `SELL 10 at ${rs(105)}`);
    assert.equal(ends({ target: rs(105), stop: rs(95) }, [100, 100, 96, 94, 110]), `SELL 10 at ${rs(94)}`);
    assert.equal(ends({ trail: rs(3) }, [100, 100, 110, 108, 107, 90]), `SELL 10 at ${rs(107)}`);
    assert.equal(ends({ exitAt: 3_000 }, [100, 100, 101, 102, 103]), `SELL 10 at ${rs(102)}`);
    assert.equal(ends({ target: rs(95) }, [100, 100, 96, 95], 'SELL'), `BUY 10 at ${rs(95)}`);
    assert.equal(ends({ trail: rs(3) }, [100, 100, 90, 92, 93], 'SELL'), `BUY 10 at ${rs(93)}`);
  });

  test('a bracket ends no more than is held', () => {
    const bracket = { stop: rs(95) };
    const script = { 0: { ...buy, bracket }, 1: { side: 'SELL', quantity: 6 }, 3: { ...buy, bracket } } as const;
    assert.deepEqual(told(script, [100, 100, 100, 94, 100, 100].map(rs)), [
      `BUY 10 at ${rs(100)}`,
      `SELL 6 at ${rs(100)}`,
      `SELL 4 at ${rs(94)}`,
      `BUY 10 at ${rs(100)}`,
    ]);
    const flat = { 0: { ...buy, bracket }, 1: sell } as const;
    assert.equal(told(flat, [100, 100, 100, 90].map(rs)).length, 2, 'nothing is left to end');
  });
});
