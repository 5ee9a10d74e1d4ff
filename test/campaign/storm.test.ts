// A little more than a virtual minute of the storm; `npm run campaign -- --storm 22500` is a whole day of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storm } from './storm.ts';

test('a thousand signals a second never draw a 429, and exits leave within a second', async () => {
  const { signals, orders, exits, refused, longestExitMs, expired } = await storm(75);
  assert.equal(signals, 75_000);
  assert.equal(refused, 0);
  assert.ok(orders > 360 && orders <= 800, `${orders} orders in a minute and a quarter`);
  assert.ok(exits > 20, `${exits} exits`);
  assert.ok(longestExitMs <= 1_000, `an exit waited ${longestExitMs} ms`);
  assert.ok(expired > 50_000, `${expired} signals became too old`);
});
