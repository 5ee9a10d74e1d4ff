import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type EquityPoint, metricsOf, returnsOf, sharpeOf, sortinoOf } from './metrics.ts';
import {
  deflatedSharpe,
  expectedMaxSharpe,
  overfittingProbability,
  probabilisticSharpe,
  sharpeFacts,
} from './overfitting.ts';
import { type RoundTrip } from './round-trips.ts';
import { kurtosisOf, normalCdf, normalQuantile, skewnessOf } from './statistics.ts';

interface Reference {
  readonly points: readonly EquityPoint[];
  readonly nets: readonly number[];
  readonly returns: readonly number[];
  readonly metrics: Readonly<Record<string, number>>;
  readonly skewness: number;
  readonly kurtosis: number;
  readonly cdf: Readonly<Record<string, number>>;
  readonly quantile: Readonly<Record<string, number>>;
  readonly psr: number;
  readonly expected_max: Readonly<Record<string, number>>;
  readonly trials: readonly (readonly number[])[];
  readonly pbo: number;
}

/** Made by metrics_reference.py beside it, with the standard library of Python. */
const REFERENCE = JSON.parse(
  readFileSync(new URL('../../../test/research/metrics-reference.json', import.meta.url), 'utf8'),
) as Reference;

function close(found: number | null | undefined, expected: number, what: string, within = 1e-9): void {
  assert.ok(typeof found === 'number', `${what}: found ${String(found)}`);
  const apart = Math.abs(found - expected) / Math.max(1, Math.abs(expected));
  assert.ok(apart <= within, `${what}: expected ${expected}, found ${found}`);
}

function trip(net: number, closedAt: number): RoundTrip {
  return {
    token: 1,
    side: 'LONG',
    openedAt: closedAt - 10,
    closedAt,
    quantity: 1,
    entryValue: 0,
    exitValue: 0,
    fees: 0,
    net,
  };
}

test('every metric equals the reference to 1e-9', () => {
  const { points, nets, metrics: expected } = REFERENCE;
  const trips = nets.map(trip);
  const found: Readonly<Record<string, number | null>> = {
    ...metricsOf({ points, periodsPerYear: 252, trips, traded: 7_000_000 }),
  };
  for (const [name, value] of Object.entries(expected)) close(found[name], value, name);
  assert.deepEqual(
    Object.keys(found).filter((name) => !(name in expected)),
    ['trades', 'average_holding_ms'],
  );
  assert.equal(found['trades'], nets.length);
  assert.equal(found['average_holding_ms'], 10);
});

test('moments and the normal distribution equal the reference', () => {
  const { points, returns, skewness, kurtosis, cdf, quantile } = REFERENCE;
  returnsOf(points).forEach((found, k) => close(found, returns[k] as number, `return ${k}`, 1e-15));
  close(skewnessOf(returns), skewness, 'skewness');
  close(kurtosisOf(returns), kurtosis, 'kurtosis');
  for (const [x, expected] of Object.entries(cdf)) close(normalCdf(Number(x)) / expected, 1, `cdf ${x}`);
  for (const [p, expected] of Object.entries(quantile)) close(normalQuantile(Number(p)), expected, `quantile ${p}`);
});

test('the measures of overfitting equal the reference', () => {
  const { returns, psr, expected_max: expectedMax, trials, pbo } = REFERENCE;
  const facts = sharpeFacts(returns);
  assert.ok(facts !== null);
  close(probabilisticSharpe(facts, 0.01), psr, 'probabilistic Sharpe');
  for (const [count, expected] of Object.entries(expectedMax)) {
    close(expectedMaxSharpe(0.02, Number(count)), expected, `expected greatest of ${count}`);
  }
  const found = overfittingProbability(trials);
  assert.deepEqual([found?.splits, found?.blocks], [12_870, 16]);
  close(found?.probability, pbo, 'probability of overfitting');
});

test('the worked example of Bailey and López de Prado (2014) comes out', () => {
  // "The Deflated Sharpe Ratio", numerical example: 5 years of days, 100 trials, SR 2.5 a year, skewness -3, kurtosis 10,
  // variance of the trials 1/2 a year. They find SR0 = 0.1132 a day and DSR = 0.9004.
  const facts = { sharpe: 2.5 / Math.sqrt(250), skewness: -3, kurtosis: 10, periods: 1_250 };
  const variance = 1 / 2 / 250;
  close(expectedMaxSharpe(variance, 100), 0.1132, 'SR0', 5e-5);
  close(deflatedSharpe(facts, variance, 100), 0.9004, 'DSR', 5e-5);
});

test('trials that are one another with a different name are overfitted, a trial that is better everywhere is not', () => {
  const noise = (seed: number): number[] =>
    Array.from({ length: 64 }, (_, k) => (((k + seed) * 7919) % 101) / 1e4 - 0.005);
  const best = noise(3).map((each) => each + 0.02);
  assert.equal(overfittingProbability([noise(1), noise(2), best])?.probability, 0);
  assert.equal(overfittingProbability([best]), null);
  assert.equal(overfittingProbability([[0.1], [0.2]]), null);
});

test('what the data cannot give is null', () => {
  const none = metricsOf({ points: [], periodsPerYear: 252, trips: [], traded: 0 });
  for (const name of [
    'total_return',
    'cagr',
    'sharpe',
    'volatility',
    'win_rate',
    'profit_factor',
    'exposure',
  ] as const) {
    assert.equal(none[name], null, name);
  }
  assert.equal(sharpeOf([0.1, 0.1], 252), null, 'returns that do not vary');
  assert.equal(sortinoOf([0.1, 0.2], 252), null, 'no loss');
  const day = [0, 1].map((k) => ({ at: k * 86_400_000, equity: 100 + k, held: true }));
  assert.equal(metricsOf({ points: day, periodsPerYear: 252, trips: [], traded: 0 }).cagr, null, 'one day is no year');
});
