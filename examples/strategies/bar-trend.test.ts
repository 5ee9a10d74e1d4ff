// The test that goes with the example: copy it too.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StrategyPlayer, tradingDay } from '#core/strategy/play.ts';
import { barTrend } from './bar-trend.ts';

const FRIDAY = tradingDay('2021-06-11');

/** A player that has seen these prices in rupees, one each five minutes from the open on. */
function played(prices: readonly number[], from = 0) {
  const player = new StrategyPlayer(barTrend, { bars: 2, quantity: 5 }, {}, { session: FRIDAY });
  for (const [k, rupees] of prices.entries()) {
    player.tick(rupees * 10_000, FRIDAY.open + (from + k * 5) * 60_000);
  }
  return player;
}

describe('bar_trend', () => {
  test('it holds from a bar that closes above the average on, until one closes below', () => {
    // The bar of 101 ends with the tick of 102, at an average of 100.5; that of 99 with the last tick, at 100.5.
    const player = played([100, 101, 102, 99, 99]);
    const bracket = { stop: 1_010_000, exitAt: '15:15' };
    assert.deepEqual(player.orders, [
      {
        tick: 2,
        side: 'BUY',
        quantity: 5,
        product: 'MIS',
        bracket,
        metadata: { close: '101.00', average: '100.50' },
      },
    ]);
    assert.equal(player.position, 0, 'the stop at 101 was reached first');
  });

  test('without the stop, the target of zero ends it', () => {
    const player = played([100, 101, 103, 102, 102]);
    assert.deepEqual(
      player.orders.map(({ tick, side, quantity }) => [tick, side, quantity]),
      [
        [2, 'BUY', 5],
        [4, 'SELL', 5],
      ],
    );
  });

  test('it holds nothing at the end of the day, and wants nothing more until the next', () => {
    const late = played([100, 101, 102, 103, 104, 105], 345);
    assert.deepEqual(
      late.orders.map(({ tick }) => tick),
      [2],
      'at 15:10; the bars from 15:15 on ask for nothing',
    );
    assert.equal(late.position, 0, 'the bracket ended it at 15:15');
    late.close(tradingDay('2021-06-14'));
    assert.equal(late.state.done, true);
    late.tick(1_000_000, late.session.open);
    assert.equal(late.state.done, false);
  });

  test('a bar that lacks ticks is let go by', () => {
    assert.equal(played([100, 101, 102], 2).state.average.ring.pushed, 1, 'the first one began two minutes late');
  });
});
