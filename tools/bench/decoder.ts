// `npm run bench -- decoder`: full-mode frames of Kite's ticker with 3,000 instruments each, decoded on one core after the
// answer was checked.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { FrameDecoder, type PacketSink } from '#adapters/zerodha/ticker/frame-decoder.ts';

const INSTRUMENTS = 3_000;
const FULL_BYTES = 184;
const PASSES = 7;
const FRAMES_A_PASS = 400;
const PER_SECOND_MIN = 1_000_000;

/** Token of an instrument of the NSE. */
const tokenOf = (k: number): number => (k + 1) * 256 + 1;
const paiseOf = (k: number, level: number): number => 10_000 + k * 5 + level;

function fullFrame(): Buffer {
  const bytes = Buffer.alloc(2 + INSTRUMENTS * (2 + FULL_BYTES));
  bytes.writeUInt16BE(INSTRUMENTS, 0);
  for (let k = 0; k < INSTRUMENTS; k++) {
    const at = 4 + k * (2 + FULL_BYTES);
    bytes.writeUInt16BE(FULL_BYTES, at - 2);
    bytes.writeUInt32BE(tokenOf(k), at);
    bytes.writeInt32BE(paiseOf(k, 0), at + 4);
    bytes.writeUInt32BE(k * 1_000, at + 16);
    bytes.writeUInt32BE(1_767_585_000 + k, at + 60);
    for (let level = 0; level < 10; level++) {
      bytes.writeUInt32BE(level + 1, at + 64 + level * 12);
      bytes.writeInt32BE(paiseOf(k, level), at + 68 + level * 12);
      bytes.writeUInt16BE(level, at + 72 + level * 12);
    }
  }
  return bytes;
}

class Sums implements PacketSink {
  packets = 0;
  price = 0;
  volume = 0;
  time = 0;
  depth = 0;

  packet(_instrument: number, price: number, volume: number, time: number, depth: Int32Array | undefined): void {
    this.packets++;
    this.price += price;
    this.volume += volume;
    this.time += time / 1_000;
    // First price, last quantity: that the depth was read is part of the answer.
    if (depth !== undefined) this.depth += (depth[0] as number) + (depth[28] as number);
  }
}

function check(sums: Sums, decoder: FrameDecoder, frames: number): void {
  const expected = { packets: 0, price: 0, volume: 0, time: 0, depth: 0 };
  for (let k = 0; k < INSTRUMENTS; k++) {
    expected.packets += frames;
    expected.price += frames * paiseOf(k, 0) * 100;
    expected.volume += frames * k * 1_000;
    expected.time += frames * (1_767_585_000 + k);
    expected.depth += frames * (paiseOf(k, 0) * 100 + 10);
  }
  const found = JSON.stringify(sums);
  if (found !== JSON.stringify(expected)) throw new Error(`expected ${JSON.stringify(expected)}, found ${found}`);
  const refused = Object.values(decoder.refused).reduce((sum, each) => sum + each, 0);
  if (refused !== 0) throw new Error(`expected no refusal, found ${JSON.stringify(decoder.refused)}`);
}

export function benchDecoder(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const frame = fullFrame();
  const decoder = new FrameDecoder(new Map(Array.from({ length: INSTRUMENTS }, (_, k) => [tokenOf(k), k])));
  const rates: number[] = [];
  let bytesAPacket = 0;
  for (let pass = 0; pass < PASSES; pass++) {
    const sums = new Sums();
    collect();
    const before = process.memoryUsage().heapUsed;
    const from = process.hrtime.bigint();
    for (let k = 0; k < FRAMES_A_PASS; k++) decoder.decode(frame, sums);
    const seconds = Number(process.hrtime.bigint() - from) / 1e9;
    bytesAPacket = (process.memoryUsage().heapUsed - before) / sums.packets;
    check(sums, decoder, FRAMES_A_PASS);
    rates.push(sums.packets / seconds);
  }
  const [cold = 0, ...warm] = rates;
  const sorted = warm.toSorted((a, b) => a - b);
  const median = Math.round(sorted[Math.floor(sorted.length / 2)] as number);
  console.log(`decoder: ${median} full packets a second on one core, must be >= ${PER_SECOND_MIN}`);
  const figures = {
    packets_per_second: median,
    slowest: Math.round(sorted[0] as number),
    fastest: Math.round(sorted.at(-1) as number),
    cold: Math.round(cold),
    heap_bytes_per_packet: Math.round(bytesAPacket * 1_000) / 1_000,
  };
  console.log(JSON.stringify(figures));
  return median >= PER_SECOND_MIN ? 0 : 1;
}
