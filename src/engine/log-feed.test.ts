import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openMemoryLog } from '#adapters/memory/event-log.ts';
import { NO_VOLUME, TickBatch } from '#core/market/tick.ts';
import { type EpochMs } from '#core/time.ts';
import { LogError, type EventLog, type LogMessage } from '#ports/event-log.ts';
import { type FeedPosition } from '#ports/feed.ts';
import { gapMessage } from '#wire/gap-message.ts';
import { encodeTickFrame } from '#wire/tick-frame.ts';
import { tickMessages } from '#wire/tick-messages.ts';
import { MARKET_TICKS } from '#wire/topics.ts';
import { instruments } from '../../test/support/builders.ts';
import { openLogFeed, type LogFeed } from './log-feed.ts';

const TIME = 1_623_383_100_000;
const table = instruments(2);

/** Messages of ticks: index of the instrument and time, numbered from `first`. */
function ticks(rows: readonly (readonly [number, number])[], first = 0, source = 'tape') {
  const batch = new TickBatch(rows.length, false);
  rows.forEach(([on, time], k) => batch.push(on, TIME + time, 1_000_000 + time, NO_VOLUME, first + k));
  const of = (on: number): { token: number; source: string } => ({ token: table[on]?.token ?? 99, source });
  return tickMessages(encodeTickFrame(batch, 0, rows.length, of), 0, 0, rows.length).map(
    ({ topic, key, id, value }) => {
      return { topic, key, id, value, own: true as const };
    },
  );
}

/** Of a log that announces nothing. */
const silent = (): (() => void) => () => undefined;

async function feedOn(
  log: Pick<EventLog, 'read' | 'partitions' | 'subscribe'>,
  position?: FeedPosition,
  total?: number,
  said: string[] = [],
): Promise<LogFeed> {
  const say = (event: string): void => void said.push(event);
  const logger = { warning: say, info: say };
  const description = { kind: 'tape', instruments: table, firstTime: TIME as EpochMs, sourceOf: () => 'tape' } as const;
  return openLogFeed({
    log,
    description,
    isFeed: (producer) => producer === 'us/feed',
    position,
    total: () => total,
    logger,
  });
}

/** Everything that it gives now, as times after the first. */
async function timesOf(feed: LogFeed, max = 100): Promise<readonly number[]> {
  const batch = new TickBatch(100, false);
  while (batch.count < max && (await feed.read(batch, max - batch.count)) === 'ticks');
  return [...batch.time.subarray(0, batch.count)].map((time) => time - TIME);
}

