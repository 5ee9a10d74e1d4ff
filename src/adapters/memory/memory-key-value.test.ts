import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyOf } from '#wire/keys.ts';
import { BROKERS } from '../../../test/support/builders.ts';
import { memoryKeyValue } from './memory-key-value.ts';

for (const broker of BROKERS) {
  test(`a value of ${broker} is there until it is deleted, and replaced when it is set again`, async () => {
    const store = memoryKeyValue();
    const key = keyOf(broker, 'seen');
    assert.equal(await store.get(key), undefined);
    await store.set(key, 'one');
    await store.set(key, 'two');
    assert.equal(await store.get(key), 'two');
    await store.delete(key);
    await store.delete(key);
    assert.equal(await store.get(key), undefined);
  });
}

test('brokers do not see the values of each other', async () => {
  const store = memoryKeyValue();
  for (const broker of BROKERS) await store.set(keyOf(broker, 'seen'), broker);
  for (const broker of BROKERS) assert.equal(await store.get(keyOf(broker, 'seen')), broker);
});
