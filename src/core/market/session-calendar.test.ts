import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type EpochMs, parseInstant } from '../time.ts';
import { alwaysOpen } from './always-open.ts';
import { type Calendar, CalendarError } from './calendar.ts';
import { CalendarDataError, parseCalendarData } from './calendar-data.ts';
import { sessionCalendar } from './session-calendar.ts';

/** Two weeks: Monday 2021-11-01 to Friday 2021-11-12, with Diwali on Thursday and Friday and a longer day later. */
function twoWeeks(): Record<string, unknown> & { segments: { NSE: Record<string, unknown> } } {
  const source = 'test';
  return {
    name: 'nse',
    covers: { from: '2021-11-01', to: '2021-11-12' },
    segments: {
      NSE: {
        hours: [
          { from: '2021-01-01', preOpen: '09:00', open: '09:15', close: '15:30', source },
          { from: '2021-11-10', open: '09:15', close: '15:40', source },
        ],
        holidays: { '2021': { source, days: { '2021-11-04': 'Diwali', '2021-11-05': 'Balipratipada' } } },
        special: [
          { day: '2021-11-04', suffix: 'muhurat', what: 'M', preOpen: '18:00', open: '18:15', close: '19:15', source },
          { day: '2021-11-06', suffix: 'late', what: 'Drill', open: '11:30', close: '12:30', source },
          { day: '2021-11-06', what: 'Drill', open: '09:15', close: '10:00', source },
        ],
        notes: [{ from: '2021-11-10', text: 'A longer day.', source }],
      },
    },
  };
}

function calendarOf(json: unknown = twoWeeks()): Calendar {
  return sessionCalendar([parseCalendarData(json, 'two-weeks.json')]);
}

function ist(text: string): EpochMs {
  const at = parseInstant(`${text}+05:30`);
  assert.ok(at !== undefined, text);
  return at;
}

const FIRST = ist('2021-11-01T00:00:00');
const LAST_CLOSE = ist('2021-11-12T15:40:00');

test('A session includes its first instant and excludes its last', () => {
  const calendar = calendarOf();
  const phases: readonly (readonly [string, string])[] = [
    ['08:59:59.999', 'closed'],
    ['09:00:00.000', 'pre_open'],
    ['09:14:59.999', 'pre_open'],
    ['09:15:00.000', 'open'],
    ['15:29:59.999', 'open'],
    ['15:30:00.000', 'closed'],
  ];
  for (const [time, phase] of phases) {
    assert.equal(calendar.phaseAt('NSE', ist(`2021-11-02T${time}`)), phase, time);
    const id = calendar.sessionAt('NSE', ist(`2021-11-02T${time}`))?.id;
    assert.equal(id, phase === 'closed' ? undefined : 'NSE:2021-11-02', time);
  }
});

test('A holiday and a weekend have no session', () => {
  const calendar = calendarOf();
  for (const day of ['2021-11-04', '2021-11-05', '2021-11-07']) {
    assert.equal(calendar.phaseAt('NSE', ist(`${day}T11:00:00`)), 'closed', day);
  }
});

test('Special sessions replace the usual hours, whatever the order of their rows', () => {
  const calendar = calendarOf();
  assert.equal(calendar.sessionAt('NSE', ist('2021-11-04T18:15:00'))?.id, 'NSE:2021-11-04:muhurat');
  assert.equal(calendar.phaseAt('NSE', ist('2021-11-04T19:15:00')), 'closed');
  assert.equal(calendar.sessionAt('NSE', ist('2021-11-06T09:15:00'))?.id, 'NSE:2021-11-06');
  assert.equal(calendar.sessionAt('NSE', ist('2021-11-06T10:30:00')), undefined);
  assert.equal(calendar.nextSession('NSE', ist('2021-11-06T10:00:00')).id, 'NSE:2021-11-06:late');
});

test('Hours change from their day on, and a session without a pre-open begins at its open', () => {
  const session = calendarOf().nextSession('NSE', ist('2021-11-10T15:35:00'));
  assert.equal(session.close, ist('2021-11-10T15:40:00'));
  assert.equal(session.preOpen, session.open);
});

test('The next session is the running one, or the first after holidays and weekends', () => {
  const calendar = calendarOf();
  assert.equal(calendar.nextSession('NSE', FIRST).id, 'NSE:2021-11-01');
  assert.equal(calendar.nextSession('NSE', ist('2021-11-01T15:29:59')).id, 'NSE:2021-11-01');
  assert.equal(calendar.nextSession('NSE', ist('2021-11-04T19:15:00')).id, 'NSE:2021-11-06');
  assert.equal(calendar.nextSession('NSE', ist('2021-11-06T12:30:00')).id, 'NSE:2021-11-08');
});

