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

test('A segment may name an earlier one whose holidays and special sessions it has', () => {
  const like = { hours: [hours], holidays: 'NSE', special: 'NSE' };
  const file = fileWith({});
  const { segments } = parseCalendarData(
    { ...file, segments: { ...(file['segments'] as object), NFO: like } },
    'nse.json',
  );
  assert.equal(segments.get('NFO')?.holidays, segments.get('NSE')?.holidays);
  assert.equal(segments.get('NFO')?.special, segments.get('NSE')?.special);
});

/** Covers days before the first hours. */
const LATE = { from: '2021-06-01', to: '2021-12-31' };

function withSteps(...steps: readonly (readonly [string, string])[]): unknown {
  return fileWith({ hours: [{ ...hours, closingAuction: steps.map(([from, entry]) => ({ from, entry })) }] });
}

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
  [
    'a year without holidays',
    fileWith({ holidays: {} }),
    /holidays\.2021: expected the days of 2021, which "covers" promises/,
  ],
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
    'a list of a year that is not covered',
    fileWith({ holidays: { '2021': { source, days }, '2022': { source, days: {} } } }),
    /holidays\.2022: expected a covered year, one of 2021, found/,
  ],
  [
    'holidays out of order',
    fileWith({ holidays: { '2021': { source, days: { '2021-11-05': 'x', '2021-11-04': 'y' } } } }),
    /holidays\.2021\.days\.2021-11-04: expected days in order/,
  ],
  [
    'holidays of a segment that is not before it',
    fileWith({ holidays: 'BSE' }),
    /holidays: .*\(none is before this one\)/,
  ],
  [
    'special sessions of a misspelt segment',
    fileWith({ special: 'NES' }),
    /special: expected a list, or an earlier segment/,
  ],
  [
    'special days out of order',
    fileWith({ special: [special, { ...special, day: '2021-11-03' }] }),
    /special\[1\]\.day: expected rows in order of time .* after that of 2021-11-04/,
  ],
  [
    'special sessions that overlap',
    fileWith({ special: [special, { ...special, suffix: 'late', open: '19:14', close: '20:00' }] }),
    /special\[1\]\.day: expected rows in order of time that do not overlap/,
  ],
  [
    'special sessions that share an id',
    fileWith({ special: [special, { ...special, open: '19:15', close: '20:00' }] }),
    /special\[1\]\.suffix: expected a suffix of its own for each session of a day, found nothing/,
  ],
  [
    'evenings without a source',
    fileWith({ evenings: { '2021': { open: '17:00', days: {} } } }),
    /evenings\.2021\.source: expected a text/,
  ],
  [
    'evenings without an opening time',
    fileWith({ evenings: { '2021': { source, days: {} } } }),
    /evenings\.2021\.open: expected a text/,
  ],
  [
    'an evening on a holiday',
    fileWith({ evenings: { '2021': { source, open: '15:00', days } } }),
    /evenings: expected days that are no holidays besides, unlike 2021-11-05/,
  ],
  [
    'an evening after the close',
    fileWith({ evenings: { '2021': { source, open: '15:30', days: { '2021-11-08': 'x' } } } }),
    /evenings: expected an "open" before the close of 2021-11-08/,
  ],
  [
    'an evening before the first hours',
    fileWith(
      {
        hours: [{ ...hours, from: '2021-06-01' }],
        evenings: { '2021': { source, open: '15:00', days: { '2021-01-01': 'x' } } },
      },
      { covers: LATE },
    ),
    /evenings: expected an "open" before the close of 2021-01-01/,
  ],
  [
    'a pre-open whose entry ends late',
    fileWith({ hours: [{ ...hours, preOpenEntryEnd: '09:15' }] }),
    /between "preOpen"/,
  ],
  [
    'a pre-open whose entry ends early',
    fileWith({ hours: [{ ...hours, preOpenEntryEnd: '09:00' }] }),
    /between "preOpen"/,
  ],
  [
    'an auction without steps',
    fileWith({ hours: [{ ...hours, closingAuction: [] }] }),
    /at least one step, or no such/,
  ],
  [
    'an auction that begins at the open',
    withSteps(['09:15', 'none']),
    /closingAuction\[0\]\.from: expected a time after/,
  ],
  [
    'an auction out of order',
    withSteps(['15:20', 'none'], ['15:20', 'limit']),
    /closingAuction\[1\]\.from: expected a time/,
  ],
  [
    'an auction that begins at the close',
    withSteps(['15:30', 'none']),
    /hours\[0\]\.closingAuction\[0\]\.from: .* "15:30"/,
  ],
  [
    'an auction that takes stops',
    withSteps(['15:20', 'all']),
    /entry: expected one of none, limit, market_and_limit, found "all"/,
  ],
  [
    'a misspelt field of hours',
    fileWith({ hours: [{ ...hours, closeing: '15:30' }] }),
    /hours\[0\]\.closeing: expected only/,
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
