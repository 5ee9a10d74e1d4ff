// The hybrids: the two policies by hand, and rules and model side by side.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Model } from '#core/strategy/models/model.ts';
import { StrategyPlayer } from '#core/strategy/play.ts';
import { hybridMeanReversion } from './hybrid-mean-reversion.ts';
import { hybridMomentum } from './hybrid-momentum.ts';
import { decide } from './hybrid-policy.ts';
import { type Opinion } from './ml-rule.ts';

function opinion(side: 'BUY' | 'SELL', confidence: number, quantity: number, who: string): Opinion {
  return { side, confidence, quantity, metadata: { [who]: 1 } };
}

/** `BUY 10 0.85 both`, or nothing. */
function decided(policy: string, rules: Opinion | undefined, model: Opinion | undefined): string | undefined {
  const said = decide(policy, rules, model, 0.6);
  return said && `${said.side} ${said.quantity} ${said.confidence.toFixed(3)} ${said.metadata['decided_by']}`;
}

describe('majority_vote', () => {
  const rules = opinion('BUY', 0.5, 10, 'rules');

  test('agreement adds confidence, takes the larger quantity and both explanations', () => {
    assert.equal(decided('majority_vote', rules, opinion('BUY', 0.7, 30, 'model')), 'BUY 30 0.700 both');
    assert.equal(
      decided('majority_vote', opinion('BUY', 1, 10, 'rules'), opinion('BUY', 0.95, 5, 'model')),
      'BUY 10 1.000 both',
    );
    const both = decide('majority_vote', rules, opinion('BUY', 0.7, 30, 'model'), 0.6);
    assert.deepEqual(both?.metadata, { rules: 1, model: 1, decided_by: 'both' });
  });

  test('else a sure model wins, then the rules, then a model that is not sure, with less confidence', () => {
    assert.equal(decided('majority_vote', rules, opinion('SELL', 0.6, 30, 'model')), 'SELL 30 0.600 model');
    assert.equal(decided('majority_vote', rules, opinion('SELL', 0.59, 30, 'model')), 'BUY 10 0.500 rules');
    assert.equal(decided('majority_vote', rules, undefined), 'BUY 10 0.500 rules');
    assert.equal(decided('majority_vote', undefined, opinion('SELL', 0.5, 30, 'model')), 'SELL 30 0.400 weak_model');
    assert.equal(decided('majority_vote', undefined, undefined), undefined);
  });
});

test('conservative acts on agreement alone, with the smaller quantity', () => {
  const rules = opinion('BUY', 0.5, 10, 'rules');
  assert.equal(decided('conservative', rules, opinion('BUY', 0.7, 30, 'model')), 'BUY 10 0.800 both');
  assert.equal(decided('conservative', rules, opinion('SELL', 0.9, 30, 'model')), undefined);
  assert.equal(decided('conservative', rules, undefined), undefined);
  assert.equal(decided('conservative', undefined, opinion('BUY', 0.9, 30, 'model')), undefined);
});

function linear(features: readonly string[], weight: number): Model {
  return { kind: 'linear', features, weights: features.map((_, k) => (k === 0 ? weight : 0)), bias: 0.5 };
}

describe('hybrid_momentum', () => {
  const names = ['total_return', 'short_return', 'deviation', 'price', 'ticks'];
  const prices = [100, 100, 100, 100, 100, 103, 103, 103, 100].map((each) => each * 10_000);
  const play = (weight: number, more: object) =>
    new StrategyPlayer(
      hybridMomentum,
      { lookback_periods: 2, threshold: 0.02, ml_lookback_periods: 6, ml_position_size: 40, ...more },
      {},
      { models: { model: linear(names, weight) } },
    )
      .play(prices)
      .map(({ tick, side, quantity, metadata }) => [tick, side, quantity, metadata?.['decided_by']]);

  test('joins what momentum and its model say at the same tick', () => {
    assert.deepEqual(play(10, {}), [
      [5, 'BUY', 100, 'both'],
      [8, 'SELL', 100, 'rules'],
    ]);
    assert.deepEqual(play(10, { every_tick: true }).length, 4);
    assert.deepEqual(play(10, { policy: 'conservative' }), [[5, 'BUY', 40, 'both']]);
    assert.deepEqual(play(-10, { policy: 'conservative' }), []);
  });
});

describe('hybrid_mean_reversion', () => {
  const names = ['z_score', 'price', 'deviation', 'ticks'];
  const prices = [100, 101, 100, 101, 96, 95, 95].map((each) => each * 10_000);
  const small = { lookback_periods: 4, rsi_period: 2, bollinger_std: 0.8, ml_lookback_periods: 4 };
  const play = (weight: number, more: object) =>
    new StrategyPlayer(hybridMeanReversion, { ...small, ...more }, {}, { models: { model: linear(names, weight) } })
      .play(prices)
      .map(({ tick, side, metadata }) => [tick, side, metadata?.['decided_by']]);

  test('joins what the rules and the model say of the distance to the mean', () => {
    assert.deepEqual(play(-0.2, { policy: 'conservative' }), [[4, 'BUY', 'both']]);
    assert.deepEqual(play(0.2, { policy: 'conservative' }), []);
    assert.ok(play(-0.2, { every_tick: true }).length > play(-0.2, {}).length);
  });

  test('levels that do not leave room between them are refused, as by its rules', () => {
    const made = () => new StrategyPlayer(hybridMeanReversion, { rsi_oversold: 70, rsi_overbought: 60 });
    assert.throws(made, /parameter rsi_oversold must be less than rsi_overbought, found 70 and 60/);
  });
});
