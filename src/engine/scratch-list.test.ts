import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ScratchList } from './scratch-list.ts';

test('a scratch list holds what was pushed since it was cleared, in order', () => {
  const list = new ScratchList<string>();
  assert.equal(list.length, 0);
  list.push('a');
  list.push('b');
  list.push('c');
  assert.deepEqual([list.length, list.at(0), list.at(1), list.at(2)], [3, 'a', 'b', 'c']);
  list.clear();
  assert.equal(list.length, 0);
  list.push('d');
  assert.deepEqual([list.length, list.at(0), list.at(1)], [1, 'd', undefined], 'what was cleared is not held');
});
