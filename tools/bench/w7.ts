// `npm run bench -- w7`: our log on a real broker against a raw client loop on the same broker, with the same records in the
// same batches: throughput of writing and of reading, and what our log adds to the way of one message.
import { parseArgs } from 'node:util';
import {
  Admin,
  Consumer,
  MessagesStreamModes,
  ProduceAcks,
  Producer,
  type MessageToProduce,
} from '@platformatic/kafka';
import { openKafkaLog } from '#adapters/kafka/event-log.ts';
import { type EventLog, type NewMessage } from '#ports/event-log.ts';
import { startBroker } from '../dev-broker/broker.ts';
import { medianOf, ratioOf, type Ratio } from './paired.ts';

const THROUGHPUT_MIN = 0.7;
const ADDED_MS_MAX = 1;
const RECORDS = 400_000;
const BATCH = 1_000;
/** What one turn of a consumer reads. */
const READ_AT_ONCE = 512;
const HOPS = 300;
const PAIRS = 7;

/** One record, 200 bytes as an order's event roughly is. */
function record(topic: string, k: number): NewMessage {
  return {
    topic,
    key: 'momentum:738561',
    id: `w7.${k}`,
    value: JSON.stringify({ id: `w7.${k}`, text: 'x'.repeat(160) }),
  };
}

interface Side {
  /** Writes all records to a topic; records a second. */
  write(topic: string): Promise<number>;
  /** Reads them all; records a second. Throws when one is missing, doubled or out of its order. */
  read(topic: string): Promise<number>;
  /** From before the write to the read of one message at a time, in milliseconds; the median. */
  hop(topic: string): Promise<number>;
  close(): Promise<void>;
}

export async function benchW7(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { pairs: { type: 'string', default: `${PAIRS}` }, json: { type: 'boolean', default: false } },
  });
  const broker = await startBroker();
  if ('missing' in broker) {
    console.error(`bench w7 needs a Kafka: ${broker.missing}`);
    return 2;
  }
  try {
    return report(await measure(broker.bootstrapServers, Number(values.pairs)), values.json);
  } finally {
    await broker.stop();
  }
}

interface Figures {
  readonly write: Ratio;
  readonly read: Ratio;
  readonly ourHopMs: number;
  readonly rawHopMs: number;
  readonly rawWrite: number;
  readonly rawRead: number;
}

async function measure(servers: readonly string[], pairs: number): Promise<Figures> {
  const admin = new Admin({ clientId: 'w7', bootstrapBrokers: [...servers] });
  const sides = { ours: new Ours(servers), raw: new Raw(servers) };
  const found = { ours: empty(), raw: empty() };
  for (let pair = 0; pair < pairs; pair++) {
    const order = pair % 2 === 0 ? (['ours', 'raw'] as const) : (['raw', 'ours'] as const);
    for (const name of order) {
      const [topic, hops] = [`w7.${name}.${pair}`, `w7.${name}.${pair}.hops`];
      await admin.createTopics({ topics: [topic, hops], partitions: 1, replicas: 1 });
      const [side, kept] = [sides[name], found[name]];
      kept.write.push(await side.write(topic));
      kept.read.push(await side.read(topic));
      kept.hop.push(await side.hop(hops));
    }
  }
  await Promise.all([sides.ours.close(), sides.raw.close(), admin.close()]);
  return {
    write: ratioOf(found.ours.write, found.raw.write),
    read: ratioOf(found.ours.read, found.raw.read),
    ourHopMs: medianOf(found.ours.hop),
    rawHopMs: medianOf(found.raw.hop),
    rawWrite: medianOf(found.raw.write),
    rawRead: medianOf(found.raw.read),
  };
}

function empty(): { write: number[]; read: number[]; hop: number[] } {
  return { write: [], read: [], hop: [] };
}

class Ours implements Side {
  readonly #log: EventLog;

  constructor(servers: readonly string[]) {
    this.#log = openKafkaLog({ bootstrapServers: servers, clientId: 'w7-ours' });
  }

  async write(topic: string): Promise<number> {
    const from = performance.now();
    for (let k = 0; k < RECORDS; k += BATCH) {
      await this.#log.append(Array.from({ length: BATCH }, (_, i) => record(topic, k + i)));
    }
    return perSecond(from);
  }

