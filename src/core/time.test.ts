import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import {
  DAY_MS,
  dayNumber,
  dayOf,
  formatClock,
  formatDay,
  formatInstant,
  parseClock,
  parseDay,
  parseInstant,
  startOfDay,
  timeOfDay,
  weekday,
  type DayNumber,
  type EpochMs,
} from './time.ts';

/** The first day of the year 1 and the last of 9999: what four digits of a year can say. */
const FIRST_DAY = -719_162;
const LAST_DAY = 2_932_896;
const anyInstant = fc.integer({ min: FIRST_DAY * DAY_MS, max: LAST_DAY * DAY_MS + DAY_MS - 1 });

function ms(text: string): EpochMs {
  const at = parseInstant(text);
  assert.ok(at !== undefined, text);
  return at;
}

function day(text: string): DayNumber {
  const number = parseDay(text);
  assert.ok(number !== undefined, text);
  return number;
}

describe('days in India', () => {
  test('a day begins at midnight in India, which is 18:30 in Greenwich', () => {
    assert.equal(formatDay(dayOf(ms('2021-06-11T18:29:59.999Z'))), '2021-06-11');
    assert.equal(formatDay(dayOf(ms('2021-06-11T18:30:00Z'))), '2021-06-12');
    assert.equal(formatInstant(startOfDay(day('2021-06-12'))), '2021-06-11T18:30:00.000Z');
  });

  test('the time of day counts from midnight in India', () => {
    assert.equal(formatClock(timeOfDay(ms('2021-06-11T03:45:00Z'))), '09:15:00');
    assert.equal(timeOfDay(ms('2021-06-11T18:30:00Z')), 0);
    assert.equal(timeOfDay(ms('2021-06-11T18:29:59.999Z')), DAY_MS - 1);
  });

  test('the first of January 1970 is day 0, a Thursday, and days before it are negative', () => {
    assert.equal(dayNumber(1970, 1, 1), 0);
    assert.equal(weekday(0 as DayNumber), 4);
    assert.equal(dayOf(0 as EpochMs), 0);
    assert.equal(dayOf(-19_800_001 as EpochMs), -1);
    assert.equal(formatDay(-1 as DayNumber), '1969-12-31');
    assert.equal(weekday(-1 as DayNumber), 3);
    assert.equal(weekday(-5 as DayNumber), 6);
    assert.equal(formatInstant(-1 as EpochMs), '1969-12-31T23:59:59.999Z');
  });

  test('every instant lies in its day', () => {
    fc.assert(
      fc.property(anyInstant, (at) => {
        const instant = at as EpochMs;
        const rest = timeOfDay(instant);
        assert.ok(rest >= 0 && rest < DAY_MS);
        assert.equal(startOfDay(dayOf(instant)) + rest, at);
      }),
    );
  });
});

describe('calendar dates', () => {
  test('leap days come every four years, not in centuries, except every fourth', () => {
    for (const leap of ['1972-02-29', '2000-02-29', '2020-02-29', '2024-02-29', '2400-02-29']) {
      assert.equal(formatDay(day(leap)), leap);
      assert.equal(formatDay((day(leap) + 1) as DayNumber), leap.replace('02-29', '03-01'));
    }
    for (const none of ['1900-02-29', '2021-02-29', '2100-02-29']) assert.equal(parseDay(none), undefined, none);
  });

  test('dates that are not in the calendar or not written in full are refused', () => {
    const refused = ['2021-02-30', '2021-04-31', '2021-13-01', '2021-00-10', '2021-06-00', '2021-06-32'];
    for (const text of [...refused, '', '2021-6-11', '21-06-11', '2021/06/11', '2021-06-11T', ' 2021-06-11']) {
      assert.equal(parseDay(text), undefined, text);
    }
  });

  test('they agree with the calendar of the language, and weekdays follow one another', () => {
    fc.assert(
      fc.property(fc.integer({ min: FIRST_DAY, max: LAST_DAY }), (number) => {
        const text = new Date(number * DAY_MS).toISOString().slice(0, 10);
        assert.equal(formatDay(number as DayNumber), text);
        assert.equal(parseDay(text), number);
        assert.equal(weekday(number as DayNumber), new Date(number * DAY_MS).getUTCDay());
      }),
    );
  });
});

describe('instants', () => {
  test('they are written in Greenwich time with milliseconds', () => {
    assert.equal(formatInstant(0 as EpochMs), '1970-01-01T00:00:00.000Z');
    assert.equal(formatInstant(1_623_383_100_007 as EpochMs), '2021-06-11T03:45:00.007Z');
  });

  test('they are written as the language writes them, and read back as they were', () => {
    fc.assert(
      fc.property(anyInstant, (at) => {
        const text = formatInstant(at as EpochMs);
        assert.equal(text, new Date(at).toISOString());
        assert.equal(parseInstant(text), at);
      }),
    );
  });

  test('a zone is needed and counts', () => {
    const nine = ms('2021-06-11T03:45:00Z');
    assert.equal(ms('2021-06-11T09:15:00+05:30'), nine);
    assert.equal(ms('2021-06-10T22:45:00-05:00'), nine);
    assert.equal(ms('2021-06-11T03:45:00+00:00'), nine);
    assert.equal(parseInstant('2021-06-11T03:45:00'), undefined);
  });

  test('fractions are read to the millisecond, and the rest is cut off', () => {
    const second = ms('2021-06-11T03:45:00Z');
    assert.equal(ms('2021-06-11T03:45:00.5Z'), second + 500);
    assert.equal(ms('2021-06-11T03:45:00.05Z'), second + 50);
    assert.equal(ms('2021-06-11T03:45:00.123999999Z'), second + 123);
  });

  test('what is no instant is refused', () => {
    const refused = ['2021-02-30T00:00:00Z', '2021-06-11T24:00:00Z', '2021-06-11T23:59:60Z', '2021-06-11T03:45Z'];
    const zones = ['2021-06-11T03:45:00+24:00', '2021-06-11T03:45:00+05:60', '2021-06-11T03:45:00+0530'];
    for (const text of [...refused, ...zones, '', '2021-06-11 03:45:00Z', '2021-06-11T03:45:00.Z', 'now']) {
      assert.equal(parseInstant(text), undefined, text);
    }
  });
});

describe('times of day', () => {
  test('they are read with or without seconds', () => {
    assert.equal(parseClock('00:00'), 0);
    assert.equal(parseClock('09:15'), 33_300_000);
    assert.equal(parseClock('23:59:59'), 86_399_000);
  });

  test('what is no time of day is refused', () => {
    for (const text of ['', '24:00', '09:60', '09:15:60', '9:15', '09:15:0', '09-15', '09:15:00.5']) {
      assert.equal(parseClock(text), undefined, text);
    }
  });

  test('what was written is read back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 86_399 }), (seconds) => {
        assert.equal(parseClock(formatClock(seconds * 1_000)), seconds * 1_000);
      }),
    );
    assert.equal(formatClock(33_300_999), '09:15:00', 'milliseconds are not shown');
  });
});
