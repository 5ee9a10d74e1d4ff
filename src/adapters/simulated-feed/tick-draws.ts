// Chance for one tick: every draw is a function of the seed, the instrument, the tick's sequence number and the draw's
// own number, so that a market goes on after a restart as if it had never stopped.
const GOLDEN = 0x9e3779b9;
const TWO_32 = 0x1_0000_0000;

/** Four 16-bit draws added up, less their mean, spread around 0 like a normal draw with this deviation. */
export const NORMAL_DEVIATION = 37_837;

export class TickDraws {
  readonly #seed: number;
  #base = 0;
  #number = 0;

  constructor(seed: number) {
    this.#seed = mix(seed ^ GOLDEN);
  }

  /** Goes to the first draw of a tick. */
  begin(instrument: number, sequence: number): void {
    const low = mix(mix(this.#seed + Math.imul(instrument + 1, GOLDEN)) ^ sequence);
    this.#base = mix(low ^ Math.floor(sequence / TWO_32));
    this.#number = 0;
  }

  /** The next draw of the tick, evenly in [0, 2^32). */
  next(): number {
    this.#number = (this.#number + GOLDEN) | 0;
    return mix(this.#base ^ this.#number) >>> 0;
  }

  /** The next draw, evenly in [0, bound); the bound is small against 2^32. */
  below(bound: number): number {
    return this.next() % bound;
  }

  /** A draw around 0; see `NORMAL_DEVIATION`. */
  normal(): number {
    const a = this.next();
    const b = this.next();
    return (a >>> 16) + (a & 0xffff) + (b >>> 16) + (b & 0xffff) - 0x1fffe;
  }
}

/** The final mix of Murmur3, which spreads each bit over all. */
function mix(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
