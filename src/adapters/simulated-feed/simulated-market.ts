// The simulated market itself: prices, volumes and depth, one tick after another, in whole numbers throughout. It knows
// no clock; the feed beside it decides when a tick is due.
import { multiplyDivide } from '#core/decimal.ts';
import { invariant } from '#core/invariant.ts';
import { type Calendar } from '#core/market/calendar.ts';
import { DEPTH_WIDTH, NO_VOLUME, type TickBatch } from '#core/market/tick.ts';
import { type EpochMs } from '#core/time.ts';
import { clearDepth, type DayLimits, writeDepth } from './depth.ts';
import { PRICE_MAX, segmentOf, type Share, sharesOf, type SimulatedInstrument } from './share.ts';
import { NORMAL_DEVIATION, TickDraws } from './tick-draws.ts';
import { activity, movement, slotStart, type TradingDay, tradingDayFrom } from './trading-day.ts';

export interface SimulatedMarketOptions {
  readonly seed: number;
  readonly instruments: readonly SimulatedInstrument[];
  readonly calendar: Calendar;
  /** The first instant, inside a session. */
  readonly start: EpochMs;
  readonly ticksPerSecond: number;
}

/** All that a tick depends on besides the options, as whole numbers. */
export interface MarketState {
  /** Ticks made so far. */
  readonly sequence: number;
  /** Where the trading day began, and how many of its slots are done. */
  readonly from: EpochMs;
  readonly slot: number;
  /** By instrument, in 1/10,000 rupee and not rounded to the tick size. */
  readonly prices: readonly number[];
  readonly previousCloses: readonly number[];
  readonly volumes: readonly number[];
}

/** A return is counted in 1/100,000,000. */
const RETURN = 100_000_000;
/** Draws that are not about one instrument's tick are numbered beyond every instrument. */
const COMMON = 0x2_0000;
const OVERNIGHT = 0x1_0000;
const CIRCUIT_PERCENT = 20;
const JUMPS_A_DAY = 3;

export class SimulatedMarket {
  readonly #calendar: Calendar;
  readonly #segment: string;
  readonly #ticksPerSecond: number;
  readonly #shares: readonly Share[];
  readonly #draws: TickDraws;
  readonly #prices: Float64Array;
  readonly #previousCloses: Float64Array;
  readonly #volumes: Float64Array;
  /** What the day allows and how thick its books are, by instrument. */
  #limits: readonly DayLimits[] = [];
  #day: TradingDay;
  /** Trading time before the day, since this process began. */
  #before = 0;
  #slot: number;
  #sequence: number;
  /** The move that all shares of a round have in common. */
  #common = 0;
  #commonOf = -1;

  /** Goes on from a state, or opens at the start. */
  constructor(options: SimulatedMarketOptions, state: MarketState | undefined) {
    const { instruments, calendar, ticksPerSecond } = options;
    this.#calendar = calendar;
    this.#segment = segmentOf(instruments);
    this.#ticksPerSecond = ticksPerSecond;
    this.#shares = sharesOf(instruments, options.seed);
    this.#draws = new TickDraws(options.seed);
    const anchors = this.#shares.map((share) => share.anchor);
    this.#prices = Float64Array.from(state?.prices ?? anchors);
    this.#previousCloses = Float64Array.from(state?.previousCloses ?? anchors);
    this.#volumes = Float64Array.from(state?.volumes ?? anchors.map(() => 0));
    this.#slot = state?.slot ?? 0;
    this.#sequence = state?.sequence ?? 0;
    this.#day = tradingDayFrom(state?.from ?? options.start, calendar, this.#segment, ticksPerSecond);
    this.#setLimits();
    if (state === undefined) this.#moveOvernight();
  }

  /** Trading time of the next tick, in milliseconds that leave out the hours between sessions; for pacing only. */
  get nextDue(): number {
    return this.#before + (this.isDayOver ? this.#day.close - this.#day.from : this.#offsetOfSlot());
  }

  /** Whether the next tick opens another session. */
  get isDayOver(): boolean {
    return this.#slot === this.#slots;
  }

  /** Ticks made so far. */
  get sequence(): number {
    return this.#sequence;
  }

