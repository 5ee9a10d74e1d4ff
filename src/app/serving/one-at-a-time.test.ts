import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { OneAtATime } from './one-at-a-time.ts';

it('runs one behind the other, goes on behind one that failed, and refuses what would wait too long', async () => {
  const turns = new OneAtATime();
  const seen: string[] = [];
  const work = (k: number) => async () => {
    seen.push(`begin ${k}`);
    await setImmediate();
    seen.push(`end ${k}`);
    if (k === 1) throw new Error('of the second');
    return k;
  };
  const asked = Array.from({ length: 17 }, async (_, k) => turns.run(work(k)));
  const ended = await Promise.allSettled(asked);
  assert.deepEqual(
    ended.map((each) => (each.status === 'fulfilled' ? each.value : (each.reason as Error).name)),
    [0, 'Error', ...Array.from({ length: 14 }, (_, k) => k + 2), 'ProblemError'],
  );
  assert.deepEqual(seen, Array.from({ length: 16 }, (_, k) => [`begin ${k}`, `end ${k}`]).flat());
  assert.equal(await turns.run(work(20)), 20);
});
