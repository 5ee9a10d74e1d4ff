import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { parseDecimal } from '#core/decimal.ts';
import { alwaysOpen } from '#core/market/always-open.ts';
import { TickBatch } from '#core/market/tick.ts';
import { type EpochMs, formatInstant } from '#core/time.ts';
import { type Feed, type FeedPosition } from '#ports/feed.ts';
import { loadCalendar } from '#adapters/calendar-files/calendar-files.ts';
import { loadInstruments } from '#adapters/instrument-files/instrument-files.ts';
import { requireShared } from '../../../test/support/shared-data.ts';
import {
  anyInstrument,
  csv,
  ist,
  JUNE_2021,
  readAll,
  temporaryFolder,
  total,
  writeTape,
} from '../../../test/support/tape-builder.ts';
import { noneRefused } from './tape-cursor.ts';
import { openTape, type TapeOptions } from './tape-feed.ts';

type Files = Readonly<Record<string, readonly string[]>>;

const opened: Feed[] = [];
afterEach(async () => {
  for (const feed of opened.splice(0)) await feed.close();
});

async function open(path: string, options: Partial<TapeOptions> = {}): Promise<Feed> {
  const now = (): number => assert.fail('a tape at full speed asked for the time');
  const rules = { calendar: JUNE_2021, instrumentOf: anyInstrument() };
  const feed = await openTape(path, { ...rules, speed: 'max', now, ...options });
  opened.push(feed);
  return feed;
}

/** Through JSON, as a store keeps it. */
function stored(feed: Feed): FeedPosition {
  return JSON.parse(JSON.stringify(feed.position())) as FeedPosition;
}

interface Judged {
  readonly key: number;
  readonly tick: string | undefined;
  readonly reason: string | undefined;
}

/** The rules of a tape once more, as plainly as they can be said, for rows whose fields are from `rowOf`. */
function judge(files: Files): readonly Judged[] {
  const rows: (Judged & { readonly symbol: string; readonly row: number })[] = [];
  for (const [symbol, lines] of Object.entries(files)) {
    const source = createHash('sha256').update(csv(lines)).digest('hex').slice(0, 12);
    const isAlone = Object.values(files).filter((other) => csv(other) === csv(lines)).length === 1;
    let last = -Infinity;
    lines.forEach((line, k) => {
      const [timestamp = '', ltp = '', volume = ''] = line.split(',');
      const time = timestamp.startsWith('2021') ? ist(timestamp.replace(' ', 'T')) : undefined;
      const price = parseDecimal(ltp) ?? 0;
      let reason: string | undefined;
      if (time === undefined) reason = 'bad_time';
      else if (price <= 0) reason = 'bad_price';
      else if (JUNE_2021.phaseAt('NSE', time) === 'closed') reason = 'out_of_session';
      else if (line === lines[k - 1]) reason = 'duplicate';
      else if (time < last) reason = 'out_of_order';
      if (reason === undefined) last = time ?? last;
      const id = `${source}${isAlone ? '' : `.${symbol}`}:${k + 1}`;
      const tick = `${id} ${symbol} ${formatInstant(last as EpochMs)} ${price} ${volume === '' ? -1 : volume}`;
      rows.push({ key: last, symbol, row: k + 1, reason, tick: reason === undefined ? tick : undefined });
    });
  }
  return rows.sort((a, b) => (a.key === b.key ? compare(a.symbol, b.symbol) || a.row - b.row : a.key < b.key ? -1 : 1));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function expectedTicks(files: Files): string[] {
  return judge(files).flatMap(({ tick }) => tick ?? []);
}

/** After so many ticks, every refused row before the next tick is counted. */
function expectedCounts(files: Files, ticks: number) {
  const refused = { ...noneRefused() } as Record<string, number>;
  let used = 0;
  for (const { reason } of judge(files)) {
    if (reason !== undefined) refused[reason] = (refused[reason] ?? 0) + 1;
    else if (++used > ticks) return { used: ticks, refused };
  }
  return { used, refused };
}

const row = fc
  .tuple(
    fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: 0, max: 5 }).map((second) => `2021-06-11 09:15:0${second}`) },
      {
        weight: 1,
        arbitrary: fc.constantFrom('1970-01-01 05:30:00', 'x', '2021-06-12 10:00:00', '2021-06-11 15:30:00'),
      },
    ),
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom('100.05', '99.5') }, fc.constantFrom('0', 'nan')),
    fc.constantFrom('1', '2', ''),
  )
  .map((fields) => fields.join(','));

/** Rows, each perhaps repeated, in files whose names do not sort as they are written. */
const someFiles: fc.Arbitrary<Files> = fc
  .uniqueArray(
    fc.tuple(
      fc.constantFrom('TCS', 'INFY', 'M&M', 'a'),
      fc
        .array(fc.tuple(row, fc.boolean()), { maxLength: 12 })
        .map((rows) => rows.flatMap(([r, twice]) => (twice ? [r, r] : [r]))),
    ),
    { selector: ([symbol]) => symbol, minLength: 1 },
  )
  .map((pairs) => Object.fromEntries(pairs));

