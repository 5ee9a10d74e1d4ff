// What every store does, whatever keeps it: one suite that each adapter's test runs.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { array, assert as assertProperty, boolean, nat, property, record } from 'fast-check';
import { type TopicRange } from '#ports/event-log.ts';
import { type Commit, type Store, type StoreReader } from '#ports/store.ts';
import {
  RELIANCE,
  clockInput,
  commitOf,
  contentsOf,
  gapInput,
  message,
  row,
  snapshotOf,
  ticksInput,
} from './commits.ts';
import { moments, retention } from './store-time-contract.ts';

/** A place that holds a store, under a clock that the test moves. */
export interface StorePlace {
  now: number;
  /** Opens the store that the place holds, a new one at first. */
  open(): Store;
  openReader(): StoreReader;
  /** What a process that died at this moment leaves, opened anew. The store that was open may still be, or not. */
  openAfterCrash(): Store;
}

/** @param place makes a place that goes away with the test */
export function storeContract(name: string, place: (t: TestContext) => StorePlace): void {
  describe(`${name} as a store`, () => {
    inputsAndMessages(place);
    rowsOffsetsAndSnapshots(place);
    durability(place);
    urgency(place);
    retention(place);
    moments(place);
  });
}

function inputsAndMessages(place: (t: TestContext) => StorePlace): void {
  it('is empty at first', (t) => {
    const store = place(t).open();
    assert.deepEqual([store.lastSeq(), store.firstSeq()], [0, 1]);
    assert.deepEqual(
      [store.inputsAfter(0, 10), store.topics(), store.snapshots(), store.rows('order')],
      [[], [], [], []],
    );
    assert.deepEqual(store.read('paper.orders.filled', 0, 10), []);
    assert.deepEqual(store.range('paper.orders.filled'), { topic: 'paper.orders.filled', start: 0, end: 0 });
    assert.equal(store.has('paper.orders.filled', 'x'), false);
    assert.equal(store.committed('g', 'paper.orders.filled'), undefined);
    store.close();
  });

  it('numbers inputs from 1 in the order in which they came, and gives back text as text and bytes as bytes', (t) => {
    const store = place(t).open();
    const ticks = ticksInput(7, 2);
    store.commit(commitOf({ inputs: [{ kind: 'plan', at: 5, body: '{"a":"₹"}', ticks: 0 }, ticks] }));
    store.commit(commitOf({ inputs: [clockInput(9)] }));
    assert.deepEqual(store.inputsAfter(0, 10), [
      { seq: 1, kind: 'plan', at: 5, body: '{"a":"₹"}', ticks: 0 },
      { seq: 2, ...ticks },
      { seq: 3, ...clockInput(9) },
    ]);
    assert.deepEqual(store.inputsAfter(1, 1), [{ seq: 2, ...ticks }]);
    assert.deepEqual(store.inputsAfter(3, 10), []);
    assert.deepEqual([store.firstSeq(), store.lastSeq()], [1, 3]);
    store.close();
  });

  it('gives each topic its own offsets from 0, and keeps key, id and value as they came', (t) => {
    const store = place(t).open();
    const strange = { topic: 'paper.signals.raw', key: '', id: undefined, value: 'no JSON, "quotes" \u0000 and ₹' };
    store.commit(
      commitOf({ messages: [message('paper.signals.raw', 'a'), message('paper.orders.filled', 'b'), strange] }),
    );
    store.commit(commitOf({ messages: [message('paper.signals.raw', 'c')] }));
    assert.deepEqual(store.read('paper.signals.raw', 0, 10), [
      { ...message('paper.signals.raw', 'a'), offset: 0 },
      { ...strange, offset: 1 },
      { ...message('paper.signals.raw', 'c'), offset: 2 },
    ]);
    assert.deepEqual(
      store.read('paper.signals.raw', 1, 1).map(({ offset }) => offset),
      [1],
    );
    assert.deepEqual([store.read('paper.signals.raw', 3, 10), store.read('paper.signals.raw', 0, 0)], [[], []]);
    assert.deepEqual(store.topics(), [
      { topic: 'paper.orders.filled', start: 0, end: 1 },
      { topic: 'paper.signals.raw', start: 0, end: 3 },
    ]);
    assert.deepEqual(store.topics(), rangesOf(store));
    store.close();
  });

  it('knows an id in its own topic only', (t) => {
    const store = place(t).open();
    store.commit(
      commitOf({ messages: [message('paper.signals.raw', 'a'), message('paper.orders.filled', undefined)] }),
    );
    assert.equal(store.has('paper.signals.raw', 'a'), true);
    assert.equal(store.has('paper.orders.filled', 'a'), false);
    assert.equal(store.has('nothing.at.all', 'a'), false);
    store.close();
  });

  it('shows ticks as messages of market.ticks, one offset a tick, across batches', (t) => {
    const store = place(t).open();
    store.commit(commitOf({ inputs: [ticksInput(1, 3), clockInput(5)] }));
    store.commit(commitOf({ inputs: [ticksInput(4, 2), ticksInput(6, 4)] }));
    assert.deepEqual(store.topics(), [{ topic: 'market.ticks', start: 0, end: 9 }]);
    assert.deepEqual(store.topics(), rangesOf(store));
    const read = (offset: number, limit: number): readonly string[] =>
      store.read('market.ticks', offset, limit).map((tick) => `${tick.offset} ${tick.id}`);
    assert.deepEqual(read(2, 3), ['2 tape:3', '3 tape:4', '4 tape:5']);
    assert.deepEqual(read(8, 100), ['8 tape:9']);
    assert.deepEqual(read(9, 100), []);
    const all = read(0, Infinity);
    for (let offset = 0; offset < 9; offset++) assert.deepEqual(read(offset, 2), all.slice(offset, offset + 2));
    const [tick] = store.read('market.ticks', 4, 1);
    assert.equal(tick?.key, String(RELIANCE));
    assert.equal((JSON.parse(tick?.value ?? '') as { id?: string }).id, 'tape:5');
    store.close();
  });

  it('shows a gap as one message of market.ticks, between the ticks where it was taken', (t) => {
    const store = place(t).open();
    store.commit(commitOf({ inputs: [ticksInput(1, 2), gapInput('gap', 7), ticksInput(3, 2)] }));
    store.commit(commitOf({ inputs: [gapInput('filled', 9)] }));
    const all = store.read('market.ticks', 0, 10);
    assert.deepEqual(
      all.map(({ offset, id }) => `${offset} ${id}`),
      ['0 tape:1', '1 tape:2', '2 gap', '3 tape:3', '4 tape:4', '5 filled'],
    );
    const { key, value } = all[2] ?? {};
    assert.deepEqual([key, value], [`${RELIANCE}`, gapInput('gap', 7).body]);
    for (let offset = 0; offset < 6; offset++) {
      assert.deepEqual(store.read('market.ticks', offset, 2), all.slice(offset, offset + 2));
    }
    assert.deepEqual(store.topics(), [{ topic: 'market.ticks', start: 0, end: 6 }]);
    store.close();
  });

  it('puts other messages of market.ticks between the ticks where they were committed', (t) => {
    const store = place(t).open();
    store.commit(commitOf({ inputs: [ticksInput(1, 2)], messages: [message('market.ticks', 'gap')] }));
    store.commit(commitOf({ inputs: [ticksInput(3, 2)] }));
    store.commit(commitOf({ messages: [message('market.ticks', 'late')] }));
    const all = store.read('market.ticks', 0, 10);
    assert.deepEqual(
      all.map(({ offset, id }) => `${offset} ${id}`),
      ['0 tape:1', '1 tape:2', '2 gap', '3 tape:3', '4 tape:4', '5 late'],
    );
    for (let offset = 0; offset < 6; offset++)
      assert.deepEqual(store.read('market.ticks', offset, 2), all.slice(offset, offset + 2));
    assert.deepEqual(store.topics(), [{ topic: 'market.ticks', start: 0, end: 6 }]);
    assert.equal(store.has('market.ticks', 'gap'), true);
    store.close();
  });

  it('holds the same after many small commits as after one large one', (t) => {
    const [small, large] = [place(t).open(), place(t).open()];
    const all: Required<Pick<Commit, 'inputs' | 'messages' | 'rows' | 'offsets'>>[] = [];
    for (let k = 0; k < 20; k++) {
      all.push({
        inputs: [ticksInput(k * 3, 1 + (k % 3))],
        messages: [message(`paper.t${k % 3}`, `m${k}`), message('paper.t0', `n${k}`)],
        rows: [row(`o${k % 4}`, k % 5 === 0 ? undefined : `${k}`)],
        offsets: [{ group: 'g', topic: 'market.ticks', offset: k }],
      });
    }
    for (const commit of all) small.commit(commitOf(commit));
    large.commit(
      commitOf({
        inputs: all.flatMap(({ inputs }) => inputs),
        messages: all.flatMap(({ messages }) => messages),
        rows: all.flatMap(({ rows }) => rows),
        offsets: all.flatMap(({ offsets }) => offsets),
      }),
    );
    assert.deepEqual(contentsOf(small), contentsOf(large));
    small.close();
    large.close();
  });
}

