// What every inbox does that also takes what others wrote into a shared log: one suite that each adapter's test runs.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { type SharedInbox } from '#ports/store.ts';
import { message } from './commits.ts';

/** @param place makes a place that holds one inbox; what it gives opens that inbox */
export function sharedInboxContract(name: string, place: (t: TestContext) => () => SharedInbox): void {
  describe(`${name} as an inbox behind a shared log`, () => {
    it('keeps how far each partition was read, with the messages that came from there', (t) => {
      const open = place(t);
      const inbox = open();
      assert.deepEqual(inbox.positions(), []);
      const at = (topic: string, partition: number, offset: number) => ({ topic, partition, offset });
      inbox.putFrom([{ ...message('a.b', '1'), shared: true }], [at('a.b', 0, 5), at('a.b', 1, 0), at('c.d', 0, 9)]);
      inbox.putFrom([], [at('a.b', 1, 3)]);
      inbox.put([message('a.b', '2')]);
      inbox.close();
      const again = open();
      assert.deepEqual(
        again.after(0, 10).map(({ id, shared }) => [id, shared]),
        [
          ['1', true],
          ['2', undefined],
        ],
      );
      assert.deepEqual(
        [...again.positions()].sort((a, b) =>
          a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition,
        ),
        [at('a.b', 0, 5), at('a.b', 1, 3), at('c.d', 0, 9)],
      );
      again.close();
    });
  });
}
