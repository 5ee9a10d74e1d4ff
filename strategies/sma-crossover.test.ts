import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { StrategyPlayer } from '#core/strategy/play.ts';
import { smaCrossover } from './sma-crossover.ts';

interface Signal {
  readonly tick: number;
  readonly side: string;
  readonly quantity: number;
}

/** The rule over the whole history, as the reference answer of the throughput benchmark states it. */
function naiveSignals(prices: readonly number[], fast: number, slow: number, quantity: number): Signal[] {
  const signals: Signal[] = [];
  let position = 0;
  let previous: number | undefined;
  prices.forEach((_, tick) => {
    if (tick + 1 < slow) return;
    const sumOf = (count: number): number => prices.slice(tick + 1 - count, tick + 1).reduce((sum, each) => sum + each);
    const spread = slow * sumOf(fast) - fast * sumOf(slow);
    const before = previous;
    previous = spread;
    if (before === undefined) return;
    if (spread > 0 && before <= 0 && position === 0) {
      signals.push({ tick, side: 'BUY', quantity });
      position = quantity;
    } else if (spread < 0 && before >= 0 && position > 0) {
      signals.push({ tick, side: 'SELL', quantity: position });
      position = 0;
    }
  });
  return signals;
}

describe('sma_crossover', () => {
  test('it buys when the fast average rises through the slow one, and sells all when it falls back', () => {
    // Averages of 2 and 3 prices: level, 11.5 over 11, 13 over 12, 10 under 11.
    const player = new StrategyPlayer(smaCrossover, { fast: 2, slow: 3, quantity: 4 });
    assert.deepEqual(player.play([10, 10, 10, 13, 13, 7]), [
      { tick: 3, side: 'BUY', quantity: 4, metadata: { fast_average_e4: 12, slow_average_e4: 11 } },
      { tick: 5, side: 'SELL', quantity: 4, metadata: { fast_average_e4: 10, slow_average_e4: 11 } },
    ]);
  });

  test('the defaults are 10 over 30 and 10 units', () => {
    assert.deepEqual(new StrategyPlayer(smaCrossover).parameters, { fast: 10, slow: 30, quantity: 10 });
  });

  test('the first full slow window only tells where the averages stand', () => {
    const rising = Array.from({ length: 60 }, (_, k) => 100 + k);
    assert.deepEqual(new StrategyPlayer(smaCrossover).play(rising), []);
    const flatThenUp = [...Array.from({ length: 30 }, () => 100), 101];
    assert.deepEqual(
      new StrategyPlayer(smaCrossover).play(flatThenUp).map(({ tick, side }) => [tick, side]),
      [[30, 'BUY']],
    );
  });

  test('it buys only while it holds nothing, and sells the whole of what it holds', () => {
    const player = new StrategyPlayer(smaCrossover, { fast: 1, slow: 2, quantity: 4 });
    player.play([10, 10]);
    player.position = 3;
    assert.equal(player.tick(12), undefined, 'a crossing above while holding 3');
    const sold = player.tick(8);
    assert.deepEqual([sold?.side, sold?.quantity], ['SELL', 3]);
    assert.equal(player.tick(7), undefined);
  });

  test('a touch is a crossing only when the averages part on the other side', () => {
    const sides = (prices: readonly number[]): readonly string[] =>
      new StrategyPlayer(smaCrossover, { fast: 1, slow: 2 }).play(prices).map(({ tick, side }) => `${tick} ${side}`);
    assert.deepEqual(sides([10, 9, 9, 10]), ['3 BUY']);
    assert.deepEqual(sides([10, 10, 11, 11, 12, 12, 11]), ['2 BUY', '6 SELL']);
  });

  test('it equals the rule over the whole history on random walks, ties included', () => {
    let signals = 0;
    const steps = fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 20, maxLength: 150, size: 'max' });
    const windows = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 30 }));
    fc.assert(
      fc.property(steps, windows, (changes, [fast, more]) => {
        let at = 1_000;
        const prices = changes.map((change) => (at += change));
        const expected = naiveSignals(prices, fast, fast + more, 10);
        const found = new StrategyPlayer(smaCrossover, { fast, slow: fast + more }).play(prices);
        assert.deepEqual(
          found.map(({ tick, side, quantity }) => ({ tick, side, quantity })),
          expected,
        );
        signals += expected.length;
      }),
    );
    assert.ok(signals > 100, `the walks crossed only ${signals} times`);
  });

  test('sums stay exact at the highest price and the longest window', () => {
    const top = 9_000_000_000;
    const player = new StrategyPlayer(smaCrossover, { fast: 999, slow: 1_000 });
    const prices = [...Array.from({ length: 1_000 }, () => top), top + 1];
    assert.deepEqual(
      player.play(prices).map(({ tick, side }) => [tick, side]),
      [[1_000, 'BUY']],
    );
    assert.ok(Number.isSafeInteger(1_000 * player.state.fastSum));
  });

  test('a fast window that is not shorter than the slow one is refused', () => {
    assert.throws(() => new StrategyPlayer(smaCrossover, { fast: 30 }), {
      message: 'parameter fast must be less than slow, found fast 30 and slow 30',
    });
    assert.throws(() => new StrategyPlayer(smaCrossover, { slow: 1_001 }), {
      message: 'parameter slow must be a whole number from 2 to 1000, found 1001',
    });
  });
});
