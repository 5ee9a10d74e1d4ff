// The levels of the book that a tick shows, and what orders of this exchange have taken of them at this tick. The next
// tick shows the book anew, as if it had not been touched.
import { DEPTH_LEVELS, type Tick } from '../market/tick.ts';
import { UNSEEN } from './resting.ts';

const COLUMNS = 3;

/** One for an exchange; it is opened at each tick anew and must not be read after the tick. */
export class Depth {
  #columns: Tick['depth'] = new Int32Array(0);
  #at = 0;
  readonly #taken = new Float64Array(2 * DEPTH_LEVELS);

  /** Reads the levels of a tick; false when it shows none. */
  open(tick: Tick): boolean {
    if (tick.depthAt < 0) return false;
    this.#columns = tick.depth;
    this.#at = tick.depthAt;
    this.#taken.fill(0);
    return this.left(true, 0) > 0 || this.left(false, 0) > 0;
  }

  /** The price of a bid or an offer, the best being level 0. */
  price(bid: boolean, level: number): number {
    return this.#columns[this.#at + placeOf(bid, level) * COLUMNS] as number;
  }

  /** What nobody has taken of a level. */
  left(bid: boolean, level: number): number {
    const k = placeOf(bid, level);
    return (this.#columns[this.#at + k * COLUMNS + 1] as number) - (this.#taken[k] as number);
  }

  take(bid: boolean, level: number, quantity: number): void {
    const k = placeOf(bid, level);
    this.#taken[k] = (this.#taken[k] as number) + quantity;
  }

  /** The volume that waits at a price: 0 where none is shown, `UNSEEN` beyond the levels that are shown. */
  waitingAt(bid: boolean, price: number): number {
    for (let level = 0; level < DEPTH_LEVELS; level++) {
      const shown = this.#columns[this.#at + placeOf(bid, level) * COLUMNS + 1] as number;
      const at = this.price(bid, level);
      if (shown === 0 || (bid ? at < price : at > price)) return 0;
      if (at === price) return shown;
    }
    return UNSEEN;
  }
}

function placeOf(bid: boolean, level: number): number {
  return bid ? level : DEPTH_LEVELS + level;
}
