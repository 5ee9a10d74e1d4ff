import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DataFileError } from '../data-row.ts';
import { chargeTable, COMPONENTS, parseChargeFile } from './charge-table.ts';

type Json = Record<string, unknown>;

const ROW = { from: '2021-04-01', source: 'a test' };
const RATE = { ...ROW, percent: '0.1' };

function rates(component: string, overrides: Json = {}): Json {
  return { component, classes: ['future'], side: 'both', rows: [RATE], ...overrides };
}

function fileOf(overrides: Json = {}): Json {
  return {
    about: 'a test',
    name: 'test',
    covers: { from: '2021-04-01', to: '2021-12-31' },
    rates: COMPONENTS.map((component) => rates(component)),
    rounding: [{ components: [...COMPONENTS, 'depository'], rows: [{ ...ROW, nearest: '0.01' }] }],
    ...overrides,
  };
}

function parse(overrides: Json = {}): unknown {
  return chargeTable([parseChargeFile(fileOf(overrides), '/charges/test.json')]);
}

function refuses(overrides: Json, message: RegExp): void {
  assert.throws(
    () => parse(overrides),
    (error) => error instanceof DataFileError && message.test(error.message),
    `${message}`,
  );
}

/** A file whose one schedule has these rows. */
function withRows(...rows: readonly Json[]): Json {
  return { rates: [rates('stt', { rows })] };
}

describe('a file of charges', () => {
  test('rows that follow each other are taken, with caps and flat amounts in 1/10,000 rupee', () => {
    const rows = [
      { ...ROW, to: '2021-05-31', percent: '0.03', cap: '20' },
      { from: '2021-06-01', flat: '13.5', source: 'a test' },
    ];
    const { schedules } = parseChargeFile(fileOf(withRows(...rows)), 'test.json');
    const [schedule] = schedules;
    assert.equal(schedule?.file, 'test.json');
    assert.deepEqual(schedule?.rows, [
      { from: 18_718, to: 18_778, rate: 300_000, cap: 200_000 },
      { from: 18_779, to: 18_992, rate: 0, flat: 135_000 },
    ]);
  });

  test('a gap, an overlap and days that are not covered are refused with their place', () => {
    const first = { ...RATE, to: '2021-05-31' };
    refuses(
      withRows(first, { ...RATE, from: '2021-06-02' }),
      /test\.json: rates\[0\]\.rows\[1\]\.from: expected 2021-06-01: .* a gap, found "2021-06-02"/,
    );
    refuses(withRows(first, { ...RATE, from: '2021-05-31' }), /rows\[1\]\.from: expected 2021-06-01: .* overlap/);
    refuses(withRows({ ...RATE, from: '2021-04-02' }), /rows\[0\]\.from: expected 2021-04-01: .* a gap/);
    refuses(withRows({ ...RATE, from: '2021-03-31' }), /rows\[0\]\.from: expected 2021-04-01: .* overlap/);
    refuses(withRows(first), /rows\[0\]\.to: expected 2021-12-31, the last covered day/);
    refuses(withRows({ ...RATE, to: '2021-03-01' }), /rows\[0\]\.to: expected a day not before 2021-04-01/);
    refuses({ covers: { from: '2021-04-01', to: '2021-03-31' } }, /covers\.to: expected a day not before "from"/);
  });

  test('an unknown field, a rate that is no decimal and a missing source are refused with their place', () => {
    refuses(
      withRows({ ...RATE, percnt: '1' }),
      /rates\[0\]\.rows\[0\]\.percnt: expected only the fields from, to, percent/,
    );
    refuses({ rate: [] }, /test\.json: rate: expected only the fields about, name, covers, rates, rounding/);
    for (const percent of ['0,1', '', '-1', '101', '1e3', '0.00000001', 0.1, undefined]) {
      refuses(withRows({ ...ROW, percent }), /rows\[0\]\.percent: expected/);
    }
    refuses(withRows({ ...RATE, cap: '-1' }), /rows\[0\]\.cap: expected rupees/);
    refuses(withRows({ ...RATE, flat: 'x' }), /rows\[0\]\.flat: expected rupees/);
    refuses(withRows({ from: '2021-04-01', percent: '1' }), /rows\[0\]\.source: expected a text, found nothing/);
    refuses(withRows({ ...RATE, from: '1.4.2021' }), /rows\[0\]\.from: expected a day such as 2021-06-11/);
  });

  test('unknown words, empty lists and things that are no objects are refused with their place', () => {
    refuses({ rates: [rates('tax')] }, /rates\[0\]\.component: expected one of brokerage, stt/);
    refuses({ rates: [rates('stt', { side: 'none' })] }, /rates\[0\]\.side: expected one of both, buy, sell/);
    refuses(
      { rates: [rates('stt', { classes: ['shares'] })] },
      /rates\[0\]\.classes: expected some of equity_delivery/,
    );
    refuses({ rates: [rates('stt', { exchanges: ['NYSE'] })] }, /rates\[0\]\.exchanges: expected some of NSE/);
    refuses({ rates: [] }, /rates: expected a list that is not empty, found \[\]/);
    refuses({ rates: 'none' }, /rates: expected a list that is not empty, found "none"/);
    refuses({ rates: [null] }, /rates\[0\]: expected an object, found null/);
    assert.throws(
      () => parseChargeFile([], 'test.json'),
      /^DataFileError: test\.json: expected an object, found \[\]\. Correct the file\.$/,
    );
    const nothing = [{ components: ['stt'], rows: [{ ...ROW, nearest: '0' }] }];
    refuses({ rounding: nothing }, /rounding\[0\]\.rows\[0\]\.nearest: expected more than 0 rupees/);
  });
});

describe('the table of all files', () => {
  test('what two schedules charge is refused, also when one names exchanges and the other does not', () => {
    refuses(
      { rates: [rates('stt'), rates('stt', { exchanges: ['NFO'] })] },
      /stt of future is also in test\.json, which is an overlap/,
    );
    const apart = COMPONENTS.map((each) => rates(each, { exchanges: ['NFO'] }));
    const beside = COMPONENTS.map((each) => rates(each, { exchanges: ['BFO'] }));
    assert.doesNotThrow(() => parse({ rates: [...apart, ...beside] }));
  });

  test('a component that is missing where the exchange charges is refused', () => {
    const without = COMPONENTS.filter((each) => each !== 'stamp').map((each) => rates(each));
    refuses({ rates: without }, /test\.json: expected a rate for stamp of future on NSE beside its transaction charge/);
    refuses({ rounding: undefined }, /expected one rounding of brokerage, found 0/);
  });
});
