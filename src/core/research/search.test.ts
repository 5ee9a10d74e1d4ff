import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shuffleTrades } from './monte-carlo.ts';
import { type Axis, pointAt, readAxis, samplePoints, sizeOf } from './parameter-space.ts';

function axis(name: string, text: string): Axis {
  const read = readAxis(name, text);
  assert.ok(typeof read !== 'string', text);
  return read;
}

test('an axis is a range, a list or one value', () => {
  assert.deepEqual(axis('fast', '5:20:5').values, ['5', '10', '15', '20']);
  assert.deepEqual(axis('fast', '5:8').values, ['5', '6', '7', '8']);
  assert.deepEqual(axis('band', '0.1:0.5:0.1').values, ['0.1', '0.2', '0.3', '0.4', '0.5']);
  assert.deepEqual(axis('side', 'BUY,SELL, BUY').values, ['BUY', 'SELL']);
  for (const wrong of ['20:5:5', '5:20:0', '0:9999999:1'])
    assert.equal(typeof readAxis('fast', wrong), 'string', wrong);
});

test('a grid has each point once, the last axis moving fastest', () => {
  const axes = [axis('a', '1:2'), axis('b', 'x,y,z')];
  assert.equal(sizeOf(axes), 6);
  assert.deepEqual(
    [0, 1, 3, 5].map((place) => Object.values(pointAt(axes, place)).join('')),
    ['1x', '1y', '2x', '2z'],
  );
});

test('a sample repeats with its seed, has no point twice, and is the grid when it is as large', () => {
  const axes = [axis('a', '1:100'), axis('b', '1:100')];
  const drawn = samplePoints(axes, 500, 7);
  assert.deepEqual(drawn, samplePoints(axes, 500, 7));
  assert.notDeepEqual(drawn, samplePoints(axes, 500, 8));
  assert.equal(new Set(drawn.map((point) => JSON.stringify(point))).size, 500);
  const all = samplePoints(axes, 10_000, 7);
  assert.equal(new Set(all.map((point) => JSON.stringify(point))).size, 10_000);
});

test('shuffled trades end at the same sum by another way, and repeat with their seed', () => {
  const nets = [100, -300, 250, -50, 400, -120, -80, 90];
  const found = shuffleTrades(nets, 1_000, { runs: 2_000, seed: 3 });
  assert.deepEqual(found, shuffleTrades(nets, 1_000, { runs: 2_000, seed: 3 }));
  assert.ok(found !== null);
  const { p5, p50, p95 } = found.drawdown;
  assert.ok(0 < p5 && p5 < p50 && p50 < p95 && p95 < 0.55, JSON.stringify(found));
  // All losses first: 550 of 1,000 lost, the deepest there is, below half of the start.
  assert.ok(found.halved > 0 && found.halved < 0.1, `${found.halved}`);
  assert.equal(shuffleTrades([1], 1_000, { runs: 10, seed: 1 }), null);
});

test('an order that was the worst there is, is as deep as one in very many', () => {
  const found = shuffleTrades([-100, -100, -100, 300, 300, 300], 1_000, { runs: 1_000, seed: 1 });
  assert.ok(found !== null && found.as_deep > 0.02 && found.as_deep < 0.09, `${found?.as_deep}: 1 in 20 of the orders`);
});
