import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, test, type TestContext } from 'node:test';
import { alwaysOpen } from '#core/market/always-open.ts';
import { NO_VOLUME } from '#core/market/tick.ts';
import { formatInstant } from '#core/time.ts';
import { type Feed, type FeedPosition } from '#ports/feed.ts';
import { ist, readAll, temporaryFolder } from '../../../test/support/tape-builder.ts';
import { openTape } from './tape-feed.ts';

type BinaryRow = readonly [time: number, instrument: number, paise: number];

const START = ist('2025-01-01T09:15:00');
/** More rows than a piece of the file holds. */
const ROWS: readonly BinaryRow[] = Array.from({ length: 5_000 }, (_, k) => [START + (k >> 1) * 1_000, k % 3, 5 + k]);

function bytesOf(rows: readonly BinaryRow[]): Buffer {
  const bytes = Buffer.alloc(rows.length * 16);
  rows.forEach(([time, instrument, paise], k) => {
    bytes.writeDoubleLE(time, k * 16);
    bytes.writeUInt32LE(instrument, k * 16 + 8);
    bytes.writeUInt32LE(paise, k * 16 + 12);
  });
  return bytes;
}

const opened: Feed[] = [];
afterEach(async () => {
  for (const feed of opened.splice(0)) await feed.close();
});

async function open(context: TestContext, bytes: Uint8Array, position?: FeedPosition): Promise<Feed> {
  const path = join(temporaryFolder(context), 'w1.bin');
  writeFileSync(path, bytes);
  const instrumentOf = () => assert.fail('a binary tape brings its own instruments');
  const feed = await openTape(path, { calendar: alwaysOpen(), instrumentOf, speed: 'max', now: () => 0, position });
  opened.push(feed);
  return feed;
}

test('Every record is a tick of an instrument of the tape, numbered by its place', async (t) => {
  const bytes = bytesOf(ROWS);
  const source = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
  const feed = await open(t, bytes);
  assert.deepEqual(
    feed.instruments.map(({ token, symbol, tradable }) => [token, symbol, tradable]),
    [
      [0, 'I0', true],
      [1, 'I1', true],
      [2, 'I2', true],
    ],
  );
  const expected = ROWS.map(([time, instrument, paise], k) =>
    [`${source}:${k + 1}`, `I${instrument}`, formatInstant(time as typeof START), paise * 100, NO_VOLUME].join(' '),
  );
  for (const size of [1, 7, 1_000]) assert.deepEqual(await readAll(await open(t, bytes), size), expected);
  assert.equal(feed.firstTime, START);
});

test('A binary tape goes on at any record', async (t) => {
  const bytes = bytesOf(ROWS);
  const whole = await open(t, bytes);
  const ticks = await readAll(whole, 1_000);
  for (const stop of [1, 2, 4_095, 4_096, 4_097, 5_000]) {
    const before = await open(t, bytes);
    await readAll(before, 900, stop);
    const position = before.position();
    const after = await open(t, bytes, position);
    assert.deepEqual(after.position(), position);
    assert.equal(after.firstTime, START);
    assert.deepEqual(await readAll(after, 1_000), ticks.slice(stop));
    assert.deepEqual(after.position(), whole.position());
  }
});

test('A file that is not made of such records is refused with the number of the first that is not', async (t) => {
  const wrong: readonly BinaryRow[] = [
    [START - 1, 0, 5],
    [START + 0.5, 0, 5],
    [NaN, 0, 5],
    [0, 0, 5],
    [START, 65_536, 5],
    [START, 0, 0],
  ];
  for (const each of wrong) {
    const opening = open(t, bytesOf([[START, 0, 5], each]));
    await assert.rejects(opening, { code: 'TAPE_FOREIGN', message: /record 2 of .*w1\.bin .*expected 16 bytes/ });
  }
  await assert.rejects(open(t, bytesOf(ROWS).subarray(0, -1)), { code: 'TAPE_FOREIGN', message: /record 5000/ });
  const empty = await open(t, bytesOf([]));
  assert.deepEqual([empty.instruments, await readAll(empty, 1)], [[], []]);
});
