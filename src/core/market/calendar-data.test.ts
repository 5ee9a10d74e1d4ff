import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CalendarDataError, parseCalendarData } from './calendar-data.ts';

const source = 'test';
const hours = { from: '2021-01-01', preOpen: '09:00', open: '09:15', close: '15:30', source };
const special = { day: '2021-11-04', what: 'Muhurat', open: '18:15', close: '19:15', source };
const days = { '2021-11-05': 'Balipratipada' };

function fileWith(segment: Record<string, unknown>, top: Record<string, unknown> = {}): Record<string, unknown> {
  const NSE = { hours: [hours], holidays: { '2021': { source, days } }, special: [special], ...segment };
  return { name: 'nse', covers: { from: '2021-01-01', to: '2021-12-31' }, segments: { NSE }, ...top };
}

test('A good file is read', () => {
  const data = parseCalendarData(fileWith({}, { about: 'words' }), 'nse.json');
  assert.equal(data.name, 'nse');
  assert.equal(data.segments.get('NSE')?.holidays.size, 1);
  assert.equal(data.segments.get('NSE')?.special[0]?.suffix, '');
});

const bad: readonly (readonly [string, unknown, RegExp])[] = [
  ['something that is no object', [], /^nse\.json: expected an object, found \[\]\. Correct the file\.$/],
  ['an unknown field', fileWith({ specials: [] }), /segments\.NSE\.specials: expected only the fields hours, /],
  ['no name', fileWith({}, { name: ' ' }), /name: expected a text, found " "/],
  ['no segments', fileWith({}, { segments: {} }), /segments: expected at least one segment/],
  ['covers backwards', fileWith({}, { covers: { from: '2021-02-01', to: '2021-01-01' } }), /covers\.to: .*2021-02-01/],
  [
    'a date that is none',
    fileWith({ special: [{ ...special, day: '2021-02-30' }] }),
    /special\[0\]\.day: .*2021-02-30/,
  ],
  ['a time that is none', fileWith({ hours: [{ ...hours, open: '9:15' }] }), /hours\[0\]\.open: .*09:15, found "9:15"/],
  ['hours that are no list', fileWith({ hours: {} }), /segments\.NSE\.hours: expected a list, found \{\}/],
  ['no hours', fileWith({ hours: [] }), /hours: expected hours that begin by 2021-01-01/],
  ['hours that begin late', fileWith({ hours: [{ ...hours, from: '2021-01-02' }] }), /hours that begin by 2021-01-01/],
  ['hours out of order', fileWith({ hours: [hours, hours] }), /rows in order of "from", each day once/],
  ['a pre-open after the open', fileWith({ hours: [{ ...hours, preOpen: '09:16' }] }), /preOpen: .*not after "open"/],
  ['a close before the open', fileWith({ hours: [{ ...hours, close: '09:15' }] }), /close: .*a time after "open"/],
  ['hours without a source', fileWith({ hours: [{ ...hours, source: '' }] }), /hours\[0\]\.source: expected a text/],
  ['a special day not covered', fileWith({ special: [{ ...special, day: '2022-11-04' }] }), /the covered days, found/],
  ['a special day before', fileWith({ special: [{ ...special, day: '2020-11-04' }] }), /the covered days, found/],
  [
    'a note without a source',
    fileWith({ notes: [{ from: '2021-01-01', text: 'x' }] }),
    /notes\[0\]\.source: .*nothing/,
  ],
  ['a year without holidays', fileWith({ holidays: {} }), /holidays\.2021: expected the holidays of 2021/],
  [
    'holidays without a source',
    fileWith({ holidays: { '2021': { days } } }),
    /holidays\.2021\.source: expected a text/,
  ],
  [
    'a holiday of another year',
    fileWith({ holidays: { '2021': { source, days: { '2022-11-04': 'x' } } } }),
    /a day of 2021/,
  ],
  [
    'a holiday that is no date',
    fileWith({ holidays: { '2021': { source, days: { '2021-13-01': 'x' } } } }),
    /a day of 2021/,
  ],
  [
    'a weekend holiday',
    fileWith({ holidays: { '2021': { source, days: { '2021-11-06': 'x' } } } }),
    /a weekday as its key/,
  ],
];

for (const [what, json, message] of bad) {
  test(`A file with ${what} is refused with its place and what was expected`, () => {
    assert.throws(
      () => parseCalendarData(json, 'nse.json'),
      (error) => error instanceof CalendarDataError && message.test(error.message),
    );
  });
}