function rowsOffsetsAndSnapshots(place: (t: TestContext) => StorePlace): void {
  it('replaces and deletes rows, and lists them by broker and id', (t) => {
    const store = place(t).open();
    const rows = [row('2', 'b'), row('1', 'a'), row('1', 'z', 'zerodha'), row('1', 'book', 'paper', 'book')];
    store.commit(commitOf({ rows }));
    store.commit(commitOf({ rows: [row('2', 'c'), row('3', 'd'), row('3', undefined), row('9', undefined)] }));
    const [one, two] = [
      { broker: 'paper', id: '1', value: 'a' },
      { broker: 'paper', id: '2', value: 'c' },
    ];
    assert.deepEqual(store.rows('order'), [one, two, { broker: 'zerodha', id: '1', value: 'z' }]);
    assert.deepEqual(store.rows('order', 'paper'), [one, two]);
    assert.deepEqual(store.rows('book'), [{ broker: 'paper', id: '1', value: 'book' }]);
    assert.deepEqual(store.rows('mark'), []);
    assert.deepEqual(
      [store.row('order', 'paper', '2'), store.row('order', 'paper', '3'), store.row('book', 'paper', '1')],
      ['c', undefined, 'book'],
    );
    // The same id in another namespace is another row.
    assert.deepEqual([store.row('order', 'zerodha', '1'), store.row('order', 'zerodha', '2')], ['z', undefined]);
    store.close();
  });

  it('keeps the newest offset of each group and topic', (t) => {
    const store = place(t).open();
    const offsets = [
      { group: 'g', topic: 'a', offset: 1 },
      { group: 'h', topic: 'a', offset: 2 },
      { group: 'g', topic: 'a', offset: 3 },
    ];
    store.commit(commitOf({ offsets }));
    assert.deepEqual(
      [store.committed('g', 'a'), store.committed('h', 'a'), store.committed('g', 'b')],
      [3, 2, undefined],
    );
    store.close();
  });

  it('keeps the last three snapshots, newest first, each with the seq of the last input of its commit', (t) => {
    const store = place(t).open();
    for (const name of ['a', 'b', 'c', 'd']) {
      store.commit(commitOf({ inputs: [clockInput(1), clockInput(2)], snapshot: snapshotOf(name) }));
    }
    assert.deepEqual(store.snapshots(), [
      { seq: 8, ...snapshotOf('d') },
      { seq: 6, ...snapshotOf('c') },
      { seq: 4, ...snapshotOf('b') },
    ]);
    store.commit(commitOf({ snapshot: snapshotOf('again') }));
    assert.deepEqual(
      store.snapshots().map(({ seq, body }) => [seq, body]),
      [
        [8, '{"state":"again"}'],
        [6, '{"state":"c"}'],
        [4, '{"state":"b"}'],
      ],
    );
    store.close();
  });
}