async function withTape(context: TestContext, files: Files, use: (path: string) => Promise<void>): Promise<void> {
  await use(writeTape(temporaryFolder(context), files));
}

test('Files merge by time, symbol and row, and every row is used or counted under one reason', async (t) => {
  await fc.assert(
    fc.asyncProperty(someFiles, (files) =>
      withTape(t, files, async (path) => {
        const feed = await open(path);
        assert.deepEqual(
          feed.instruments.map(({ symbol }) => symbol),
          Object.keys(files).sort(),
        );
        const ticks = await readAll(feed, 1_000);
        assert.deepEqual(ticks, expectedTicks(files));
        assert.equal(feed.firstTime, judge(files).find(({ tick }) => tick !== undefined)?.key);
        assert.deepEqual(feed.counts(), expectedCounts(files, Infinity));
        assert.equal(total(feed.counts()), Object.values(files).flat().length);
        assert.equal(stored(feed)['finished'], true);
        await feed.close();
      }),
    ),
    { numRuns: 150 },
  );
});

test('Batches of 1, 7 and 1000 give the same ticks, and refused rows are counted in their place', async (t) => {
  await fc.assert(
    fc.asyncProperty(someFiles, (files) =>
      withTape(t, files, async (path) => {
        for (const size of [1, 7, 1_000]) {
          const feed = await open(path);
          const ticks: string[] = [];
          for (let more = true; more;) {
            assert.deepEqual(feed.counts(), expectedCounts(files, ticks.length));
            const next = await readAll(feed, size, size);
            ticks.push(...next);
            more = next.length > 0;
          }
          assert.deepEqual(ticks, expectedTicks(files));
          await feed.close();
        }
      }),
    ),
    { numRuns: 60 },
  );
});

test('A tape that goes on at any row gives the same rest, the same counts and the same first time', async (t) => {
  await fc.assert(
    fc.asyncProperty(someFiles, fc.nat({ max: 40 }), (files, stop) =>
      withTape(t, files, async (path) => {
        const whole = await open(path);
        const ticks = await readAll(whole, 7);
        const before = await open(path);
        const first = await readAll(before, 5, Math.max(1, stop));
        const position = stored(before);
        const after = await open(path, { position });
        assert.deepEqual(stored(after), position);
        assert.equal(after.firstTime, whole.firstTime);
        assert.deepEqual([...first, ...(await readAll(after, 7))], ticks);
        assert.deepEqual(stored(after), stored(whole));
        for (const feed of [whole, before, after]) await feed.close();
      }),
    ),
    { numRuns: 100 },
  );
});

const TWO_ROWS = ['2021-06-11 09:15:00,100.05,1', '2021-06-11 09:15:02,100.1,2'];

test('A position is followed by content, not by path, and that of another tape is ignored', async (t) => {
  const files = { TCS: TWO_ROWS, INFY: ['2021-06-11 09:15:01,50,1'] };
  const first = await open(writeTape(temporaryFolder(t), files));
  await readAll(first, 2, 2);
  const position = stored(first);
  const moved = temporaryFolder(t);
  writeFileSync(join(moved, 'TCS.csv.gz'), gzipSync(csv(files.TCS)));
  writeTape(moved, { INFY: files.INFY });
  assert.equal((await readAll(await open(moved, { position }), 9)).length, 1);
  const other = writeTape(temporaryFolder(t), { ...files, WIPRO: TWO_ROWS.slice(1) });
  assert.equal((await readAll(await open(other, { position }), 9)).length, 4);
});

test('A part of a folder gives its rows the ids that the whole gives them', async (t) => {
  const files = { TCS: TWO_ROWS, INFY: ['2021-06-11 09:15:01,50,1'] };
  const folder = writeTape(temporaryFolder(t), files);
  const whole = await readAll(await open(folder), 9);
  const part = await readAll(await open(join(folder, 'TCS.csv')), 9);
  assert.deepEqual(
    part,
    whole.filter((tick) => tick.includes(' TCS ')),
  );
  const hash = createHash('sha256').update(csv(TWO_ROWS)).digest('hex');
  assert.deepEqual(
    part.map((tick) => tick.split(' ')[0]),
    [`${hash.slice(0, 12)}:1`, `${hash.slice(0, 12)}:2`],
  );
});

test('Files with the same rows under two symbols give ticks of two instruments with ids of their own', async (t) => {
  const files = { TCS: TWO_ROWS, INFY: TWO_ROWS };
  const ticks = await readAll(await open(writeTape(temporaryFolder(t), files)), 9);
  assert.deepEqual(ticks, expectedTicks(files));
  assert.equal(new Set(ticks.map((tick) => tick.split(' ')[0])).size, 4);
});

