// Frames that break the layout, one of each way in which one can be broken.
import { draw } from '#core/random.ts';

const frames: readonly ((whole: Buffer) => Buffer)[] = [
  // Cut in the middle of a packet.
  (whole) => whole.subarray(0, Math.max(2, Math.floor(whole.length / 2))),
  // More packets announced than follow.
  (whole) => Buffer.concat([Buffer.from([0xff, 0xff]), whole.subarray(2)]),
  // A length that no packet has.
  () => Buffer.from([0, 1, 0, 13, ...Array.from({ length: 13 }, () => 7)]),
  // A length beyond the end of the frame.
  () => Buffer.from([0, 1, 0xff, 0xf0, 1, 2, 3, 4]),
  // Packets announced, none there.
  () => Buffer.from([0, 5]),
  // Nothing at all, and two bytes short of a count.
  () => Buffer.alloc(0),
  // A packet of length 0.
  () => Buffer.from([0, 1, 0, 0]),
  // More bytes behind the last packet.
  (whole) => Buffer.concat([whole, Buffer.from([1, 2, 3])]),
  // Every bit set.
  () => Buffer.alloc(190, 0xff),
];

/** A broken frame; which one follows from the seed and the number. */
export function malformed(whole: Buffer, seed: number, number: number): Buffer {
  const breakIt = frames[draw(seed, 'malformed', number) % frames.length];
  return breakIt === undefined ? whole : breakIt(whole);
}
