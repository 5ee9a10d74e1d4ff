import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { exponential } from './exponential.ts';
import { FeatureMismatch, score, type Model, type Tree } from './model.ts';
import { readModel } from './read-model.ts';

/** Rising more than 1 % goes right; of those, a volume above 100 is 0.9. */
const TREE: Tree = {
  feature: [0, -1, 1, -1, -1],
  threshold: [0.01, 0, 100, 0, 0],
  left: [1, -1, 3, -1, -1],
  right: [2, -1, 4, -1, -1],
  value: [0, 0.2, 0, 0.6, 0.9],
};
const STUMP: Tree = { feature: [-1], threshold: [0], left: [-1], right: [-1], value: [0.5] };
const features = ['change', 'volume'];

function modelOf(json: unknown): Model {
  const read = readModel(JSON.parse(JSON.stringify(json)));
  assert.ok(read.ok, read.ok ? '' : read.problem);
  return read.model;
}

describe('a model’s score', () => {
  test('of a linear model is the weighted sum of the features and the bias', () => {
    const model = modelOf({ kind: 'linear', features, weights: [2, 0.5], bias: -1 });
    assert.equal(score(model, [3, 4]), 7);
  });

  test('of a logistic model is that sum as a probability', () => {
    const model = modelOf({ kind: 'logistic', features, weights: [2, 0.5], bias: -1 });
    assert.equal(score(model, [0.5, 0]), 0.5);
    assert.ok(Math.abs(score(model, [3, 4]) - 0.9990889488055994) < 1e-15);
    assert.equal(score(model, [-1_000, 0]), 0);
    assert.equal(score(model, [1_000, 0]), 1);
  });

  test('of a forest is the mean of its trees; a feature on the threshold goes left', () => {
    const model = modelOf({ kind: 'forest', features, trees: [TREE, STUMP] });
    assert.equal(score(model, [0.01, 500]), (0.2 + 0.5) / 2);
    assert.equal(score(model, [0.02, 100]), (0.6 + 0.5) / 2);
    assert.equal(score(model, [0.02, 101]), (0.9 + 0.5) / 2);
  });

  test('of boosted trees is bias and rate times their sum, as a probability', () => {
    const model = modelOf({ kind: 'boosted', features, trees: [TREE, STUMP], bias: -1, rate: 0.5 });
    const logit = -1 + 0.5 * (0.9 + 0.5);
    assert.ok(Math.abs(score(model, [0.02, 101]) - 1 / (1 + Math.exp(-logit))) < 1e-15);
  });

  test('is refused when the strategy has more or fewer features than the model', () => {
    const model = modelOf({ kind: 'linear', features, weights: [2, 0.5], bias: -1 });
    for (const values of [[1], [1, 2, 3]]) {
      assert.throws(() => score(model, values), FeatureMismatch);
      assert.throws(
        () => score(model, values),
        /takes 2 features \(change, volume\), the strategy gives [13]: deploy a/,
      );
    }
  });
});

test('the exponential is that of mathematics, to a few units in the last place', () => {
  assert.equal(exponential(0), 1);
  assert.equal(exponential(710), Infinity);
  assert.equal(exponential(-746), 0);
  fc.assert(
    fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (power) => {
      const expected = Math.exp(power);
      assert.ok(Math.abs(exponential(power) - expected) <= expected * 1e-13, `e^${power}`);
    }),
    { numRuns: 1_000 },
  );
});

describe('reading a model', () => {
  const linear = { kind: 'linear', features, weights: [2, 0.5], bias: -1 };
  const forest = { kind: 'forest', features, trees: [TREE] };

  test('every problem of a file is told in words', () => {
    const refused: readonly (readonly [unknown, RegExp])[] = [
      [null, /a model must be an object with named fields/],
      [[], /a model must be an object/],
      [{ ...linear, kind: 'onnx' }, /kind is "onnx"; known are linear, logistic, forest, boosted/],
      [{ ...linear, features: [] }, /features must be 1 to 256 names/],
      [{ ...linear, features: 'change' }, /features must be a list, found "change"/],
      [{ ...linear, features: [1, 2] }, /features must be 1 to 256 names/],
      [{ ...linear, features: Array.from({ length: 257 }, String) }, /features must be 1 to 256 names/],
      [{ ...linear, weights: [1] }, /weights has 1 entries; expected 2/],
      [{ ...linear, weights: [1, null] }, /weights\[1\] must be a finite number, found null/],
      [{ ...linear, bias: '1' }, /bias must be a finite number, found "1"/],
      [{ ...linear, colour: 'red' }, /unknown fields colour; known are kind, features, weights, bias/],
      [{ ...forest, trees: [] }, /trees has 0 entries; expected 1 to 10000/],
      [{ ...forest, trees: Array.from({ length: 10_001 }, () => STUMP) }, /trees has 10001 entries/],
      [{ ...forest, trees: [7] }, /trees\[0\] must be an object with named fields/],
      [{ ...forest, trees: [{ ...STUMP, value: [] }] }, /trees\[0\] has no node/],
      [{ ...forest, trees: [{ ...STUMP, left: [] }] }, /trees\[0\]\.left has 0 entries; expected 1/],
      [{ ...forest, trees: [{ ...STUMP, value: [1.5] }] }, /has the leaf 1\.5 at node 0; a forest's leaves are/],
      [{ ...forest, trees: [{ ...STUMP, value: [-0.1] }] }, /has the leaf -0\.1/],
      [
        { ...forest, trees: [{ ...TREE, left: [0, -1, 3, -1, -1] }] },
        /goes from node 0 to 0 and 2; children come after/,
      ],
      [{ ...forest, trees: [{ ...TREE, left: [1, -1, 2.5, -1, -1] }] }, /goes from node 2 to 2\.5 and 4/],
      [{ ...forest, trees: [{ ...TREE, right: [5, -1, 4, -1, -1] }] }, /goes from node 0 to 1 and 5/],
      [{ ...forest, trees: [{ ...TREE, feature: [2, -1, 1, -1, -1] }] }, /looks at feature 2 at node 0; there are 2/],
      [{ ...forest, trees: [{ ...TREE, feature: [-1, -1, 1, -1, -1] }] }, /looks at feature -1/],
      [{ ...forest, trees: [{ ...TREE, feature: [0.5, -1, 1, -1, -1] }] }, /looks at feature 0\.5/],
      [{ ...forest, kind: 'boosted', bias: 0 }, /rate must be a finite number, found undefined/],
    ];
    for (const [json, message] of refused) {
      const read = readModel(json);
      assert.match(read.ok ? 'accepted' : read.problem, message);
    }
  });

  test('leaves of boosted trees may be any number', () => {
    assert.ok(readModel({ kind: 'boosted', features, trees: [{ ...STUMP, value: [-3] }], bias: 0, rate: 1 }).ok);
  });

  test('what goes wrong otherwise comes through', () => {
    const trap = Object.defineProperty({}, 'features', {
      get() {
        throw new RangeError('a trap');
      },
    });
    assert.throws(() => readModel(trap), new RangeError('a trap'));
  });
});
