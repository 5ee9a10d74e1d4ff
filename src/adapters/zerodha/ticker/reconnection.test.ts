import assert from 'node:assert/strict';
import { test } from 'node:test';
import { delayBefore } from './reconnection.ts';

const settings = { maxAttempts: 5, baseDelayMs: 1_000, maxDelayMs: 6_000, multiplier: 2, timeoutMs: 30_000 };

test('doubles up to the longest delay, between half of it and all of it', () => {
  const delays = (chance: number): number[] => [1, 2, 3, 4].map((failed) => delayBefore(failed, settings, chance));
  assert.deepEqual(delays(0), [500, 1_000, 2_000, 3_000]);
  assert.deepEqual(delays(0.999_999), [1_000, 2_000, 4_000, 6_000]);
});

test('stays at the longest delay when the feed counts as down', () => {
  for (const failed of [5, 6, 1_000, 1_000_000]) assert.equal(delayBefore(failed, settings, 0), 6_000);
});
