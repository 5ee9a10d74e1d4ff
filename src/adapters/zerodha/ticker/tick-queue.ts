// Ticks between the ticker's sockets and whoever pulls them: a ring of a fixed size. When nobody pulls for too long, new
// ticks find no room and are counted.
import { DEPTH_WIDTH, type TickBatch } from '#core/market/tick.ts';

export class TickQueue {
  readonly #capacity: number;
  readonly #instrument: Uint16Array;
  readonly #time: Float64Array;
  readonly #price: Float64Array;
  readonly #volume: Float64Array;
  readonly #hasDepth: Uint8Array;
  readonly #depth: Int32Array;
  #head = 0;
  #length = 0;
  #sequence = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#instrument = new Uint16Array(capacity);
    this.#time = new Float64Array(capacity);
    this.#price = new Float64Array(capacity);
    this.#volume = new Float64Array(capacity);
    this.#hasDepth = new Uint8Array(capacity);
    this.#depth = new Int32Array(capacity * DEPTH_WIDTH);
  }

  get length(): number {
    return this.#length;
  }

  /** Number of the tick that was taken out last; the first is 1. */
  get sequence(): number {
    return this.#sequence;
  }

  /** False when there is no room. */
  push(instrument: number, time: number, price: number, volume: number, depth: Int32Array | undefined): boolean {
    if (this.#length === this.#capacity) return false;
    const at = (this.#head + this.#length++) % this.#capacity;
    this.#instrument[at] = instrument;
    this.#time[at] = time;
    this.#price[at] = price;
    this.#volume[at] = volume;
    this.#hasDepth[at] = depth === undefined ? 0 : 1;
    if (depth !== undefined) this.#depth.set(depth, at * DEPTH_WIDTH);
    return true;
  }

  /** Moves at most `max` ticks to the end of a batch that has depth; returns how many. */
  moveTo(batch: TickBatch, max: number): number {
    const count = Math.min(max, this.#length, batch.capacity - batch.count);
    for (let k = 0; k < count; k++) {
      const at = this.#head;
      const row = batch.count;
      batch.push(
        this.#instrument[at] as number,
        this.#time[at] as number,
        this.#price[at] as number,
        this.#volume[at] as number,
        ++this.#sequence,
      );
      const depthAt = row * DEPTH_WIDTH;
      if (this.#hasDepth[at] === 1) {
        batch.hasDepth = true;
        batch.depth.set(this.#depth.subarray(at * DEPTH_WIDTH, (at + 1) * DEPTH_WIDTH), depthAt);
      } else if (batch.depth.length > 0) batch.depth.fill(0, depthAt, depthAt + DEPTH_WIDTH);
      this.#head = (at + 1) % this.#capacity;
    }
    this.#length -= count;
    return count;
  }
}
