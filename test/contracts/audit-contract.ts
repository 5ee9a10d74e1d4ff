// What every audit trail does, whatever keeps it: one suite that each adapter's test runs.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { type AuditStore } from '#ports/audit.ts';
import { AUDIT_START, breakAt, type AuditFact } from '#wire/audit.ts';

const fact = (at: number, kind = 'signed_in'): AuditFact => ({ at, kind, body: `{"n":${at},"odd":"“ü”\\u0000"}` });
const copied = (topic: string, offset: number): AuditFact => ({
  ...fact(offset, 'order_filled'),
  source: { topic, offset },
});

/** @param place makes a place that holds one; what it gives opens it, several times at once if wanted */
export function auditContract(name: string, place: (t: TestContext) => () => AuditStore): void {
  describe(`${name} as an audit trail`, () => {
    it('is empty at first, and gives back what was appended as one chain', (t) => {
      const trail = place(t)();
      assert.deepEqual(trail.head(), AUDIT_START);
      assert.deepEqual(trail.after(0, 10), []);
      assert.equal(trail.append([fact(1), fact(2)])?.seq, 2);
      const newest = trail.append([{ ...fact(3), body: 'no JSON: \u0000 \u0001' }, copied('paper.orders.filled', 0)]);
      assert.deepEqual(trail.head(), newest);
      const entries = trail.after(0, 10);
      assert.deepEqual(
        entries.map(({ seq, at, source }) => [seq, at, source]),
        [
          [1, 1, undefined],
          [2, 2, undefined],
          [3, 3, undefined],
          [4, 0, { topic: 'paper.orders.filled', offset: 0 }],
        ],
      );
      assert.equal(entries[2]?.body, 'no JSON: \u0000 \u0001');
      let head = AUDIT_START;
      for (const entry of entries) {
        assert.equal(breakAt(head, entry), undefined);
        head = entry;
      }
      assert.equal(head.hash, newest?.hash);
      assert.deepEqual(trail.after(1, 2), entries.slice(1, 3));
      assert.deepEqual(trail.append([]), newest);
      trail.close();
    });

    it('takes what the log holds once, and knows how far it has copied', (t) => {
      const trail = place(t)();
      trail.append([copied('paper.orders.filled', 0), copied('paper.orders.filled', 1)]);
      trail.append([copied('zerodha.orders.filled', 4)]);
      assert.equal(trail.append([fact(9), copied('paper.orders.filled', 1)]), undefined);
      assert.equal(trail.head().seq, 3);
      assert.deepEqual(
        new Map(trail.copiedTo()),
        new Map([
          ['paper.orders.filled', 2],
          ['zerodha.orders.filled', 5],
        ]),
      );
      trail.close();
    });

    it('stays one chain when several append', (t) => {
      const open = place(t);
      const trails = [open(), open(), open()];
      for (let k = 0; k < 30; k++) trails[k % 3]?.append([fact(k)]);
      let head = AUDIT_START;
      for (const entry of trails[0]?.after(0, 100) ?? []) {
        assert.equal(breakAt(head, entry), undefined);
        head = entry;
      }
      assert.equal(head.seq, 30);
      for (const trail of trails) trail.close();
    });
  });
}