  async read(topic: string): Promise<number> {
    const from = performance.now();
    const check = new Check();
    while (!check.done) {
      for (const { id } of await this.#log.read(topic, check.next, READ_AT_ONCE)) check.take(id ?? '');
    }
    return perSecond(from);
  }

  async hop(topic: string): Promise<number> {
    let wake: () => void = () => undefined;
    const unsubscribe = this.#log.subscribe([topic], () => wake());
    const times: number[] = [];
    for (let k = 0; k < HOPS; k++) {
      const from = performance.now();
      let woken = new Promise<void>((resolve) => (wake = resolve));
      const appended = this.#log.append([record(topic, k)]);
      while ((await this.#log.read(topic, k, 1)).length === 0) {
        await woken;
        woken = new Promise<void>((resolve) => (wake = resolve));
      }
      times.push(performance.now() - from);
      await appended;
    }
    unsubscribe();
    return medianOf(times);
  }

  close(): Promise<void> {
    return this.#log.close();
  }
}

class Raw implements Side {
  readonly #servers: string[];
  readonly #producer: Producer;
  #groups = 0;

  constructor(servers: readonly string[]) {
    this.#servers = [...servers];
    this.#producer = new Producer({
      clientId: 'w7-raw',
      bootstrapBrokers: this.#servers,
      idempotent: true,
      producerId: -1n,
      producerEpoch: -1,
      acks: ProduceAcks.ALL,
    });
  }

  async write(topic: string): Promise<number> {
    const from = performance.now();
    for (let k = 0; k < RECORDS; k += BATCH) {
      await this.#producer.send({ messages: Array.from({ length: BATCH }, (_, i) => made(topic, k + i)) });
    }
    return perSecond(from);
  }

  async read(topic: string): Promise<number> {
    const consumer = this.#consumer();
    const stream = await consumer.consume({ topics: [topic], mode: MessagesStreamModes.EARLIEST, autocommit: false });
    // From the first message on: joining a group is no part of reading.
    let from = performance.now();
    const check = new Check();
    for await (const { key, value, headers } of stream) {
      if (check.next === 0) from = performance.now();
      // As text, which is what anybody reads a record for.
      if (key.toString() + value.toString() === '') throw new Error('expected a record with a text');
      check.take(headers.get(ID)?.toString() ?? idOf(headers));
      if (check.done) break;
    }
    const rate = perSecond(from);
    await consumer.close(true);
    return rate;
  }

  async hop(topic: string): Promise<number> {
    const consumer = this.#consumer();
    const stream = await consumer.consume({ topics: [topic], mode: MessagesStreamModes.EARLIEST, autocommit: false });
    const messages = stream[Symbol.asyncIterator]();
    const times: number[] = [];
    for (let k = 0; k < HOPS; k++) {
      const from = performance.now();
      const sent = this.#producer.send({ messages: [made(topic, k)] });
      await messages.next();
      times.push(performance.now() - from);
      await sent;
    }
    await consumer.close(true);
    return medianOf(times);
  }

  close(): Promise<void> {
    return this.#producer.close();
  }

  #consumer(): Consumer {
    const groupId = `w7-${process.pid}-${++this.#groups}`;
    return new Consumer({
      clientId: 'w7-raw',
      groupId,
      bootstrapBrokers: this.#servers,
      maxWaitTime: 500,
      minBytes: 1,
    });
  }
}

const ID = Buffer.from('id');

function made(topic: string, k: number): MessageToProduce {
  const { key, id, value } = record(topic, k);
  const headers = new Map([[ID, Buffer.from(id ?? '')]]);
  return { topic, partition: 0, key: Buffer.from(key), value: Buffer.from(value), headers };
}

/** Keys of a map of buffers are found by identity alone. */
function idOf(headers: ReadonlyMap<Buffer, Buffer>): string {
  for (const [name, value] of headers) if (name.equals(ID)) return value.toString();
  return '';
}

/** The answer is checked while it is measured: each record once, in its order. */
class Check {
  next = 0;

  get done(): boolean {
    return this.next === RECORDS;
  }

  take(id: string): void {
    if (id !== `w7.${this.next}`) throw new Error(`expected the record w7.${this.next}, found ${JSON.stringify(id)}`);
    this.next++;
  }
}

function perSecond(from: number): number {
  return (RECORDS / (performance.now() - from)) * 1_000;
}

function report({ write, read, ourHopMs, rawHopMs, rawWrite, rawRead }: Figures, asJson: boolean): number {
  const added = ourHopMs - rawHopMs;
  if (!asJson) {
    console.log(`w7: writing at ${write.median.toFixed(2)} times the raw client's rate, must be >= ${THROUGHPUT_MIN}`);
    console.log(`w7: reading at ${read.median.toFixed(2)} times the raw client's rate, must be >= ${THROUGHPUT_MIN}`);
    console.log(
      `w7: a hop takes ${ourHopMs.toFixed(2)} ms, ${added.toFixed(2)} more than raw, must be <= ${ADDED_MS_MAX} more`,
    );
  }
  const figures = {
    write,
    read,
    our_hop_p50_ms: ourHopMs,
    raw_hop_p50_ms: rawHopMs,
    raw_write: rawWrite,
    raw_read: rawRead,
  };
  console.log(JSON.stringify(figures));
  return write.median >= THROUGHPUT_MIN && read.median >= THROUGHPUT_MIN && added <= ADDED_MS_MAX ? 0 : 1;
}
