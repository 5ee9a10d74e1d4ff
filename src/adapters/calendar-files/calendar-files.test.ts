// The loader, and what must hold of the shipped calendar: public lists contradict each other, so the data is tested too.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type EpochMs, formatDay, MINUTE_MS, parseInstant, weekday } from '#core/time.ts';
import { type Session } from '#core/market/calendar.ts';
import { parseCalendarData } from '#core/market/calendar-data.ts';
import { loadCalendar } from './calendar-files.ts';

const SHIPPED = fileURLToPath(new URL('../../../config/calendars', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'calendar-files-'));
after(() => rmSync(scratch, { recursive: true }));

function ist(text: string): EpochMs {
  const at = parseInstant(`${text}+05:30`);
  assert.ok(at !== undefined, text);
  return at;
}

function sessionsOf(year: number): readonly Session[] {
  const calendar = loadCalendar('nse', SHIPPED);
  const end = ist(`${year}-12-31T15:30:00`);
  const sessions: Session[] = [];
  for (let at = ist(`${year}-01-01T00:00:00`); at < end; at = sessions.at(-1)?.close ?? end) {
    const next = calendar.nextSession('NSE', at);
    if (next.open >= end) break;
    sessions.push(next);
  }
  return sessions;
}

test('Each year of the shipped calendar has the trading days that the exchange had', () => {
  const expected = { 2019: 245, 2020: 252, 2021: 248, 2022: 248, 2023: 246, 2024: 249, 2025: 249, 2026: 247 };
  for (const [year, count] of Object.entries(expected)) {
    const days = new Set(sessionsOf(Number(year)).map((session) => session.day));
    assert.equal(days.size, count, `trading days of ${year}`);
    assert.ok(days.size >= 240 && days.size <= 255);
  }
});

test('Every shipped session outside weekdays, or shorter than a day, is a known special one', () => {
  const usual = 375 * MINUTE_MS;
  const odd = [2019, 2020, 2021, 2022, 2023, 2024, 2025, 2026].flatMap(sessionsOf).filter((session) => {
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
  const calendar = loadCalendar('nse', SHIPPED);
  for (const day of ['2021-06-10', '2021-06-11']) {
    assert.equal(calendar.sessionAt('NSE', ist(`${day}T09:15:00`))?.id, `NSE:${day}`);
  }
  assert.equal(calendar.phaseAt('NSE', ist('2021-06-12T20:17:12')), 'closed');
});

test('The shipped calendar knows Muhurat evenings, budget weekends, drills and the halt of 2021', () => {
  const calendar = loadCalendar('nse', SHIPPED);
  const at = (text: string): string => calendar.sessionAt('NSE', ist(text))?.id ?? 'closed';
  assert.equal(at('2021-11-04T11:00:00'), 'closed');
  assert.equal(at('2021-11-04T18:15:00'), 'NSE:2021-11-04:muhurat');
  assert.equal(at('2024-11-01T18:59:59'), 'NSE:2024-11-01:muhurat');
  assert.equal(at('2025-02-01T15:29:59'), 'NSE:2025-02-01');
  assert.equal(at('2024-03-02T10:30:00'), 'closed');
  assert.equal(at('2024-03-02T11:30:00'), 'NSE:2024-03-02:recovery');
  assert.equal(at('2021-02-24T12:00:00'), 'closed');
  assert.equal(at('2021-02-24T16:59:59'), 'NSE:2021-02-24:resumed');
  assert.equal(calendar.nextSession('NSE', ist('2024-01-20T15:30:00')).id, 'NSE:2024-01-23');
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
