import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryDisk, type KeptMessage } from '#adapters/memory/disk.ts';
import { openMemoryInbox } from '#adapters/memory/inbox.ts';
import { openMemoryStore, openMemoryStoreReader } from '#adapters/memory/store.ts';
import { sha256 } from '#wire/canonical.ts';
import type { NewMessage } from '#ports/event-log.ts';
import { smallContext, SmallMarket } from '../../test/support/small-market.ts';
import { verifyStore, type ReplayReport } from './replay.ts';

const SIGNALS = 'paper.signals.raw';

function outside(id: string, value: string): NewMessage {
  return { topic: SIGNALS, key: 'mine', id, value };
}

function signal(id: string): NewMessage {
  const data = { strategy_id: 'mine', instrument_token: 408065, signal_type: 'BUY', quantity: 1 };
  return outside(id, JSON.stringify({ id, type: 'trading_signal', version: 1, broker: 'paper', data }));
}

/** A day with signals from outside, good and bad, a restart, and a snapshot at each of the steps given. */
function smallDay(snapshotsAt: readonly number[] = [20, 40, 60]): MemoryDisk {
  const disk = new MemoryDisk();
  const inbox = openMemoryInbox();
  let store = openMemoryStore(disk);
  let market = new SmallMarket(store, inbox);
  for (let step = 0; step < 80; step += 10) {
    if (step === 30) {
      store.close();
      store = openMemoryStore(disk);
      market = new SmallMarket(store, inbox);
    }
    inbox.put([outside(`bad-${step}`, `not JSON ${step}`), signal(`good-${step}`)]);
    market.run(step, step + 10, snapshotsAt.includes(step));
  }
  inbox.put([outside('bad-last', '{"type":"trading_signal"}')]);
  market.run(80, 81);
  store.close();
  return disk;
}

function verify(disk: MemoryDisk): ReplayReport {
  return verifyStore(openMemoryStoreReader(disk), smallContext);
}

function messagesOf(disk: MemoryDisk, topic: string): KeptMessage[] {
  const messages = disk.contents.topics.get(topic);
  assert.ok(messages !== undefined && messages.length > 0, `the small day writes to ${topic}`);
  return messages;
}

test('a day with refused messages, signals from outside and a restart verifies as equal', () => {
  const disk = smallDay();
  const report = verify(disk);

  assert.equal(report.difference, undefined);
  assert.equal(report.fromSnapshot, 0);
  assert.equal(report.inputs, 1 + 8 + 9);
  assert.equal(report.ticks, 162);
  assert.equal(report.snapshots, 3);
  assert.equal(report.books, 3);
  const letters = messagesOf(disk, `${SIGNALS}.dlq`).length;
  const all = [...disk.contents.topics.values()].reduce((sum, { length }) => sum + length, 0);
  assert.equal(letters, 9);
  assert.equal(report.events, all - 2 * letters);
});

test('a store to which nothing was written is equal', () => {
  const report = verify(new MemoryDisk());
  assert.deepEqual([report.difference, report.inputs, report.events], [undefined, 0, 0]);
});

test('once early inputs are gone, the rebuild begins at the oldest snapshot', () => {
  const disk = smallDay();
  const store = openMemoryStore(disk);
  store.retain({ olderThan: 1, bytesMax: 0 });
  store.close();
  const report = verify(disk);

  assert.equal(report.difference, undefined);
  assert.ok(report.fromSnapshot > 0);
  assert.equal(report.inputs, disk.contents.lastSeq - report.fromSnapshot);
  assert.equal(report.snapshots, 2);
});

test('a changed event is named with its topic, its offset and both texts', () => {
  const disk = smallDay();
  const messages = messagesOf(disk, 'zerodha.orders.filled');
  const message = messages[1] ?? assert.fail();
  const { value } = message;
  const changed = value.replace('"quantity":3', '"quantity":4');
  messages[1] = { ...message, value: changed };

  assert.deepEqual(verify(disk).difference, {
    where: 'zerodha.orders.filled',
    offset: 1,
    expected: value,
    found: changed,
  });
});