  get state(): MarketState {
    return {
      sequence: this.#sequence,
      from: this.#day.from,
      slot: this.#slot,
      prices: [...this.#prices],
      previousCloses: [...this.#previousCloses],
      volumes: [...this.#volumes],
    };
  }

  /** Appends the next tick. Throws `CalendarError` where the calendar's data ends. */
  makeTick(batch: TickBatch): void {
    if (this.isDayOver) this.#openNextDay();
    const count = this.#shares.length;
    const instrument = this.#slot % count;
    const round = (this.#slot - instrument) / count;
    const share = this.#shares[instrument];
    invariant(share !== undefined, `instrument ${instrument} of ${count} has no share`);
    const sequence = this.#sequence + 1;
    const time = this.#day.from + this.#offsetOfSlot();
    if (share.isIndex) this.#followShares(instrument, share);
    else this.#moveShare(instrument, share, round, sequence);
    const shown = this.#shown(instrument, share);
    const depthAt = batch.count * DEPTH_WIDTH;
    batch.push(instrument, time, shown, share.isIndex ? NO_VOLUME : (this.#volumes[instrument] ?? 0), sequence);
    if (batch.depth.length > 0) this.#writeDepth(batch, depthAt, shown, instrument);
    this.#sequence = sequence;
    this.#slot++;
  }

  get #slots(): number {
    return this.#day.rounds * this.#shares.length;
  }

  /** Somewhere in the slot, so that ticks do not come like a clock's; slots keep their order. */
  #offsetOfSlot(): number {
    const begin = slotStart(this.#day, this.#slots, this.#slot);
    const width = slotStart(this.#day, this.#slots, this.#slot + 1) - begin;
    this.#draws.begin(this.#slot % this.#shares.length, this.#sequence + 1);
    return begin + (width > 1 ? this.#draws.below(width) : 0);
  }

  #moveShare(instrument: number, share: Share, round: number, sequence: number): void {
    const common = this.#commonMove(sequence - instrument);
    const draws = this.#draws;
    draws.begin(instrument, sequence);
    draws.next();
    const normal = Math.floor((55 * common + 83 * draws.normal()) / 100);
    const lively = movement(this.#day, round);
    let change = Math.floor((normal * share.deviation * lively) / (NORMAL_DEVIATION * 1_000 * this.#day.rootRounds));
    if (draws.below(this.#day.rounds) < JUMPS_A_DAY) change += jump(draws.next());
    const before = this.#prices[instrument] ?? share.anchor;
    this.#prices[instrument] = this.#within(instrument, before + multiplyDivide(before, change, RETURN));
    const busy = activity(this.#day, round);
    const lots = (share.volume * busy * draws.below(2_048)) / (this.#day.rounds * 1_000 * 1_024 * share.lotSize);
    // The draw decides about the part of a lot, so that small volumes come out right on average.
    const traded = Math.floor(lots + draws.next() / 0x1_0000_0000) * share.lotSize;
    this.#volumes[instrument] = (this.#volumes[instrument] ?? 0) + traded;
  }

  /** The same draw for every share of a round: it is what an index shows. */
  #commonMove(roundStart: number): number {
    if (this.#commonOf !== roundStart) {
      this.#draws.begin(COMMON, roundStart);
      this.#common = this.#draws.normal();
      this.#commonOf = roundStart;
    }
    return this.#common;
  }

  /** An index stands at its previous close times the weighted mean of what its shares have gained on theirs. */
  #followShares(instrument: number, index: Share): void {
    const { weights } = index;
    let sum = 0;
    let weighted = 0;
    for (let k = 0; k < weights.length; k++) {
      const weight = weights[k] ?? 0;
      if (weight === 0) continue;
      sum += weight;
      weighted += weight * Math.floor(((this.#prices[k] ?? 0) * 100_000) / (this.#previousCloses[k] ?? 1));
    }
    const gain = multiplyDivide(weighted, 100, sum);
    const value = multiplyDivide(this.#previousCloses[instrument] ?? index.anchor, gain, 100 * 100_000);
    this.#prices[instrument] = this.#within(instrument, value);
  }

  /** The price on the tick size, as it is traded. */
  #shown(instrument: number, share: Share): number {
    const steps = Math.round((this.#prices[instrument] ?? share.anchor) / share.tickSize);
    return this.#within(instrument, steps * share.tickSize);
  }

  #within(instrument: number, value: number): number {
    const limits = this.#limits[instrument];
    invariant(limits !== undefined, `instrument ${instrument} has no limits`);
    return Math.min(limits.upper, Math.max(limits.lower, value));
  }

  #setLimits(): void {
    this.#limits = this.#shares.map(({ tickSize, lotSize, volume }, k) => {
      const close = this.#previousCloses[k] ?? 0;
      const lowest = Math.ceil((close * (100 - CIRCUIT_PERCENT)) / (100 * tickSize));
      const highest = Math.floor(Math.min((close * (100 + CIRCUIT_PERCENT)) / 100, PRICE_MAX) / tickSize);
      const lots = Math.max(1, Math.ceil((10 * volume) / (this.#day.rounds * lotSize)));
      return { tickSize, lotSize, lots, lower: Math.max(1, lowest) * tickSize, upper: Math.max(1, highest) * tickSize };
    });
  }

  #writeDepth(batch: TickBatch, at: number, last: number, instrument: number): void {
    const limits = this.#limits[instrument];
    const isIndex = this.#shares[instrument]?.isIndex ?? true;
    if (isIndex || limits === undefined) return clearDepth(batch.depth, at);
    writeDepth(batch.depth, at, last, limits, this.#draws);
    batch.hasDepth = true;
  }

  #openNextDay(): void {
    const next = this.#calendar.nextSession(this.#segment, this.#day.close);
    this.#before += this.#day.close - this.#day.from;
    this.#day = tradingDayFrom(next.open, this.#calendar, this.#segment, this.#ticksPerSecond);
    this.#slot = 0;
    this.#shares.forEach((share, k) => {
      this.#previousCloses[k] = this.#shown(k, share);
    });
    this.#volumes.fill(0);
    this.#setLimits();
    this.#moveOvernight();
  }

  /** Shares open a little away from their close, up to one in a hundred, and a little nearer to their anchor. */
  #moveOvernight(): void {
    this.#shares.forEach((share, k) => {
      if (share.isIndex) return;
      this.#draws.begin(OVERNIGHT + k, this.#sequence);
      const change = Math.floor((this.#draws.normal() * (RETURN / 100)) / 0x1fffe);
      const close = this.#previousCloses[k] ?? share.anchor;
      const open = close + multiplyDivide(close, change, RETURN) + Math.round((share.anchor - close) / 20);
      this.#prices[k] = this.#within(k, open);
    });
  }
}

/** A sudden move of one to five in a thousand, either way. */
function jump(draw: number): number {
  const size = RETURN / 1_000 + ((draw >>> 1) % (RETURN / 250));
  return (draw & 1) === 0 ? size : -size;
}
