import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { constants, gunzipSync, gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { type Instrument } from '#core/market/instrument.ts';
import { TickBatch } from '#core/market/tick.ts';
import { type Feed } from '#ports/feed.ts';
import {
  anyInstrument,
  csv,
  HEADER,
  JUNE_2021,
  readAll,
  temporaryFolder,
  ticksOf,
  total,
  writeTape,
} from '../../../test/support/tape-builder.ts';
import { openTape } from './tape-feed.ts';
import { tapeId } from './tape-files.ts';

const ROWS = Array.from({ length: 400 }, (_, k) => {
  const clock = `${Math.floor(k / 60)}`.padStart(2, '0') + `:${k % 60}`.replace(/^:(\d)$/, ':0$1');
  return `2021-06-11 10:${clock},${100 + ((k * 37) % 91)}.05,${k * 13}`;
});

const opened: Feed[] = [];
afterEach(async () => {
  for (const feed of opened.splice(0)) await feed.close();
});

async function open(path: string, instrumentOf: (symbol: string) => Instrument = anyInstrument()): Promise<Feed> {
  const feed = await openTape(path, { calendar: JUNE_2021, instrumentOf, speed: 'max', now: () => 0 });
  opened.push(feed);
  return feed;
}

/** Reads to the error and gives the ticks before it. */
async function readToDamage(feed: Feed, size: number): Promise<{ ticks: string[]; error: Error & { code?: string } }> {
  const batch = new TickBatch(size, false);
  const ticks: string[] = [];
  for (;;) {
    batch.clear();
    try {
      const outcome = await feed.read(batch, size);
      assert.notEqual(outcome, 'finished', 'the damage was not told');
      ticks.push(...ticksOf(feed, batch));
    } catch (error) {
      assert.equal(batch.count, 0, 'no tick is lost in an error');
      assert.ok(error instanceof Error);
      return { ticks, error };
    }
  }
}

test('A file gives the same ticks packed, packed in members, padded with zeros, and plain', async (t) => {
  const [plain, packed, members] = [temporaryFolder(t), temporaryFolder(t), temporaryFolder(t)];
  const padded = temporaryFolder(t);
  writeTape(plain, { TCS: ROWS });
  const bytes = Buffer.from(csv(ROWS));
  writeTape(packed, { 'TCS.csv.gz': gzipSync(bytes) });
  writeTape(members, {
    'TCS.csv.gz': Buffer.concat([gzipSync(bytes.subarray(0, 999)), gzipSync(bytes.subarray(999))]),
  });
  writeTape(padded, { 'TCS.csv.gz': Buffer.concat([gzipSync(bytes), Buffer.alloc(100_000)]) });
  const expected = await readAll(await open(plain), 7);
  assert.equal(expected.length, ROWS.length);
  assert.deepEqual(await readAll(await open(packed), 1_000), expected);
  assert.deepEqual(await readAll(await open(members), 1_000), expected);
  assert.deepEqual(await readAll(await open(padded), 1_000), expected);
});

test('A gzip cut anywhere gives every whole row that it still holds, then an error that names it', async (t) => {
  const packed = gzipSync(csv(ROWS));
  const folder = temporaryFolder(t);
  const path = join(folder, 'TCS.csv.gz');
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: packed.length - 1 }), async (length) => {
      const cut = packed.subarray(0, length);
      writeFileSync(path, cut);
      const text = length < 18 ? '' : gunzipSync(cut, { finishFlush: constants.Z_SYNC_FLUSH }).toString('latin1');
      if (!text.startsWith(HEADER)) {
        return assert.rejects(open(path), { code: 'TAPE_FOREIGN', message: /TCS\.csv\.gz/ });
      }
      const feed = await open(path);
      const { ticks, error } = await readToDamage(feed, 7);
      assert.equal(ticks.length, Math.max(0, text.split('\n').length - 2));
      assert.equal(error.code, 'TAPE_DAMAGED');
      assert.match(error.message, /TCS\.csv\.gz is damaged: unexpected end of file/);
      assert.deepEqual((await readToDamage(await open(path), 1)).ticks, ticks);
      await feed.close();
    }),
    { numRuns: 60, examples: [[packed.length - 1], [1]] },
  );
});

test('A damaged file lets the others go on up to its place in the merge', async (t) => {
  const packed = gzipSync(csv(ROWS.slice(0, 100)));
  const folder = writeTape(temporaryFolder(t), { INFY: ROWS, 'TCS.csv.gz': packed.subarray(0, -4) });
  const { ticks, error } = await readToDamage(await open(folder), 9);
  assert.equal(ticks.length, 200);
  assert.match(error.message, /TCS/);
});

