// The dated file of freeze quantities, read and checked: the most units of index derivatives that one order may have.
import { DataRow, datedRows, type Dated } from '../data-row.ts';
import { type Quantity } from '../decimal.ts';
import { type DayNumber, formatDay } from '../time.ts';
import { type Instrument } from './instrument.ts';

interface FreezeRow extends Dated {
  readonly quantity: Quantity;
}

export interface FreezeQuantities {
  /** The file, for messages. */
  readonly source: string;
  readonly covers: Dated;
  readonly underlyings: ReadonlyMap<string, readonly FreezeRow[]>;
}

/** `source` names the file in messages. Throws `DataFileError`. */
export function parseFreezeQuantities(json: unknown, source: string): FreezeQuantities {
  const top = new DataRow(json, source, '', ['about', 'covers', 'underlyings']);
  top.text('about');
  const days = top.row('covers', ['from', 'to']);
  const covers = { from: days.day('from'), to: days.day('to') };
  const rows = top.row('underlyings', undefined);
  const underlyings = rows.keys().map((name) => {
    const dated = datedRows(rows.rows(name, ['from', 'to', 'quantity', 'source']), covers, (row, dates) => ({
      ...dates,
      quantity: row.whole('quantity', 1) as Quantity,
    }));
    return [name, dated] as const;
  });
  return { source, covers, underlyings: new Map(underlyings) };
}

/** A day that the file does not cover; the message names the file. */
export class FreezeQuantityError extends Error {
  override readonly name = 'FreezeQuantityError';
}

/**
 * The instrument with the freeze quantity of a day. What the file does not know keeps what it has; a derivative of an
 * index that it knows throws `FreezeQuantityError` on a day outside the file.
 */
export function withFreezeQuantity(table: FreezeQuantities, instrument: Instrument, day: DayNumber): Instrument {
  if (instrument.kind !== 'future' && instrument.kind !== 'option') return instrument;
  const rows = table.underlyings.get(underlyingOf(instrument.symbol));
  if (rows === undefined) return instrument;
  const row = rows.find(({ from, to }) => from <= day && day <= to);
  if (row === undefined) {
    const { from, to } = table.covers;
    throw new FreezeQuantityError(
      `${instrument.symbol} has no freeze quantity on ${formatDay(day)}: ${table.source} covers ${formatDay(from)} to ` +
        `${formatDay(to)}. Add the row of the exchange's circular.`,
    );
  }
  return { ...instrument, freezeQuantity: row.quantity };
}

/** The letters with which the symbol of a derivative begins: NIFTY26NOVFUT is of NIFTY, NIFTYNXT5026NOVFUT of NIFTYNXT50. */
function underlyingOf(symbol: string): string {
  return /^(.*?)\d{2}(?:[A-Z]{3}|[0-9OND]\d{2})/.exec(symbol)?.[1] ?? symbol;
}
