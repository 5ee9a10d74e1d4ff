// What positions and orders in flight are worth at their worst: gross, and net of long and short.
import { type Side } from '../events.ts';
import { type InFlight } from './reservations.ts';

/** Worst values of a book or an account; `long` and `short` are signed. */
export interface Exposure {
  gross: number;
  long: number;
  short: number;
}

export type LineInFlight = Pick<InFlight, 'buying' | 'selling' | 'peakBuying' | 'peakSelling'>;

/** Adds what one instrument of a book may come to, or with `sign` -1 takes it away. */
export function addLine(into: Exposure, held: number, line: LineInFlight, mark: number, sign: 1 | -1): void {
  const up = held + line.buying;
  const down = held - line.selling;
  const price = Math.max(mark, line.peakBuying, line.peakSelling);
  into.gross += sign * Math.max(Math.abs(up), Math.abs(down)) * price;
  into.long += sign * up * price;
  into.short += sign * down * price;
}

/** How far from zero the net may come, whichever orders are filled. */
export function worstNet({ long, short }: Exposure): number {
  return Math.max(Math.abs(long), Math.abs(short));
}

/** Units of a line that would open or enlarge a position, were all of one side filled: the worse side. */
export function openingValue(held: number, line: LineInFlight): number {
  const buys = Math.max(0, line.buying - Math.max(0, -held));
  const sells = Math.max(0, line.selling - Math.max(0, held));
  return Math.max(buys * line.peakBuying, sells * line.peakSelling);
}

/** The line with one order more. */
export function withOrder(line: LineInFlight, side: Side, units: number, price: number): LineInFlight {
  const { buying, selling, peakBuying, peakSelling } = line;
  if (side === 'BUY') return { buying: buying + units, selling, peakBuying: Math.max(peakBuying, price), peakSelling };
  return { buying, selling: selling + units, peakBuying, peakSelling: Math.max(peakSelling, price) };
}