test('A question outside the data names the file and the covered days', () => {
  const calendar = calendarOf();
  const outside = /two-weeks\.json covers 2021-11-01 to 2021-11-12\. Add /;
  for (const at of [FIRST - 1, ist('2021-11-13T00:00:00'), Number.NaN]) {
    assert.throws(() => calendar.sessionAt('NSE', at as EpochMs), outside);
    assert.throws(() => calendar.phaseAt('NSE', at as EpochMs), CalendarError);
    assert.throws(() => calendar.nextSession('NSE', at as EpochMs), outside);
  }
  assert.equal(calendar.phaseAt('NSE', LAST_CLOSE), 'closed');
  assert.throws(() => calendar.nextSession('NSE', LAST_CLOSE), /a session after 2021-11-12 15:40:00: two-weeks\.json/);
  assert.throws(() => calendar.phaseAt('MCX', FIRST), /segment MCX: two-weeks\.json has NSE\. Add a calendar file/);
});

test('Two segments keep their own answers', () => {
  const json = twoWeeks();
  Object.assign(json.segments, { CDS: { ...json.segments.NSE, special: [] } });
  const calendar = calendarOf(json);
  const muhurat = ist('2021-11-04T18:30:00');
  for (let round = 0; round < 2; round += 1) {
    assert.equal(calendar.phaseAt('NSE', muhurat), 'open');
    assert.equal(calendar.phaseAt('CDS', muhurat), 'closed');
  }
});

test('A session holds an instant exactly when the market is not closed, and the next session closes after it', () => {
  const calendar = calendarOf();
  const fresh = (): Calendar => calendarOf();
  fc.assert(
    fc.property(fc.integer({ min: FIRST, max: LAST_CLOSE - 1 }), (at) => {
      const instant = at as EpochMs;
      const session = calendar.sessionAt('NSE', instant);
      const next = calendar.nextSession('NSE', instant);
      assert.equal(session === undefined, calendar.phaseAt('NSE', instant) === 'closed');
      assert.ok(next.close > at);
      assert.ok(session === undefined ? next.preOpen > at : session === next);
      assert.deepEqual(fresh().nextSession('NSE', instant), next, 'the answer does not depend on earlier questions');
    }),
    { numRuns: 300 },
  );
});

test('Sessions that overlap or share an id, and a segment in two files, are refused', () => {
  const json = twoWeeks();
  const times = { day: '2021-11-08', what: 'Drill', open: '09:15', close: '10:00', source: 'test' };
  json.segments.NSE['special'] = [times, { ...times, suffix: 'late', open: '09:59', close: '11:00' }];
  assert.throws(() => calendarOf(json), /NSE:2021-11-08 and NSE:2021-11-08:late overlap or share an id/);
  json.segments.NSE['special'] = [times, { ...times, open: '10:00', close: '11:00' }];
  assert.throws(() => calendarOf(json), CalendarDataError);
  const [one, two] = ['one.json', 'two.json'].map((source) => parseCalendarData(twoWeeks(), source));
  assert.ok(one !== undefined && two !== undefined);
  assert.throws(() => sessionCalendar([one, two]), /segment NSE is in one\.json and in two\.json/);
});

test('Without hours for a day there is no session', () => {
  const data = parseCalendarData(twoWeeks(), 'two-weeks.json');
  const calendar = sessionCalendar([
    { ...data, segments: new Map([['NSE', { hours: [], holidays: new Set(), special: [] }]]) },
  ]);
  assert.equal(calendar.phaseAt('NSE', FIRST), 'closed');
});

test('The calendar that is always open has one session a day in India and no end', () => {
  const calendar = alwaysOpen();
  for (const segment of ['NSE', 'MCX']) {
    const session = calendar.nextSession(segment, ist('2021-06-12T23:59:59.999'));
    assert.equal(session.id, 'ALWAYS:2021-06-12');
    assert.equal(session.preOpen, ist('2021-06-12T00:00:00'));
    assert.equal(session.close, ist('2021-06-13T00:00:00'));
    assert.equal(calendar.sessionAt(segment, session.close)?.id, 'ALWAYS:2021-06-13');
    assert.equal(calendar.phaseAt(segment, session.close), 'open');
  }
});
