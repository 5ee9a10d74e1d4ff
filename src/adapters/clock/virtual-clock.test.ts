import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { OPEN } from '../../../test/support/builders.ts';
import { VirtualClock } from './virtual-clock.ts';

describe('the virtual clock', () => {
  test('it stands still until it is moved', async () => {
    const clock = new VirtualClock(OPEN);
    assert.deepEqual([clock.now(), clock.monotonicMs()], [OPEN, 0]);
    await clock.advance(1_500);
    assert.deepEqual([clock.now(), clock.monotonicMs()], [OPEN + 1_500, 1_500]);
  });

  test('sleepers wake in order of time, each at its own time', async () => {
    const clock = new VirtualClock(OPEN);
    const woken: string[] = [];
    const sleep = async (name: string, ms: number): Promise<void> => {
      await clock.sleep(ms);
      woken.push(`${name} at ${clock.monotonicMs()}`);
    };
    const all = [sleep('late', 300), sleep('early', 100), sleep('too', 100)];
    await clock.advance(200);
    assert.deepEqual(woken, ['early at 100', 'too at 100']);
    await clock.advance(100);
    assert.equal(woken.at(-1), 'late at 300');
    await Promise.all(all);
  });

  test('whoever lies down again while time passes wakes again within it', async () => {
    const clock = new VirtualClock(OPEN);
    let count = 0;
    const ticking = (async () => {
      for (; count < 3; count++) await clock.sleep(100);
    })();
    await clock.advance(250);
    assert.equal(count, 2);
    await clock.advance(50);
    await ticking;
  });

  test('a signal ends a sleep, and one that was aborted before prevents it', async () => {
    const clock = new VirtualClock(OPEN);
    const control = new AbortController();
    const sleeping = clock.sleep(1_000, control.signal);
    assert.equal(clock.sleepers, 1);
    control.abort();
    await sleeping;
    await clock.sleep(1_000, control.signal);
    assert.equal(clock.sleepers, 0);
  });

  test('a wall clock that jumps wakes nobody', async () => {
    const clock = new VirtualClock(OPEN);
    const sleeping = clock.sleep(100);
    clock.jump(-60_000);
    assert.equal(clock.now(), OPEN - 60_000);
    await clock.advance(99);
    assert.equal(clock.sleepers, 1);
    await clock.advance(1);
    await sleeping;
  });
});
