// Kite's list of all instruments, a CSV that it makes anew every day. It is taken whole or not at all: half a list that is
// taken for the whole one has instruments vanish.
import { parseDecimal, type Price } from '#core/decimal.ts';
import { type Listing } from '#core/market/instrument-directory.ts';

export interface DumpRow {
  readonly token: number;
  readonly exchange: string;
  readonly symbol: string;
  readonly name: string;
  /** 0 for what cannot be ordered. */
  readonly tickSize: Price;
  readonly lotSize: number;
  /** EQ, FUT, CE or PE. */
  readonly kind: string;
  /** `2026-01-29`, or empty. */
  readonly expiry: string;
}

export type DumpRead =
  | { readonly ok: true; readonly rows: readonly DumpRow[] }
  /** What was expected, and what was found. */
  | { readonly ok: false; readonly problem: string };

const COLUMNS =
  'instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,lot_size,instrument_type,segment,exchange';
const WIDTH = COLUMNS.split(',').length;
const WHOLE = /^\d{1,10}$/;
const DAY = /^(\d{4}-\d{2}-\d{2})?$/;

/** Reads a dump; refuses one that is not a dump to its last line, or in which two instruments share a token. */
export function readDump(text: string): DumpRead {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  const [head, ...body] = lines;
  if (head !== COLUMNS) return refused(`expected the columns of an instruments dump, found ${start(head ?? '')}`);
  if (body.pop() !== '') return refused('expected a line end at the end, found none: the dump was cut off');
  if (body.length === 0) return refused('expected instruments, found only the names of the columns');
  const rows: DumpRow[] = [];
  const owners = new Map<number, DumpRow>();
  for (const [k, line] of body.entries()) {
    const row = readRow(line);
    if (typeof row === 'string') return refused(`line ${k + 2}: ${row}`);
    const other = owners.get(row.token);
    if (other !== undefined) {
      const two = `${other.exchange}:${other.symbol} and ${row.exchange}:${row.symbol}`;
      return refused(`line ${k + 2}: expected a token of its own, found ${row.token} for ${two}`);
    }
    owners.set(row.token, row);
    rows.push(row);
  }
  return { ok: true, rows };
}

function readRow(line: string): DumpRow | string {
  const fields = fieldsOf(line);
  if (fields.length !== WIDTH) return `expected ${WIDTH} columns, found ${fields.length}: ${start(line)}`;
  const [token = '', , symbol = '', name = '', , expiry = '', , tick = '', lot = '', kind = '', , exchange = ''] =
    fields;
  const tickSize = parseDecimal(tick);
  if (!WHOLE.test(token) || !WHOLE.test(lot))
    return `expected whole numbers for token and lot, found ${token} and ${lot}`;
  if (tickSize === undefined || tickSize < 0) return `expected a tick size in rupees, found ${start(tick)}`;
  if (symbol === '' || exchange === '' || kind === '')
    return `expected a symbol, a type and an exchange: ${start(line)}`;
  if (!DAY.test(expiry)) return `expected an expiry such as 2026-01-29 or none, found ${start(expiry)}`;
  const sizes = { tickSize: tickSize as Price, lotSize: Number(lot) };
  return { token: Number(token), exchange, symbol, name, ...sizes, kind, expiry };
}

/** The fields of a line; a quoted one may have commas. Quotes themselves are left out. */
function fieldsOf(line: string): readonly string[] {
  if (!line.includes('"')) return line.split(',');
  const fields = [''];
  let isQuoted = false;
  for (const character of line) {
    if (character === '"') isQuoted = !isQuoted;
    else if (character === ',' && !isQuoted) fields.push('');
    else fields[fields.length - 1] += character;
  }
  return fields;
}

function refused(problem: string): DumpRead {
  return { ok: false, problem };
}

function start(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}

/** An instrument of ours that the dump knows otherwise. */
export interface Difference {
  readonly token: number;
  readonly symbol: string;
  readonly what: string;
}

/** The name that the exchange has for a listing. */
export function exchangeName({ instrument, aliases }: Listing): string {
  return aliases[0] ?? instrument.symbol;
}

/** What of our listings is not, or not so, in a dump. */
export function differencesIn(listings: readonly Listing[], rows: readonly DumpRow[]): readonly Difference[] {
  const byName = new Map(rows.map((row) => [`${row.exchange}:${row.symbol}`, row]));
  return listings.flatMap((listing) => {
    const { instrument } = listing;
    const { token, symbol, tickSize, lotSize, tradable } = instrument;
    const name = `${instrument.exchange}:${exchangeName(listing)}`;
    const found = byName.get(name);
    const differs = (what: string): readonly Difference[] => [{ token, symbol, what }];
    if (found === undefined) return differs(`${name} is not listed any more`);
    if (found.token !== token) return differs(`${name} has the token ${found.token}, and ${token} here`);
    if (!tradable) return [];
    if (found.lotSize !== lotSize) return differs(`${name} has a lot of ${found.lotSize}, and ${lotSize} here`);
    if (found.tickSize !== tickSize)
      return differs(`${name} has a tick of ${found.tickSize / 10_000}, and ${tickSize / 10_000} here`);
    return [];
  });
}
