import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { DIVERGENCE_PARTS, divergenceOf, type RunFacts, type SignalOutcome } from './divergence.ts';

const TOKEN = 7;
const BUY: SignalOutcome = { at: 1_000, token: TOKEN, side: 'BUY', reference: 100, signed: 10, value: 1_010, fees: 5 };

function run(signals: readonly SignalOutcome[], mark = 120, settled = 0): RunFacts {
  const marks = new Map([[TOKEN, mark]]);
  const netPnl = signals.reduce((sum, { signed, value, fees }) => sum + signed * mark - value - fees, settled);
  return { signals, marks, settled, netPnl };
}

function partsOf(a: RunFacts, b: RunFacts): Readonly<Record<string, number>> {
  const { parts, difference, unexplained } = divergenceOf(a, b, 5_000);
  assert.equal(unexplained, 0);
  assert.equal(
    DIVERGENCE_PARTS.reduce((sum, part) => sum + parts[part], 0),
    difference,
  );
  return Object.fromEntries(Object.entries(parts).filter(([, amount]) => amount !== 0));
}

test('each cause has a part of its own', () => {
  const a = run([BUY]);
  assert.deepEqual(partsOf(a, a), {});
  assert.deepEqual(partsOf(a, run([{ ...BUY, value: 1_030 }])), { price: -20 }, 'worse fills');
  assert.deepEqual(partsOf(a, run([{ ...BUY, fees: 8 }])), { charges: -3 });
  assert.deepEqual(partsOf(a, run([BUY], 120, -2)), { charges: -2 }, 'a rounding of the day');
  assert.deepEqual(partsOf(a, run([{ ...BUY, at: 2_000, reference: 103, value: 1_040 }])), { timing: -30 });
  assert.deepEqual(
    partsOf(a, run([{ ...BUY, reference: 103, value: 1_040 }])),
    { data: -30 },
    'another price at the time',
  );
  assert.deepEqual(partsOf(a, run([BUY], 125)), { data: 50 }, 'another last price');
  assert.deepEqual(partsOf(a, run([{ ...BUY, signed: 5, value: 505 }])), { fill: -95 }, 'half of it filled');
  assert.deepEqual(partsOf(a, run([{ ...BUY, signed: 0, value: 0, fees: 0 }])), { fill: -190, charges: 5 });
  assert.deepEqual(partsOf(a, run([])), { data: -190, charges: 5 }, 'a decision that only one took');
});

test('signals further apart than the tolerance are two decisions', () => {
  const { pairs } = divergenceOf(run([BUY]), run([{ ...BUY, at: 9_000 }]), 5_000);
  assert.deepEqual(
    pairs.map(({ a, b }) => [a?.at, b?.at]),
    [
      [1_000, undefined],
      [undefined, 9_000],
    ],
  );
});

test('what moves a book beside fills and charges stays unexplained, in full', () => {
  const a = run([BUY]);
  assert.equal(divergenceOf(a, { ...a, netPnl: a.netPnl + 77 }, 0).unexplained, 77);
});

test('the parts of any two runs sum to the whole difference', () => {
  const outcome = fc
    .record({
      at: fc.integer({ min: 0, max: 20_000 }),
      buys: fc.boolean(),
      reference: fc.integer({ min: 1, max: 1e9 }),
      units: fc.integer({ min: 0, max: 5_000 }),
      slip: fc.integer({ min: -1_000, max: 1_000 }),
      fees: fc.integer({ min: 0, max: 9_999 }),
    })
    .map(({ at, buys, reference, units, slip, fees }): SignalOutcome => {
      const signed = buys ? units : 0 - units;
      return {
        at,
        token: TOKEN,
        side: buys ? 'BUY' : 'SELL',
        reference,
        signed,
        value: signed * (reference + slip),
        fees,
      };
    });
  const facts = fc
    .tuple(fc.array(outcome, { maxLength: 12 }), fc.integer({ min: 1, max: 1e9 }), fc.integer({ min: -999, max: 999 }))
    .map(([signals, mark, settled]) =>
      run(
        signals.toSorted((x, y) => x.at - y.at),
        mark,
        settled,
      ),
    );
  fc.assert(
    fc.property(facts, facts, (a, b) => {
      partsOf(a, b);
    }),
  );
});
