import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { formatDecimal, parseDecimal } from '#core/decimal.ts';
import {
  boolean,
  choice,
  feedSource,
  integer,
  list,
  number,
  optional,
  percent,
  rupees,
  size,
  speed,
  text,
  url,
  type Setting,
} from './setting.ts';
import { definitions, readValue } from './settings-schema.ts';

const row = { default: '', effect: 'Nothing.' };

function read<T>(setting: Setting<T>, found: string): T | 'refused' {
  const value = readValue(setting, found);
  return value === undefined ? 'refused' : value.value;
}

function refusesAll(setting: Setting<unknown>, texts: readonly string[]): void {
  for (const found of texts) assert.equal(read(setting, found), 'refused', `accepted ${JSON.stringify(found)}`);
}

describe('every setting of the table', () => {
  it('has a name of its own, a default that its schema accepts, and a sentence that says its effect', () => {
    const names = definitions.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    for (const { name, setting } of definitions) {
      assert.match(name, /^[A-Z]+(_[A-Z]+)*(__[A-Z]+(_[A-Z]+)*)?$/);
      assert.notEqual(readValue(setting, setting.default), undefined, `${name} refuses its default`);
      assert.match(setting.effect, /^\S.{20,}\.$/, `${name} does not say what it does`);
    }
  });

  it('writes a value as a text that reads back as the same value', () => {
    for (const { name, setting } of definitions) {
      const value = readValue(setting, setting.default)?.value;
      assert.deepEqual(readValue(setting, setting.format(value))?.value, value, name);
    }
  });

  it('refuses control characters', () => {
    for (const { name, setting } of definitions) {
      for (const found of ['a\nb', '\u001b[31m', 'x\u0000', '\u0085']) {
        assert.equal(readValue(setting, found), undefined, `${name} accepts ${JSON.stringify(found)}`);
      }
    }
  });
});

describe('amounts and percentages', () => {
  const amount = rupees({ ...row, min: 0, max: 100_000_000_000 });

  it('are exact text in one spelling', () => {
    assert.equal(read(amount, '1000000.0'), '1000000');
    assert.equal(read(amount, '0.0500'), '0.05');
    assert.equal(read(amount, '0007'), '7');
    assert.equal(read(amount, '0'), '0');
    assert.equal(read(amount, '0.1001'), '0.1001');
    assert.equal(read(amount, '100000000000'), '100000000000');
  });

  it('refuse what is not exact, not a number, negative or out of range', () => {
    refusesAll(amount, [
      '',
      '0.00001',
      '1e6',
      'NaN',
      'Infinity',
      '-1',
      '-0',
      '+1',
      '1,000',
      '1_000',
      '.5',
      '5.',
      '0x10',
    ]);
    refusesAll(amount, ['100000000000.0001', '99999999999999999999', '१', ' 1']);
    const share = percent({ ...row, min: 100, max: 1000 });
    refusesAll(share, ['99.9999', '1000.0001', '101%']);
    assert.equal(read(share, '101'), '101');
  });

  it('mean the same 1/10,000 units before and after they are read, and stay safe integers', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000_000_000_000 }), (units) => {
        const value = read(amount, formatDecimal(units));
        assert.equal(parseDecimal(value), units);
        assert.equal(read(amount, value), value);
      }),
    );
  });
});

describe('numbers', () => {
  it('are whole ones in range, or decimals without an exponent', () => {
    const port = integer({ ...row, min: 0, max: 65_535 });
    assert.equal(read(port, '65535'), 65_535);
    refusesAll(port, ['', '65536', '-1', '1.0', '1e3', 'ten', '9'.repeat(30)]);
    const seconds = number({ ...row, min: 0.1, max: 60 });
    assert.equal(read(seconds, '30.0'), 30);
    assert.equal(read(seconds, '0.125'), 0.125);
    refusesAll(seconds, ['', '0', '60.001', '1e1', '-1', 'NaN', 'Infinity', '0.1234']);
  });

  it('may be a speed', () => {
    const setting = speed({ ...row, min: 0.01, max: 100 });
    assert.equal(read(setting, 'MAX'), 'max');
    assert.equal(read(setting, '0.5'), 0.5);
    refusesAll(setting, ['0', '-1', 'fast', '', 'maximum']);
  });

  it('may be a size with its unit', () => {
    const setting = size(row);
    assert.equal(read(setting, '100MB'), 104_857_600);
    assert.equal(read(setting, '2 gb'), 2_147_483_648);
    assert.equal(read(setting, '512B'), 512);
    assert.equal(setting.format(1536), '1536B');
    assert.equal(setting.format(1_048_576), '1MB');
    refusesAll(setting, ['', '100', 'MB', '0MB', '1.5MB', '-1MB', '1TB', '1000000000MB']);
  });
});

