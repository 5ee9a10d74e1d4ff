// The hash by which Kafka's own clients choose a message's partition. The library's computes with bigints and takes the
// sign off in another way, so keys would lie elsewhere than those of every other client.

const SEED = 0x9747b28c;
const M = 0x5bd1e995;
const R = 24;

/** The partition of a key, as the default partitioner of Kafka's Java client chooses it. */
export function partitionOf(key: Buffer, partitions: number): number {
  return partitions === 1 ? 0 : (murmur2(key) & 0x7fffffff) % partitions;
}

export function murmur2(data: Buffer): number {
  const { length } = data;
  const whole = length - (length % 4);
  let h = SEED ^ length;
  for (let at = 0; at < whole; at += 4) {
    let k = Math.imul(data.readInt32LE(at), M);
    k = Math.imul(k ^ (k >>> R), M);
    h = Math.imul(h, M) ^ k;
  }
  if (whole < length) {
    let tail = 0;
    for (let at = length - 1; at >= whole; at--) tail = (tail << 8) | (data[at] ?? 0);
    h = Math.imul(h ^ tail, M);
  }
  h = Math.imul(h ^ (h >>> 13), M);
  return h ^ (h >>> 15);
}
