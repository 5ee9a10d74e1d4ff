// The ALERTS settings on real sockets: what a server is sent, and what is said when it does not take it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { signatureOf } from '#adapters/alert-channels/webhook.ts';
import { channelsOf, Deliveries, tryChannels } from '#app/alerting/channels.ts';
import { AlertBook, type Notice } from '#core/alerts/alert-book.ts';
import { type AlertCode } from '#core/alerts/catalogue.ts';
import { type EpochMs } from '#core/time.ts';
import { silentLogger } from '#ports/telemetry.ts';
import { mailServer } from '../support/mail-server.ts';
import { runCli } from '../support/cli.ts';
import { temporaryFolder } from '../support/tape-builder.ts';
import { until } from './listening-run.ts';
import { StepClock } from './platform-run.ts';
import { refusalsOf, settingsOf, type Env } from './settings-run.ts';

interface Received {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

class Receiver {
  readonly received: Received[] = [];
  status = 200;
  port = 0;

  async open(t: TestContext): Promise<this> {
    const server = createServer((request, response) => {
      void (async () => {
        this.received.push({ url: request.url ?? '', headers: request.headers, body: await text(request) });
        response.writeHead(this.status, { location: '/elsewhere' }).end();
      })();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => {
      server.close();
      server.closeAllConnections();
    });
    const address = server.address();
    this.port = typeof address === 'object' && address !== null ? address.port : 0;
    return this;
  }

  get root(): string {
    return `http://127.0.0.1:${this.port}`;
  }
}

function firing(code: AlertCode, subject = 'alpha'): Notice {
  const at = 0 as EpochMs;
  const book = new AlertBook({ quietUntil: at, repeatMs: 0, escalateMs: [], keep: 9 });
  book.raise({ code, broker: 'paper', subject, text: 'FUNDS' }, at);
  const [notice] = book.due(at);
  return notice ?? assert.fail('nothing is due');
}

function deliveriesOf(env: Env): Deliveries {
  const settings = settingsOf(env);
  const clock = new StepClock();
  const { minSeverity } = settings.alerts;
  return new Deliveries({ channels: channelsOf(settings, clock), minSeverity, clock, logger: silentLogger });
}

test('ALERTS__WEBHOOK_URL is sent what is as serious as ALERTS__MIN_SEVERITY, signed with ALERTS__WEBHOOK_SECRET', async (t) => {
  const receiver = await new Receiver().open(t);
  const env = { ALERTS__WEBHOOK_URL: `${receiver.root}/hook?key=hidden`, ALERTS__WEBHOOK_SECRET: 'one secret' };
  const all = deliveriesOf(env);
  const serious = deliveriesOf({ ...env, ALERTS__MIN_SEVERITY: 'critical' });
  for (const deliveries of [all, serious]) {
    deliveries.tell(firing('SIGNAL_REJECTED'), 0 as EpochMs);
    deliveries.tell(firing('ORDER_UNKNOWN'), 0 as EpochMs);
  }
  await until('three messages', async () => receiver.received.length === 3);
  const codes = receiver.received.map(({ body }) => (JSON.parse(body) as { code: string }).code);
  assert.deepEqual(codes.toSorted(), ['ORDER_UNKNOWN', 'ORDER_UNKNOWN', 'SIGNAL_REJECTED']);
  for (const { headers, body, url } of receiver.received) {
    assert.equal(url, '/hook?key=hidden');
    const [, time = '', signature] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-alpha-panda-signature'])) ?? [];
    assert.equal(signature, signatureOf('one secret', Number(time), body));
    assert.notEqual(signature, signatureOf('another secret', Number(time), body));
  }

  assert.match(refusalsOf({ ...env, ALERTS__WEBHOOK_SECRET: '' }).join('\n'), /^error ALERTS__WEBHOOK_SECRET/);
  assert.match(
    refusalsOf({ ...env, ALERTS__WEBHOOK_URL: 'http://example.org' }).join('\n'),
    /^error ALERTS__WEBHOOK_URL/,
  );
  assert.match(refusalsOf({ ...env, ALERTS__WEBHOOK_URL: 'http://localhost@example.org' }).join('\n'), /^error ALERTS/);
});

test('ALERTS__TELEGRAM_TOKEN writes to ALERTS__TELEGRAM_CHAT_ID over ALERTS__TELEGRAM_ROOT', async (t) => {
  const receiver = await new Receiver().open(t);
  const env = { ALERTS__TELEGRAM_TOKEN: '12:ab', ALERTS__TELEGRAM_CHAT_ID: '-7', ALERTS__TELEGRAM_ROOT: receiver.root };
  deliveriesOf(env).tell(firing('ORDER_UNKNOWN'), 0 as EpochMs);
  await until('a message', async () => receiver.received.length === 1);
  const { url, body } = receiver.received[0] ?? assert.fail('nothing was sent');
  assert.equal(url, '/bot12:ab/sendMessage');
  const { chat_id: chat, text: said } = JSON.parse(body) as { chat_id: string; text: string };
  assert.equal(chat, '-7');
  assert.match(said, /^FIRED critical ORDER_UNKNOWN \(paper, alpha\)\nFUNDS\n/);
  deliveriesOf({ ...env, ALERTS__MIN_SEVERITY: 'critical' }).summarise('paper', '3 orders', 0 as EpochMs);
  await until('a summary', async () => receiver.received.length === 2);
  assert.match(receiver.received[1]?.body ?? '', /SUMMARY warning SUMMARY \(paper, day\)\\n3 orders/);
  assert.match(refusalsOf({ ...env, ALERTS__TELEGRAM_CHAT_ID: '' }).join('\n'), /^error ALERTS__TELEGRAM_CHAT_ID/);
});

test('ALERTS__EMAIL_URL is the server over which ALERTS__EMAIL_FROM writes to ALERTS__EMAIL_TO', async (t) => {
  const server = await mailServer(t);
  const env = {
    ALERTS__EMAIL_URL: `smtp://desk:hidden-password@127.0.0.1:${server.port}`,
    ALERTS__EMAIL_FROM: 'panda@desk.example',
    ALERTS__EMAIL_TO: 'asha@desk.example,bala@desk.example',
  };
  const deliveries = deliveriesOf(env);
  deliveries.tell(firing('ORDER_UNKNOWN'), 0 as EpochMs);
  await until('a letter', async () => server.letters.length === 1);
  const addressed = server.said.filter((line) => /^(MAIL|RCPT)/.test(line)).map((line) => /<(.+)>/.exec(line)?.[1]);
  assert.deepEqual(addressed, ['panda@desk.example', 'asha@desk.example', 'bala@desk.example']);
  const plain = Buffer.from('\0desk\0hidden-password').toString('base64');
  assert.ok(server.said.includes(`AUTH PLAIN ${plain}`), server.said.join());
  assert.match(server.letters[0] ?? '', /^Subject: \[critical\] fired: ORDER_UNKNOWN paper, alpha$/m);
  assert.match(server.letters[0] ?? '', /FIRED critical ORDER_UNKNOWN \(paper, alpha\)\nFUNDS/);

  server.takes = false;
  deliveries.tell(firing('ORDER_UNKNOWN'), 0 as EpochMs);
  const trouble = () => deliveries.troubles()[0]?.trouble;
  await until('a trouble', async () => trouble() !== undefined);
  assert.equal(trouble(), 'the server answered 550');
  for (const name of ['ALERTS__EMAIL_FROM', 'ALERTS__EMAIL_TO']) {
    assert.match(refusalsOf({ ...env, [name]: '' }).join('\n'), new RegExp(`^error ${name}`));
  }
  assert.match(refusalsOf({ ...env, ALERTS__EMAIL_URL: 'http://mail.example' }).join('\n'), /^error ALERTS__EMAIL_URL/);
});

test('a channel that fails is told of without its secrets, is not told of itself, and is well again once it takes one', async (t) => {
  const receiver = await new Receiver().open(t);
  const deliveries = deliveriesOf({ ALERTS__WEBHOOK_URL: `${receiver.root}/secret`, ALERTS__WEBHOOK_SECRET: 'hidden' });
  receiver.status = 307;
  deliveries.tell(firing('ORDER_UNKNOWN'), 0 as EpochMs);
  const trouble = () => deliveries.troubles()[0]?.trouble;
  await until('a trouble', async () => trouble() !== undefined);
  assert.equal(trouble(), 'expected an answer of 2xx, found 307');
  assert.deepEqual(
    receiver.received.map(({ url }) => url),
    ['/secret', '/secret', '/secret'],
  );
  receiver.status = 204;
  deliveries.tell(firing('CHANNEL_FAILED', 'webhook'), 0 as EpochMs);
  deliveries.tell(firing('ORDER_UNKNOWN'), 0 as EpochMs);
  await until('no trouble', async () => trouble() === undefined);
  assert.equal(receiver.received.length, 4);
});

test('alerts test sends one message over each channel, and says which of them failed', async (t) => {
  const receiver = await new Receiver().open(t);
  const settings = settingsOf({
    ALERTS__WEBHOOK_URL: receiver.root,
    ALERTS__WEBHOOK_SECRET: 'hidden',
    ALERTS__TELEGRAM_TOKEN: '12:ab',
    ALERTS__TELEGRAM_CHAT_ID: '-7',
    // Nobody listens on the port of nothing.
    ALERTS__TELEGRAM_ROOT: 'http://127.0.0.1:1',
  });
  const clock = new StepClock();
  const [webhook, telegram] = await tryChannels(channelsOf(settings, clock), clock.now());
  assert.deepEqual(webhook, { name: 'webhook', trouble: undefined });
  assert.match(telegram?.trouble ?? '', /^no connection: /);
  assert.doesNotMatch(telegram?.trouble ?? '', /12:ab/);
  assert.equal((JSON.parse(receiver.received[0]?.body ?? '') as { kind: string }).kind, 'test');
  const none = await runCli(['alerts', 'test', '--data-dir', temporaryFolder(t)]);
  assert.deepEqual([none.code, none.stdout], [0, 'no channel is set; the settings ALERTS__… name them\n']);
});
