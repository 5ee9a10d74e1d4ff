// Subscriptions of the real platform over a real socket: killed in the middle, it tells all the same of every fill in the log.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCli } from '../support/cli.ts';
import { receiver } from '../support/receiver.ts';
import { tapeOf } from '../settings/platform-run.ts';
import { until } from '../settings/listening-run.ts';
import { Place } from './support/place.ts';

const SECRET_KEY = 'only-for-this-test-and-long-enough-for-it';

test(
  'every fill is told of over a kill -9, an address that is away, and a restart',
  { timeout: 120_000 },
  async (t) => {
    const to = await receiver(t);
    const place = new Place(t, {
      ACTIVE_BROKERS: 'paper,zerodha',
      AUTH__ENABLE_USER_AUTH: 'true',
      AUTH__SECRET_KEY: SECRET_KEY,
      LOGGING__CONSOLE_ENABLED: 'true',
    });
    const subscriptions = async (...args: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await runCli(['subscriptions', ...args], { env: place.env });
      assert.equal(code, 0, stderr);
      return stdout;
    };
    to.secret = (await subscriptions('add', 'desk', '--url', to.url, '--kinds', 'fills')).trim();
    assert.match(await subscriptions('test', 'desk'), /took a message/);
    assert.equal(to.received[0]?.isSigned, true);

    const feed = tapeOf(t, 120);
    const start = () => place.program(['start', '--feed', feed, '--speed', 'max'], {}, { lifeMsMax: 100_000 });
    // Some arrive, and then the address is away.
    let taken = 0;
    to.answer = () => (taken++ < 5 ? 200 : 503);
    const first = start();
    await first.said('Feed finished');
    await until('some that arrived, and one that did not', async () =>
      to.received.some(({ status }) => status === 503),
    );
    first.kill('SIGKILL');
    await first.ended;
    to.answer = () => 200;
    const second = start();
    const fills = (): readonly string[] =>
      ['paper', 'zerodha'].flatMap((broker) => {
        const topic = `${broker}.orders.filled`;
        return place.events(topic).map((_, offset) => `${topic}:${offset}`);
      });
    assert.ok(fills().length > 10, 'there is something to tell');
    await until('every fill', async () => new Set(to.ids()).size >= fills().length + 1);
    const told = new Set(to.ids().filter((id) => !id.startsWith('test:')));
    assert.deepEqual([...told].toSorted(), fills().toSorted());
    assert.ok(to.received.every(({ isSigned }) => isSigned));
    await second.stop('SIGTERM');
    const before = to.received.length;
    const third = start();
    await third.said('Application is now running.');
    await third.stop('SIGTERM');
    assert.equal(to.received.length, before, 'after a clean stop nothing comes twice');
    const text = JSON.stringify([(await second.ended).stderr, await subscriptions('list', '--json')]);
    for (const secret of ['s3cret', to.secret])
      assert.ok(!text.includes(secret), 'neither the log nor a list has a secret');
  },
);
