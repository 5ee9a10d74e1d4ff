// The test that goes with the example: copy it too.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StrategyPlayer } from '#core/strategy/play.ts';
import { breakout } from './breakout.ts';

const SMALL = { entry_ticks: 3, exit_ticks: 2, quantity: 5 };
const inRupees = (prices: readonly number[]): readonly number[] => prices.map((rupees) => rupees * 10_000);

describe('breakout', () => {
  test('it buys above the highest of the ticks before, and sells all below the lowest', () => {
    const player = new StrategyPlayer(breakout, SMALL);
    assert.deepEqual(player.play(inRupees([100, 102, 101, 103, 104, 103, 102])), [
      { tick: 3, side: 'BUY', quantity: 5, metadata: { above: '102.00' } },
      { tick: 6, side: 'SELL', quantity: 5, metadata: { below: '103.00' } },
    ]);
  });

  test('the highest price itself is no breakout', () => {
    assert.deepEqual(new StrategyPlayer(breakout, SMALL).play(inRupees([100, 102, 101, 102, 102])), []);
  });

  test('the first signal can come at the last tick of the warm-up', () => {
    const player = new StrategyPlayer(breakout, SMALL);
    const [first] = player.play(inRupees([100, 100, 100, 101]));
    assert.equal(first?.tick, breakout.warmUpTicks(player.parameters) - 1);
  });

  test('its state can be written and read back at any tick', () => {
    const player = new StrategyPlayer(breakout, SMALL);
    const signals = inRupees([100, 102, 101, 103, 104, 103, 102]).map((price) => {
      player.state = JSON.parse(JSON.stringify(player.state));
      return player.tick(price)?.side;
    });
    assert.deepEqual(signals, [undefined, undefined, undefined, 'BUY', undefined, undefined, 'SELL']);
  });

  test('an exit window longer than the entry window is refused', () => {
    assert.throws(() => new StrategyPlayer(breakout, { entry_ticks: 10 }), {
      message: 'parameter exit_ticks must be at most entry_ticks, found exit_ticks 20 and entry_ticks 10',
    });
  });
});
