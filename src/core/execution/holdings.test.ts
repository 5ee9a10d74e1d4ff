import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALPHA, BETA, reread } from '../../../test/support/builders.ts';
import { Holdings } from './holdings.ts';

test('a position is the sum of its fills, and an order on the other side brings it down', () => {
  const holdings = new Holdings();
  assert.equal(holdings.units(ALPHA, 1), 0);
  assert.ok(!holdings.reduces(ALPHA, 1, 'SELL') && !holdings.reduces(ALPHA, 1, 'BUY'));
  holdings.fill(ALPHA, 1, 'BUY', 10, 'CNC');
  assert.ok(holdings.reduces(ALPHA, 1, 'SELL') && !holdings.reduces(ALPHA, 1, 'BUY'));
  assert.ok(!holdings.reduces(ALPHA, 2, 'SELL'), 'of its own instrument only');
  assert.ok(!holdings.reduces(BETA, 1, 'SELL'), 'of its own strategy only');
  holdings.fill(ALPHA, 1, 'SELL', 14, 'MIS');
  assert.equal(holdings.units(ALPHA, 1), -4);
  assert.ok(holdings.reduces(ALPHA, 1, 'BUY'));
});

test('open positions are listed by strategy and token, whatever came first, and survive a restart', () => {
  const holdings = new Holdings();
  holdings.fill(BETA, 1, 'BUY', 1, 'CNC');
  holdings.fill(ALPHA, 2, 'SELL', 2, 'MIS');
  holdings.fill(ALPHA, 1, 'BUY', 3, 'NRML');
  holdings.fill(ALPHA, 3, 'BUY', 3, 'CNC');
  holdings.fill(ALPHA, 3, 'SELL', 3, 'CNC');
  const open = [
    { strategyId: ALPHA, token: 1, units: 3, product: 'NRML' },
    { strategyId: ALPHA, token: 2, units: -2, product: 'MIS' },
    { strategyId: BETA, token: 1, units: 1, product: 'CNC' },
  ];
  assert.deepEqual(holdings.open(), open);
  const restored = new Holdings();
  restored.restore(reread(holdings.snapshot()));
  assert.deepEqual(restored.open(), open);
});