test('A flipped bit is found before the tape is finished, and refused where it hides the first line', async (t) => {
  const flipped = (rows: readonly string[]): Uint8Array => {
    const packed = gzipSync(csv(rows));
    packed[packed.length - 6] = (packed.at(-6) ?? 0) ^ 1;
    return packed;
  };
  const short = writeTape(temporaryFolder(t), { 'TCS.csv.gz': flipped(ROWS) });
  await assert.rejects(open(short), { code: 'TAPE_FOREIGN', message: /cannot read it: incorrect data check/ });
  const days = Array.from({ length: 20 }, (_, k) => ROWS.map((row) => row.replace(' 10:', ` ${10 + (k % 5)}:`))).flat();
  const { ticks, error } = await readToDamage(
    await open(writeTape(temporaryFolder(t), { 'TCS.csv.gz': flipped(days) })),
    1_000,
  );
  assert.ok(ticks.length > 1_000);
  assert.equal(error.code, 'TAPE_DAMAGED');
});

test('What is no tape is refused with what was expected and what was found', async (t) => {
  const folder = temporaryFolder(t);
  const refuses = (path: string, code: string, message: RegExp) =>
    assert.rejects(open(join(folder, path)), { code, message });
  await refuses('none', 'TAPE_MISSING', /no tape at .*none: expected a \.csv/);
  await refuses('.', 'TAPE_MISSING', /holds no tape: expected \.csv or \.csv\.gz files/);
  mkdirSync(join(folder, 'sub.csv'));
  await refuses('.', 'TAPE_MISSING', /holds no tape/);
  writeFileSync(join(folder, 'notes.txt'), csv(ROWS));
  await refuses('notes.txt', 'TAPE_FOREIGN', /notes\.txt is no tape by its name: expected SYMBOL\.csv/);
  writeFileSync(join(folder, 'TCS.csv'), 'PK\u0003\u0004 not rows');
  await refuses(
    'TCS.csv',
    'TAPE_FOREIGN',
    /expected the first line "timestamp,ltp,volume", found "PK\\u0003\\u0004 not rows"/,
  );
  writeFileSync(join(folder, 'TCS.csv'), '');
  await refuses('TCS.csv', 'TAPE_FOREIGN', /found ""/);
  writeFileSync(join(folder, 'TCS.csv'), ROWS.join('\n'));
  await refuses('.', 'TAPE_FOREIGN', /TCS\.csv is not a tape: .*found "2021-06-11 10:00:00/);
  writeFileSync(join(folder, 'INFY.csv.gz'), csv(ROWS));
  await refuses('INFY.csv.gz', 'TAPE_FOREIGN', /INFY\.csv\.gz is not a tape: .*incorrect header check/);
});

test('Two files of one symbol or of one instrument are refused', async (t) => {
  const twice = writeTape(temporaryFolder(t), { TCS: ROWS, 'TCS.csv.gz': gzipSync(csv(ROWS)) });
  await assert.rejects(open(twice), { code: 'TAPE_AMBIGUOUS', message: /both the tape of TCS: keep one/ });
  const alias = writeTape(temporaryFolder(t), { BAJAJ_AUTO: ROWS, 'BAJAJ-AUTO': ROWS });
  const find = anyInstrument();
  await assert.rejects(
    open(alias, () => find('BAJAJ_AUTO')),
    {
      code: 'TAPE_AMBIGUOUS',
      message: /BAJAJ_AUTO\.csv are both the tape of NSE:BAJAJ_AUTO/,
    },
  );
});

test('A byte order mark and Windows line ends are read, and other files of a folder are left alone', async (t) => {
  const folder = temporaryFolder(t);
  writeTape(folder, {
    'TCS.csv': Buffer.from(`\ufeff${csv(ROWS)}`.replaceAll('\n', '\r\n')),
    'ABOUT.md': Buffer.from('x'),
  });
  const feed = await open(folder);
  assert.equal((await readAll(feed, 100)).length, ROWS.length);
  assert.equal(total(feed.counts()), ROWS.length);
});

test('A tape is named by symbols and contents, in whatever order they are given', () => {
  const [a, b] = [
    { symbol: 'A', hash: '1' },
    { symbol: 'B', hash: '2' },
  ];
  assert.equal(tapeId([a, b]), tapeId([b, a]));
  assert.notEqual(
    tapeId([a, b]),
    tapeId([
      { ...a, hash: '2' },
      { ...b, hash: '1' },
    ]),
  );
  assert.notEqual(tapeId([a]), tapeId([a, b]));
});