function urgency(place: (t: TestContext) => StorePlace): void {
  const urgent = (k: number): Commit =>
    commitOf({
      inputs: [k % 2 === 0 ? ticksInput(k, 2) : clockInput(k)],
      messages: [{ ...message('paper.orders.submitted', `o${k}`, '{"a":"₹"}'), own: true }, message('a.b', undefined)],
      rows: [row(`o${k}`, `${k}`), row(`o${k - 1}`, undefined)],
      offsets: [{ group: 'g', topic: 'a.b', offset: k }],
      urgent: true,
    });
  const calm = (k: number): Commit => ({ ...urgent(k), urgent: false });

  it('holds the same when a commit is urgent, at once and later', async (t) => {
    const [one, other] = [place(t).open(), place(t).open()];
    for (let k = 1; k <= 9; k++) {
      one.commit(urgent(k));
      if (k % 3 === 0) one.commit(calm(100 + k));
      if (k % 4 === 0) await new Promise((resolve) => setImmediate(resolve));
      other.commit(calm(k));
      if (k % 3 === 0) other.commit(calm(100 + k));
      assert.deepEqual(contentsOf(one), contentsOf(other));
      assert.equal(
        one.consistently(() => one.lastSeq()),
        other.lastSeq(),
      );
    }
    one.close();
    other.close();
  });

  it('has an urgent commit after a crash that followed at once', (t) => {
    const at = place(t);
    const expected = place(t).open();
    let store = at.open();
    for (let k = 1; k <= 6; k++) {
      store.commit(urgent(k));
      expected.commit(calm(k));
      store = at.openAfterCrash();
      assert.deepEqual(contentsOf(store), contentsOf(expected));
    }
    store.close();
    expected.close();
  });

  it('shows an urgent commit to a reader in the next turn, and after the end', async (t) => {
    const at = place(t);
    const store = at.open();
    const reader = at.openReader();
    store.commit(urgent(1));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(reader.lastSeq(), 1);
    store.commit(urgent(2));
    store.close();
    assert.equal(reader.lastSeq(), 2);
    reader.close();
  });

  it('takes an urgent commit of any size, with a snapshot, and without an input', (t) => {
    const at = place(t);
    const store = at.open();
    const large = message('a.b', 'large', 'x'.repeat(300_000));
    store.commit({ ...urgent(1), messages: [large], snapshot: snapshotOf('one') });
    store.commit({ ...urgent(2), messages: [large] });
    store.commit({ ...urgent(3), inputs: [] });
    const before = contentsOf(store);
    assert.equal(store.lastSeq(), 2);
    const after = at.openAfterCrash();
    assert.deepEqual(contentsOf(after), before);
    after.close();
    store.close();
  });
}

