// What every inbox does, whatever keeps it: one suite that each adapter's test runs.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { type Inbox } from '#ports/store.ts';
import { message } from './commits.ts';

/** @param place makes a place that holds one inbox; what it gives opens that inbox, several times at once if wanted */
export function inboxContract(name: string, place: (t: TestContext) => () => Inbox): void {
  describe(`${name} as an inbox`, () => {
    it('gives messages back in order, under numbers that increase', (t) => {
      const inbox = place(t)();
      const stranger = { topic: 'no such topic', key: '', id: undefined, value: '{ "broken' };
      inbox.put([message('paper.signals.raw', 'a'), stranger]);
      inbox.put([message('paper.signals.raw', 'b')]);
      const all = inbox.after(0, 10);
      assert.deepEqual(
        all.map(({ topic, key, id, value }) => ({ topic, key, id, value })),
        [message('paper.signals.raw', 'a'), stranger, message('paper.signals.raw', 'b')],
      );
      const numbers = all.map(({ number }) => number);
      assert.ok(numbers.every((number, k) => number > (numbers[k - 1] ?? 0)));
      assert.deepEqual(inbox.after(0, 2), all.slice(0, 2));
      assert.deepEqual(inbox.after(numbers[0] as number, 10), all.slice(1));
      assert.deepEqual(inbox.after(numbers[2] as number, 10), []);
      inbox.close();
    });

    it('is not quiet when this process has left something, whenever it was looked into', (t) => {
      const inbox = place(t)();
      assert.deepEqual(inbox.after(0, 10), []);
      inbox.put([message('a.b', '1')]);
      assert.notEqual(inbox.isQuiet?.(), true);
      const [first] = inbox.after(0, 1);
      assert.ok(first !== undefined && inbox.isQuiet?.() !== true, 'there may be more after what was found');
      inbox.close();
    });

    it('puts nothing when there is nothing', (t) => {
      const inbox = place(t)();
      inbox.put([]);
      assert.deepEqual(inbox.after(0, 10), []);
      inbox.close();
    });

    it('never gives a number again, whatever was forgotten', (t) => {
      const open = place(t);
      const inbox = open();
      inbox.put([message('a.b', '1'), message('a.b', '2')]);
      const last = inbox.after(0, 10).at(-1)?.number as number;
      inbox.forget(last);
      assert.deepEqual(inbox.after(0, 10), []);
      inbox.close();
      const again = open();
      again.put([message('a.b', '3')]);
      assert.ok((again.after(0, 10)[0]?.number as number) > last);
      again.close();
    });

    it('forgets only up to the number', (t) => {
      const inbox = place(t)();
      inbox.put([message('a.b', '1'), message('a.b', '2'), message('a.b', '3')]);
      const [, second, third] = inbox.after(0, 10);
      inbox.forget(second?.number as number);
      assert.deepEqual(inbox.after(0, 10), [third]);
      inbox.close();
    });

    it('shows to one who has it open what another puts in', (t) => {
      const open = place(t);
      const [platform, service] = [open(), open()];
      service.put([message('a.b', '1')]);
      platform.put([message('a.b', '2')]);
      assert.deepEqual(
        platform.after(0, 10).map(({ id }) => id),
        ['1', '2'],
      );
      service.close();
      platform.close();
    });
  });
}
