import assert from 'node:assert/strict';
import { it } from 'node:test';
import {
  type Arbitrary,
  assert as assertProperty,
  array,
  constant,
  constantFrom,
  integer,
  nat,
  oneof,
  option,
  property,
  record,
  string,
  uint8Array,
} from 'fast-check';
import { commitOf, message } from '../../../test/contracts/commits.ts';
import { readRecord, RecordWriter, type CommitRecord } from './commit-record.ts';

const text = string({ unit: 'grapheme', maxLength: 12 });
const count = nat(0xffff_ffff);
const optional = option(text, { nil: undefined });
const input = oneof(
  record({ kind: constant('ticks' as const), at: count, ticks: count, body: uint8Array({ maxLength: 40 }) }),
  record({ kind: constant('report' as const), at: count, ticks: constant(0), body: text }),
);
const plain = record({ topic: text, key: text, id: optional, value: text });
const own = plain.map((each) => ({ ...each, own: true as const }));
const kind = constantFrom('book' as const, 'order' as const);
const commitRecord: Arbitrary<CommitRecord> = record({
  commit: record({
    inputs: array(input, { maxLength: 4 }),
    messages: array(oneof(plain, own), { maxLength: 6 }),
    rows: array(record({ kind, broker: text, id: text, value: optional }), { maxLength: 4 }),
    offsets: array(record({ group: text, topic: text, offset: count }), { maxLength: 4 }),
  }),
  afterSeq: count,
  appendedAt: integer({ min: 0, max: 4_102_444_800_000 }),
});

it('gives back every record as it was, over whatever lay there before', () => {
  const writer = new RecordWriter(16 * 1024);
  assertProperty(
    property(commitRecord, (written) => {
      const length = writer.write(written);
      assert.ok(length !== undefined && length <= writer.buffer.length);
      assert.deepEqual(readRecord(writer.buffer), structuredClone(written));
    }),
  );
});

it('takes no record for one when a part of it was not written', () => {
  const writer = new RecordWriter(16 * 1024);
  assertProperty(
    property(commitRecord, nat(), integer({ min: 1, max: 255 }), (written, place, change) => {
      const length = writer.write(written) as number;
      const bytes = Buffer.from(writer.buffer.subarray(0, length));
      // The last four bytes of the header are not used.
      const at = place % length >= 20 && place % length < 24 ? 0 : place % length;
      bytes[at] = (bytes[at] as number) ^ change;
      assert.equal(readRecord(bytes), undefined);
      assert.equal(readRecord(writer.buffer.subarray(0, place % length)), undefined);
    }),
  );
  assert.equal(readRecord(Buffer.alloc(100)), undefined);
});

it('refuses what has no room, and says how long a record is that fits exactly', () => {
  const of = (characters: number): CommitRecord => {
    const commit = commitOf({ messages: [message('a.b', 'id', 'x'.repeat(characters))] });
    return { commit, afterSeq: 1, appendedAt: 2 };
  };
  const writer = new RecordWriter(1_024);
  assert.ok((writer.write(of(250)) ?? 0) > 250);
  assert.equal(writer.write(of(1_000)), undefined);
  assert.equal(new RecordWriter(64).write(of(0)), undefined);
});