function durability(place: (t: TestContext) => StorePlace): void {
  it('holds everything when it is opened again, and goes on where it was', (t) => {
    const at = place(t);
    const store = at.open();
    store.commit(
      commitOf({
        inputs: [ticksInput(1, 3), clockInput(4)],
        messages: [message('paper.signals.raw', 'a'), message('market.ticks', 'gap')],
        rows: [row('1', 'a')],
        offsets: [{ group: 'g', topic: 'market.ticks', offset: 3 }],
        snapshot: snapshotOf('a'),
      }),
    );
    const before = contentsOf(store);
    store.close();
    const again = at.open();
    assert.deepEqual(contentsOf(again), before);
    again.commit(commitOf({ inputs: [ticksInput(4, 1)], messages: [message('paper.signals.raw', 'b')] }));
    assert.equal(again.lastSeq(), 3);
    assert.equal(again.read('paper.signals.raw', 1, 1)[0]?.id, 'b');
    assert.deepEqual(
      again.read('market.ticks', 3, 9).map(({ offset, id }) => `${offset} ${id}`),
      ['3 gap', '4 tape:4'],
    );
    again.close();
  });

  it('leaves nothing of a commit that throws, and refuses every commit after it', (t) => {
    const at = place(t);
    const store = at.open();
    store.commit(commitOf({ inputs: [clockInput(1)], messages: [message('a.b', '1')], rows: [row('1', 'a')] }));
    const before = contentsOf(store);
    const broken = commitOf({
      inputs: [clockInput(2)],
      messages: [message('a.b', '2'), message('c.d', '3', Symbol('no text') as unknown as string)],
      rows: [row('1', 'b')],
    });
    assert.throws(() => store.commit(broken), { name: 'StoreError', code: 'WRITE_FAILED' });
    assert.deepEqual(contentsOf(store), before);
    assert.throws(() => store.commit(commitOf({ inputs: [clockInput(3)] })), {
      name: 'StoreError',
      code: 'WRITE_FAILED',
    });
    store.close();
    const again = at.open();
    assert.deepEqual(contentsOf(again), before);
    again.commit(commitOf({ inputs: [clockInput(3)], messages: [message('c.d', '3')] }));
    assert.deepEqual([again.lastSeq(), again.read('c.d', 0, 9).length], [2, 1]);
    again.close();
  });

  it('refuses a batch of ticks without ticks, and ticks in any other input', (t) => {
    const at = place(t);
    for (const input of [
      { ...ticksInput(1, 1), ticks: 0 },
      { ...clockInput(1), ticks: 1 },
    ]) {
      const store = at.open();
      assert.throws(() => store.commit(commitOf({ inputs: [input] })), { name: 'InvariantError' });
      store.close();
    }
  });

  it('refuses a second writer until the first has closed', (t) => {
    const at = place(t);
    const store = at.open();
    assert.throws(() => at.open(), { name: 'StoreError', code: 'LOCKED' });
    store.close();
    store.close();
    at.open().close();
  });

  it('has after a crash what was acknowledged, and nothing half', (t) => {
    const script = array(record({ ticks: nat(3), messages: nat(4), rows: nat(2), keep: boolean() }), {
      minLength: 1,
      maxLength: 12,
    });
    const holds = property(script, (steps) => {
      const at = place(t);
      let store = at.open();
      steps.forEach((step, k) => {
        store.commit(
          commitOf({
            inputs: step.ticks === 0 ? [clockInput(k)] : [ticksInput(k * 10, step.ticks)],
            messages: Array.from({ length: step.messages }, (_, n) => message(`paper.t${n % 2}`, `${k}.${n}`)),
            rows: Array.from({ length: step.rows }, (_, n) => row(`o${n}`, `${k}`)),
            offsets: [{ group: 'g', topic: 'paper.t0', offset: k }],
            snapshot: step.keep ? snapshotOf(`${k}`) : undefined,
          }),
        );
        if (!step.keep) return;
        const acknowledged = contentsOf(store);
        store = at.openAfterCrash();
        assert.deepEqual(contentsOf(store), acknowledged);
      });
      store.close();
    });
    assertProperty(holds, { numRuns: 8 });
  });
}

/** Of every topic, asked one by one. */
function rangesOf(store: StoreReader): readonly TopicRange[] {
  return store.topics().map(({ topic }) => store.range(topic));
}
