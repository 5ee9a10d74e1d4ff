import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type PartProgress } from '#ports/deployment.ts';
import { PIPELINE } from './pipeline.ts';
import { stretchMs, Together } from './together.ts';

/** A part for each stage, each with so many ticks; some of it changed for the second. */
function partsAt(ticks: number, second: Partial<PartProgress> = {}): PartProgress[] {
  return PIPELINE.map(({ name }, k) => {
    const calm = { over: false, published: true, signed: 0, taken: new Map<string, number>() };
    return { part: name, stages: [name], ticks, ...calm, ...(k === 1 && second) };
  });
}

/** Asks as a feed does: what a no left is committed, and time goes by before the next question. */
function feedOf(stretch = 1_000) {
  const world = { parts: partsAt(0), looks: 0, now: 0 };
  const look = (): readonly PartProgress[] => {
    world.looks++;
    return world.parts;
  };
  const together = new Together({ look }, stretch, () => world.now);
  const asks = (time: number): boolean => {
    world.now += 5;
    return together.admits(time);
  };
  return { world, asks, asksAgain: (time: number): boolean => asks(time) || asks(time) };
}

describe('parts that are kept together', () => {
  test('take a stretch of market time without a look, and the next one when all have taken it', () => {
    const { world, asks, asksAgain } = feedOf();
    assert.ok(asksAgain(10_100));
    const { looks } = world;
    assert.deepEqual([10_200, 10_999].map(asks), [true, true]);
    assert.equal(world.looks, looks);
    world.parts = partsAt(3, { ticks: 2 });
    assert.ok(!asksAgain(11_000));
    world.parts = partsAt(3);
    assert.ok(asksAgain(11_000));
  });

  test('do not count on a tick that may not be committed yet', () => {
    const { world, asks, asksAgain } = feedOf();
    assert.ok(asksAgain(10_000));
    // All of them are where they were before this tick.
    assert.ok(!asks(11_000));
    world.parts = partsAt(1, { ticks: 0 });
    assert.ok(!asks(11_000));
  });

  test('wait for what is decided and not published, for what is published and not taken, and for a missing stage', () => {
    const waiting: readonly PartProgress[][] = [
      partsAt(1, { published: false }),
      partsAt(1, { signed: 4 }),
      partsAt(1).slice(1),
    ];
    for (const parts of waiting) {
      const { world, asksAgain } = feedOf();
      world.parts = parts;
      assert.ok(!asksAgain(10_000));
      world.parts = partsAt(1);
      assert.ok(asksAgain(10_000));
    }
  });

  test('wait for the end of the feed too', () => {
    const { world, asksAgain } = feedOf();
    assert.ok(asksAgain(10_000));
    world.parts = partsAt(1, { ticks: 0 });
    assert.ok(!asksAgain(Infinity));
    world.parts = partsAt(1);
    assert.ok(asksAgain(Infinity));
  });

  test('are looked at once in five milliseconds at most', () => {
    const { world, asks } = feedOf();
    assert.ok(!asks(10_000));
    world.parts = partsAt(1, { ticks: 0 });
    assert.ok(!asks(10_000));
    world.now -= 5;
    assert.ok(!asks(10_000));
    assert.equal(world.looks, 1);
  });

  test('are apart by a third of the life of a signal at most', () => {
    assert.deepEqual(
      [stretchMs([30, 60]), stretchMs([30, 10]), stretchMs([30, 1.5]), stretchMs([0.001]), stretchMs([])],
      [10_000, 3_333, 500, 1, 10_000],
    );
  });
});
