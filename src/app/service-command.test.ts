import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { openInbox } from '#adapters/sqlite/inbox.ts';
import { runCli, smallData, temporaryFolder, type Ran } from '../../test/support/cli.ts';

const BUILDER = pathToFileURL(join(import.meta.dirname, '..', 'engine', 'stream-service.ts')).href;
const QUIET = { LOGGING__CONSOLE_ENABLED: 'false', LOGGING__FILE_ENABLED: 'false' };

function run(t: TestContext, text: string, directory: string, interrupted?: AbortSignal): Promise<Ran> {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'service.ts'), text);
  const options = { env: QUIET, folder, ...(interrupted === undefined ? {} : { interrupted }) };
  return runCli(['service', 'service.ts', '--data-dir', directory], options);
}

/** Ten lines of a user: a signal at the start. */
const SENDER = `
import { StreamServiceBuilder } from '${BUILDER}';
export const service = (settings) =>
  new StreamServiceBuilder('hand', settings)
    .addProducer()
    .onStart(({ producer }) => producer.send({
      id: 'hand-1', topic: 'paper.signals.raw', key: 'hand:738561', type: 'trading_signal',
      data: { strategy_id: 'hand', instrument_token: 738561, signal_type: 'BUY', quantity: 1 },
    }))
    .build();
`;

function sent(directory: string): readonly string[] {
  const inbox = openInbox(directory);
  const topics = inbox.after(1, 100).map(({ topic }) => topic);
  inbox.close();
  return topics;
}

test('a service of a file runs until it is interrupted, and what it sends waits in the inbox', async (t) => {
  const directory = smallData(t);
  const interrupt = new AbortController();
  const ended = run(t, SENDER, directory, interrupt.signal);
  for (let look = 0; look < 200 && sent(directory).length === 0; look++) await sleep(25);
  interrupt.abort();
  assert.deepEqual(await ended, { code: 0, stdout: '', stderr: '' });
  assert.deepEqual(sent(directory), ['paper.signals.raw']);
});

test('a service waits for the first start of the platform, and can be interrupted meanwhile', async (t) => {
  const directory = join(temporaryFolder(t), 'data');
  mkdirSync(directory);
  const interrupt = new AbortController();
  const ended = run(t, SENDER, directory, interrupt.signal);
  interrupt.abort();
  assert.equal((await ended).code, 0);
});

test('a service that breaks at its start is told, with 1', async (t) => {
  const text = `
import { StreamServiceBuilder } from '${BUILDER}';
export const service = (settings) =>
  new StreamServiceBuilder('broken', settings).onStart(() => { throw new Error('no bread today'); }).build();
`;
  const { code, stderr } = await run(t, text, smallData(t));
  assert.equal(code, 1);
  assert.match(stderr, /no bread today/);
});

test('a file that is missing, does not load, exports nothing or builds nothing is refused with 2', async (t) => {
  const bad: readonly [string, RegExp][] = [
    ['const x = ;', /cannot be loaded/],
    ['export const other = 1;', /expected .* to export a function service\(settings\), found exports: other/],
    ['export const service = () => undefined;', /to return what StreamServiceBuilder\.build\(\) gave/],
    [SENDER.replace('.addProducer()', ''), /addProducer/],
  ];
  for (const [text, reason] of bad) {
    const { code, stderr } = await run(t, text, smallData(t));
    assert.equal(code, 2, stderr);
    assert.match(stderr, reason);
  }
  assert.equal((await runCli(['service', 'none.ts'], { env: QUIET, folder: temporaryFolder(t) })).code, 2);
  assert.equal((await runCli(['service'])).code, 2);
});
