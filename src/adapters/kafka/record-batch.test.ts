// Our batches against those of the client library, byte for byte.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  compressionsAlgorithms,
  createRecordsBatch,
  NumericMap,
  Reader,
  readRecordsBatch,
  type CreateRecordsBatchOptions,
} from '@platformatic/kafka';
import { ID, PRODUCER, RecordBatch, SEAL, type RecordHeaders } from './record-batch.ts';

const TIME = Date.UTC(2026, 0, 5, 4);
const SENDER = { producerId: 4_711n, producerEpoch: 3, firstSequence: 70_000 };
const ORIGIN = Buffer.from('platform-1');

interface Given {
  readonly key: string;
  readonly value: string;
  readonly headers: Partial<RecordHeaders>;
}

describe('record batch', () => {
  const cases: Readonly<Record<string, readonly Given[]>> = {
    'one record': [{ key: 'k', value: '{"a":1}', headers: { id: 'an-id' } }],
    'nothing beside a value': [{ key: '', value: '', headers: {} }],
    'every header': [{ key: '256265', value: 'x', headers: { id: 'i', producer: ORIGIN, seal: 's' } }],
    'letters of several bytes': [{ key: 'र', value: '₹ 1,000 — नमस्ते 🐼', headers: { id: 'é', seal: '€' } }],
    'long values': [64, 8_191, 8_192, 1_048_576].map((length) => ({
      key: 'k'.repeat(Math.min(length, 300)),
      value: 'v'.repeat(length),
      headers: { id: 'i'.repeat(130) },
    })),
    'many records': Array.from({ length: 20_000 }, (_, k) => ({
      key: `${k % 50}`,
      value: JSON.stringify({ k }),
      headers: { id: `id-${k}`, ...(k % 2 === 0 && { producer: ORIGIN }) },
    })),
  };
  for (const [name, given] of Object.entries(cases)) {
    it(`has the bytes of the library's: ${name}`, () => {
      const expected = createRecordsBatch(given.map(messageOf), optionsOf()).buffer;
      assert.ok(batchOf(given).sealed(SENDER).equals(expected));
    });
  }

  it('is sent again by another producer with all that it held', () => {
    const batch = batchOf(cases['every header'] ?? []);
    batch.sealed(SENDER);
    const again = readRecordsBatch(Reader.from(batch.sealed({ producerId: 9n, producerEpoch: 0, firstSequence: 0 })));
    assert.equal(again.producerId, 9n);
    assert.equal(again.firstSequence, 0);
    assert.deepEqual(again.records[0]?.value?.toString(), 'x');
  });

  it('has packed records that the library unpacks', async () => {
    const given = cases['many records'] ?? [];
    const { bitmask, compressSync } = compressionsAlgorithms.gzip;
    const packed = await batchOf(given).packed(SENDER, { bitmask, pack: compressSync });
    assert.ok(packed.length < batchOf(given).sealed(SENDER).length);
    const { records } = readRecordsBatch(Reader.from(packed));
    assert.deepEqual(
      records.map(({ value }) => value?.toString()),
      given.map(({ value }) => value),
    );
  });
});

function batchOf(given: readonly Given[]): RecordBatch {
  const batch = new RecordBatch('paper.orders.filled', 2, TIME);
  for (const { key, value, headers } of given) {
    const { id, producer, seal } = headers;
    batch.add(Buffer.from(key), value, Buffer.byteLength(value), { id, producer, seal });
  }
  assert.equal(batch.count, given.length);
  return batch;
}

function messageOf({ key, value, headers: { id, producer, seal } }: Given) {
  const headers = new Map<Buffer, Buffer>();
  if (id !== undefined) headers.set(ID, Buffer.from(id));
  if (producer !== undefined) headers.set(PRODUCER, producer);
  if (seal !== undefined) headers.set(SEAL, Buffer.from(seal));
  const place = { topic: 'paper.orders.filled', partition: 2, timestamp: BigInt(TIME) };
  return { ...place, key: Buffer.from(key), value: Buffer.from(value), headers };
}

function optionsOf(): Partial<CreateRecordsBatchOptions> {
  const { producerId, producerEpoch, firstSequence } = SENDER;
  return { producerId, producerEpoch, sequences: new NumericMap([['paper.orders.filled:2', firstSequence]]) };
}
