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
          { day: '2021-11-06', what: 'Drill', open: '09:15', close: '10:00', source },
          { day: '2021-11-06', suffix: 'late', what: 'Drill', open: '11:30', close: '12:30', source },
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

test('Special sessions replace the usual hours, and a day may have two', () => {
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
    assert.throws(() => calendar.marketStatus('NSE', at as EpochMs), outside);
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

test('A segment in two files is refused', () => {
  const [one, two] = ['one.json', 'two.json'].map((source) => parseCalendarData(twoWeeks(), source));
  assert.ok(one !== undefined && two !== undefined);
  assert.throws(() => sessionCalendar([one, two]), CalendarDataError);
  assert.throws(() => sessionCalendar([one, two]), /segment NSE is in one\.json and in two\.json/);
});

/** A closing auction on every day, and one day that begins only in the afternoon. */
function withAuction(): Calendar {
  const json = twoWeeks();
  const source = 'test';
  const closingAuction = [
    { from: '15:15', entry: 'none' },
    { from: '15:20', entry: 'market_and_limit' },
    { from: '15:30', entry: 'none' },
  ];
  const usual = { from: '2021-01-01', preOpen: '09:00', preOpenEntryEnd: '09:08', open: '09:15', close: '15:35' };
  json.segments.NSE['hours'] = [{ ...usual, closingAuction, source }];
  json.segments.NSE['evenings'] = { '2021': { source, open: '14:00', days: { '2021-11-09': 'Morning off' } } };
  return calendarOf(json);
}

test('The status of a market names its phase, what orders it takes, and the next change', () => {
  const calendar = withAuction();
  const steps: readonly (readonly [string, string, string, string])[] = [
    ['02T08:59:59.999', 'closed', 'none', '02T09:00:00'],
    ['02T09:00:00', 'pre_open', 'market_and_limit', '02T09:08:00'],
    ['02T09:08:00', 'pre_open', 'none', '02T09:15:00'],
    ['02T09:15:00', 'open', 'all', '02T15:15:00'],
    ['02T15:14:59.999', 'open', 'all', '02T15:15:00'],
    ['02T15:15:00', 'closing_auction', 'none', '02T15:20:00'],
    ['02T15:29:59.999', 'closing_auction', 'market_and_limit', '02T15:30:00'],
    ['02T15:34:59.999', 'closing_auction', 'none', '02T15:35:00'],
    ['02T15:35:00', 'closed', 'none', '03T09:00:00'],
    ['09T10:00:00', 'closed', 'none', '09T14:00:00'],
    ['09T14:00:00', 'open', 'all', '09T15:15:00'],
    ['12T15:35:00', 'closed', 'none', '13T00:00:00'],
    ['01T00:00:00', 'closed', 'none', '01T09:00:00'],
  ];
  for (const [time, phase, entry, next] of [...steps, ...steps.toReversed()]) {
    const at = ist(`2021-11-${time}`);
    const status = calendar.marketStatus('NSE', at);
    assert.deepEqual([status.phase, status.entry], [phase, entry], time);
    assert.equal(status.nextChange, ist(`2021-11-${next}`), time);
    assert.equal(status.session, calendar.sessionAt('NSE', at), time);
    assert.equal(calendar.phaseAt('NSE', at), phase, time);
  }
});

test('The session of a closing auction closes after it, and its continuous trading before', () => {
  const session = withAuction().nextSession('NSE', ist('2021-11-09T15:16:00'));
  assert.equal(session.id, 'NSE:2021-11-09:evening');
  assert.deepEqual(
    [session.preOpen, session.open, session.continuousClose, session.close],
    ['14:00', '14:00', '15:15', '15:35'].map((time) => ist(`2021-11-09T${time}:00`)),
  );
  const plain = calendarOf().nextSession('NSE', FIRST);
  assert.equal(plain.continuousClose, plain.close);
});

test('A status that holds is the same object, so that asking at every tick makes nothing', () => {
  for (const calendar of [withAuction(), alwaysOpen()]) {
    const status = calendar.marketStatus('NSE', ist('2021-11-02T10:00:00'));
    assert.equal(calendar.marketStatus('NSE', ist('2021-11-02T11:00:00')), status);
  }
});

test('The phases of a session follow each other without a gap from its pre-open to its close', () => {
  for (const calendar of [calendarOf(), withAuction(), alwaysOpen()]) {
    for (let at = FIRST; at < ist('2021-11-12T09:00:00');) {
      const { phases, preOpen, close } = calendar.nextSession('NSE', at);
      assert.deepEqual([phases[0]?.from, phases.at(-1)?.to], [preOpen, close]);
      for (const [k, { from, to }] of phases.entries()) assert.ok(from < to && (phases[k + 1]?.from ?? close) === to);
      at = close;
    }
  }
});

test('Without hours for a day there is no session', () => {
  const data = parseCalendarData(twoWeeks(), 'two-weeks.json');
  const calendar = sessionCalendar([
    { ...data, segments: new Map([['NSE', { hours: [], holidays: new Set(), evenings: new Map(), special: [] }]]) },
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
    const { phase, entry, nextChange } = calendar.marketStatus(segment, session.open);
    assert.deepEqual([phase, entry, nextChange], ['open', 'all', session.close]);
  }
});
