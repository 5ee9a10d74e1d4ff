import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryDisk } from '#adapters/memory/disk.ts';
import { openMemoryStore } from '#adapters/memory/store.ts';
import { type Calendar } from '#core/market/calendar.ts';
import { NO_VOLUME, TickBatch } from '#core/market/tick.ts';
import { DECIDING_LENGTH } from '#core/strategy/deciding.ts';
import { Ingest } from '#engine/ingest.ts';
import { recover } from '#engine/recovery.ts';
import { type Store } from '#ports/store.ts';
import { after, alternating, catalogueOf, deployment, PAPER, plan, rs } from '../../test/support/builders.ts';
import { JUNE_2021, temporaryFolder } from '../../test/support/tape-builder.ts';
import { forgetDefect, haltedMessage, isHalted, noteDefect, readDefect } from './defects.ts';

/** The calendar as it is, except that it fails when the engine asks about the instant or a later one. */
function failingAt(at: number): Calendar {
  return {
    ...JUNE_2021,
    nextSession: (segment, instant) => JUNE_2021.nextSession(segment, instant),
    phaseAt: (segment, instant) => JUNE_2021.phaseAt(segment, instant),
    marketStatus: (segment, instant) => JUNE_2021.marketStatus(segment, instant),
    sessionAt(segment, instant) {
      if (instant >= at) throw new TypeError('a defect of our own');
      return JUNE_2021.sessionAt(segment, instant);
    },
  };
}

function ingestOn(store: Store, calendar: Calendar, deciding: Int32Array): Ingest {
  const ingest = new Ingest({
    store,
    context: { catalogue: catalogueOf(alternating), calendar: () => calendar, deciding },
    groupsOf: () => [],
    send: () => assert.fail('nothing leaves'),
    committed: () => undefined,
  });
  recover(store, ingest);
  return ingest;
}

function batchOf(seconds: readonly number[]): TickBatch {
  const batch = new TickBatch(seconds.length, false);
  for (const second of seconds) batch.push(0, after(second), rs(100), NO_VOLUME, second);
  return batch;
}

test('a stage that throws commits nothing of its batch, and is counted by input until its namespace is halted', (t) => {
  const directory = temporaryFolder(t);
  const disk = new MemoryDisk();
  const deciding = new Int32Array(DECIDING_LENGTH);
  for (let start = 1; start <= 3; start++) {
    const store = openMemoryStore(disk);
    const ingest = ingestOn(store, failingAt(after(3)), deciding);
    if (store.lastSeq() === 0) {
      ingest.plan(plan({ deployments: [deployment({ brokers: [PAPER] })] }));
      ingest.ticks(batchOf([1, 2]), 0, () => 'tape');
      ingest.commit(false);
    }
    const before = store.topics();
    assert.throws(() => ingest.ticks(batchOf([3, 4, 5]), 0, () => 'tape'), /a defect of our own/);
    assert.equal(ingest.broken, true);
    ingest.commit(true);
    assert.deepEqual([store.lastSeq(), store.topics()], [2, before], 'nothing of the broken batch is in the log');
    const defect = noteDefect(directory, ingest, store, deciding, new TypeError('a defect of our own'));
    assert.deepEqual([defect.broker, defect.failures, isHalted(defect)], [PAPER, start, start === 3]);
    assert.deepEqual(readDefect(directory), defect);
    store.close();
  }
  const store = openMemoryStore(disk);
  const [letter, ...more] = store.read('market.ticks.dlq', 0, 10);
  assert.match(letter?.value ?? '', /STAGE_FAILED.*"attempts":3/);
  assert.equal(more.length, 0);
  const halted = readDefect(directory);
  assert.ok(isHalted(halted));
  assert.match(
    haltedMessage(halted, directory),
    /paper is halted: a stage failed 3 times .*a defect of our own.*delete/,
  );
  forgetDefect(directory);
  assert.equal(readDefect(directory), undefined);
});

test('a failure further on counts from one again', (t) => {
  const directory = temporaryFolder(t);
  const store = openMemoryStore(new MemoryDisk());
  const deciding = new Int32Array(DECIDING_LENGTH);
  const ingest = ingestOn(store, JUNE_2021, deciding);
  ingest.plan(plan());
  ingest.commit(false);
  const note = () => noteDefect(directory, ingest, store, deciding, new Error('again'));
  assert.deepEqual([note().failures, note().failures], [1, 2]);
  ingest.ticks(batchOf([1]), 0, () => 'tape');
  ingest.commit(false);
  assert.equal(note().failures, 1);
});

test('after a first failure, which named a batch, any input of that batch is the same defect', (t) => {
  const directory = temporaryFolder(t);
  const store = openMemoryStore(new MemoryDisk());
  const deciding = new Int32Array(DECIDING_LENGTH);
  const ingest = ingestOn(store, JUNE_2021, deciding);
  ingest.plan(plan());
  ingest.commit(false);
  const note = () => noteDefect(directory, ingest, store, deciding, new Error('again'), 3).failures;
  const go = (second: number) => {
    ingest.ticks(batchOf([second]), 0, () => 'tape');
    ingest.commit(false);
  };
  go(1);
  assert.equal(note(), 1);
  go(2);
  go(3);
  assert.deepEqual([note(), note()], [2, 3], 'the second input after the batch began');
  forgetDefect(directory);
  assert.equal(note(), 1);
  [4, 5, 6].forEach(go);
  assert.equal(note(), 1, 'past the batch');
});
