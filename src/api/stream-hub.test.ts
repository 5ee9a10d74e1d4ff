import assert from 'node:assert/strict';
import { type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { it, type TestContext } from 'node:test';
import type { StoredMessage } from './reading.ts';
import { STREAM_LIMITS, StreamHub } from './stream-hub.ts';
import { served } from '../../test/support/served.ts';

const LARGE = JSON.stringify('x'.repeat(100_000));

/** A log without an end, which counts the messages that were read of it. */
class EndlessLog {
  read = 0;

  messages(_topic: string, from: number, limit: number): readonly StoredMessage[] {
    this.read += limit;
    return Array.from({ length: limit }, (_, k) => ({ offset: from + k, text: LARGE, json: true }));
  }

  subscribe(): () => void {
    return () => undefined;
  }
}

/** A server whose every answer is a stream from the start of the topic `a`, and its port. */
async function serving(
  t: TestContext,
  hub: StreamHub,
  added: (response: ServerResponse) => void = () => undefined,
): Promise<number> {
  return served(t, hub, (response) => {
    hub.add(response, new Map([['a', 0]]));
    added(response);
  });
}

it('closes a client that takes nothing, and reads no more for it than fits', async (t) => {
  const log = new EndlessLog();
  const hub = new StreamHub(log, { ...STREAM_LIMITS, slowMsMax: 100 });
  let resolveClosed: (whole: boolean) => void = () => undefined;
  const closed = new Promise<boolean>((resolve) => (resolveClosed = resolve));
  const port = await serving(t, hub, (response) => {
    response.on('close', () => resolveClosed(response.writableFinished));
  });
  // It asks and never reads.
  const client = connect(port, '127.0.0.1', () => client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'));
  client.on('error', () => undefined);
  t.after(() => client.destroy());
  client.pause();
  assert.equal(await closed, false);
  assert.ok(log.read < 1_000, `${log.read} messages of 100 kB were read`);
});

it('says how many messages are held no longer, and ends whole when the server does', async (t) => {
  const held: StoredMessage[] = [{ offset: 5, text: '{"id":"x"}', json: true }];
  const log = { messages: (_: string, from: number) => (from > 5 ? [] : held), subscribe: () => () => undefined };
  const hub = new StreamHub(log, STREAM_LIMITS);
  const port = await serving(t, hub);
  const response = await fetch(`http://127.0.0.1:${port}/`);
  setTimeout(() => hub.close(), 50);
  assert.deepEqual((await response.text()).split('\n\n'), [
    'retry: 2000\nid: a:0',
    'event: skipped\ndata: {"topic":"a","messages":5}',
    'id: a:6\ndata: {"topic":"a","offset":5,"envelope":{"id":"x"}}',
    '',
  ]);
});
