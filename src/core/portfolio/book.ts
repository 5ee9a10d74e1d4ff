// The books of one deployment in one namespace, kept in double entry: cash, positions at cost, fees and realised P&L
// always balance against the money put in. The risk manager and the portfolio manager fold fills with this same code.
import { type Money, type Ppm, type Price, divideHalfUp, multiplyDivide, multiplyDivideFloor } from '../decimal.ts';
import { type Product } from '../events.ts';
import { type StrategyId } from '../ids.ts';
import { invariant } from '../invariant.ts';

/** A book as it is written to snapshots; positions are [index, quantity, cost]. */
export interface BookState {
  readonly strategyId: StrategyId;
  readonly startingCash: number;
  readonly cash: number;
  readonly realised: number;
  readonly fees: number;
  readonly adjustments: number;
  /** Absent in snapshots from before anything was settled. */
  readonly settled?: number;
  readonly marketValue: number;
  readonly peak: number;
  readonly maxDrawdown: number;
  readonly unsettled: boolean;
  readonly positions: readonly (readonly [number, number, number])[];
  /** Product of each position that is not delivery. */
  readonly margined?: readonly (readonly [number, Product])[];
}

export class Book {
  readonly strategyId: StrategyId;
  readonly startingCash: number;
  cash: number;
  /** P&L of closed quantity, before fees. */
  realised = 0;
  fees = 0;
  /** Deposits less withdrawals, and what was settled beside fills. */
  adjustments = 0;
  /** That part of the adjustments that is gain or loss. */
  settled = 0;
  /** What the held positions cost; negative for shorts. */
  costTotal = 0;
  marketValue = 0;
  peak: number;
  maxDrawdown = 0;
  /** Units held and their total cost, by instrument index. */
  quantity: Float64Array<ArrayBuffer>;
  cost: Float64Array<ArrayBuffer>;
  /** The product of each open position that is not delivery, by instrument index. */
  readonly margined = new Map<number, Product>();
  /** When its ledger was last asked for it, counted in questions. */
  usedAt = 0;
  /** Instruments that are held. */
  #held = 0;
  /** A fill or an adjustment changed the equity since it was last measured. */
  #unsettled = false;
  /**
   * Between these market values the equity is neither a new peak nor a deeper drawdown, so that most marks need no more
   * than two comparisons. Below the ceiling only while nothing is unsettled.
   */
  #ceiling = Number.NEGATIVE_INFINITY;
  #floor = Number.NEGATIVE_INFINITY;
  #limitShare = -1;
  #limit = 0;

  constructor(strategyId: StrategyId, startingCash: Money, instruments: number) {
    this.strategyId = strategyId;
    this.startingCash = startingCash;
    this.cash = startingCash;
    this.peak = startingCash;
    this.quantity = new Float64Array(instruments);
    this.cost = new Float64Array(instruments);
  }

  get equity(): number {
    return this.cash + this.marketValue;
  }

  get drawdown(): number {
    return this.peak - this.equity;
  }

  /** The fall from the peak that a share of the starting cash allows. */
  drawdownLimit(share: Ppm): number {
    if (share !== this.#limitShare) {
      this.#limitShare = share;
      this.#limit = multiplyDivideFloor(this.startingCash, share, 1_000_000);
    }
    return this.#limit;
  }

  get unrealised(): number {
    return this.marketValue - this.costTotal;
  }

  /** Average cost of the held units in 1/10,000 rupee, rounded half up; 0 when flat. */
  averagePrice(instrument: number): Price {
    const held = this.quantity[instrument] ?? 0;
    if (held === 0) return 0 as Price;
    const cost = this.cost[instrument] as number;
    return divideHalfUp(held < 0 ? -cost : cost, held < 0 ? -held : held) as Price;
  }

  /** Everything earned, charges and what was settled beside fills taken off. */
  get netPnl(): number {
    return this.realised + this.unrealised - this.fees + this.settled;
  }

  /** What the positions are worth at the marks, longs and shorts alike. */
  grossExposure(markOf: (instrument: number) => number): number {
    let gross = 0;
    for (let k = 0; k < this.quantity.length; k++) {
      const held = this.quantity[k] as number;
      if (held !== 0) gross += Math.abs(held) * markOf(k);
    }
    return gross;
  }

  /**
   * Books a fill of `signed` units (negative sells) at `price`, marked at `mark`. What reduces the position realises
   * P&L against its average cost; what goes past zero opens the other side.
   */
  fill(instrument: number, signed: number, price: number, fees: number, mark: number): void {
    const held = this.quantity[instrument] as number;
    const costBefore = this.cost[instrument] as number;
    const closing = held * signed < 0 ? Math.min(Math.abs(held), Math.abs(signed)) : 0;
    const closedCost =
      closing === 0 ? 0 : closing === Math.abs(held) ? costBefore : multiplyDivide(costBefore, closing, Math.abs(held));
    const signedClosing = signed < 0 ? -closing : closing;
    const costChange = (signed - signedClosing) * price - closedCost;
    const realised = closing === 0 ? 0 : -(closedCost + signedClosing * price);
    this.#post(-signed * price - fees, costChange, fees, -realised, 0);
    const after = held + signed;
    this.quantity[instrument] = after;
    if (held === 0) this.#held++;
    if (after === 0) this.#held--;
    this.cost[instrument] = costBefore + costChange;
    this.marketValue += signed * mark;
  }

