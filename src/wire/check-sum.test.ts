import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { crc32 } from 'node:zlib';
import { checkSum } from './check-sum.ts';

test('is what zlib says, of few bytes and of many', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1_500 }), fc.nat(1_500), (bytes, more) => {
      const length = Math.min(more, bytes.length);
      assert.equal(checkSum(bytes, length), crc32(bytes.subarray(0, length)));
    }),
  );
});
