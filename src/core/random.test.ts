import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { draw, drawNormal } from './random.ts';

test('a draw depends on seed, name and number alone', () => {
  fc.assert(
    fc.property(fc.integer(), fc.string(), fc.nat(), (seed, name, number) => {
      const first = draw(seed, name, number);
      draw(seed + 1, `${name}?`, number + 1);
      assert.equal(draw(seed, name, number), first);
      assert.ok(Number.isInteger(first) && first >= 0 && first < 2 ** 32);
    }),
  );
});

test('draws stay the same from one release to the next, because recorded runs depend on them', () => {
  assert.equal(draw(7, 'order', 0), 495_023_732);
  assert.equal(draw(7, 'order', 1), 2_199_010_180);
  assert.equal(draw(8, 'order', 0), 2_621_829_174);
  assert.equal(draw(7, 'orders', 0), 2_712_271_831);
  assert.equal(drawNormal(7, 'order', 0, 100, 20), 128);
});

test('another seed, name or number gives another draw', () => {
  const numbers = Array.from({ length: 1_000 }, (_, k) => k);
  for (const each of [
    numbers.map((k) => draw(1, 'order', k)),
    numbers.map((k) => draw(k, 'order', 0)),
    numbers.map((k) => draw(1, `order ${k}`, 0)),
  ]) {
    assert.equal(new Set(each).size, 1_000);
  }
});

test('draws fill their range evenly', () => {
  const counts = Array.from({ length: 16 }, () => 0);
  for (let number = 0; number < 16_000; number++) {
    const bucket = Math.floor(draw(1, 'even', number) / 2 ** 28);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  for (const count of counts) assert.ok(count > 850 && count < 1_150, `a sixteenth of 16,000 draws is ${count}`);
});

test('normal draws are whole numbers with the mean and the deviation that were asked for', () => {
  const drawn = Array.from({ length: 4_000 }, (_, k) => drawNormal(1, 'delay', k * 12, 100, 20));
  assert.ok(drawn.every((value) => Number.isInteger(value)));
  const mean = drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
  const variance = drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0) / drawn.length;
  assert.ok(Math.abs(mean - 100) < 1.5, `mean ${mean}`);
  assert.ok(Math.abs(Math.sqrt(variance) - 20) < 1, `deviation ${Math.sqrt(variance)}`);
  assert.equal(drawNormal(1, 'delay', 0, 100, 0), 100);
});
