import assert from 'node:assert/strict';
import { test } from 'node:test';
import { array, assert as assertProperty, integer, property } from 'fast-check';
import { ExpiryHeap } from './expiry-heap.ts';

test('gives back everything in order of its time, whatever the order in which it came', () => {
  assertProperty(
    property(array(integer({ min: 0, max: 50 })), integer({ min: 0, max: 20 }), (times, early) => {
      const heap = new ExpiryHeap<number>();
      const taken: number[] = [];
      const take = (): boolean => {
        const soonest = heap.peek();
        const entry = heap.pop();
        assert.deepEqual(entry, soonest);
        if (entry !== undefined) taken.push(entry.at);
        return entry !== undefined;
      };
      times.forEach((at, k) => heap.push(at, k));
      for (let k = 0; k < early; k++) take();
      const later = times.map((at) => at + (taken.at(-1) ?? 0));
      later.forEach((at, k) => heap.push(at, k));
      while (take());
      assert.deepEqual(
        taken,
        [...times, ...later].toSorted((a, b) => a - b),
      );
    }),
  );
});

test('keeps nothing that never expires', () => {
  const heap = new ExpiryHeap<string>();
  heap.push(Number.POSITIVE_INFINITY, 'never');
  assert.equal(heap.peek(), undefined);
  assert.equal(heap.pop(), undefined);
});
