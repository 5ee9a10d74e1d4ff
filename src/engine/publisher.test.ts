import assert from 'node:assert/strict';
import { test } from 'node:test';
import { array, assert as assertProperty, asyncProperty, constantFrom } from 'fast-check';
import { systemClock } from '#adapters/clock/system-clock.ts';
import { MemoryDisk } from '#adapters/memory/disk.ts';
import { openMemoryLog } from '#adapters/memory/event-log.ts';
import { openMemoryStore } from '#adapters/memory/store.ts';
import { type Clock } from '#ports/clock.ts';
import { type EventLog, type NewMessage } from '#ports/event-log.ts';
import { silentLogger } from '#ports/telemetry.ts';
import { commitOf, message, ticksInput } from '../../test/contracts/commits.ts';
import { Publisher } from './publisher.ts';

const never = new AbortController().signal;

/** A log that fails an append when told to: before anything of it is there, or after all of it is. */
class ShakyLog {
  readonly log: EventLog = openMemoryLog('us');
  next: 'works' | 'before' | 'after' = 'works';
  onFailure: () => void = () => undefined;

  async append(messages: readonly NewMessage[]): Promise<void> {
    const outcome = this.next;
    this.next = 'works';
    if (outcome !== 'works') this.onFailure();
    if (outcome === 'before') throw new Error('the log is away');
    await this.log.append(messages);
    if (outcome === 'after') throw new Error('the answer was lost');
  }

  async ids(topic: string): Promise<readonly (string | undefined)[]> {
    return (await this.log.read(topic, 0, 10_000)).map(({ id }) => id);
  }
}

type Store = ReturnType<typeof openMemoryStore>;

function publisherOn(store: Store, log: ShakyLog): Publisher {
  // Nobody waits for the pauses after a failure.
  const clock: Clock = { ...systemClock(), sleep: async () => undefined };
  return new Publisher({ store, log, group: 'g', clock, logger: silentLogger, random: () => 0 });
}

test('events and ticks are published in their order, as our own, and what came from the log is not', async () => {
  const [disk, log] = [new MemoryDisk(), new ShakyLog()];
  const store = openMemoryStore(disk);
  const shared = { ...message('paper.signals.raw', 'theirs'), shared: true as const };
  store.commit(commitOf({ inputs: [ticksInput(1, 3)], messages: [message('paper.signals.raw', '1'), shared] }));
  store.commit(commitOf({ inputs: [ticksInput(2, 2)], messages: [message('paper.signals.raw', '2')] }));
  assert.equal(await publisherOn(store, log).drain(never), true);
  assert.deepEqual(await log.ids('paper.signals.raw'), ['1', '2']);
  assert.equal((await log.ids('market.ticks')).length, 5);
  const [first] = await log.log.read('paper.signals.raw', 0, 1);
  assert.equal(first?.producer, 'us');
});

test('a log that is away loses nothing, and a drain says that something is left', async () => {
  const [disk, log] = [new MemoryDisk(), new ShakyLog()];
  const store = openMemoryStore(disk);
  store.commit(commitOf({ messages: [message('a.b', '1')] }));
  const publisher = publisherOn(store, log);
  const over = new AbortController();
  log.next = 'before';
  log.onFailure = () => over.abort();
  assert.equal(await publisher.drain(over.signal), false);
  assert.deepEqual(await log.ids('a.b'), []);
  assert.equal(await publisher.drain(never), true);
  assert.deepEqual(await log.ids('a.b'), ['1']);
});

test('whatever fails and whenever it is killed, the log lacks nothing, and only what may have been there comes again', async () => {
  const steps = array(constantFrom('commit', 'publish', 'before', 'after', 'kill'), { maxLength: 40 });
  const holds = asyncProperty(steps, async (all) => {
    const [disk, log] = [new MemoryDisk(), new ShakyLog()];
    let store = openMemoryStore(disk);
    let publisher = publisherOn(store, log);
    let made = 0;
    for (const step of [...all, 'publish']) {
      if (step === 'commit') store.commit(commitOf({ messages: [message('a.b', `${made++}`)] }));
      else if (step === 'kill') {
        disk.crash();
        store = openMemoryStore(disk);
        publisher = publisherOn(store, log);
      } else {
        if (step !== 'publish') log.next = step as 'before' | 'after';
        await publisher.drain(never);
      }
    }
    await publisher.drain(never);
    const ids = (await log.ids('a.b')).map(Number);
    // Each for the first time in order; a copy only of what stands before it.
    const firsts = ids.filter((id, k) => ids.indexOf(id) === k);
    assert.deepEqual(
      firsts,
      Array.from({ length: made }, (_, k) => k),
    );
  });
  await assertProperty(holds, { numRuns: 300 });
});

