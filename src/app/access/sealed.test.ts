import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Sealer } from './sealed.ts';

const SECRET = '0f1e2d3c4b5a69788796a5b4c3d2e1f0';

test('a secret opens for what it was sealed for, under the same key, and never else', () => {
  const sealer = new Sealer(SECRET);
  const sealed = sealer.seal('canary ü', 'webhook|a|secret');
  assert.equal(sealer.open(sealed, 'webhook|a|secret'), 'canary ü');
  assert.equal(sealer.open(sealed, 'webhook|b|secret'), undefined);
  assert.equal(new Sealer(`${SECRET}x`).open(sealed, 'webhook|a|secret'), undefined);
  assert.ok(!Buffer.from(sealed, 'base64url').includes('canary'));
  assert.notEqual(sealer.seal('canary ü', 'webhook|a|secret'), sealed);
  for (const short of ['', 'AAAA', sealed.slice(0, 30)])
    assert.equal(sealer.open(short, 'webhook|a|secret'), undefined);
});

test('no bit of what was sealed can be another', () => {
  const sealer = new Sealer(SECRET);
  const bytes = Buffer.from(sealer.seal('four small words', 'totp|asha|seed'), 'base64url');
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const other = Buffer.from(bytes);
    other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.equal(sealer.open(other.toString('base64url'), 'totp|asha|seed'), undefined, `bit ${bit}`);
  }
});