test('A position whose counts the tape does not give again is refused, and so is an unreadable one', async (t) => {
  const folder = writeTape(temporaryFolder(t), { TCS: [...TWO_ROWS, '2021-06-12 09:15:00,1,1'] });
  const feed = await open(folder);
  await readAll(feed, 9);
  const position = stored(feed);
  await assert.rejects(open(folder, { position, calendar: alwaysOpen() }), {
    code: 'TAPE_POSITION',
    message: /calendar/,
  });
  await assert.rejects(open(folder, { position: { ...position, files: { TCS: '2' } } }), { code: 'TAPE_POSITION' });
});

test('A tape without a row that can be used has no first time, and finishes with its counts', async (t) => {
  const feed = await open(writeTape(temporaryFolder(t), { TCS: ['x', 'x'], INFY: [] }));
  assert.equal(feed.firstTime, undefined);
  assert.equal(await feed.read(new TickBatch(1, false), 1), 'finished');
  assert.deepEqual(feed.counts(), { used: 0, refused: { ...noneRefused(), bad_time: 2 } });
});

test('A read adds to what the batch holds, up to its capacity', async (t) => {
  const feed = await open(writeTape(temporaryFolder(t), { TCS: TWO_ROWS }));
  const batch = new TickBatch(2, false);
  batch.push(9, 0, 1, 1, 1);
  assert.equal(await feed.read(batch, 10), 'ticks');
  assert.deepEqual([...batch.instrument], [9, 0]);
  await assert.rejects(feed.read(batch, 10), /takes at least one tick/);
});

test('With a factor, rows are due by the clock, and nights are skipped', async (t) => {
  const rows = [
    '2021-06-10 15:29:00,1,1',
    '2021-06-10 15:29:58,1,2',
    '2021-06-11 09:00:00,1,3',
    '2021-06-11 11:00:00,1,4',
  ];
  let clock = 5_000;
  const folder = writeTape(temporaryFolder(t), { TCS: rows });
  const feed = await open(folder, { speed: 2, now: () => clock });
  const read = async (): Promise<unknown[]> => {
    const batch = new TickBatch(9, false);
    const outcome = await feed.read(batch, 9);
    return [outcome, ...batch.volume.subarray(0, batch.count)];
  };
  clock = 10_000;
  assert.deepEqual(await read(), ['ticks', 1]);
  assert.deepEqual([await read(), feed.idleMs()], [['idle'], 29_000]);
  clock += 28_999.5;
  assert.deepEqual([await read(), feed.idleMs()], [['idle'], 1]);
  clock += 0.5;
  assert.deepEqual(await read(), ['ticks', 2, 3], 'the next session opens at once');
  assert.equal(feed.idleMs(), 3_600_000, 'a silence inside a session is kept');
  clock += 3_600_000;
  assert.deepEqual(await read(), ['ticks', 4]);
  assert.deepEqual([await read(), feed.idleMs()], [['finished'], 0]);
  for (const speed of [0, -1, NaN, Infinity]) await assert.rejects(open(folder, { speed }), /max or above 0/);
});

test('A row that is held back comes when it is admitted, and so does the end', async (t) => {
  const rows = ['2021-06-11 10:00:00,1,1', '2021-06-11 10:00:01,1,2', '2021-06-11 10:00:02,1,3'];
  let until = 0;
  const feed = await open(writeTape(temporaryFolder(t), { TCS: rows }), { admits: (time) => time <= until });
  const batch = new TickBatch(9, false);
  const read = async (): Promise<unknown[]> => {
    batch.clear();
    return [await feed.read(batch, 9), ...batch.volume.subarray(0, batch.count)];
  };
  assert.deepEqual(await read(), ['idle']);
  until = ist('2021-06-11T10:00:01');
  assert.deepEqual([await read(), await read()], [['ticks', 1, 2], ['idle']]);
  until = ist('2021-06-11T10:00:02');
  assert.deepEqual([await read(), await read()], [['ticks', 3], ['idle']]);
  until = Infinity;
  assert.deepEqual(await read(), ['finished']);
});

test('The recorded day adds up to its 1,093,205 rows', async (t) => {
  const path = requireShared(t, 'market-data', 'nse-ticks-2021-06-11');
  if (path === undefined) return;
  const config = join(import.meta.dirname, '..', '..', '..', 'config');
  const calendar = loadCalendar('nse', join(config, 'calendars'));
  const instruments = loadInstruments(join(config, 'instruments'));
  const feed = await open(path, { calendar, instrumentOf: (symbol) => instruments.find(symbol) });
  const batch = new TickBatch(10_000, false);
  let last = 0;
  for (let outcome = await feed.read(batch, 10_000); outcome !== 'finished'; outcome = await feed.read(batch, 10_000)) {
    for (let k = 0; k < batch.count; k++) {
      const time = batch.time[k] ?? 0;
      assert.ok(time >= last);
      last = time;
    }
    batch.clear();
  }
  await feed.close();
  const refused = { bad_time: 54_071, bad_price: 0, out_of_session: 181_006, duplicate: 28_778, out_of_order: 3_822 };
  assert.deepEqual(feed.counts(), { used: 825_528, refused });
  assert.equal(total(feed.counts()), 1_093_205);
});
