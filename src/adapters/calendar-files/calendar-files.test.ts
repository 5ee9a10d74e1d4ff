// The loader, and what must hold of the shipped calendar: public lists contradict each other, so the data is tested too.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type EpochMs, formatClock, formatDay, MINUTE_MS, parseInstant, timeOfDay, weekday } from '#core/time.ts';
import { CalendarError, type Session } from '#core/market/calendar.ts';
import { type CalendarData, parseCalendarData } from '#core/market/calendar-data.ts';
import { requireShared } from '../../../test/support/shared-data.ts';
import { loadCalendar, readCalendarData } from './calendar-files.ts';

const SHIPPED = fileURLToPath(new URL('../../../config/calendars', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'calendar-files-'));
after(() => rmSync(scratch, { recursive: true }));

function ist(text: string): EpochMs {
  const at = parseInstant(`${text}+05:30`);
  assert.ok(at !== undefined, text);
  return at;
}

const CALENDAR = loadCalendar('nse', SHIPPED);
const FILES: readonly CalendarData[] = readCalendarData(SHIPPED);

function sessionsOf(year: number, segment = 'NSE'): readonly Session[] {
  const end = ist(`${year + 1}-01-01T00:00:00`);
  const sessions: Session[] = [];
  for (let at = ist(`${year}-01-01T00:00:00`); at < end; at = sessions.at(-1)?.close ?? end) {
    // After the last session of the data there is no next one.
    if (CALENDAR.marketStatus(segment, at).nextChange === end) break;
    const next = CALENDAR.nextSession(segment, at);
    if (next.open >= end) break;
    sessions.push(next);
  }
  return sessions;
}

function idAt(segment: string, text: string): string {
  return CALENDAR.sessionAt(segment, ist(text))?.id ?? 'closed';
}

test('Each year of the shipped calendar has the trading days that the exchange had', () => {
  const expected = { 2019: 245, 2020: 252, 2021: 248, 2022: 248, 2023: 246, 2024: 249, 2025: 249, 2026: 247 };
  for (const [year, count] of Object.entries(expected)) {
    const days = new Set(sessionsOf(Number(year)).map((session) => session.day));
    assert.equal(days.size, count, `trading days of ${year}`);
    assert.ok(days.size >= 240 && days.size <= 255);
  }
});

test('Every segment of the shipped files has a plausible number of trading days in every year that it covers', () => {
  const ranges: Readonly<Record<string, readonly [number, number]>> = {
    CDS: [238, 248],
    BCD: [238, 248],
    MCX: [254, 260],
  };
  const seen: string[] = [];
  for (const { from, to, segments } of FILES) {
    for (const segment of segments.keys()) {
      seen.push(segment);
      const [least, most] = ranges[segment] ?? [244, 252];
      for (let year = Number(formatDay(from).slice(0, 4)); year <= Number(formatDay(to).slice(0, 4)); year += 1) {
        const { size } = new Set(sessionsOf(year, segment).map(({ day }) => day));
        assert.ok(size >= least && size <= most, `${segment} has ${size} trading days in ${year}`);
      }
    }
  }
  assert.deepEqual(seen.toSorted(), ['BCD', 'BFO', 'BSE', 'BSE_CAS', 'CDS', 'MCX', 'NFO', 'NSE', 'NSE_CAS']);
});

test('Every shipped row names its source, and one that is general knowledge says so', () => {
  const sources: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, part] of Object.entries(value)) {
      if (key === 'source') sources.push(String(part));
      else visit(part);
    }
  };
  for (const { source } of FILES) visit(JSON.parse(readFileSync(source, 'utf8')));
  assert.ok(sources.length > 100, `only ${sources.length} sources`);
  for (const source of sources) {
    assert.ok(source.length > 10, source);
    if (/general knowledge/i.test(source)) assert.match(source, /general knowledge, check the circular/);
  }
});

