// The part of the store suite that is about time: what retention forgets, and that a reader sees one moment.
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { type Store } from '#ports/store.ts';
import { clockInput, commitOf, contentsOf, message, row, snapshotOf, ticksInput } from './commits.ts';
import { type StorePlace } from './store-contract.ts';

const OLD = 1000;
const NEW = 2000;

export function retention(place: (t: TestContext) => StorePlace): void {
  /** Ten inputs of two ticks, half of them old; one message of market.ticks after the third input. */
  const filled = (at: StorePlace, snapshotsAfter: readonly number[]): Store => {
    const store = at.open();
    for (let seq = 1; seq <= 10; seq++) {
      at.now = seq <= 5 ? OLD : NEW;
      const messages = [message('paper.orders.filled', `m${seq}`)];
      if (seq === 3) messages.push(message('market.ticks', 'gap'));
      const snapshot = snapshotsAfter.includes(seq) ? snapshotOf(`${seq}`) : undefined;
      store.commit(commitOf({ inputs: [ticksInput(seq * 2, 2)], messages, snapshot }));
    }
    return store;
  };
  const everything = { olderThan: Infinity, bytesMax: 0 };

  it('forgets inputs that were appended too long ago, and their ticks, and nothing about orders', (t) => {
    const at = place(t);
    const store = filled(at, [10]);
    const kept = store.read('market.ticks', 11, 100);
    store.retain({ olderThan: NEW, bytesMax: Infinity });
    assert.deepEqual([store.firstSeq(), store.lastSeq()], [6, 10]);
    assert.deepEqual(
      store.inputsAfter(0, 100).map(({ seq }) => seq),
      [6, 7, 8, 9, 10],
    );
    assert.deepEqual(
      store.topics().find(({ topic }) => topic === 'market.ticks'),
      { topic: 'market.ticks', start: 11, end: 21 },
    );
    assert.deepEqual(store.read('market.ticks', 0, 100), kept);
    assert.deepEqual(store.read('market.ticks', 19, 100), kept.slice(8));
    assert.equal(store.read('paper.orders.filled', 0, 100).length, 10);
    const before = contentsOf(store);
    store.close();
    const again = at.open();
    assert.deepEqual(contentsOf(again), before);
    again.commit(commitOf({ inputs: [ticksInput(50, 1)] }));
    assert.equal(again.read('market.ticks', 21, 9)[0]?.id, 'tape:50');
    again.close();
  });

  it('forgets the oldest inputs that are too much', (t) => {
    const store = filled(place(t), [10]);
    const size = ticksInput(2, 2).body.length;
    store.retain({ olderThan: 0, bytesMax: 4 * size + 1 });
    assert.deepEqual([store.firstSeq(), store.lastSeq()], [7, 10]);
    store.retain({ olderThan: 0, bytesMax: 4 * size });
    assert.equal(store.firstSeq(), 7);
    store.close();
  });

  it('never forgets what follows the oldest kept snapshot', (t) => {
    const store = filled(place(t), [2, 4, 7, 9]);
    store.retain(everything);
    assert.deepEqual([store.firstSeq(), store.lastSeq()], [5, 10]);
    assert.equal(store.snapshots().at(-1)?.seq, 4);
    store.close();
  });

  it('forgets nothing without a snapshot, and never the newest input', (t) => {
    const at = place(t);
    const store = filled(at, []);
    store.retain(everything);
    assert.deepEqual([store.firstSeq(), store.lastSeq()], [1, 10]);
    store.commit(commitOf({ snapshot: snapshotOf('late') }));
    store.retain(everything);
    assert.deepEqual([store.firstSeq(), store.lastSeq()], [10, 10]);
    store.close();
    const again = at.open();
    again.commit(commitOf({ inputs: [clockInput(1)] }));
    assert.equal(again.lastSeq(), 11);
    assert.deepEqual(
      again.topics().find(({ topic }) => topic === 'market.ticks'),
      { topic: 'market.ticks', start: 19, end: 21 },
    );
    again.close();
  });
}

export function moments(place: (t: TestContext) => StorePlace): void {
  it('is read beside its writer, as of what is committed', (t) => {
    const at = place(t);
    const store = at.open();
    const reader = at.openReader();
    assert.equal(reader.lastSeq(), 0);
    store.commit(commitOf({ inputs: [ticksInput(1, 3)], messages: [message('a.b', '1')], snapshot: snapshotOf('a') }));
    assert.deepEqual(contentsOf(reader), contentsOf(store));
    reader.close();
    store.close();
  });

  it('is read consistently at one moment, however much is committed and forgotten meanwhile', (t) => {
    const at = place(t);
    const store = at.open();
    const reader = at.openReader();
    const commit = commitOf({
      inputs: [ticksInput(1, 3)],
      messages: [message('a.b', undefined)],
      rows: [row('1', 'first')],
      snapshot: snapshotOf('a'),
    });
    store.commit(commit);
    const seen = reader.consistently(() => {
      const before = contentsOf(reader);
      for (let k = 0; k < 4; k++) store.commit({ ...commit, rows: [row('1', `${k}`)] });
      store.retain({ olderThan: Infinity, bytesMax: 0 });
      assert.deepEqual(
        reader.consistently(() => contentsOf(reader)),
        before,
      );
      assert.deepEqual(contentsOf(reader), before);
      return 'seen';
    });
    assert.equal(seen, 'seen');
    assert.equal(reader.lastSeq(), 5);
    assert.deepEqual(contentsOf(reader), contentsOf(store));
    assert.throws(() => reader.consistently(() => assert.fail('inside')), /inside/);
    assert.equal(reader.lastSeq(), 5);
    reader.close();
    store.close();
  });

  it('gives its own writer one moment by refusing a commit meanwhile', (t) => {
    const store = place(t).open();
    const late = commitOf({ inputs: [clockInput(1)] });
    assert.throws(() => store.consistently(() => store.commit(late)), { name: 'InvariantError' });
    store.commit(late);
    assert.equal(
      store.consistently(() => store.lastSeq()),
      1,
    );
    store.close();
  });
}
