import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Reconciler } from './reconcile.ts';

const held = (...parts: readonly (readonly [number, number])[]): ReadonlyMap<number, number> => new Map(parts);
const none: ReadonlySet<number> = new Set();

test('a difference counts when the next comparison finds the very same, and is told once', () => {
  const reconciler = new Reconciler();
  const compare = (ours: number, theirs: number) => reconciler.compare(held([1, ours]), held([1, theirs]), none);
  assert.deepEqual(compare(10, 10), { breaks: [], settled: [], doubtful: false });
  assert.deepEqual(compare(10, 5), { breaks: [], settled: [], doubtful: true });
  assert.deepEqual(compare(10, 6), { breaks: [], settled: [], doubtful: true }, 'a fill may be on its way');
  assert.deepEqual(compare(10, 6).breaks, [{ token: 1, ours: 10, theirs: 6 }]);
  assert.deepEqual(compare(10, 6), { breaks: [], settled: [], doubtful: false });
  assert.deepEqual(reconciler.open, [1]);
  assert.deepEqual(compare(10, 4), { breaks: [], settled: [], doubtful: true });
  assert.deepEqual(compare(10, 4).breaks, [{ token: 1, ours: 10, theirs: 4 }], 'another difference is another break');
  assert.deepEqual(compare(10, 10).settled, [{ token: 1, held: 10 }]);
  assert.deepEqual(reconciler.open, []);
});

test('what only one side has is a difference, and nothing is not', () => {
  const reconciler = new Reconciler();
  const compare = () => reconciler.compare(held([1, 3], [3, 0]), held([2, -4]), none);
  compare();
  assert.deepEqual(compare().breaks, [
    { token: 1, ours: 3, theirs: 0 },
    { token: 2, ours: 0, theirs: -4 },
  ]);
});

test('nothing is said of an instrument whose outcome is open, and what was told before a restart is not told again', () => {
  const reconciler = new Reconciler();
  for (let k = 0; k < 3; k++) {
    const found = reconciler.compare(held([1, 1]), held([1, 2]), new Set([1]));
    assert.deepEqual(found, { breaks: [], settled: [], doubtful: true }, 'it is looked at again soon');
  }
  assert.equal(reconciler.compare(held([1, 2]), held([1, 2]), new Set([1])).doubtful, false);
  const restarted = new Reconciler();
  restarted.resume([{ token: 1, ours: 1, theirs: 2 }]);
  for (let k = 0; k < 3; k++) {
    assert.deepEqual(restarted.compare(held([1, 1]), held([1, 2]), none), { breaks: [], settled: [], doubtful: false });
  }
  assert.deepEqual(restarted.compare(held([1, 2]), held([1, 2]), none).settled, [{ token: 1, held: 2 }]);
});
