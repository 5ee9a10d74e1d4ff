// One observation of the market, and the batch of them in columns in which ticks travel from a feed through the cascade
// into the journal without an allocation a tick.
import { type Price } from '../decimal.ts';
import { type EpochMs } from '../time.ts';
import { invariant } from '../invariant.ts';

/** Levels a side of market depth that a tick carries. */
export const DEPTH_LEVELS = 5;
/** Numbers a tick's depth takes: price, quantity and orders of five bids, then of five offers. */
export const DEPTH_WIDTH = DEPTH_LEVELS * 2 * 3;
/** Stands for a volume that the source did not give. */
export const NO_VOLUME = -1;

/**
 * A tick as stages see it. The cascade reuses one record for every tick: a stage reads it during the call and copies
 * what it keeps.
 */
export interface Tick {
  /** Index in the instrument table. */
  instrument: number;
  /** Event time at the exchange. */
  time: EpochMs;
  price: Price;
  /** Cumulative volume of the day, or `NO_VOLUME`. */
  volume: number;
  /** Volume since the tick before of this instrument, or `NO_VOLUME` when the source gives none. */
  traded: number;
  /** Depth columns of the batch, and this tick's first place in them; -1 without depth. */
  depth: Int32Array;
  depthAt: number;
}

/** Ticks in columns. `count` rows are valid; capacity never grows. */
export class TickBatch {
  count = 0;
  readonly capacity: number;
  /** Index in the instrument table. */
  readonly instrument: Uint16Array;
  /** Event time, epoch milliseconds. */
  readonly time: Float64Array;
  /** Last price in 1/10,000 rupee. */
  readonly price: Float64Array;
  /** Cumulative volume of the day, or `NO_VOLUME`. */
  readonly volume: Float64Array;
  /** The number that names the tick within its source: the tape's row, or the feed's sequence. */
  readonly sequence: Float64Array;
  /** Whether any tick of this batch has depth; depth columns hold rupee prices in 1/10,000. */
  hasDepth = false;
  readonly depth: Int32Array;

  constructor(capacity: number, withDepth: boolean) {
    invariant(capacity > 0, `a tick batch holds at least one tick, asked for ${capacity}`);
    this.capacity = capacity;
    this.instrument = new Uint16Array(capacity);
    this.time = new Float64Array(capacity);
    this.price = new Float64Array(capacity);
    this.volume = new Float64Array(capacity);
    this.sequence = new Float64Array(capacity);
    this.depth = new Int32Array(withDepth ? capacity * DEPTH_WIDTH : 0);
  }

  clear(): void {
    this.count = 0;
    this.hasDepth = false;
  }

  /** Appends a tick without depth; the caller has checked that there is room. */
  push(instrument: number, time: number, price: number, volume: number, sequence: number): void {
    const k = this.count++;
    this.instrument[k] = instrument;
    this.time[k] = time;
    this.price[k] = price;
    this.volume[k] = volume;
    this.sequence[k] = sequence;
  }
}
