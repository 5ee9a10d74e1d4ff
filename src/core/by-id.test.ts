import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ById } from './by-id.ts';
import { type EventId } from './ids.ts';

test('values are found by their ids, in the order in which they came, few or many', () => {
  const found = new ById<number>();
  const expected = new Map<EventId, number>();
  let seed = 7;
  const draw = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
  for (let step = 0; step < 4_000; step++) {
    const id = `id/${draw(40)}` as EventId;
    // Grows to a few dozen, then falls to none, again and again.
    if (step % 200 < 100) {
      if (expected.has(id)) found.set(id, step);
      else found.add(id, step);
      expected.set(id, step);
    } else {
      const gone = [...expected.keys()][draw(Math.max(1, expected.size))] ?? id;
      found.delete(gone);
      expected.delete(gone);
    }
    assert.deepEqual(found.entries(), [...expected]);
    assert.deepEqual(found.values(), [...expected.values()]);
    assert.deepEqual([found.size, found.get(id)], [expected.size, expected.get(id)]);
  }
});

test('an id that is not there is nobody, and deleting it does nothing', () => {
  const found = new ById<number>();
  found.set('a' as EventId, 1);
  found.delete('b' as EventId);
  assert.deepEqual([found.get('b' as EventId), found.get('a' as EventId)], [undefined, 1]);
});
