// The dated file of a broker's limits, read and checked: how much it takes from one account.
import { DataRow, datedRows } from '../data-row.ts';
import { type Pacing } from './order-scheduler.ts';

const FIELDS = ['from', 'to', 'perSecond', 'perMinute', 'perDay', 'modifiesPerOrder', 'slices', 'source'];

/** Rows in the order of their days, without a gap. `source` names the file in messages. Throws `DataFileError`. */
export function parseBrokerLimits(json: unknown, source: string): readonly Pacing[] {
  const top = new DataRow(json, source, '', ['about', 'covers', 'rows']);
  top.text('about');
  const covers = top.row('covers', ['from', 'to']);
  const dates = { from: covers.day('from'), to: covers.day('to') };
  return datedRows(top.rows('rows', FIELDS), dates, (row, { from, to }) => ({
    from,
    to,
    perSecond: row.whole('perSecond', 0),
    perMinute: row.whole('perMinute', 0),
    perDay: row.whole('perDay', 0),
    modifiesPerOrder: row.whole('modifiesPerOrder', 0),
    slices: row.whole('slices', 0),
  }));
}
