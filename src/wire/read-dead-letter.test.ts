import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { deadLetter, type FailedMessage } from './dead-letter.ts';
import { deadLetterNote } from './dead-letter-note.ts';
import { readDeadLetter } from './read-dead-letter.ts';
import { OPEN } from './wire-under-test.ts';

const FAILED: FailedMessage = {
  topic: 'paper.signals.raw',
  offset: 7,
  key: 'mine:738561',
  value: 'x',
  code: 'MALFORMED_JSON',
  message: 'expected JSON',
  attempts: 3,
  service: 'mine',
  at: OPEN,
};

test('a letter is read back as it was written, its message to the last half of a surrogate', () => {
  const { code, message: cause, attempts, service, topic, offset, key, at } = FAILED;
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (text, half) => {
      const value = half ? `\ud800${text}` : text;
      const letter = deadLetter({ ...FAILED, value });
      const about = { is: 'letter', id: letter.id, code, cause, attempts, service, kind: 'poison', at } as const;
      assert.deepEqual(readDeadLetter(letter.value), { ...about, topic, partition: 0, offset, key, value });
    }),
  );
});

test('notes about one letter have ids of their own, and are read back', () => {
  const about = { topic: 'paper.signals.raw.dlq', letterId: 'a/dlq.mine', key: 'k', who: 'asha', why: '', at: OPEN };
  const notes = [0, 1].map((before) => deadLetterNote({ ...about, settlement: 'replayed', before }));
  assert.deepEqual(
    notes.map(({ id }) => id),
    ['a/dlq.mine/replayed', 'a/dlq.mine/replayed.2'],
  );
  const { letterId, who, why, at } = about;
  for (const { value } of notes) {
    assert.deepEqual(readDeadLetter(value), { is: 'note', letterId, settlement: 'replayed', who, why, at });
  }
});

test('what is neither is nothing', () => {
  for (const value of ['', 'hello', '{}', '{"type":"system_error","version":1,"broker":"system","data":{}}']) {
    assert.equal(readDeadLetter(value), undefined, value);
  }
});