test('a part signs what others act on, each with the number of the one before, across restarts', async () => {
  const [disk, log] = [new MemoryDisk(), new ShakyLog()];
  let store = openMemoryStore(disk);
  const sign = ({ id }: NewMessage, number: number, previous: number): string =>
    `${id} ${number > previous} ${previous}`;
  const common = { log, group: 'g', logger: silentLogger, random: () => 0, sign, publishesTicks: false };
  const part = (): Publisher => new Publisher({ ...common, store, clock: systemClock() });
  const shared = { ...message('paper.signals.raw', 'theirs'), shared: true as const };
  const refused = { ...message('paper.signals.raw', 'bad'), id: undefined };
  const letter = message('paper.signals.raw.dlq', 'letter');
  store.commit(
    commitOf({ inputs: [ticksInput(1, 3)], messages: [message('paper.signals.raw', '1'), shared, refused] }),
  );
  await part().drain(never);
  disk.crash();
  store = openMemoryStore(disk);
  store.commit(commitOf({ messages: [letter, message('paper.signals.raw', '2')] }));
  await part().drain(never);
  const seals = (await log.log.read('paper.signals.raw', 0, 100)).map(({ seal }) => seal);
  const numbers = store
    .outbox(0, 100)
    .filter(({ id }) => id === '1')
    .map(({ number }) => number);
  assert.deepEqual(seals, ['1 true 0', undefined, `2 true ${numbers[0]}`]);
  assert.deepEqual(await log.ids('market.ticks'), [], 'the ticks stand in the log already');
  assert.deepEqual(
    (await log.log.read('paper.signals.raw.dlq', 0, 100)).map(({ seal }) => seal),
    [undefined],
  );
});

test('how far the log is behind counts from the oldest commit that it lacks', async () => {
  const [disk, log] = [new MemoryDisk(), new ShakyLog()];
  const store = openMemoryStore(disk);
  let now = 1_000;
  const clock: Clock = {
    ...systemClock(),
    monotonicMs: () => now,
    sleep: async () => {
      now += 2_000;
    },
  };
  const publisher = new Publisher({ store, log, group: 'g', clock, logger: silentLogger, random: () => 0 });
  const seen: number[] = [];
  assert.equal(publisher.behindMs(), 0);
  store.commit(commitOf({ messages: [message('a.b', '1')] }));
  publisher.wake();
  now += 500;
  // Each failure is followed by a pause of two seconds.
  let failures = 3;
  log.onFailure = () => {
    seen.push(publisher.behindMs());
    if (--failures > 0) log.next = 'before';
  };
  log.next = 'before';
  assert.equal(await publisher.drain(never), true);
  assert.deepEqual(seen, [500, 2_500, 4_500]);
  assert.equal(publisher.behindMs(), 0);
});

test('in a rush a place is noted now and then, and the last one when it is over', async () => {
  const [log, store] = [new ShakyLog(), openMemoryStore(new MemoryDisk())];
  const over = new AbortController();
  let [now, notes, left] = [0, 0, 20];
  const commitNext = (): void => store.commit(commitOf({ messages: [message('a.b', `${left--}`)] }));
  const clock: Clock = {
    ...systemClock(),
    monotonicMs: () => now,
    // Every round takes ten milliseconds, and finds the commit after.
    turn: async () => {
      now += 10;
      if (left > 0) commitNext();
    },
    sleep: async (ms) => {
      now += ms;
      if (now > 2_000) over.abort();
    },
  };
  const counted: ConstructorParameters<typeof Publisher>[0]['store'] = {
    read: store.read.bind(store),
    topics: store.topics.bind(store),
    outbox: store.outbox.bind(store),
    committed: store.committed.bind(store),
    commit: (commit) => {
      notes++;
      store.commit(commit);
    },
  };
  commitNext();
  await new Publisher({ store: counted, log, group: 'g', clock, logger: silentLogger, random: () => 0 }).run(
    over.signal,
  );
  assert.equal((await log.ids('a.b')).length, 20);
  assert.equal(notes, 3);
  assert.equal(store.committed('g', 'outbox'), 20);
});
