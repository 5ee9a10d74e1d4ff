// What every store of access records does, whatever keeps it: one suite that each adapter's test runs.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { type AccessStore } from '#ports/access.ts';

/** @param place makes a place that holds one; what it gives opens it, several times at once if wanted */
export function accessContract(name: string, place: (t: TestContext) => () => AccessStore): void {
  describe(`${name} as a store of access records`, () => {
    it('gives back what was added, by name and by kind', (t) => {
      const access = place(t)();
      const [ada, bob] = [
        { name: 'bob', at: 2, value: '{"role":"viewer"}' },
        { name: 'ada', at: 1_790_000_000_000, value: '{"why":"“quoted” and \\u0000"}' },
      ];
      assert.equal(access.add('user', ada), true);
      assert.equal(access.add('user', bob), true);
      assert.equal(access.add('key', ada), true);
      assert.deepEqual(access.all('user'), [bob, ada]);
      assert.deepEqual(access.all('key'), [ada]);
      assert.deepEqual(access.get('user', 'ada'), bob);
      assert.equal(access.get('user', 'Ada'), undefined);
      assert.equal(access.get('answer', 'ada'), undefined);
      access.close();
    });

    it('adds nothing over what is there', (t) => {
      const access = place(t)();
      access.add('user', { name: 'ada', at: 1, value: 'first' });
      assert.equal(access.add('user', { name: 'ada', at: 2, value: 'second' }), false);
      assert.deepEqual(access.get('user', 'ada'), { name: 'ada', at: 1, value: 'first' });
      access.close();
    });

    it('replaces only what is as it was seen', (t) => {
      const access = place(t)();
      assert.equal(access.replace('user', { name: 'ada', at: 1, value: 'a' }, ''), false);
      access.add('user', { name: 'ada', at: 1, value: 'a' });
      assert.equal(access.replace('user', { name: 'ada', at: 2, value: 'b' }, 'a'), true);
      assert.equal(access.replace('user', { name: 'ada', at: 3, value: 'c' }, 'a'), false);
      assert.deepEqual(access.all('user'), [{ name: 'ada', at: 2, value: 'b' }]);
      access.close();
    });

    it('removes one of a name and a kind', (t) => {
      const access = place(t)();
      access.add('webhook', { name: 'ada', at: 1, value: '' });
      access.add('user', { name: 'ada', at: 1, value: '' });
      assert.equal(access.remove('webhook', 'ada'), true);
      assert.equal(access.remove('webhook', 'ada'), false);
      assert.equal(access.all('user').length, 1);
      access.close();
    });

    it('forgets what is older, of one kind', (t) => {
      const access = place(t)();
      for (const at of [1, 2, 3]) access.add('answer', { name: `${at}`, at, value: '' });
      access.add('user', { name: 'ada', at: 1, value: '' });
      access.forget('answer', 3);
      assert.deepEqual(
        access.all('answer').map(({ name: each }) => each),
        ['3'],
      );
      assert.equal(access.all('user').length, 1);
      access.close();
    });

    it('shows to one who has it open what another writes, and keeps it when it is opened again', (t) => {
      const open = place(t);
      const [server, command] = [open(), open()];
      command.add('user', { name: 'ada', at: 1, value: 'a' });
      assert.equal(server.get('user', 'ada')?.value, 'a');
      command.replace('user', { name: 'ada', at: 2, value: 'b' }, 'a');
      assert.equal(server.get('user', 'ada')?.value, 'b');
      command.close();
      server.close();
      const again = open();
      assert.equal(again.get('user', 'ada')?.value, 'b');
      again.close();
    });
  });
}
