// Our produce requests against those of the client library, byte for byte, in every version that it knows.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  NumericMap,
  ProduceAcks,
  produceV10,
  produceV11,
  produceV3,
  produceV4,
  produceV5,
  produceV6,
  produceV7,
  produceV8,
  produceV9,
  type Writer,
} from '@platformatic/kafka';
import { requestOf } from './batch-producer.ts';
import { RecordBatch } from './record-batch.ts';

const TIME = Date.UTC(2026, 0, 5, 4);
const TIMEOUT = 10_000;
const VERSIONS = [
  produceV3,
  produceV4,
  produceV5,
  produceV6,
  produceV7,
  produceV8,
  produceV9,
  produceV10,
  produceV11,
] as const;
/** Of each partition that a request has something for, how many records. */
const PLACES = [
  { topic: 'market.ticks', partition: 0, count: 3 },
  { topic: 'paper.orders.filled', partition: 2, count: 1 },
  { topic: 'market.ticks', partition: 5, count: 200 },
] as const;

describe('produce requests', () => {
  for (const { api, createRequest } of VERSIONS) {
    for (const [name, places] of [
      ['one partition', PLACES.slice(0, 1)],
      ['several topics and partitions', PLACES],
    ] as const) {
      it(`have the bytes of the library's in version ${api.version}: ${name}`, () => {
        const options = {
          producerId: 4_711n,
          producerEpoch: 3,
          sequences: new NumericMap(places.map(({ topic, partition }, k) => [`${topic}:${partition}`, k * 1_000])),
        };
        const own = requestOf(api.version, ProduceAcks.ALL, TIMEOUT, places.flatMap(countedOf), options) as Writer;
        const theirs = createRequest(ProduceAcks.ALL, TIMEOUT, places.flatMap(messagesOf), options);
        assert.ok(own.buffer.equals(theirs.buffer));
      });
    }
  }
});

type Place = (typeof PLACES)[number];

function countedOf({ topic, partition, count }: Place) {
  const value = new RecordBatch(topic, partition, TIME);
  for (let k = 0; k < count; k++) {
    const text = JSON.stringify({ k });
    value.add(Buffer.from(`${k}`), text, text.length, { id: undefined, producer: undefined, seal: undefined });
  }
  return Array.from({ length: count }, () => ({ topic, partition, value }));
}

function messagesOf({ topic, partition, count }: Place) {
  return Array.from({ length: count }, (_, k) => {
    const [key, value] = [Buffer.from(`${k}`), Buffer.from(JSON.stringify({ k }))];
    return { topic, partition, key, value, timestamp: BigInt(TIME), headers: new Map<Buffer, Buffer>() };
  });
}
