// What every place for values by name does: one suite that each adapter's test runs.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { type KeyValue } from '#ports/key-value.ts';
import { keyOf } from '#wire/keys.ts';
import { BROKERS } from '../support/builders.ts';

/** @param open opens a place that is empty at first, and goes away with the test */
export function keyValueContract(name: string, open: (t: TestContext) => Promise<KeyValue>): void {
  describe(`${name} as a place for values by name`, () => {
    for (const broker of BROKERS) {
      it(`a value of ${broker} is there until it is deleted, and replaced when it is set again`, async (t) => {
        const values = await open(t);
        const key = keyOf(broker, 'seen');
        assert.equal(await values.get(key), undefined);
        await values.set(key, 'one');
        await values.set(key, 'two');
        assert.equal(await values.get(key), 'two');
        await values.delete(key);
        await values.delete(key);
        assert.equal(await values.get(key), undefined);
      });
    }

    it('namespaces do not see the values of each other', async (t) => {
      const values = await open(t);
      for (const broker of BROKERS) await values.set(keyOf(broker, 'seen'), broker);
      for (const broker of BROKERS) assert.equal(await values.get(keyOf(broker, 'seen')), broker);
    });

    it('a value comes back as it was, whatever it holds', async (t) => {
      const values = await open(t);
      for (const [k, value] of ['', '\u0000 and ₹', '{"a":"\\n"}', 'x'.repeat(100_000)].entries()) {
        const key = keyOf('paper' as (typeof BROKERS)[number], 'odd', `${k}`);
        await values.set(key, value);
        assert.equal(await values.get(key), value);
      }
    });
  });
}
