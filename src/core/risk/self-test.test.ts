import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits, namespacePlan } from '../../../test/support/builders.ts';
import { type RiskLimits } from '../plan.ts';
import { dayNumber } from '../time.ts';
import { RISK_CODES } from './reasons.ts';
import { Bench } from './self-test-bench.ts';
import { selfTest, silentControls } from './self-test.ts';
import { TRIALS } from './self-test-trials.ts';

/** Every limit on, as a desk with real money would have them. */
const ON = {
  maxPositionUnits: 1_000,
  maxOrderQuantity: 1_000,
  maxOrderValue: 10_000_000_000,
  maxTradesPerDay: 50,
  priceCollar: 100_000,
  staleAfterMs: 60_000,
  duplicateWindowMs: 1_000,
  maxDrawdown: 1_000_000,
  maxOrdersPerSecond: 8,
  maxMessagesPerMinute: 150,
  maxGrossExposure: 1_000_000_000,
  maxNetExposure: 1_000_000_000,
  maxAccountGrossExposure: 1_000_000_000,
  maxAccountNetExposure: 1_000_000_000,
  maxDayLoss: 10_000_000,
  maxAccountDayLoss: 10_000_000,
  maxAccountDrawdown: 1_000_000,
  repeatedFills: 5,
  selfTrade: 'refuse',
} as unknown as Partial<RiskLimits>;

/** A broker that takes a signal in at most ten parts. */
const PACING = [
  {
    from: dayNumber(2026, 1, 1),
    to: dayNumber(2026, 12, 31),
    perSecond: 10,
    perMinute: 400,
    perDay: 5_000,
    modifiesPerOrder: 25,
    slices: 10,
  },
];

test('with every limit on, every control fires', () => {
  const results = selfTest(namespacePlan({ limits: limits(ON), answeredBy: 'gateway', pacing: PACING }));
  assert.deepEqual(
    results.filter(({ result }) => result !== 'fired'),
    [],
  );
  assert.deepEqual(silentControls(namespacePlan({ limits: limits(ON) })), []);
});

test('a control whose limit is off is said to be off, and the others fire', () => {
  const results = selfTest(namespacePlan());
  const off = results.filter(({ result }) => result === 'off').map(({ control }) => control);
  assert.equal(off.length, Object.keys(ON).length + 1, 'and the parts, of which this plan says nothing');
  assert.ok(results.every(({ result }) => result !== 'silent'));
});

test('every code of the gate has its trial', () => {
  const tried = new Set<string>(TRIALS.map(({ control }) => control));
  assert.deepEqual(
    RISK_CODES.filter((code) => !tried.has(code)),
    [],
  );
});

test('a control that does not answer is named', () => {
  const trial = TRIALS.find(({ control }) => control === 'RISK_MAX_QUANTITY');
  assert.ok(trial !== undefined);
  // A limit that no order can pass never fires: the trial must notice, not assume.
  const beyond = namespacePlan({ limits: limits({ maxOrderQuantity: Number.MAX_SAFE_INTEGER }) });
  assert.deepEqual(trial.fire(new Bench(beyond)).includes('RISK_MAX_QUANTITY'), true);
  const never = namespacePlan({ limits: limits({ maxOrderQuantity: Number.POSITIVE_INFINITY }) });
  assert.deepEqual(silentControls(never), ['RISK_MAX_QUANTITY']);
});
