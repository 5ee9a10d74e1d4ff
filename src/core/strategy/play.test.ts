import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StrategyPlayer } from './play.ts';
import { defineStrategy } from './strategy.ts';

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
