import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#adapters/clock/system-clock.ts';
import { openMemoryLog } from '#adapters/memory/event-log.ts';
import { openMemoryInbox } from '#adapters/memory/inbox.ts';
import { type EventLog, type NewMessage } from '#ports/event-log.ts';
import { type SharedInbox } from '#ports/store.ts';
import { silentLogger } from '#ports/telemetry.ts';
import { message } from '../../test/contracts/commits.ts';
import { Bridge } from './bridge.ts';
import { Fellows } from './fellows.ts';

function bridgeOn(log: EventLog, inbox: SharedInbox): Bridge {
  const common = { clock: systemClock(), logger: silentLogger, random: () => 0 };
  return new Bridge({ ...common, log, inbox, topics: ['paper.signals.raw', 'zerodha.signals.raw'], origin: 'us' });
}

const taken = (inbox: SharedInbox): unknown => inbox.after(0, 100).map(({ id, shared }) => [id, shared]);

/** Runs it until the inbox holds so many messages, or the log was looked through. */
async function run(bridge: Bridge, inbox: SharedInbox, count: number): Promise<void> {
  const stop = new AbortController();
  const running = bridge.run(stop.signal);
  while (inbox.after(0, 100).length < count) await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  await running;
}

test('what others wrote comes to the inbox once, and our own does not', async () => {
  const [log, inbox] = [openMemoryLog('us'), openMemoryInbox()];
  await log.append([message('paper.signals.raw', 'from before the first start')]);
  const first = bridgeOn(log, inbox);
  await first.open();
  await log.append([
    message('paper.signals.raw', '1'),
    { ...message('paper.signals.raw', 'ours'), own: true },
    message('zerodha.signals.raw', '2'),
    message('elsewhere.signals.raw', '3'),
  ]);
  await run(first, inbox, 2);
  assert.deepEqual(taken(inbox), [
    ['1', true],
    ['2', true],
  ]);

  await log.append([message('paper.signals.raw', '4')]);
  const second = bridgeOn(log, inbox);
  await second.open();
  await run(second, inbox, 3);
  assert.deepEqual(taken(inbox), [
    ['1', true],
    ['2', true],
    ['4', true],
  ]);
});

test('a log that is away for a while is read on where it stood', async () => {
  const [memory, inbox] = [openMemoryLog('us'), openMemoryInbox()];
  let failures = 3;
  const log: EventLog = Object.assign(Object.create(memory) as EventLog, {
    read: async (...asked: Parameters<EventLog['read']>) => {
      if (failures-- > 0) throw new Error('the log is away');
      return memory.read(...asked);
    },
    range: (topic: string) => memory.range(topic),
    partitions: async () => 1,
    subscribe: (...asked: Parameters<EventLog['subscribe']>) => memory.subscribe(...asked),
  });
  const bridge = bridgeOn(log, inbox);
  await bridge.open();
  await memory.append([message('paper.signals.raw', '1')]);
  await run(bridge, inbox, 1);
  assert.deepEqual(taken(inbox), [['1', true]]);
});

const SECRET = Buffer.alloc(32, 1);
const PARTS = { paper: 'paper.signals.raw', zerodha: 'zerodha.signals.raw' };

/** A bridge of the part `risk`, with what it hands on. */
function partOn(log: EventLog, inbox: SharedInbox, before = new Map<string, number>()): [Bridge, Fellows] {
  const fellows = new Fellows({ self: 'risk', secret: SECRET, taken: before });
  const common = { clock: systemClock(), logger: silentLogger, random: () => 0 };
  const topics = Object.values(PARTS);
  const takesFromOutside = (topic: string): boolean => topic === PARTS.paper;
  return [new Bridge({ ...common, log, inbox, topics, origin: 'us/', fellows, takesFromOutside }), fellows];
}

/** A message as another part publishes it. */
function decided(topic: string, id: string, number: number, previous: number, secret = SECRET): NewMessage {
  const engine = new Fellows({ self: 'engine', secret, taken: new Map() });
  const plain = { ...message(topic, id), own: true as const };
  return { ...plain, seal: engine.sign(plain, number, previous) };
}

async function handedOn(bridge: Bridge, fellows: Fellows, count: number): Promise<readonly (string | undefined)[]> {
  const stop = new AbortController();
  const running = bridge.run(stop.signal);
  const ids: (string | undefined)[] = [];
  while (ids.length < count) {
    ids.push(...fellows.take(100).map(({ message: { id } }) => id));
    await new Promise((resolve) => setImmediate(resolve));
  }
  stop.abort();
  await running;
  return ids;
}

test('what another part decided is handed on in its order, from before the first start too', async () => {
  const [log, inbox] = [openMemoryLog('us/engine'), openMemoryInbox()];
  await log.append([decided(PARTS.paper, 'second', 4, 1), message(PARTS.paper, 'old from outside')]);
  const [bridge, fellows] = partOn(log, inbox);
  await bridge.open();
  await log.append([decided(PARTS.zerodha, 'first', 1, 0), message(PARTS.paper, 'new from outside')]);
  await log.append([message(PARTS.zerodha, 'for another part'), decided(PARTS.paper, 'third', 5, 4)]);
  assert.deepEqual(await handedOn(bridge, fellows, 3), ['first', 'second', 'third']);
  assert.deepEqual(taken(inbox), [['new from outside', true]]);
});

test('a seal of another secret, or of another message, makes it a message from outside', async () => {
  const [log, inbox] = [openMemoryLog(), openMemoryInbox()];
  const [bridge, fellows] = partOn(log, inbox);
  await bridge.open();
  const { seal = '' } = decided(PARTS.paper, 'true', 1, 0);
  await log.append([
    decided(PARTS.paper, 'forged', 1, 0, Buffer.alloc(32, 2)),
    { ...message(PARTS.paper, 'borrowed'), seal },
  ]);
  await log.append([decided(PARTS.paper, 'true', 1, 0)]);
  assert.deepEqual(await handedOn(bridge, fellows, 1), ['true']);
  assert.deepEqual(taken(inbox), [
    ['forged', true],
    ['borrowed', true],
  ]);
});

test('what was handed on and not committed is read again, and what was committed is not taken again', async () => {
  const [log, inbox] = [openMemoryLog('us/engine'), openMemoryInbox()];
  const [bridge, fellows] = partOn(log, inbox);
  await bridge.open();
  await log.append([decided(PARTS.paper, 'committed', 1, 0), decided(PARTS.paper, 'taken', 2, 1)]);
  const stop = new AbortController();
  const running = bridge.run(stop.signal);
  while (fellows.take(1).length === 0) await new Promise((resolve) => setImmediate(resolve));
  fellows.settled();
  while (fellows.take(1).length === 0) await new Promise((resolve) => setImmediate(resolve));
  // Anything from outside has the places written down.
  await log.append([message(PARTS.paper, 'from outside')]);
  while (inbox.after(0, 100).length === 0) await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  await running;
  const [again, rest] = partOn(log, inbox, new Map([['engine', 1]]));
  await again.open();
  assert.deepEqual(await handedOn(again, rest, 1), ['taken']);
  assert.equal(inbox.after(0, 100).length, 1, 'from outside once');
});
