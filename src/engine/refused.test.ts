import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryDisk } from '#adapters/memory/disk.ts';
import { openMemoryStore } from '#adapters/memory/store.ts';
import { type EpochMs } from '#core/time.ts';
import { deadLetter } from '#wire/dead-letter.ts';
import { INTAKE } from './from-outside.ts';
import { refusedOffsets } from './refused.ts';

const CHANGES = 'paper.control.changes';

test('only the intake refuses a message: what a service could not handle was applied all the same', () => {
  const store = openMemoryStore(new MemoryDisk());
  const letter = (service: string, offset: number | null, topic = CHANGES) => {
    const of = {
      topic,
      offset,
      key: '',
      value: `${service} ${offset}`,
      code: 'POISON',
      message: 'cannot',
      attempts: 1,
    };
    return { ...deadLetter({ ...of, service, at: 0 as EpochMs }), topic: `${CHANGES}.dlq` };
  };
  const strange = { topic: `${CHANGES}.dlq`, key: '', id: undefined, value: 'no JSON' };
  const messages = [
    letter(INTAKE, 3),
    letter('a_service', 5),
    letter(INTAKE, null),
    letter(INTAKE, 7, 'paper.signals.raw'),
    strange,
    letter(INTAKE, 9),
  ];
  store.commit({ inputs: [], messages, rows: [], offsets: [], snapshot: undefined });
  assert.deepEqual([...refusedOffsets(store, CHANGES)], [3, 9]);
});
