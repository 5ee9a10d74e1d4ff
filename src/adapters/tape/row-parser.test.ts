import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { formatDecimal, parseDecimal } from '#core/decimal.ts';
import { NO_VOLUME } from '#core/market/tick.ts';
import { parseInstant } from '#core/time.ts';
import { RowParser } from './row-parser.ts';

function parse(text: string, parser = new RowParser()): string | readonly number[] {
  // Bytes around the row must not matter.
  const bytes = Buffer.from(`9,${text}7\n`, 'latin1');
  return parser.parse(bytes, 2, bytes.length - 2) ?? [parser.time, parser.price, parser.volume];
}

const NOON = parseInstant('2021-06-11T12:00:00+05:30') ?? 0;

test('A row gives its instant in India, its price in 1/10,000 rupee and its volume', () => {
  assert.deepEqual(parse('2021-06-11 12:00:00,3218.05,22359'), [NOON, 32_180_500, 22_359]);
  assert.deepEqual(parse('2021-06-11 12:00:00,3218,0'), [NOON, 32_180_000, 0]);
  assert.deepEqual(parse('2021-06-11 12:00:00,0.0001,0'), [NOON, 1, 0]);
  assert.deepEqual(parse('2021-06-11 12:00:00.5,1.0,0'), [NOON + 500, 10_000, 0]);
  assert.deepEqual(parse('2021-06-11 12:00:00.123987654,1.0,0'), [NOON + 123, 10_000, 0]);
  assert.deepEqual(parse('2000-01-01 00:00:00,1,1'), [parseInstant('2000-01-01T00:00:00+05:30'), 10_000, 1]);
  assert.deepEqual(parse('2020-02-29 00:00:00,1,1'), [parseInstant('2020-02-29T00:00:00+05:30'), 10_000, 1]);
});

test('A volume that is missing or no whole number is no volume', () => {
  for (const volume of ['', 'x', '1.5', '-1', '1e3', ' 1', '9999999999999999']) {
    assert.deepEqual(parse(`2021-06-11 12:00:00,1.05,${volume}`), [NOON, 10_500, NO_VOLUME], volume);
  }
});

test('A time that is no time, or lies before 2000, is a bad time whatever follows', () => {
  const times = ['', 'x', '1970-01-01 05:30:00', '1999-12-31 23:59:59', '0000-00-00 00:00:00', '2021-02-29 12:00:00'];
  times.push('2021-13-01 12:00:00', '2021-06-31 12:00:00', '2021-06-11 24:00:00', '2021-06-11 12:60:00');
  times.push(
    '2021-06-11 12:00:60',
    '2021-06-11T12:00:00',
    '2021-06-11 12:00:00Z',
    '2021-06-11 12:00',
    '2021/06/11 12:00:00',
  );
  times.push(
    '2021-06-11 12:00:00.',
    '2021-06-11 12:00:00.1234567890',
    '2021-06-11 12:00:00.1x',
    ' 2021-06-11 12:00:00',
  );
  times.push('2021-06-11 1:000:00', '2021-06-11 12-00-00', '\u00ff021-06-11 12:00:00', '"2021-06-11 12:00:00"');
  for (const time of times) {
    for (const rest of [',1.05,1', ',0,1', ',x', ''])
      assert.equal(parse(`${time}${rest}`), 'bad_time', `${time}${rest}`);
  }
});

test('A price that is no price, or a row without exactly three columns, is a bad price', () => {
  const prices = [
    '',
    '0',
    '0.0',
    '-1.05',
    '+1.05',
    '1.',
    '.5',
    '1.23456',
    '1,05',
    '1e3',
    'nan',
    'inf',
    ' 1',
    '1 ',
    '1.0.0',
  ];
  prices.push('1234567890123', '999999999999.9999', '15,795.95');
  for (const price of prices) assert.equal(parse(`2021-06-11 12:00:00,${price},1`), 'bad_price', price);
  for (const row of ['', ',1.05', ',1.05,1,', ',1.05,1,2', ',,1.05']) {
    assert.equal(parse(`2021-06-11 12:00:00${row}`), 'bad_price', row);
  }
});

test('A day is read afresh when it changes, and the row before leaves nothing behind', () => {
  const parser = new RowParser();
  const rows = [
    '2021-06-11 12:00:00,1,5',
    '2021-06-12 12:00:00,1,x',
    '2021-02-30 12:00:00,1,5',
    '2021-06-11 12:00:00,1,5',
  ];
  assert.deepEqual(
    rows.map((row) => parse(row, parser)),
    [[NOON, 10_000, 5], [NOON + 86_400_000, 10_000, NO_VOLUME], 'bad_time', [NOON, 10_000, 5]],
  );
});

test('Every price reads as the decimal that it is, or is refused where that is not one', () => {
  const digits = fc.string({ unit: fc.constantFrom(...'0123456789..-'.split('')), maxLength: 20 });
  const amounts = fc.integer({ min: 1, max: 10_000_000_000 }).map(formatDecimal);
  fc.assert(
    fc.property(fc.oneof(digits, amounts), (text) => {
      const units = parseDecimal(text);
      const isPrice = units !== undefined && units > 0 && Number.isSafeInteger(units);
      const expected = isPrice ? [NOON, units, 1] : 'bad_price';
      assert.deepEqual(parse(`2021-06-11 12:00:00,${text},1`), expected);
    }),
    { numRuns: 1_000 },
  );
});
