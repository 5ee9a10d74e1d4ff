import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openInbox } from '#adapters/sqlite/inbox.ts';
import { openStore } from '#adapters/sqlite/store.ts';
import { openStoreReader } from '#adapters/sqlite/store-reader.ts';
import { runCli, smallData, type CliOptions, type Ran } from '../../../test/support/cli.ts';
import { SmallMarket } from '../../../test/support/small-market.ts';

const RAW = 'paper.signals.raw';

function events(directory: string, args: readonly string[], options: CliOptions = {}): Promise<Ran> {
  return runCli(['events', ...args, '--data-dir', directory], options);
}

function linesOf({ stdout }: Ran): string[] {
  return stdout.split('\n').slice(0, -1);
}

test('--json prints each envelope exactly as it was stored', async (t) => {
  const directory = smallData(t);
  const ran = await events(directory, ['--topic', 'paper.orders.filled', '--json']);
  const reader = openStoreReader(directory);
  const stored = reader.read('paper.orders.filled', 0, 100).map(({ value }) => value);
  reader.close();
  assert.equal(ran.code, 0);
  assert.equal(stored.length, 4);
  assert.deepEqual(linesOf(ran), stored);
});

test('ticks come back one by one, though they are journalled in batches', async (t) => {
  const lines = linesOf(await events(smallData(t), ['--topic', 'market.ticks', '--json']));
  assert.equal(lines.length, 140);
  const { data } = JSON.parse(lines[2] ?? '') as { data: Record<string, unknown> };
  assert.deepEqual([data['instrument_token'], data['last_price']], [738561, '2201.00']);
});

test('--offsets puts the offset before the envelope; what is not JSON stands as raw text', async (t) => {
  const directory = smallData(t);
  const lines = linesOf(await events(directory, ['--topic', RAW, '--offsets']));
  assert.equal(lines.length, 5);
  assert.ok(lines[0]?.startsWith('{"offset":0,"envelope":{"id":"small:0/s.paper.0","type":"trading_signal",'));
  assert.equal(lines[4], '{"offset":4,"raw":"not\\nJSON"}');
  assert.equal(linesOf(await events(directory, ['--topic', RAW, '--json']))[4], lines[4]);
});

test('JSON that a stranger spread over lines stands on one line, otherwise untouched', async (t) => {
  const directory = smallData(t);
  const store = openStore(directory, { now: () => 0, checkpointer: 'none' });
  const value = '{\n  "price": 1.50,\r\n  "why": "a\\nb"\n}';
  const messages = [{ topic: RAW, key: 'x', id: undefined, value }];
  store.commit({ inputs: [], messages, rows: [], offsets: [], snapshot: undefined });
  store.close();
  const lines = linesOf(await events(directory, ['--topic', RAW, '--json', '--from', '5']));
  assert.deepEqual(lines, ['{   "price": 1.50,   "why": "a\\nb" }']);
});

test('--from begins at an offset, latest after the last', async (t) => {
  const directory = smallData(t);
  const tail = linesOf(await events(directory, ['--topic', 'market.ticks', '--offsets', '--from', '138']));
  assert.deepEqual(
    tail.map((line) => (JSON.parse(line) as { offset: number }).offset),
    [138, 139],
  );
  for (const from of ['140', '999', 'latest']) {
    const { code, stdout } = await events(directory, ['--topic', 'market.ticks', '--json', '--from', from]);
    assert.deepEqual([code, stdout], [0, ''], from);
  }
});

test('a known topic without events prints nothing, with 0', async (t) => {
  for (const topic of ['paper.orders.failed', 'zerodha.signals.raw.dlq', 'market.ticks.dlq']) {
    assert.deepEqual(
      await events(smallData(t), ['--topic', topic, '--json']),
      { code: 0, stdout: '', stderr: '' },
      topic,
    );
  }
});

test('an unknown topic, or one of an unknown broker, is refused with 2 and the known ones', async (t) => {
  const directory = smallData(t);
  for (const topic of ['paper.orders.fill', 'papr.orders.filled', 'orders', '']) {
    const { code, stdout, stderr } = await events(directory, ['--topic', topic]);
    assert.deepEqual([code, stdout], [2, ''], topic);
    if (topic !== '') assert.match(stderr, /Known, each with its \.dlq:\n {2}market\.ticks\n {2}paper\.signals\.raw\n/);
  }
  assert.equal((await events(directory, [])).code, 2);
  assert.equal((await events(directory, ['--topic', RAW, '--from', 'now'])).code, 2);
});

test('without --json a line has offset, time, type, key and the plain fields', async (t) => {
  const [first] = linesOf(await events(smallData(t), ['--topic', 'market.ticks']));
  assert.equal(
    first,
    '       0  2021-06-11T03:45:00.000Z  market_tick  738561  instrument_token=738561 last_price=2200.00 mode=ltp',
  );
  const [, , , , raw] = linesOf(await events(smallData(t), ['--topic', RAW]));
  assert.equal(raw, '       4  not JSON');
});

test('--follow goes on with what is written meanwhile, until it is interrupted', async (t) => {
  const directory = smallData(t);
  const store = openStore(directory, { now: () => 0, checkpointer: 'none' });
  const inbox = openInbox(directory);
  const market = new SmallMarket(store, inbox);
  const interrupt = new AbortController();
  let written = 0;
  const onWrite = (): boolean => {
    if (written++ === 0) market.run(70, 71);
    else interrupt.abort();
    return false;
  };
  const args = ['--topic', 'market.ticks', '--offsets', '--follow', '--from', '139'];
  const ran = await events(directory, args, { onWrite, interrupted: interrupt.signal });
  inbox.close();
  store.close();
  assert.equal(ran.code, 0);
  assert.deepEqual(
    linesOf(ran).map((line) => (JSON.parse(line) as { offset: number }).offset),
    [139, 140, 141],
  );
});

test('when the reader goes away, the command ends with 0', async (t) => {
  const args = ['--topic', 'market.ticks', '--json', '--follow'];
  const { code } = await events(smallData(t), args, { onWrite: () => true });
  assert.equal(code, 0);
});