  /** The product under which the position in an instrument is held after a fill of it. */
  hold(instrument: number, product: Product): void {
    if (product !== 'CNC' && this.quantity[instrument] !== 0) this.margined.set(instrument, product);
    else if (this.margined.size > 0) this.margined.delete(instrument);
  }

  /** The product of the open position in an instrument; undefined when there is none. */
  productOf(instrument: number): Product | undefined {
    if (this.quantity[instrument] === 0) return undefined;
    return this.margined.size === 0 ? 'CNC' : (this.margined.get(instrument) ?? 'CNC');
  }

  /** Puts money in (positive) or takes it out; the peak moves with it, so that it is no gain and no drawdown. */
  adjust(amount: number): void {
    this.#post(amount, 0, 0, 0, -amount);
    this.peak += amount;
  }

  /** Posts what is earned or paid beside fills, such as charges of a day: it counts as gain or loss. */
  settle(amount: number): void {
    this.#post(amount, 0, 0, 0, -amount);
    this.settled += amount;
  }

  /**
   * Every `from` units of an instrument become `to` at the same cost, and are marked at `mark` from now on. Whoever calls
   * has made sure that it comes out whole.
   */
  split(instrument: number, from: number, to: number, before: number, mark: number): void {
    const held = this.quantity[instrument] as number;
    const after = (held * to) / from;
    invariant(Number.isSafeInteger(after), `${held} units of ${this.strategyId} do not split ${from} to ${to}`);
    this.quantity[instrument] = after;
    this.marketValue += after * mark - held * before;
    this.#unsettle();
  }

  /** The mark of an instrument moved by `change`; one that is not held may still be the first since a fill. */
  mark(instrument: number, change: number): void {
    const held = this.quantity[instrument] as number;
    if (held !== 0) {
      const value = this.marketValue + held * change;
      this.marketValue = value;
      if (value > this.#ceiling || value < this.#floor) this.measure();
    } else if (this.#unsettled) this.measure();
  }

  /** Nothing is held and nothing is to be measured: whatever price is marked, the book stays as it is. */
  get atRest(): boolean {
    return this.#held === 0 && !this.#unsettled;
  }

  #unsettle(): void {
    this.#unsettled = true;
    this.#ceiling = Number.NEGATIVE_INFINITY;
  }

  /** Takes the present equity into the peak and the deepest drawdown. */
  measure(): void {
    this.#unsettled = false;
    const equity = this.cash + this.marketValue;
    if (equity > this.peak) this.peak = equity;
    else if (this.peak - equity > this.maxDrawdown) this.maxDrawdown = this.peak - equity;
    this.#ceiling = this.peak - this.cash;
    this.#floor = this.#ceiling - this.maxDrawdown;
  }

  /**
   * One posting in double entry, an amount for each account, debits positive: they sum to zero, and afterwards the
   * trial balance of the whole book is zero.
   */
  #post(cash: number, positions: number, fees: number, realisedPnl: number, capital: number): void {
    const sum = cash + positions + fees + realisedPnl + capital;
    if (sum !== 0) invariant(false, `a posting of ${this.strategyId} sums to ${sum}, not to zero`);
    this.cash += cash;
    this.costTotal += positions;
    this.fees += fees;
    this.realised -= realisedPnl;
    this.adjustments -= capital;
    const balance = this.cash + this.costTotal + this.fees - this.realised - this.startingCash - this.adjustments;
    if (balance !== 0 || !Number.isSafeInteger(this.cash)) {
      invariant(false, `the book ${this.strategyId} is off by ${balance} with ${this.cash} in cash`);
    }
    this.#unsettle();
  }

  grow(instruments: number): void {
    this.quantity = grown(this.quantity, instruments);
    this.cost = grown(this.cost, instruments);
  }

  snapshot(): BookState {
    const positions: [number, number, number][] = [];
    for (let k = 0; k < this.quantity.length; k++) {
      if (this.quantity[k] !== 0) positions.push([k, this.quantity[k] ?? 0, this.cost[k] ?? 0]);
    }
    const { strategyId, startingCash, cash, realised, fees, adjustments, settled } = this;
    const { marketValue, peak, maxDrawdown } = this;
    const unsettled = this.#unsettled;
    return {
      strategyId,
      startingCash,
      cash,
      realised,
      fees,
      adjustments,
      settled,
      marketValue,
      peak,
      maxDrawdown,
      unsettled,
      positions,
      ...(this.margined.size > 0 && { margined: [...this.margined] }),
    };
  }

  static restore(state: BookState, instruments: number): Book {
    const book = new Book(state.strategyId, state.startingCash as Money, instruments);
    book.cash = state.cash;
    book.realised = state.realised;
    book.fees = state.fees;
    book.adjustments = state.adjustments;
    book.settled = state.settled ?? 0;
    book.marketValue = state.marketValue;
    book.peak = state.peak;
    book.maxDrawdown = state.maxDrawdown;
    book.#unsettled = state.unsettled;
    for (const [index, quantity, cost] of state.positions) {
      book.quantity[index] = quantity;
      book.cost[index] = cost;
      book.costTotal += cost;
      book.#held++;
    }
    for (const [index, product] of state.margined ?? []) book.margined.set(index, product);
    return book;
  }
}

/** The same numbers in an array with room for `length`. */
export function grown(before: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  if (before.length >= length) return before;
  const after = new Float64Array(length);
  after.set(before);
  return after;
}