describe('words', () => {
  it('are true or false in every usual spelling', () => {
    const setting = boolean(row);
    for (const found of ['true', 'True', 'YES', 'y', 'on', '1', 't']) assert.equal(read(setting, found), true, found);
    for (const found of ['false', 'FALSE', 'no', 'n', 'off', '0', 'f'])
      assert.equal(read(setting, found), false, found);
    refusesAll(setting, ['', 'perhaps', '2', 'enabled?']);
  });

  it('are one of a list, spelled as the list spells it', () => {
    const setting = choice({ ...row, values: ['nse', 'always_open'] });
    assert.equal(read(setting, 'Always_Open'), 'always_open');
    refusesAll(setting, ['', 'bse', 'nse,always_open']);
    assert.equal(setting.accepts, 'nse or always_open');
  });

  it('are limited in length and by their pattern', () => {
    refusesAll(text(row), ['x'.repeat(4097)]);
    assert.equal(read(text(row), ''), '');
    refusesAll(text({ ...row, pattern: /^[a-z]+$/ }), ['', 'A', 'a b']);
  });

  it('may be nothing where that has a meaning', () => {
    const setting = optional(integer({ ...row, min: 1, max: 9 }), 'no limit');
    assert.equal(read(setting, ''), undefined);
    assert.equal(read(setting, '3'), 3);
    refusesAll(setting, ['0', 'none']);
    assert.equal(setting.accepts, 'a whole number from 1 to 9, or nothing (no limit)');
  });
});

describe('lists', () => {
  const setting = list({ ...row, items: 'words', pattern: /^[a-z]+$/, atLeast: 1 });

  it('are written with commas or in JSON', () => {
    assert.deepEqual(read(setting, 'a,b , c'), ['a', 'b', 'c']);
    assert.deepEqual(read(setting, '["a", "b"]'), ['a', 'b']);
  });

  it('refuse broken JSON, items that are not texts, empty items and too few', () => {
    refusesAll(setting, ['', '[]', '["a"', '["a",1]', '[["a"]]', 'a,,b', 'a,', 'A', '{"a":1}']);
    assert.deepEqual(read(list({ ...row, items: 'words', pattern: /^[a-z]+$/ }), ''), []);
  });
});

describe('places', () => {
  it('are URLs of the right protocol, without the driver', () => {
    const setting = url({ ...row, protocols: ['postgresql', 'postgres'] });
    assert.equal(read(setting, 'postgresql+asyncpg://a:b@h:5432/d'), 'postgresql://a:b@h:5432/d');
    assert.equal(read(setting, 'postgres://h/d'), 'postgres://h/d');
    refusesAll(setting, ['', 'h:5432', 'mysql://h/d', 'postgresql:d', 'postgresql//h', 'postgresql://h:port/d']);
  });

  it('are feeds', () => {
    const setting = feedSource(row);
    assert.deepEqual(read(setting, 'Simulator'), { kind: 'simulator' });
    assert.deepEqual(read(setting, 'zerodha'), { kind: 'zerodha' });
    assert.deepEqual(read(setting, 'tape:../Data/day:1'), { kind: 'tape', path: '../Data/day:1' });
    assert.equal(setting.format({ kind: 'tape', path: 'a' }), 'tape:a');
    refusesAll(setting, ['', 'tape', 'tape:', 'tape: ', 'kafka', 'simulator:1']);
  });
});
