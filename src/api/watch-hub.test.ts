import assert from 'node:assert/strict';
import { type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { it, type TestContext } from 'node:test';
import { Turnstile } from './turnstile.ts';
import { WATCH_LIMITS, WatchHub, type Watched } from './watch-hub.ts';
import { served } from '../../test/support/served.ts';

const LIMITS = { ...WATCH_LIMITS, roundMs: 1 };

/** A server whose every answer is a watch, and its port. */
async function serving(
  t: TestContext,
  hub: WatchHub,
  watched: readonly Watched[],
  added: (response: ServerResponse) => void = () => undefined,
): Promise<number> {
  return served(t, hub, (response) => {
    hub.add(response, watched, () => true);
    added(response);
  });
}

/** Reads until the text holds so many rounds. */
async function rounds(port: number, count: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/`);
  let text = '';
  for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += part;
    if (text.split('event: round').length > count) break;
  }
  return text;
}

it('works an answer out once for all who watch it, and as often as its age allows', async (t) => {
  let [now, asked] = [0, 0];
  const hub = new WatchHub(LIMITS, new Turnstile(), () => now);
  const ask = async (): Promise<string> => `{"status":200,"answer":${++asked}}`;
  const port = await serving(t, hub, [{ key: 'k', of: '/k', ageMsMax: 1_000, ask }]);
  const texts = await Promise.all([rounds(port, 3), rounds(port, 3), rounds(port, 3)]);
  for (const text of texts) {
    assert.ok(
      text.startsWith('retry: 2000\n\nevent: answer\ndata: {"of":"/k","status":200,"answer":1}\n\nevent: round'),
    );
    assert.equal(text.split('event: answer').length, 2, 'it is not sent twice');
  }
  assert.equal(asked, 1);
  now = 1_000;
  assert.match(await rounds(port, 1), /"answer":2\}/);
  assert.equal(asked, 2);
});

it('works no more answers out in a round than it may, and none is left out for long', async (t) => {
  const order: number[] = [];
  let now = 0;
  const hub = new WatchHub({ ...LIMITS, answersMax: 2 }, new Turnstile(), () => now++);
  const watched = Array.from({ length: 5 }, (_, k): Watched => {
    const ask = async (): Promise<string> => (order.push(k), `{"answer":${order.length}}`);
    return { key: `${k}`, of: `/${k}`, ageMsMax: 0, ask };
  });
  const port = await serving(t, hub, watched);
  const text = await rounds(port, 5);
  const perRound = text.split('event: round').map((part) => part.split('event: answer').length - 1);
  assert.ok(
    perRound.slice(0, 5).every((count) => count === 2),
    `${perRound.join()} answers a round`,
  );
  assert.deepEqual(order.slice(0, 10), [0, 1, 2, 3, 4, 0, 1, 2, 3, 4]);
});

it('closes a client that takes nothing, and keeps no more for it than it was sent', async (t) => {
  const large = 'x'.repeat(30_000_000);
  let [asked, waiting]: [number, number] = [0, 0];
  let response: ServerResponse | undefined;
  const hub = new WatchHub({ ...LIMITS, slowMsMax: 50 }, new Turnstile(), () => performance.now());
  const ask = async (): Promise<string> => {
    waiting = Math.max(waiting, response?.writableLength ?? 0);
    return `{"answer":"${++asked}${large}"}`;
  };
  let resolveClosed: (whole: boolean) => void = () => undefined;
  const closed = new Promise<boolean>((resolve) => (resolveClosed = resolve));
  const port = await serving(t, hub, [{ key: 'k', of: '/k', ageMsMax: 0, ask }], (added) => {
    response = added;
    added.on('close', () => resolveClosed(added.writableFinished));
  });
  // It asks and never reads.
  const client = connect(port, '127.0.0.1', () => client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'));
  client.on('error', () => undefined);
  t.after(() => client.destroy());
  client.pause();
  assert.equal(await closed, false);
  assert.ok(asked > 1, `${asked} answers were worked out`);
  assert.ok(waiting > 0 && waiting < 2 * large.length, `${waiting} bytes waited`);
});
