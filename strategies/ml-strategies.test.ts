// The strategies that ask a model: their features by hand, and what a score makes them do.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pushRing, startRing } from '#core/strategy/indicators/ring.ts';
import { startSma } from '#core/strategy/indicators/moving-average.ts';
import { FeatureMismatch, type Model } from '#core/strategy/models/model.ts';
import { StrategyPlayer } from '#core/strategy/play.ts';
import { shippedModel } from '../test/support/models.ts';
import { mlBreakout } from './ml-breakout.ts';
import { mlMeanReversion, pushReversion } from './ml-mean-reversion.ts';
import { mlMomentum, momentumFeatures } from './ml-momentum.ts';
import { changeOf, changesIn, predict } from './ml-rule.ts';

/** The score is this feature's weight times its value, plus the bias, cut to 0 to 1. */
function linear(features: readonly string[], weights: readonly number[], bias = 0): Model {
  return { kind: 'linear', features, weights, bias };
}

function rupees(...prices: readonly number[]): readonly number[] {
  return prices.map((each) => Math.round(each * 10_000));
}

function near(found: Readonly<Record<string, number>> | undefined, expected: Readonly<Record<string, number>>): void {
  assert.deepEqual(Object.keys(found ?? {}), Object.keys(expected));
  for (const [name, value] of Object.entries(expected)) {
    assert.ok(Math.abs((found?.[name] ?? NaN) - value) < 1e-9, `${name} is ${found?.[name]}, expected ${value}`);
  }
}

describe('a prediction', () => {
  const model = linear(['rises'], [1]);

  test('buys when a rise is more probable than the threshold, and sells when a fall is', () => {
    const of = (rises: number) => {
      const opinion = predict(model, { rises }, 0.6, 5);
      return opinion && [opinion.side, opinion.quantity, Math.round(opinion.confidence * 1_000) / 1_000];
    };
    assert.deepEqual(of(0.7), ['BUY', 5, 0.7]);
    assert.deepEqual(of(0.25), ['SELL', 5, 0.75]);
    assert.equal(of(0.6), undefined, 'the threshold itself is not passed');
    assert.equal(of(0.45), undefined);
    assert.deepEqual(
      [of(7), of(-7)],
      [
        ['BUY', 5, 1],
        ['SELL', 5, 1],
      ],
      'a score outside 0 to 1 is certain',
    );
  });

  test('tells the person who asks what the model was given and what it said', () => {
    const [up, down] = [predict(model, { rises: 0.75 }, 0.5, 1), predict(model, { rises: 0 }, 0.5, 1)];
    assert.deepEqual(up?.metadata, { ml_prediction: 1, ml_confidence: '0.75', rises: '0.75' });
    assert.deepEqual(down?.metadata, { ml_prediction: 0, ml_confidence: '1.00', rises: '0.00' });
  });

  test('is not made by a model of other features', () => {
    assert.throws(() => predict(model, { rises: 1, falls: 2 }, 0.5, 1), FeatureMismatch);
  });
});

