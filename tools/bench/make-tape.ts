// The tape that the workloads run on, made anew wherever it is needed: random walks in steps of five paise with a drift
// that changes now and then, one tick a second for each instrument. Integers alone, so that a seed gives the same bytes
// everywhere. `node tools/bench/make-tape.ts OUT.bin [STEPS] [INSTRUMENTS] [SEED]`
import { closeSync, openSync, writeSync } from 'node:fs';

export interface TapeShape {
  readonly steps: number;
  readonly instruments: number;
  readonly seed: number;
}

const RECORD_BYTES = 16;
const FIRST_TICK = Date.UTC(2025, 0, 1, 3, 45);
const LEAST_PAISE = 5_000;

/** Writes records of f64 epoch milliseconds, u32 instrument, u32 price in paise, a step at a time. */
export function makeTape(path: string, { steps, instruments, seed }: TapeShape): void {
  const draw = xorshift(seed);
  const prices = Int32Array.from({ length: instruments }, (_, k) => 100_000 + k * 1_000);
  const drifts = new Int32Array(instruments);
  const step = Buffer.alloc(instruments * RECORD_BYTES);
  const file = openSync(path, 'w');
  try {
    for (let second = 0; second < steps; second++) {
      for (let k = 0; k < instruments; k++) {
        const drawn = draw();
        if (drawn % 64 === 0) drifts[k] = ((drawn >>> 8) % 5) - 2;
        const moved = 5 * (((drawn >>> 16) % 9) - 4) + (drifts[k] as number) * 5 * ((drawn >>> 12) & 1);
        prices[k] = Math.max(LEAST_PAISE, (prices[k] as number) + moved);
        step.writeDoubleLE(FIRST_TICK + second * 1_000, k * RECORD_BYTES);
        step.writeUInt32LE(k, k * RECORD_BYTES + 8);
        step.writeUInt32LE(prices[k] as number, k * RECORD_BYTES + 12);
      }
      writeSync(file, step);
    }
  } finally {
    closeSync(file);
  }
}

function xorshift(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state = (state ^ (state << 13)) >>> 0;
    state ^= state >>> 17;
    state = (state ^ (state << 5)) >>> 0;
    return state;
  };
}

if (process.argv[1] === import.meta.filename) {
  const [out, steps = '20000', instruments = '50', seed = '42'] = process.argv.slice(2);
  if (out === undefined) throw new Error('expected the path of the tape to write, found none');
  makeTape(out, { steps: Number(steps), instruments: Number(instruments), seed: Number(seed) });
}
