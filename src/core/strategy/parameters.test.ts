import assert from 'node:assert/strict';
import { describe as suite, test } from 'node:test';
import * as fc from 'fast-check';
import { describe, readParameters, type ParameterTable } from './parameters.ts';

const TABLE = {
  window: { kind: 'integer', default: 20, min: 2, max: 100, doc: 'ticks' },
  threshold: { kind: 'number', default: 0.01, min: -1, max: 1, doc: 'share' },
  every_tick: { kind: 'boolean', default: false, doc: 'repeat' },
  side: { kind: 'choice', default: 'auto', choices: ['auto', 'BUY', 'SELL'], doc: 'side' },
  model: { kind: 'model', default: 'small', doc: 'model' },
} as const satisfies ParameterTable;

const DEFAULTS = { window: 20, threshold: 0.01, every_tick: false, side: 'auto', model: 'small' };

function problemsOf(given: Readonly<Record<string, unknown>>): readonly string[] {
  const read = readParameters(TABLE, given);
  return read.ok ? [] : read.problems;
}

suite('parameters', () => {
  test('absent parameters take their defaults', () => {
    assert.deepEqual(readParameters(TABLE, {}), { ok: true, values: DEFAULTS });
  });

  test('values are taken as they are given, or from their text', () => {
    const values = { window: 50, threshold: -0.5, every_tick: true, side: 'SELL', model: 'large_2' };
    assert.deepEqual(readParameters(TABLE, values), { ok: true, values });
    const text = { window: '50', threshold: '-0.5', every_tick: 'true', side: 'SELL', model: 'large_2' };
    assert.deepEqual(readParameters(TABLE, text), { ok: true, values });
    assert.deepEqual(readParameters(TABLE, { every_tick: 'false' }), { ok: true, values: DEFAULTS });
  });

  test('the bounds themselves are allowed', () => {
    for (const given of [{ window: 2 }, { window: 100 }, { threshold: -1 }, { threshold: 1 }]) {
      assert.deepEqual(readParameters(TABLE, given), { ok: true, values: { ...DEFAULTS, ...given } });
    }
  });

  test('a refused value is answered with what is accepted and what was found', () => {
    assert.deepEqual(problemsOf({ window: 1 }), ['parameter window must be a whole number from 2 to 100, found 1']);
    assert.deepEqual(problemsOf({ window: '101' }), [
      'parameter window must be a whole number from 2 to 100, found "101"',
    ]);
    assert.deepEqual(problemsOf({ threshold: 'much' }), [
      'parameter threshold must be a number from -1 to 1, found "much"',
    ]);
    assert.deepEqual(problemsOf({ every_tick: 1 }), ['parameter every_tick must be true or false, found 1']);
    assert.deepEqual(problemsOf({ side: 'buy' }), ['parameter side must be one of auto, BUY, SELL, found "buy"']);
  });

  test('what is no number of the kind asked for is refused', () => {
    for (const window of [2.5, '2.5', '', ' ', NaN, Infinity, null, true, [], {}]) {
      assert.equal(problemsOf({ window }).length, 1, `window ${JSON.stringify(window)}`);
    }
  });

  test('a model is named by a word, or by a word and the hash of its content', () => {
    const hash = 'ab'.repeat(32);
    assert.deepEqual(readParameters(TABLE, { model: `m@${hash}` }), {
      ok: true,
      values: { ...DEFAULTS, model: `m@${hash}` },
    });
    for (const model of ['', 'M', '../m', 'm.json', 'm@12', `m@${hash}0`, 7]) {
      assert.match(problemsOf({ model })[0] ?? '', /^parameter model must be the name of a model: lower-case letters/);
    }
  });

  test('an unknown parameter is refused with the names that are known', () => {
    assert.deepEqual(problemsOf({ windows: 5 }), [
      'parameter windows is not known; known are window, threshold, every_tick, side, model',
    ]);
  });

  test('every problem is reported, not only the first', () => {
    assert.equal(problemsOf({ window: 0, side: 'up', colour: 'red' }).length, 3);
  });

  test('every kind says in words what it accepts', () => {
    assert.deepEqual(Object.values(TABLE).map(describe), [
      'a whole number from 2 to 100',
      'a number from -1 to 1',
      'true or false',
      'one of auto, BUY, SELL',
      'the name of a model: lower-case letters, digits and _',
    ]);
  });

  test('whatever is given, accepted values lie within their bounds', () => {
    const anything = fc.oneof(fc.integer({ min: -5, max: 120 }), fc.double(), fc.string(), fc.boolean());
    fc.assert(
      fc.property(anything, anything, (window, threshold) => {
        const read = readParameters(TABLE, { window, threshold });
        if (!read.ok) return;
        assert.ok(Number.isInteger(read.values.window) && read.values.window >= 2 && read.values.window <= 100);
        assert.ok(read.values.threshold >= -1 && read.values.threshold <= 1);
      }),
    );
  });
});
