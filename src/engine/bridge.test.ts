import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#adapters/clock/system-clock.ts';
import { openMemoryLog } from '#adapters/memory/event-log.ts';
import { openMemoryInbox } from '#adapters/memory/inbox.ts';
import { type EventLog } from '#ports/event-log.ts';
import { type SharedInbox } from '#ports/store.ts';
import { silentLogger } from '#ports/telemetry.ts';
import { message } from '../../test/contracts/commits.ts';
import { Bridge } from './bridge.ts';

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
