import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { price, quantity } from '../decimal.ts';
import { instrumentDirectory, type Listing } from './instrument-directory.ts';
import { tokenOf } from './instrument-token.ts';

function listing(symbol: string, token: number, aliases: readonly string[] = []): Listing {
  const terms = { exchange: 'NSE', segment: 'NSE', tickSize: price(500), lotSize: quantity(1), tradable: true };
  const market = { previousClose: price(1_000_000), averageDailyVolume: quantity(1000) };
  return { instrument: { token, symbol, ...terms }, aliases, ...market };
}

test('Tokens are stable, positive and 31 bits wide', () => {
  assert.equal(tokenOf('NSE', 'RELIANCE'), 851_721_237);
  assert.notEqual(tokenOf('NSE', 'RELIANCE'), tokenOf('BSE', 'RELIANCE'));
  fc.assert(
    fc.property(fc.string(), (symbol) => {
      const token = tokenOf('NSE', symbol);
      assert.ok(Number.isInteger(token) && token > 0 && token < 2 ** 31);
      assert.equal(tokenOf('NSE', symbol), token);
    }),
  );
});

test('A listed instrument is found by its symbol and by its aliases', () => {
  const directory = instrumentDirectory([listing('MM', 519_937, ['M&M'])]);
  assert.equal(directory.find('MM').token, 519_937);
  assert.equal(directory.find('M&M'), directory.find('MM'));
  assert.equal(directory.listings.length, 1);
});

test('An unlisted name becomes one tradable instrument of NSE with a token by hash', () => {
  const directory = instrumentDirectory([]);
  const made = directory.find('ZOMATO');
  assert.deepEqual(made, listing('ZOMATO', tokenOf('NSE', 'ZOMATO')).instrument);
  assert.equal(directory.find('ZOMATO'), made);
  assert.throws(() => directory.find(' '), /expected the symbol of an instrument, found an empty name/);
});

test('Two instruments with one token are refused with both names, listed or made', () => {
  assert.throws(() => instrumentDirectory([listing('A', 7), listing('B', 7)]), /NSE:A and NSE:B share .*token 7\./);
  const directory = instrumentDirectory([listing('A', tokenOf('NSE', 'B'))]);
  assert.throws(() => directory.find('B'), /NSE:A and NSE:B share the instrument token/);
});

test('Two instruments with one name are refused with both symbols', () => {
  assert.throws(() => instrumentDirectory([listing('A', 1), listing('B', 2, ['A'])]), /name A belongs to A and to B\./);
});
