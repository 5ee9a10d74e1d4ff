// Reads a binary benchmark tape whole: records of f64 epoch milliseconds, u32 instrument, u32 price in paise.
import { readFileSync } from 'node:fs';
import { type Instrument } from '#core/market/instrument.ts';
import { price, quantity } from '#core/decimal.ts';
import { NO_VOLUME, TickBatch } from '#core/market/tick.ts';

const RECORD_BYTES = 16;
/** 1/10,000 rupee in a paisa. */
const PAISA = 100;

export interface BinaryTape {
  readonly batch: TickBatch;
  readonly instruments: readonly Instrument[];
}

export function readBinaryTape(path: string): BinaryTape {
  const bytes = readFileSync(path);
  if (bytes.length === 0 || bytes.length % RECORD_BYTES !== 0) {
    throw new Error(`${path}: expected records of ${RECORD_BYTES} bytes, found ${bytes.length} bytes`);
  }
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  const [times, words] = [new Float64Array(buffer), new Uint32Array(buffer)];
  const batch = new TickBatch(bytes.length / RECORD_BYTES, false);
  let count = 0;
  for (let k = 0; k < batch.capacity; k++) {
    const instrument = words[k * 4 + 2] as number;
    count = Math.max(count, instrument + 1);
    batch.push(instrument, times[k * 2] as number, (words[k * 4 + 3] as number) * PAISA, NO_VOLUME, k + 1);
  }
  const instruments = Array.from({ length: count }, (_, token) => ({
    token,
    symbol: `I${token}`,
    exchange: 'NSE',
    segment: 'NSE',
    tickSize: price(500),
    lotSize: quantity(1),
    tradable: true,
  }));
  return { batch, instruments };
}