describe('features', () => {
  test('changes are shares of the price before; a change from nothing has no size', () => {
    assert.equal(changeOf(100, 110), 0.1);
    assert.equal(changeOf(0, 110), 0);
    const prices = startRing(3);
    for (const price of [100, 110, 99]) pushRing(prices, price);
    // +10 % and -10 %: mean 0, squares 0.02, one degree of freedom.
    const { deviation, meanSize } = changesIn(prices, 3);
    assert.ok(Math.abs(deviation - Math.sqrt(0.02)) < 1e-12);
    assert.ok(Math.abs(meanSize - 0.1) < 1e-12);
  });

  test('of momentum are the long and the short return, the deviation, the price and the number of ticks', () => {
    const prices = startRing(7);
    for (const price of rupees(100, 80, 80, 80, 80, 80)) pushRing(prices, price);
    assert.equal(momentumFeatures(prices, 7), undefined);
    for (const price of rupees(88)) pushRing(prices, price);
    // Changes -0.2, 0, 0, 0, 0, 0.1; mean -1/60; squares 0.05 less 6 / 3600.
    const deviation = Math.sqrt((0.05 - 6 / 3_600) / 5);
    near(momentumFeatures(prices, 7), { total_return: -0.12, short_return: 0.1, deviation, price: 88, ticks: 7 });
  });

  test('of the return to the mean are the distance in deviations, the price, the deviation and the number of ticks', () => {
    const average = startSma(3);
    assert.equal(pushReversion(average, 1_000_000), undefined);
    assert.equal(pushReversion(average, 1_000_000), undefined);
    assert.deepEqual(pushReversion(average, 1_000_000), { z_score: 0, price: 100, deviation: 0, ticks: 3 });
    pushReversion(average, 1_000_000);
    // 100, 100, 103: mean 101, deviation sqrt(3); changes 0 and 0.03, deviation 0.03 / sqrt(2).
    const expected = { z_score: 2 / Math.sqrt(3), price: 103, deviation: 0.03 / Math.sqrt(2), ticks: 3 };
    near(pushReversion(average, 1_030_000), expected);
  });
});

describe('ml_momentum', () => {
  const names = ['total_return', 'short_return', 'deviation', 'price', 'ticks'];
  const models = { model: linear(names, [10, 0, 0, 0, 0], 0.5) };
  const parameters = { lookback_periods: 6, position_size: 3 };

  test('signals when the model begins to say so, or at every tick', () => {
    const prices = rupees(100, 100, 100, 100, 100, 102, 102, 100, 98, 98);
    const play = (more: object) =>
      new StrategyPlayer(mlMomentum, { ...parameters, ...more }, {}, { models })
        .play(prices)
        .map(({ tick, side, quantity }) => [tick, side, quantity]);
    const begins = [
      [5, 'BUY', 3],
      [8, 'SELL', 3],
    ];
    assert.deepEqual(play({}), begins);
    assert.deepEqual(play({ every_tick: true }), [begins[0], [6, 'BUY', 3], begins[1], [9, 'SELL', 3]]);
  });

  test('by the model that ships, a rise of 1 % in six ticks is worth a purchase, and a quiet market nothing', () => {
    const shipped = { models: { model: shippedModel('momentum_v1') } };
    const rising = new StrategyPlayer(mlMomentum, parameters, {}, shipped);
    assert.equal(rising.play(rupees(100, 100.2, 100.4, 100.6, 100.8, 101))[0]?.side, 'BUY');
    assert.deepEqual(
      new StrategyPlayer(mlMomentum, parameters, {}, shipped).play(rupees(100, 100, 100, 100, 100, 100)),
      [],
    );
  });
});

test('ml_mean_reversion buys below the mean and sells above it, by the model that ships', () => {
  const models = { model: shippedModel('mean_reversion_v1') };
  const play = (more: object, ...prices: readonly number[]) =>
    new StrategyPlayer(mlMeanReversion, { lookback_periods: 4, ...more }, {}, { models })
      .play(rupees(...prices))
      .map(({ tick, side }) => [tick, side]);
  assert.deepEqual(play({}, 100, 100, 100, 98, 97.9, 104), [
    [3, 'BUY'],
    [5, 'SELL'],
  ]);
  assert.deepEqual(play({ every_tick: true }, 100, 100, 100, 98, 96), [
    [3, 'BUY'],
    [4, 'BUY'],
  ]);
});

test('ml_breakout buys above the range before the price and sells below it, by the model that ships', () => {
  const models = { model: shippedModel('breakout_v1') };
  const play = (more: object, ...prices: readonly number[]) =>
    new StrategyPlayer(mlBreakout, { lookback_periods: 3, ...more }, {}, { models })
      .play(rupees(...prices))
      .map(({ tick, side }) => [tick, side]);
  assert.deepEqual(play({}, 100, 101, 100, 100.5, 102, 103, 99, 98), [
    [4, 'BUY'],
    [6, 'SELL'],
  ]);
  assert.deepEqual(play({ every_tick: true }, 100, 101, 100, 102, 103).length, 2);
});
