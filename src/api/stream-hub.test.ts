import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { it, type TestContext } from 'node:test';
import type { StoredMessage } from './reading.ts';
import { STREAM_LIMITS, StreamHub } from './stream-hub.ts';

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

it('closes a client that takes nothing, and reads no more for it than fits', async (t: TestContext) => {
  const log = new EndlessLog();
  const hub = new StreamHub(log, { ...STREAM_LIMITS, slowMsMax: 100 });
  const server = createServer();
  t.after(() => {
    hub.close();
    server.closeAllConnections();
    server.close();
  });
  const closed = new Promise<boolean>((resolve) => {
    server.on('request', (_request, response) => {
      response.on('close', () => resolve(response.writableFinished));
      hub.add(response, new Map([['a', 0]]));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  // It asks and never reads.
  const client = connect(port, '127.0.0.1', () => client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'));
  client.on('error', () => undefined);
  t.after(() => client.destroy());
  client.pause();
  assert.equal(await closed, false);
  assert.ok(log.read < 1_000, `${log.read} messages of 100 kB were read`);
});
