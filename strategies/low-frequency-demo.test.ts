import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StrategyPlayer } from '#core/strategy/play.ts';
import { parseInstant } from '#core/time.ts';
import { lowFrequencyDemo } from './low-frequency-demo.ts';

const OPEN = parseInstant('2021-06-11T09:15:00+05:30') ?? NaN;

describe('low_frequency_demo', () => {
  test('the first tick makes a signal, and then none before the interval has passed', () => {
    const player = new StrategyPlayer(lowFrequencyDemo, {}, { token: 2 });
    const signal = { side: 'BUY', quantity: 1, confidence: 0.5 };
    assert.deepEqual(player.tick(100, OPEN), { tick: 0, ...signal, metadata: { signal_today: 1 } });
    assert.equal(player.tick(100, OPEN + 899_999), undefined);
    assert.deepEqual(player.tick(100, OPEN + 900_000), { tick: 2, ...signal, metadata: { signal_today: 2 } });
    assert.equal(player.tick(100, OPEN + 1_799_999), undefined, 'the interval counts from the last signal');
    assert.equal(player.tick(100, OPEN + 1_800_000)?.side, 'BUY');
  });

  test('the defaults are 15 minutes, no daily limit, auto and one unit', () => {
    assert.deepEqual(new StrategyPlayer(lowFrequencyDemo).parameters, {
      min_interval_seconds: 900,
      max_daily_signals_per_instrument: 0,
      side: 'auto',
      quantity: 1,
    });
  });

  test('auto buys even tokens, zero among them, and sells odd ones; a chosen side is kept', () => {
    const sideOf = (side: string, token: number): string | undefined =>
      new StrategyPlayer(lowFrequencyDemo, { side }, { token }).tick(100, OPEN)?.side;
    assert.deepEqual([sideOf('auto', 0), sideOf('auto', 256_265), sideOf('auto', 738_562)], ['BUY', 'SELL', 'BUY']);
    assert.deepEqual([sideOf('BUY', 1), sideOf('SELL', 2)], ['BUY', 'SELL']);
  });

  test('the daily limit holds until midnight in India', () => {
    const parameters = { min_interval_seconds: 1, max_daily_signals_per_instrument: 2, quantity: 5 };
    const player = new StrategyPlayer(lowFrequencyDemo, parameters);
    const midnight = parseInstant('2021-06-12T00:00:00+05:30') ?? NaN;
    const utcMidnight = parseInstant('2021-06-11T00:00:00Z') ?? NaN;
    assert.equal(player.tick(100, utcMidnight - 2_000)?.quantity, 5);
    assert.equal(player.tick(100, utcMidnight - 1_000)?.quantity, 5);
    assert.equal(player.tick(100, utcMidnight), undefined, 'midnight in Greenwich is no new day');
    assert.equal(player.tick(100, midnight - 1), undefined);
    assert.deepEqual(player.tick(100, midnight)?.metadata, { signal_today: 1 });
    assert.equal(player.tick(100, midnight + 999), undefined, 'the interval still holds on a new day');
  });

  test('a side that does not exist is refused', () => {
    assert.throws(() => new StrategyPlayer(lowFrequencyDemo, { side: 'buy' }), {
      message: 'parameter side must be one of auto, BUY, SELL, found "buy"',
    });
  });
});
