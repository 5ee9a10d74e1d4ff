// The values are those of Kafka's own test of the hash (UtilsTest.testMurmur2).
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { murmur2, partitionOf } from './murmur2.ts';

it("hashes as Kafka's Java client does", () => {
  const known: readonly (readonly [string, number])[] = [
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ];
  for (const [text, hash] of known) assert.equal(murmur2(Buffer.from(text)), hash, text);
});

it('gives a partition that exists, and always the same', () => {
  for (const key of ['', '738561', 'sma_crossover:738561', 'ключ']) {
    const partition = partitionOf(Buffer.from(key), 12);
    assert.ok(partition >= 0 && partition < 12);
    assert.equal(partitionOf(Buffer.from(key), 12), partition);
    assert.equal(partitionOf(Buffer.from(key), 1), 0);
  }
});
