import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { price, quantity } from '#core/decimal.ts';
import { type Listing } from '#core/market/instrument-directory.ts';
import { instrument } from '../../../test/support/builders.ts';
import { requireShared } from '../../../test/support/shared-data.ts';
import { differencesIn, readDump, type DumpRow } from './instruments-dump.ts';

const HEAD =
  'instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,lot_size,instrument_type,segment,exchange';
const INFY = '408065,1594,INFY,INFOSYS,0.0,,0.0,0.05,1,EQ,NSE,NSE';
const MM = '519937,2031,M&M,"MAHINDRA, AND ""M""",0.0,,0.0,0.05,1,EQ,NSE,NSE';
const NIFTY = '256265,1001,NIFTY 50,NIFTY 50,0.0,,0.0,0.0,0,EQ,INDICES,NSE';

function dump(...lines: readonly string[]): string {
  return [HEAD, ...lines, ''].join('\n');
}

function rowsOf(...lines: readonly string[]): readonly DumpRow[] {
  const read = readDump(dump(...lines));
  assert.ok(read.ok, read.ok ? '' : read.problem);
  return read.rows;
}

function problemIn(text: string): string {
  const read = readDump(text);
  return read.ok ? 'none' : read.problem;
}

test('reads the dump of the fixtures, every line of it', (t) => {
  const path = requireShared(t, 'kiteconnect-mocks', 'instruments_all.csv');
  if (path === undefined) return;
  const text = readFileSync(path, 'utf8');
  const read = readDump(text.endsWith('\n') ? text : `${text}\n`);
  assert.ok(read.ok, read.ok ? '' : read.problem);
  assert.equal(read.rows.length, text.trim().split('\n').length - 1);
  const [first] = read.rows;
  assert.deepEqual(
    [first?.token, first?.symbol, first?.exchange, first?.tickSize, first?.lotSize],
    [3813889, 'CENTRALBK-BE', 'NSE', price(500), 1],
  );
});

describe('a dump', () => {
  test('has exact sizes, names with commas, and indices that cannot be ordered', () => {
    const [infy, mm, nifty] = rowsOf(INFY, MM, NIFTY);
    assert.deepEqual([infy?.token, infy?.tickSize, infy?.lotSize], [408065, price(500), 1]);
    assert.deepEqual([mm?.symbol, mm?.name], ['M&M', 'MAHINDRA, AND M']);
    assert.deepEqual([nifty?.tickSize, nifty?.lotSize], [0, 0]);
  });

  test('is refused when it is not one to its last line', () => {
    assert.match(problemIn('<html>502 Bad Gateway</html>'), /expected the columns .* found "<html>502/);
    assert.match(problemIn(''), /expected the columns/);
    assert.match(problemIn(dump()), /found only the names of the columns/);
    const whole = dump(INFY, MM);
    for (let end = HEAD.length + 2; end < whole.length; end++) {
      // A cut between two lines shows in the number of instruments only.
      if (whole[end - 1] === '\n') continue;
      assert.match(problemIn(whole.slice(0, end)), /cut off|only the names/, `cut at ${end}`);
    }
    assert.match(problemIn(dump(`${INFY},more`)), /line 2: expected 12 columns, found 13/);
    assert.match(problemIn(dump(INFY, INFY.replace('1,EQ', 'x,EQ'))), /line 3: expected whole numbers/);
    assert.match(problemIn(dump(INFY.replace('0.05', '-1'))), /expected a tick size/);
    assert.match(problemIn(dump(INFY.replace(',,0.0,', ',soon,0.0,'))), /expected an expiry/);
  });

  test('is refused when two instruments share a token', () => {
    assert.match(problemIn(dump(INFY, MM.replace('519937', '408065'))), /found 408065 for NSE:INFY and NSE:M&M/);
  });
});

function listing(symbol: string, token: number, more: Partial<Listing['instrument']> = {}, alias?: string): Listing {
  const own = { token, symbol, tickSize: price(500), lotSize: quantity(1), ...more };
  const aliases = alias === undefined ? [] : [alias];
  return { instrument: instrument(own), aliases, previousClose: price(500), averageDailyVolume: quantity(1) };
}

test('differences are told by the name that the exchange has', () => {
  const rows = rowsOf(INFY, MM, NIFTY);
  const of = (...listings: readonly Listing[]): readonly string[] =>
    differencesIn(listings, rows).map(({ token, what }) => `${token} ${what}`);
  assert.deepEqual(
    of(listing('INFY', 408065), listing('MM', 519937, {}, 'M&M'), listing('NIFTY 50', 256265, { tradable: false })),
    [],
  );
  assert.deepEqual(of(listing('HDFC', 340481)), ['340481 NSE:HDFC is not listed any more']);
  assert.deepEqual(of(listing('INFY', 1)), ['1 NSE:INFY has the token 408065, and 1 here']);
  assert.deepEqual(of(listing('INFY', 408065, { lotSize: quantity(5) })), [
    '408065 NSE:INFY has a lot of 1, and 5 here',
  ]);
  assert.deepEqual(of(listing('INFY', 408065, { tickSize: price(100) })), [
    '408065 NSE:INFY has a tick of 0.05, and 0.01 here',
  ]);
});
