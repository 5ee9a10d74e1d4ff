import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecentIds } from './recent-ids.ts';

test('ids are remembered up to a bound, the oldest is forgotten first', () => {
  const ids = new RecentIds(2);
  for (const id of ['a', 'b', 'b', 'c']) ids.add(id);
  assert.deepEqual(
    ['a', 'b', 'c'].map((id) => ids.has(id)),
    [false, true, true],
  );
});
