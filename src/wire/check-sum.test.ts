import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assert as assertProperty, nat, property, uint8Array } from 'fast-check';
import { crc32 } from 'node:zlib';
import { checkSum } from './check-sum.ts';

test('is what zlib says, of few bytes and of many', () => {
  assertProperty(
    property(uint8Array({ maxLength: 1_500 }), nat(1_500), (bytes, more) => {
      const length = Math.min(more, bytes.length);
      assert.equal(checkSum(bytes, length), crc32(bytes.subarray(0, length)));
    }),
  );
});
