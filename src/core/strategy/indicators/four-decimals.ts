// How a strategy writes a figure for the person who asks why: as text, so that it looks the same wherever it is read.
import { formatDecimal, RUPEE } from '../../decimal.ts';

/** A float, such as an index or a ratio, as decimal text rounded to four places: `80.00`, `0.0123`. Not for amounts. */
export function fourDecimals(value: number): string {
  return formatDecimal(Math.round(value * RUPEE));
}