test('Every shipped session outside weekdays, or shorter than a day, is a known special one', () => {
  const usual = 375 * MINUTE_MS;
  const odd = [2019, 2020, 2021, 2022, 2023, 2024, 2025, 2026]
    .flatMap((year) => sessionsOf(year))
    .filter((session) => {
      assert.equal(session.open - session.preOpen, 15 * MINUTE_MS, session.id);
      return weekday(session.day) % 6 === 0 || session.close - session.open !== usual;
    });
  const special = parseCalendarData(JSON.parse(readFileSync(join(SHIPPED, 'nse.json'), 'utf8')), 'nse.json').segments;
  const known = [...(special.get('NSE')?.special ?? [])].map((row) => formatDay(row.day));
  assert.deepEqual(
    odd.map((session) => formatDay(session.day)),
    known,
  );
});

test('The days of the recorded market data are trading days', () => {
  for (const day of ['2021-06-10', '2021-06-11']) assert.equal(idAt('NSE', `${day}T09:15:00`), `NSE:${day}`);
  assert.equal(CALENDAR.phaseAt('NSE', ist('2021-06-12T20:17:12')), 'closed');
});

test('Every day that lies in the shared market data is a trading day', (t) => {
  const folder = requireShared(t, 'market-data');
  if (folder === undefined) return;
  const days = readdirSync(folder).flatMap((name) => /\d{4}-\d{2}-\d{2}$/.exec(name) ?? []);
  assert.ok(days.length > 0, `expected folders that end in a day in ${folder}`);
  for (const day of days) assert.equal(idAt('NSE', `${day}T12:00:00`), `NSE:${day}`);
});

test('The shipped calendar knows Muhurat evenings, budget weekends, drills and the halt of 2021', () => {
  const at = (text: string): string => idAt('NSE', text);
  assert.equal(at('2021-11-04T11:00:00'), 'closed');
  assert.equal(at('2021-11-04T18:15:00'), 'NSE:2021-11-04:muhurat');
  assert.equal(at('2024-11-01T18:59:59'), 'NSE:2024-11-01:muhurat');
  assert.equal(at('2025-02-01T15:29:59'), 'NSE:2025-02-01');
  assert.equal(at('2024-03-02T10:30:00'), 'closed');
  assert.equal(at('2024-03-02T11:30:00'), 'NSE:2024-03-02:recovery');
  assert.equal(at('2021-02-24T12:00:00'), 'closed');
  assert.equal(at('2021-02-24T16:59:59'), 'NSE:2021-02-24:resumed');
  assert.equal(CALENDAR.nextSession('NSE', ist('2024-01-20T15:30:00')).id, 'NSE:2024-01-23');
});

test('Futures and options, BSE and currency have sessions of their own on special days', () => {
  assert.equal(idAt('NFO', '2024-11-01T17:50:00'), 'closed', 'no pre-open');
  assert.equal(idAt('NFO', '2024-11-01T18:00:00'), 'NFO:2024-11-01:muhurat');
  assert.equal(idAt('BFO', '2026-02-01T15:29:59'), 'BFO:2026-02-01');
  assert.equal(idAt('BSE', '2021-02-24T12:00:00'), 'BSE:2021-02-24', 'only NSE halted');
  assert.equal(idAt('BCD', '2025-10-21T14:00:00'), 'BCD:2025-10-21:muhurat');
  assert.equal(idAt('CDS', '2026-04-01T10:00:00'), 'closed');
  assert.equal(idAt('NSE', '2026-04-01T10:00:00'), 'NSE:2026-04-01');
  assert.equal(idAt('CDS', '2026-04-02T16:59:59'), 'CDS:2026-04-02');
});

test('MCX closes with the clocks of the United States, and opens in the evening of most holidays', () => {
  const closes: readonly (readonly [string, string])[] = [
    ['2021-03-12', '23:55'],
    ['2021-03-15', '23:30'],
    ['2024-11-04', '23:55'],
    ['2026-03-06', '23:55'],
    ['2026-03-09', '23:30'],
    ['2026-10-30', '23:30'],
    ['2026-11-02', '23:55'],
  ];
  for (const [day, close] of closes) {
    assert.equal(CALENDAR.nextSession('MCX', ist(`${day}T09:00:00`)).close, ist(`${day}T${close}:00`), day);
  }
  assert.equal(idAt('MCX', '2026-03-26T16:59:59'), 'closed');
  assert.equal(idAt('MCX', '2026-03-26T17:00:00'), 'MCX:2026-03-26:evening');
  assert.equal(CALENDAR.nextSession('MCX', ist('2026-03-03T00:00:00')).close, ist('2026-03-03T23:55:00'));
  for (const day of ['2026-01-26', '2026-04-03', '2026-10-02', '2026-12-25']) {
    assert.equal(idAt('MCX', `${day}T18:00:00`), 'closed', day);
  }
  assert.equal(idAt('MCX', '2026-01-01T16:59:59'), 'MCX:2026-01-01');
  assert.equal(idAt('MCX', '2026-01-01T17:00:00'), 'closed');
});

