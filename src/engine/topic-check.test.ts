import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryDisk } from '#adapters/memory/disk.ts';
import { openMemoryStore } from '#adapters/memory/store.ts';
import { TopicCheck } from './topic-check.ts';

const RAW = 'paper.signals.raw';

/** A check of a topic with these values, some of which were refused when they came. */
function checkOf(values: readonly string[], ...refused: readonly number[]): TopicCheck {
  const store = openMemoryStore(new MemoryDisk());
  const messages = values.map((value) => ({ topic: RAW, key: '', id: undefined, value }));
  store.commit({ inputs: [], messages, rows: [], offsets: [], snapshot: undefined });
  return new TopicCheck(store, RAW, new Set(refused), 0);
}

test('what was refused lies in between and is passed over', () => {
  const check = checkOf(['bad', 'a', 'bad', 'b'], 0, 2);
  assert.equal(check.expect('a'), undefined);
  assert.equal(check.expect('b'), undefined);
  assert.equal(check.passTo(4, false), undefined);
});

test('a message that was refused and then taken as it was is no difference, whatever follows', () => {
  const last = checkOf(['same', 'same'], 0);
  assert.equal(last.expect('same'), undefined);
  assert.equal(last.passTo(2, false), undefined);
  const followed = checkOf(['same', 'same', 'b'], 0);
  assert.equal(followed.expect('same'), undefined);
  assert.equal(followed.expect('b'), undefined);
  assert.equal(followed.passTo(3, false), undefined);
});

test('a message that nobody decided is a difference, also beside an equal one that was refused once', () => {
  const check = checkOf(['same', 'same', 'same'], 0);
  assert.equal(check.expect('same'), undefined);
  assert.deepEqual(check.passTo(3, false), { where: RAW, offset: 2, expected: 'nothing', found: 'same' });
  assert.deepEqual(checkOf(['a']).expect('b'), { where: RAW, offset: 0, expected: 'b', found: 'a' });
});
