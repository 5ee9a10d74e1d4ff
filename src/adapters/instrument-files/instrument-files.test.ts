import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { tokenOf } from '#core/market/instrument-token.ts';
import { loadInstruments } from './instrument-files.ts';

const SHIPPED = fileURLToPath(new URL('../../../config/instruments', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'instrument-files-'));
after(() => rmSync(scratch, { recursive: true }));

const good = {
  symbol: 'ACME',
  exchange: 'NSE',
  segment: 'NSE',
  tickSize: '0.05',
  lotSize: 1,
  tradable: true,
  previousClose: '100.00',
  averageDailyVolume: 1000,
};

function folderWith(name: string, text: string): string {
  const folder = join(scratch, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'list.json'), text);
  return folder;
}

function listOf(...instruments: readonly Record<string, unknown>[]): string {
  return JSON.stringify({ about: 'test', instruments });
}

test('The shipped list has fifty stocks that trade and two indices that do not', () => {
  const { listings } = loadInstruments(SHIPPED);
  assert.equal(listings.filter((each) => each.instrument.tradable).length, 50);
  const indices = listings.filter((each) => !each.instrument.tradable);
  assert.deepEqual(
    indices.map((each) => [each.instrument.symbol, each.instrument.token, each.averageDailyVolume]),
    [
      ['Nifty', 256_265, 0],
      ['Nifty_Bank', 260_105, 0],
    ],
  );
});

test('Every token of a shipped stock is one that Kite gives to NSE, whose tokens end in 1 modulo 256', () => {
  for (const { instrument } of loadInstruments(SHIPPED).listings) {
    if (instrument.tradable) assert.equal(instrument.token % 256, 1, instrument.symbol);
  }
});

test('The names of the recorded files and of the exchange find the same instrument', () => {
  const directory = loadInstruments(SHIPPED);
  assert.equal(directory.find('RELIANCE').token, 738_561);
  for (const [file, exchange] of [
    ['BAJAJ_AUTO', 'BAJAJ-AUTO'],
    ['MM', 'M&M'],
    ['Nifty', 'NIFTY 50'],
    ['Nifty_Bank', 'NIFTY BANK'],
  ] as const) {
    assert.equal(directory.find(file), directory.find(exchange));
  }
});

test('A row without a token gets the stable one', () => {
  const directory = loadInstruments(folderWith('stable', listOf(good)));
  assert.equal(directory.find('ACME').token, tokenOf('NSE', 'ACME'));
});

test('Missing and broken lists are refused with the place', () => {
  assert.throws(() => loadInstruments(join(scratch, 'none')), /expected a folder of instrument lists at .*ENOENT/);
  mkdirSync(join(scratch, 'empty'));
  assert.throws(() => loadInstruments(join(scratch, 'empty')), /expected an instrument list such as nse\.json/);
  assert.throws(() => loadInstruments(folderWith('broken', '{')), /list\.json: expected a readable JSON file/);
  const bad: readonly (readonly [string, Record<string, unknown>, RegExp])[] = [
    ['tick', { tickSize: '0.00' }, /expected rupees above 0 as text such as "0\.05", found "0\.00"/],
    ['number', { previousClose: 100 }, /previousClose/],
    ['grid', { previousClose: '100.01' }, /expected a multiple of tickSize[\s\S]*previousClose/],
    ['typo', { lotsize: 1 }, /lotsize/],
  ];
  for (const [name, change, message] of bad) {
    assert.throws(() => loadInstruments(folderWith(name, listOf({ ...good, ...change }))), message);
  }
});

test('Two rows with one token are refused with both names', () => {
  const twins = listOf({ ...good, token: 9 }, { ...good, symbol: 'BETA', token: 9 });
  assert.throws(
    () => loadInstruments(folderWith('twins', twins)),
    /NSE:ACME and NSE:BETA share the instrument token 9/,
  );
});