test('an event that is missing, and one that nobody decided, are differences', () => {
  const missing = smallDay([]);
  messagesOf(missing, 'paper.pnl.snapshots').pop();
  const lost = verify(missing).difference;
  assert.deepEqual([lost?.where, lost?.found], ['paper.pnl.snapshots', 'nothing']);

  const extra = smallDay([]);
  const filled = messagesOf(extra, 'paper.orders.filled');
  filled.push({ ...(filled[0] ?? assert.fail()), offset: filled.length });
  const found = verify(extra).difference;
  assert.deepEqual(
    [found?.where, found?.offset, found?.expected],
    ['paper.orders.filled', filled.length - 1, 'nothing'],
  );
});

test('a changed message from outside is a difference, a changed refused one is not', () => {
  const refused = smallDay();
  const messages = messagesOf(refused, SIGNALS);
  const bad = messages.findIndex(({ value }) => value === 'not JSON 20');
  messages[bad] = { ...(messages[bad] ?? assert.fail()), value: 'other' };
  assert.equal(verify(refused).difference, undefined);

  const applied = smallDay();
  const others = messagesOf(applied, SIGNALS);
  const good = others.findIndex(({ value }) => value.includes('good-20'));
  others[good] = { ...(others[good] ?? assert.fail()), value: 'other' };
  assert.equal(verify(applied).difference?.offset, good);
});

test('a snapshot that was changed does not match its hash, and one with a hash of its own names the place', () => {
  const changed = smallDay();
  const [newest] = changed.contents.snapshots;
  assert.ok(newest !== undefined);
  changed.contents.snapshots[0] = { ...newest, body: newest.body.replace('"adjustments":0', '"adjustments":1') };
  assert.equal(verify(changed).difference?.where, `snapshot at input ${newest.seq}`);

  const forged = smallDay();
  const [first] = forged.contents.snapshots;
  assert.ok(first !== undefined);
  const body = first.body.replace(/"cash":\d+/, '"cash":1');
  forged.contents.snapshots[0] = { ...first, body, hash: sha256(body) };
  const { where, found } = verify(forged).difference ?? assert.fail('a forged snapshot went unnoticed');
  assert.match(where, /^snapshot at input \d+, state\.namespaces\.paper\.risk\..*\.cash$/);
  assert.equal(found, '1');
});

test('a book whose row differs, is missing or has no book behind it is named', () => {
  const disk = smallDay();
  const key = JSON.stringify(['book', 'paper', 'demo']);
  const row = disk.contents.rows.get(key);
  assert.ok(row !== undefined);
  disk.contents.rows.set(key, { ...row, value: row.value.replace('"fees":"', '"fees":"1') });
  assert.equal(verify(disk).difference?.where, 'book paper/demo');

  disk.contents.rows.delete(key);
  assert.equal(verify(disk).difference?.found, 'no row');

  disk.contents.rows.set(key, row);
  disk.contents.rows.set('ghost', { ...row, id: 'ghost' });
  assert.deepEqual([verify(disk).difference?.where, verify(disk).difference?.expected], ['book paper/ghost', 'no row']);
});

test('an input that cannot be applied any more is a difference, not a crash', () => {
  const disk = smallDay([]);
  const at = disk.contents.inputs.findIndex(({ kind }) => kind === 'message');
  const input = disk.contents.inputs[at] ?? assert.fail();
  const body = JSON.stringify({ ...(JSON.parse(String(input.body)) as object), topic: SIGNALS, value: 'not JSON 0' });
  disk.contents.inputs[at] = { ...input, body };
  const { where, expected } = verify(disk).difference ?? assert.fail('a broken input went unnoticed');
  assert.deepEqual([where, expected], ['inputs', `input ${input.seq} (message) to be applied as it was before`]);
});

test('ticks that are missing from the topic are a difference', () => {
  const disk = smallDay([]);
  disk.contents.marketEnd += 1;
  assert.deepEqual(verify(disk).difference, {
    where: 'market.ticks',
    offset: undefined,
    expected: '162 ticks',
    found: '163 ticks',
  });
});
