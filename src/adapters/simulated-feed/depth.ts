// Five levels a side around the last price, drawn afresh at each tick: what a screen and a strategy see of the book. No
// order of ours rests in it.
import { DEPTH_LEVELS, DEPTH_WIDTH } from '#core/market/tick.ts';
import { type TickDraws } from './tick-draws.ts';

const ORDERS_MAX = 20;
const INT32_MAX = 0x7fff_ffff;

export interface DayLimits {
  readonly tickSize: number;
  readonly lotSize: number;
  /** The lowest and the highest price of the day; a level beyond them stays empty, as at a circuit. */
  readonly lower: number;
  readonly upper: number;
  /** Lots on a level, on average. */
  readonly lots: number;
}

/** Writes bids, then offers, at `at`; the last trade was at the best of one side. */
export function writeDepth(depth: Int32Array, at: number, last: number, limits: DayLimits, draws: TickDraws): void {
  const spread = limits.tickSize * (1 + (draws.below(4) === 0 ? 1 : 0));
  const isAtBid = draws.below(2) === 0;
  writeSide(depth, at, isAtBid ? last : last - spread, -limits.tickSize, limits, draws);
  writeSide(depth, at + DEPTH_WIDTH / 2, isAtBid ? last + spread : last, limits.tickSize, limits, draws);
}

export function clearDepth(depth: Int32Array, at: number): void {
  depth.fill(0, at, at + DEPTH_WIDTH);
}

function writeSide(
  depth: Int32Array,
  at: number,
  best: number,
  step: number,
  limits: DayLimits,
  draws: TickDraws,
): void {
  let price = best;
  for (let level = 0; level < DEPTH_LEVELS; level++) {
    const draw = draws.next();
    const isAllowed = price >= limits.lower && price <= limits.upper;
    const lots = 1 + ((draw >>> 6) % (2 * limits.lots * (level + 1)));
    const place = at + level * 3;
    depth[place] = isAllowed ? price : 0;
    depth[place + 1] = isAllowed ? Math.min(lots * limits.lotSize, INT32_MAX) : 0;
    depth[place + 2] = isAllowed ? Math.min(lots, 1 + (draw % ORDERS_MAX)) : 0;
    price += step * (1 + ((draw >>> 5) & 1));
  }
}
