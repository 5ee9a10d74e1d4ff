// Fills paired into round trips: from flat to flat in one instrument. Their gains are exact, because what a trip bought
// and sold is the same number of units.
import { multiplyDivide } from '../decimal.ts';

/** A fill as research sees it; money in 1/10,000 rupee. */
export interface FillFact {
  readonly at: number;
  readonly token: number;
  /** Negative for a sale. */
  readonly signed: number;
  readonly price: number;
  readonly fees: number;
}

/** One position from its first unit to its last. */
export interface RoundTrip {
  readonly token: number;
  readonly side: 'LONG' | 'SHORT';
  readonly openedAt: number;
  readonly closedAt: number;
  /** All units that were opened. */
  readonly quantity: number;
  /** What opening and closing came to. */
  readonly entryValue: number;
  readonly exitValue: number;
  readonly fees: number;
  /** Gain after charges. */
  readonly net: number;
}

interface Open {
  side: 'LONG' | 'SHORT';
  openedAt: number;
  held: number;
  quantity: number;
  entryValue: number;
  exitValue: number;
  fees: number;
}

/**
 * The trips that are closed, in the order in which they closed. A fill that turns a position around closes one trip and opens
 * the next; its charges are shared by units.
 */
export function roundTrips(fills: readonly FillFact[]): readonly RoundTrip[] {
  const open = new Map<number, Open>();
  const closed: RoundTrip[] = [];
  for (const fill of fills) {
    const units = Math.abs(fill.signed);
    const side = fill.signed > 0 ? 'LONG' : 'SHORT';
    const trip = open.get(fill.token);
    if (trip === undefined || trip.side === side) {
      enter(open, fill, side, units, fill.fees);
      continue;
    }
    const closing = Math.min(units, trip.held);
    const fees = closing === units ? fill.fees : multiplyDivide(fill.fees, closing, units);
    trip.held -= closing;
    trip.exitValue += closing * fill.price;
    trip.fees += fees;
    if (trip.held === 0) {
      open.delete(fill.token);
      closed.push(close(trip, fill));
    }
    if (units > closing) enter(open, fill, side, units - closing, fill.fees - fees);
  }
  return closed;
}

function enter(open: Map<number, Open>, fill: FillFact, side: Open['side'], units: number, fees: number): void {
  let trip = open.get(fill.token);
  if (trip === undefined) {
    trip = { side, openedAt: fill.at, held: 0, quantity: 0, entryValue: 0, exitValue: 0, fees: 0 };
    open.set(fill.token, trip);
  }
  trip.held += units;
  trip.quantity += units;
  trip.entryValue += units * fill.price;
  trip.fees += fees;
}

function close(trip: Open, { token, at }: FillFact): RoundTrip {
  const { side, openedAt, quantity, entryValue, exitValue, fees } = trip;
  const gross = side === 'LONG' ? exitValue - entryValue : entryValue - exitValue;
  return { token, side, openedAt, closedAt: at, quantity, entryValue, exitValue, fees, net: gross - fees };
}
