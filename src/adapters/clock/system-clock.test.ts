import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemClock } from './system-clock.ts';

describe('the system clock', () => {
  test('a sleep is not shorter than asked, by the clock that never goes back', async () => {
    const clock = systemClock();
    const startedAt = clock.monotonicMs();
    await clock.sleep(5);
    assert.ok(clock.monotonicMs() - startedAt >= 4);
  });

  test('a signal ends a sleep, and one that was aborted before prevents it', async () => {
    const clock = systemClock();
    const control = new AbortController();
    const sleeping = clock.sleep(60_000, control.signal);
    control.abort();
    await sleeping;
    await clock.sleep(60_000, control.signal);
  });

  test('a turn lets what waits for the machine run', async () => {
    let ran = false;
    setImmediate(() => (ran = true));
    await systemClock().turn();
    assert.equal(ran, true);
  });
});
