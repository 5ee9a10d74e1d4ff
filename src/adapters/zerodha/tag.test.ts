import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EventId } from '#core/ids.ts';
import { ist } from '../../../test/support/tape-builder.ts';
import { hashIn, hashOf, tagOf } from './tag.ts';

const order = 'tape:1/s.zerodha.0/r.zerodha.0/e.zerodha.0' as EventId;
const at = ist('2026-01-05T09:20:00');

test('has twenty letters and digits, and is the same for the same order', () => {
  const tag = tagOf(order, at, 'P');
  assert.match(tag, /^AP[0-9A-HJKMNP-TV-Z]{18}$/);
  assert.equal(tagOf(order, at, 'P'), tag);
  // 2,196 days since 2020-01-01: 2 * 1024 + 4 * 32 + 20.
  assert.equal(tag.slice(2, 5), '24M');
  assert.equal(tagOf(order, ist('2026-01-06T09:20:00'), 'P').slice(2, 5), '24N');
});

test('names its order on any day, in its own deployment only', () => {
  const tag = tagOf(order, at, 'P');
  assert.equal(hashIn(tag, 'P'), hashOf(order));
  assert.equal(hashIn(tag, 'T'), undefined);
  for (const other of [undefined, '', 'A', 'myorder', `${tag}x`, `B${tag.slice(1)}`])
    assert.equal(hashIn(other, 'P'), undefined);
});

test('differs for orders that differ', () => {
  const hashes = new Set(Array.from({ length: 20_000 }, (_, k) => hashOf(`${order}${k}` as EventId)));
  assert.equal(hashes.size, 20_000);
});
