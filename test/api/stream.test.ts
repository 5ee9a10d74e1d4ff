// The live stream: every message once and in its order, across lost connections and a server that was started anew.
import assert from 'node:assert/strict';
import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { STREAM_LIMITS } from '#api/stream-hub.ts';
import type { StoreReader } from '#ports/store.ts';
import { apiWorld } from '../support/api-world.ts';
import { temporaryFolder } from '../support/tape-builder.ts';

interface Told {
  readonly id: string;
  readonly topic: string;
  readonly offset: number;
  readonly envelope: unknown;
}

const TOPICS = ['market.ticks', 'paper.orders.filled', 'zerodha.orders.submitted'];
const FROM_THE_START = TOPICS.map((topic) => `${topic}:0`).join(',');

async function open(
  t: TestContext,
  port: number,
  topics: readonly string[],
  lastId?: string,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = lastId === undefined ? {} : { 'last-event-id': lastId };
    const path = `/api/v1/stream?topics=${topics.join(',')}`;
    const sent = request({ host: '127.0.0.1', port, path, headers }, resolve);
    sent.on('error', reject);
    sent.end();
    t.after(() => sent.destroy());
  });
}

/** The events of a stream as they come. */
async function* events(response: IncomingMessage): AsyncGenerator<Readonly<Record<string, string>>> {
  response.setEncoding('utf8');
  let rest = '';
  for await (const part of response) {
    rest += part as string;
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      yield Object.fromEntries(block.split('\n').map((line) => [line.split(': ', 1)[0], line.replace(/^\w*: /, '')]));
    }
  }
}

/** So many messages of a stream; the connection is lost then. */
async function take(response: IncomingMessage, count: number): Promise<Told[]> {
  assert.equal(response.statusCode, 200);
  const told: Told[] = [];
  for await (const { id = '', data } of events(response)) {
    if (data !== undefined) told.push({ id, ...(JSON.parse(data) as Omit<Told, 'id'>) });
    if (told.length === count) break;
  }
  return told;
}

function stored(store: StoreReader, topic: string): unknown[] {
  return store.read(topic, 0, 100_000).map(({ offset, value }) => ({ topic, offset, envelope: JSON.parse(value) }));
}

function assertWhole(told: readonly Told[], store: StoreReader): void {
  for (const topic of TOPICS) {
    const mine = told.filter((each) => each.topic === topic);
    assert.deepEqual(
      mine.map(({ offset, envelope }) => ({ topic, offset, envelope })),
      stored(store, topic),
    );
  }
}

const sum = (store: StoreReader): number => TOPICS.reduce((all, topic) => all + stored(store, topic).length, 0);

test('a stream tells what is committed after it began, each message once', async (t) => {
  const world = await apiWorld(t, {}, { playing: false });
  const response = await open(t, world.port, TOPICS);
  assert.match(String(response.headers['content-type']), /^text\/event-stream/);
  assert.equal(response.headers['cache-control'], 'no-store');
  await world.play();
  assertWhole(await take(response, sum(world.pipeline.store)), world.pipeline.store);
});

test('who names the last id goes on exactly behind it, also after the server was started anew', async (t) => {
  const dataDir = join(temporaryFolder(t), 'data');
  const first = await apiWorld(t, {}, { dataDir });
  const total = sum(first.pipeline.store);
  const told = await take(await open(t, first.port, TOPICS, FROM_THE_START), 333);
  told.push(...(await take(await open(t, first.port, TOPICS, told.at(-1)?.id), 100)));
  await first.close();
  const second = await apiWorld(t, {}, { dataDir });
  told.push(...(await take(await open(t, second.port, TOPICS, told.at(-1)?.id), total - told.length)));
  assertWhole(told, second.pipeline.store);
  const [{ id } = { id: '' }] = await take(await open(t, second.port, ['market.ticks'], 'market.ticks:1'), 1);
  assert.equal(id, 'market.ticks:2');
  await second.close();
});

test('a client for whom little may wait is told everything all the same', async (t) => {
  const world = await apiWorld(t, { streams: { ...STREAM_LIMITS, waitingBytesMax: 1_000 } });
  const total = sum(world.pipeline.store);
  const streams = Array.from({ length: 3 }, async () => take(await open(t, world.port, TOPICS, FROM_THE_START), total));
  for (const told of await Promise.all(streams)) assertWhole(told, world.pipeline.store);
});

test('a silent stream shows that it lives', async (t) => {
  const world = await apiWorld(t, { streams: { ...STREAM_LIMITS, heartbeatMs: 5 } });
  const response = await open(t, world.port, TOPICS);
  response.setEncoding('utf8');
  let text = '';
  for await (const part of response) {
    text += part as string;
    if (text.includes(': still here\n\n')) break;
  }
  assert.match(text, /^retry: 2000\nid: market\.ticks:\d+,/);
});

test('what a stream cannot be is refused, and one too many is told to wait', async (t) => {
  const world = await apiWorld(t, { streams: { ...STREAM_LIMITS, clientsMax: 2 } });
  const refused = async (query: string, headers: Readonly<Record<string, string>> = {}): Promise<number> =>
    (await world.ask(`/api/v1/stream${query}`, { headers })).status;
  const ticks = '?topics=market.ticks';
  assert.equal(await refused(''), 400);
  assert.equal(await refused('?topics='), 400);
  assert.equal(await refused(`${ticks}&x=1`), 400);
  assert.equal(await refused('?topics=market.ticks,none'), 404);
  assert.equal(await refused(`?topics=${Array.from({ length: 65 }, (_, k) => k).join(',')}`), 400);
  for (const id of ['x', 'market.ticks', 'market.ticks:-1', 'market.ticks:1,', 'market.ticks:999999999']) {
    assert.equal(await refused(ticks, { 'last-event-id': id }), 400, id);
  }
  const streams = [await open(t, world.port, TOPICS), await open(t, world.port, TOPICS)];
  assert.equal(await refused(ticks), 503);
  streams[0]?.destroy();
  for (let tries = 0; ; tries++) {
    const again = await open(t, world.port, TOPICS, FROM_THE_START);
    if (again.statusCode === 503 && tries < 100) continue;
    assert.equal((await take(again, 1)).length, 1);
    break;
  }
});