describe('the ticks of the log', () => {
  test('are given as the feed gave them, and go on where a position says', async () => {
    const log = openMemoryLog('us/feed');
    await log.append(
      ticks([
        [0, 0],
        [1, 5],
        [0, 9],
      ]),
    );
    const feed = await feedOn(log);
    assert.deepEqual(await timesOf(feed, 2), [0, 5]);
    const kept = JSON.parse(JSON.stringify(feed.position())) as FeedPosition;
    assert.deepEqual(await timesOf(feed), [9]);
    const again = await feedOn(log, kept);
    assert.deepEqual(again.position(), kept);
    assert.deepEqual(await timesOf(again), [9]);
    assert.deepEqual(again.counts(), { used: 3, refused: { unreadable: 0, foreign: 0, missed: 0, duplicate: 0 } });
  });

  test('of several partitions are merged by their time', async () => {
    const stamped = (messages: ReturnType<typeof ticks>, partition: number): LogMessage[] =>
      messages.map((each, offset) => ({ ...each, offset, partition, producer: 'us/feed' }));
    const lanes = [
      stamped(
        ticks([
          [0, 1],
          [0, 4],
          [0, 8],
        ]),
        0,
      ),
      stamped(
        ticks(
          [
            [1, 2],
            [1, 3],
            [1, 9],
          ],
          10,
        ),
        1,
      ),
    ];
    const feed = await feedOn({
      partitions: async () => 2,
      read: async (_topic, offset, limit, partition = 0) => (lanes[partition] ?? []).slice(offset, offset + limit),
      subscribe: silent,
    });
    assert.deepEqual(await timesOf(feed), [1, 2, 3, 4, 8, 9]);
    assert.deepEqual(feed.position(), { offsets: [3, 3], used: 6, last: [2, 12] });
  });

  test('that are of another feed, another source or no ticks at all are counted, and gaps are handed on', async () => {
    const log = openMemoryLog('us/feed');
    const gap = { id: 'gap:1', token: table[0]?.token ?? 0, from: TIME as EpochMs, to: (TIME + 60_000) as EpochMs };
    const { topic, key, id, value } = gapMessage({ ...gap, candles: undefined } as never);
    await log.append([...ticks([[0, 0]]), ...ticks([[0, 1]], 1, 'other'), { topic, key, id, value, own: true }]);
    await log.append([{ topic: MARKET_TICKS, key: '', id: undefined, value: '{"type":"noise"}', own: true }]);
    await log.append(ticks([[0, 2]], 2).map(({ own, ...stranger }) => (assert.ok(own), stranger)));
    const feed = await feedOn(log);
    assert.deepEqual(await timesOf(feed), [0]);
    assert.deepEqual(feed.counts(), { used: 1, refused: { unreadable: 2, foreign: 1, missed: 0, duplicate: 0 } });
    assert.deepEqual([feed.takeGaps().map((each) => each.id), feed.takeGaps()], [['gap:1'], []]);
  });

  test('that were published again after a crash are given once, before a restart and after it', async () => {
    const log = openMemoryLog('us/feed');
    const rows = [
      [0, 0],
      [1, 5],
      [0, 9],
    ] as const;
    await log.append(ticks(rows));
    await log.append(ticks(rows));
    const feed = await feedOn(log);
    assert.deepEqual(await timesOf(feed), [0, 5, 9]);
    assert.equal(feed.counts().refused['duplicate'], 3);
    await log.append([...ticks(rows), ...ticks([[0, 12]], 3)]);
    const again = await feedOn(log, JSON.parse(JSON.stringify(feed.position())) as FeedPosition);
    assert.deepEqual(await timesOf(again), [12]);
  });

  test('that retention took while nobody read are counted', async () => {
    const kept = { offsets: [1], used: 1, last: [-1, -1] };
    const held = ticks([[0, 7]]).map((each): LogMessage => ({ ...each, offset: 4, producer: 'us/feed' }));
    const feed = await feedOn(
      { partitions: async () => 1, read: async (_, offset) => (offset <= 4 ? held : []), subscribe: silent },
      kept,
    );
    assert.deepEqual(await timesOf(feed), [7]);
    assert.equal(feed.counts().refused['missed'], 3);
  });

  test('are waited for while the log is away, and none is lost or out of order', async () => {
    const held = ticks([
      [0, 3],
      [0, 6],
    ]).map((each, offset): LogMessage => ({ ...each, offset, producer: 'us/feed' }));
    const said: string[] = [];
    let away: LogError | undefined = new LogError('UNREACHABLE', 'the brokers do not answer');
    const feed = await feedOn(
      {
        partitions: async () => 2,
        read: async (_, offset, limit, partition = 0) => {
          if (partition === 1 && away !== undefined) throw away;
          return partition === 0 ? held.slice(offset, offset + limit) : [];
        },
        subscribe: silent,
      },
      undefined,
      undefined,
      said,
    );
    assert.deepEqual([await timesOf(feed), await timesOf(feed)], [[], []]);
    away = undefined;
    assert.deepEqual(await timesOf(feed), [3, 6]);
    assert.deepEqual(said, [
      'Ticks could not be read from the log; they are tried again',
      'Ticks are read from the log again',
    ]);
    away = new LogError('CLOSED', 'the log was closed');
    await assert.rejects(timesOf(feed), { code: 'CLOSED' });
  });

  test('are over when the feed is, and all of them were given', async () => {
    const log = openMemoryLog('us/feed');
    await log.append(
      ticks([
        [0, 0],
        [1, 1],
      ]),
    );
    const [open, over] = [await feedOn(log), await feedOn(log, undefined, 2)];
    const batch = new TickBatch(10, false);
    for (const feed of [open, over]) await timesOf(feed);
    assert.deepEqual([await open.read(batch, 1), await over.read(batch, 1)], ['idle', 'finished']);
  });
});
