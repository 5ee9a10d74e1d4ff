import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMemoryAudit } from '#adapters/memory/audit.ts';
import { MemoryDisk } from '#adapters/memory/disk.ts';
import { openMemoryStore } from '#adapters/memory/store.ts';
import { silentLogger } from '#ports/telemetry.ts';
import { commitOf, message } from '../../../test/contracts/commits.ts';
import { StepClock } from '../../../test/settings/platform-run.ts';
import { Trail } from './trail.ts';
import { verifyTrail } from './verify-trail.ts';

function world() {
  const store = openMemoryStore(new MemoryDisk(), () => 0);
  const audit = openMemoryAudit();
  const clock = new StepClock();
  const open = (keeps: (topic: string) => boolean = () => true): Trail =>
    new Trail({ store: audit, log: store, clock, logger: silentLogger, keeps });
  const put = (topic: string, count: number): void => {
    const messages = Array.from({ length: count }, (_, k) => ({
      ...message(topic, `${topic}-${k}`),
      value: `{"type":"order_filled","n":${k}}`,
    }));
    store.commit(commitOf({ messages }));
  };
  const kinds = (): readonly string[] => audit.after(0, 10_000).map(({ kind }) => kind);
  return { store, audit, clock, open, put, kinds };
}

test('the life of orders and changes of control are copied, ticks and signals are not', () => {
  const { audit, open, put } = world();
  for (const stream of ['signals.raw', 'signals.validated', 'signals.rejected', 'pnl.snapshots', 'orders.filled.dlq'])
    put(`paper.${stream}`, 2);
  for (const stream of ['orders.submitted', 'orders.filled', 'control.changes']) put(`paper.${stream}`, 2);
  const trail = open();
  assert.equal(trail.copy(), true);
  const places = audit.after(0, 100).map(({ source }) => `${source?.topic}:${source?.offset}`);
  const expected = ['control.changes', 'orders.filled', 'orders.submitted'];
  assert.deepEqual(
    places.toSorted(),
    expected.flatMap((stream) => [0, 1].map((k) => `paper.${stream}:${k}`)),
  );
});

test('a long log of before is copied page by page, and one that was copied is gone on with', () => {
  const { audit, open, put, store } = world();
  put('paper.orders.filled', 1_200);
  const first = open();
  assert.equal(first.copy(), false);
  // As after a kill: nothing but the trail itself says how far it has come.
  const second = open();
  while (!second.copy());
  assert.equal(audit.head().seq, 1_200);
  put('paper.orders.filled', 1);
  second.onCommitted();
  second.copy();
  first.copy();
  assert.equal(audit.head().seq, 1_201);
  assert.equal(verifyTrail(audit, undefined, store).broken, undefined);
});

test('a part copies only what it has whole', () => {
  const { audit, open, put } = world();
  put('paper.orders.filled', 1);
  put('paper.control.changes', 1);
  open((topic) => topic === 'paper.control.changes').copy();
  assert.deepEqual(
    audit.after(0, 10).map(({ source }) => source?.topic),
    ['paper.control.changes'],
  );
});

test('a refusal without end is written down once a minute, with how often it came', () => {
  const { audit, open, clock, kinds } = world();
  const trail = open();
  for (let k = 0; k < 50; k++) trail.recordRefusal('refused', { from: '10.0.0.1' }, 'a');
  trail.recordRefusal('refused', { from: '10.0.0.2' }, 'b');
  assert.deepEqual(kinds(), ['refused', 'refused']);
  clock.ms += 60_000;
  trail.recordRefusal('refused', { from: '10.0.0.1' }, 'a');
  assert.equal(audit.after(2, 1)[0]?.body, '{"from":"10.0.0.1","repeated":49}');
});

test('a log that says something else than it did is found', () => {
  const { audit, open, put } = world();
  put('paper.orders.filled', 3);
  open().copy();
  const other = world();
  other.put('paper.orders.filled', 1);
  const { broken } = verifyTrail(audit, undefined, other.store);
  assert.match(broken ?? '', /entry 2 was copied from paper\.orders\.filled, offset 1, which is not in the log/);
  assert.equal(verifyTrail(audit, '1'.repeat(64)).broken?.startsWith('no entry has the hash 111'), true);
});
