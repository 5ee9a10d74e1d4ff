// CRC-32 of bytes, as zlib defines it. Of a few bytes it is worked out here: an order waits for it, and the way out of
// JavaScript and back takes longer than the sum.
import { crc32 } from 'node:zlib';

/** From about this many bytes on zlib is faster, its call included. */
const SMALL_BYTES = 512;
const POLYNOMIAL = 0xedb8_8320;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit++) sum = (sum & 1) === 0 ? sum >>> 1 : (sum >>> 1) ^ POLYNOMIAL;
  return sum;
});

/** CRC-32 of the first `length` bytes. */
export function checkSum(bytes: Uint8Array, length: number): number {
  if (length > SMALL_BYTES) return crc32(bytes.subarray(0, length));
  let sum = 0xffff_ffff;
  for (let k = 0; k < length; k++) {
    sum = (TABLE[(sum ^ (bytes[k] as number)) & 0xff] as number) ^ (sum >>> 8);
  }
  return ~sum >>> 0;
}