test('From 2026-08-03 stocks with derivatives have a closing auction, and derivatives trade to 15:40', () => {
  for (const [segment, before, end, close] of [
    ['NSE', '15:30', '15:30', '15:30'],
    ['BSE', '15:30', '15:30', '15:30'],
    ['NSE_CAS', '15:30', '15:15', '15:35'],
    ['BSE_CAS', '15:30', '15:15', '15:35'],
    ['NFO', '15:30', '15:40', '15:40'],
    ['BFO', '15:30', '15:40', '15:40'],
  ] as const) {
    const friday = CALENDAR.nextSession(segment, ist('2026-07-31T10:00:00'));
    assert.deepEqual([friday.continuousClose, friday.close], Array(2).fill(ist(`2026-07-31T${before}:00`)), segment);
    const monday = CALENDAR.nextSession(segment, friday.close);
    const expected = [ist(`2026-08-03T${end}:00`), ist(`2026-08-03T${close}:00`)];
    assert.deepEqual([monday.continuousClose, monday.close], expected, segment);
  }
  for (const segment of ['NSE_CAS', 'BSE_CAS']) {
    const { phases } = CALENDAR.nextSession(segment, ist('2026-08-03T10:00:00'));
    const auction = phases.filter(({ phase }) => phase === 'closing_auction');
    assert.deepEqual(
      auction.map(({ from, entry }) => `${formatClock(timeOfDay(from))} ${entry}`),
      ['15:15:00 none', '15:20:00 market_and_limit', '15:25:00 limit', '15:30:00 none'],
    );
  }
});

test('A day outside the shipped data is refused with the file that ends', () => {
  for (const [segment, day, file] of [
    ['NSE', '2018-12-31', /nse\.json covers 2019-01-01 to/],
    ['BSE', '2020-12-31', /bse\.json covers 2021-01-01 to/],
    ['CDS', '2022-12-30', /currency\.json covers 2023-01-01 to/],
    ['MCX', '2027-01-01', /mcx\.json covers 2021-01-01 to 2026-12-31/],
  ] as const) {
    const refused = (error: unknown): boolean => error instanceof CalendarError && file.test(error.message);
    assert.throws(() => CALENDAR.marketStatus(segment, ist(`${day}T10:00:00`)), refused);
    assert.throws(() => CALENDAR.sessionAt(segment, ist(`${day}T10:00:00`)), refused);
  }
  assert.throws(
    () => CALENDAR.phaseAt('NSEE', ist('2026-01-02T10:00:00')),
    /no calendar data for segment NSEE: .*mcx\.json has MCX/,
  );
});

test('The calendar that is always open needs no folder', () => {
  assert.equal(loadCalendar('always_open', join(scratch, 'none')).name, 'always_open');
});

test('A missing folder, a missing file, broken JSON and bad data are told apart', () => {
  assert.throws(
    () => loadCalendar('nse', join(scratch, 'none')),
    /expected a folder of calendar files at .*none: ENOENT/,
  );
  const folder = join(scratch, 'calendars');
  mkdirSync(folder);
  assert.throws(() => loadCalendar('nse', folder), /calendar file .*nse\.json, found no calendar file in that folder/);
  writeFileSync(join(folder, 'mcx.json'), '{}');
  assert.throws(() => loadCalendar('nse', folder), /nse\.json, found mcx\.json in that folder/);
  writeFileSync(join(folder, 'nse.json'), '{');
  assert.throws(() => loadCalendar('nse', folder), /mcx\.json: covers: expected an object, found nothing/);
  rmSync(join(folder, 'mcx.json'));
  assert.throws(() => loadCalendar('nse', folder), /nse\.json: expected a readable JSON file: /);
});
