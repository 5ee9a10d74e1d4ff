// Puts messages on the log: one request at a time, so that no later message overtakes an earlier one that is tried again.
// Appends that wait meanwhile share the next request.
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { ProduceAcks } from '@platformatic/kafka';
import { type NewMessage } from '#ports/event-log.ts';
import { BatchProducer } from './batch-producer.ts';
import { closedLog, logError, missingTopic } from './errors.ts';
import { partitionOf } from './murmur2.ts';
import { RecordBatch } from './record-batch.ts';
import { clientOptions, RETRY_PAUSE_MS, type KafkaLogSettings } from './settings.ts';

interface WaitingAppend {
  readonly messages: readonly NewMessage[];
  /** How many of them are in requests that were answered. */
  sent: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface Request {
  /** A message for each record, which is how the library numbers them; those of one place are the same. */
  readonly messages: CountedRecord[];
  /** How many messages of each append are in it. */
  readonly parts: { readonly append: WaitingAppend; readonly count: number }[];
  /** By topic and partition. */
  readonly places: Map<string, (Place | undefined)[]>;
}

interface CountedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly value: RecordBatch;
}

/** What a request holds of one partition. */
interface Place {
  bytes: number;
  readonly batch: RecordBatch;
  readonly message: CountedRecord;
}

const APPEND_MS_MAX = 60_000;
const BATCH_BYTES_MAX = 512 * 1024;
/** A request holds so many full batches at most. */
const BATCHES_MAX = 8;
/** What a record needs beside its key and value, roughly. */
const RECORD_BYTES = 64;
/** The library counts the messages of a partition in 32 bits without turning over, so a producer ends before that. */
const MESSAGES_OF_A_PRODUCER = 2 ** 30;

export class Appender {
  readonly #settings: KafkaLogSettings;
  readonly #origin: Buffer | undefined;
  /** Told where a partition ends after an append to it. */
  readonly #onEnd: (topic: string, partition: number, end: number) => void;
  #producer: BatchProducer | undefined;
  #produced = 0;
  #waiting: WaitingAppend[] = [];
  #draining: Promise<void> | undefined;
  #closed = false;

  constructor(settings: KafkaLogSettings, onEnd: (topic: string, partition: number, end: number) => void) {
    this.#settings = settings;
    this.#origin = settings.origin === undefined ? undefined : Buffer.from(settings.origin);
    this.#onEnd = onEnd;
  }

  append(messages: readonly NewMessage[]): Promise<void> {
    if (this.#closed) return Promise.reject(closedLog());
    if (messages.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ messages, sent: 0, resolve, reject });
      this.#draining ??= this.#drain();
    });
  }

  /** Finishes what waits, and takes no more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#draining;
    await this.#producer?.close(true);
  }

  async #drain(): Promise<void> {
    const { lingerMs = 0 } = this.#settings;
    // At least to the end of this turn, so that appends of one turn share a request.
    await (lingerMs > 0 ? delay(lingerMs) : turn());
    while (this.#waiting.length > 0) {
      const request = await this.#nextRequest();
      if (request.messages.length > 0) await this.#send(request);
    }
    // In the same step as the look at what waits: an append that comes later begins anew.
    this.#draining = undefined;
  }

  /** Takes messages in order, as long as no partition has more than a batch of them. */
  async #nextRequest(): Promise<Request> {
    const bytesMax = this.#settings.batchBytesMax ?? BATCH_BYTES_MAX;
    const request: Request = { messages: [], parts: [], places: new Map() };
    let total = 0;
    const waiting = this.#waiting.slice();
    for (const append of waiting) {
      let count = 0;
      for (let index = append.sent; index < append.messages.length; index++) {
        const message = append.messages[index];
        if (message === undefined) break;
        const partitions = this.#known(message.topic) ?? (await this.#ask(message.topic));
        if (partitions instanceof Error) {
          // What was taken of this append stays in the request: an append that fails may have been written in part.
          this.#giveUp(append, partitions);
          break;
        }
        const { key, value, id, own, seal } = message;
        const keyBytes = Buffer.from(key);
        const valueBytes = Buffer.byteLength(value);
        const place = placeIn(request, message.topic, partitionOf(keyBytes, partitions));
        const bytes = valueBytes + keyBytes.length + RECORD_BYTES;
        if ((place.batch.count > 0 && place.bytes + bytes > bytesMax) || total > BATCHES_MAX * bytesMax) {
          if (count > 0) request.parts.push({ append, count });
          return request;
        }
        place.batch.add(keyBytes, value, valueBytes, { id, producer: own ? this.#origin : undefined, seal });
        place.bytes += bytes;
        total += bytes;
        request.messages.push(place.message);
        count++;
      }
      request.parts.push({ append, count });
    }
    return request;
  }

  async #send({ messages, parts, places }: Request): Promise<void> {
    const producer = this.#openProducer();
    const { appendMsMax = APPEND_MS_MAX, compression = 'none', bootstrapServers } = this.#settings;
    // A producer that was told to end answers its request with an error; there is no other way to call one back.
    const deadline = setTimeout(() => void this.#endProducer(), appendMsMax);
    try {
      const { offsets = [] } = await producer.send({ messages, compression, acks: ProduceAcks.ALL });
      this.#produced += messages.length;
      for (const { topic, partition, offset } of offsets) {
        const count = places.get(topic)?.[partition]?.batch.count ?? 0;
        if (offset >= 0n) this.#onEnd(topic, partition, Number(offset) + count);
      }
      for (const { append, count } of parts) this.#finish(append, count);
    } catch (error) {
      const topics = [...new Set(messages.map(({ topic }) => topic))].join(', ');
      for (const { append } of parts) this.#giveUp(append, logError(error, `append to ${topics}`, bootstrapServers));
    } finally {
      clearTimeout(deadline);
      if (this.#produced > MESSAGES_OF_A_PRODUCER) await this.#endProducer();
    }
  }

  #finish(append: WaitingAppend, count: number): void {
    append.sent += count;
    if (append.sent < append.messages.length) return;
    this.#forget(append);
    append.resolve();
  }

  #giveUp(append: WaitingAppend, error: unknown): void {
    this.#forget(append);
    append.reject(error);
  }

  #forget(append: WaitingAppend): void {
    // Appends end in the order in which they wait, but for those that fail.
    if (this.#waiting[0] === append) this.#waiting.shift();
    else this.#waiting = this.#waiting.filter((waiting) => waiting !== append);
  }

  /** How many partitions a topic has, as the producer knows it; it asks again every few seconds. */
  #known(topic: string): number | undefined {
    return this.#producer?.currentMetadata?.topics.get(topic)?.partitionsCount;
  }

  /** The same from the brokers, or why they do not say. */
  async #ask(topic: string): Promise<number | Error> {
    const { appendMsMax = APPEND_MS_MAX, bootstrapServers } = this.#settings;
    const deadline = performance.now() + appendMsMax;
    for (;;) {
      try {
        // A topic that is not there is told at once; brokers that do not answer are asked again until the time is over.
        const { topics } = await this.#openProducer().metadata({ topics: [topic], retries: 1 });
        const found = topics.get(topic)?.partitionsCount;
        return found === undefined || found === 0 ? missingTopic(topic) : found;
      } catch (error) {
        const told = logError(error, `append to ${topic}`, bootstrapServers);
        if (told.code !== 'UNREACHABLE' || performance.now() >= deadline) return told;
        await delay(RETRY_PAUSE_MS);
      }
    }
  }

  #openProducer(): BatchProducer {
    if (this.#producer === undefined) {
      const retryMs = this.#settings.appendMsMax ?? APPEND_MS_MAX;
      this.#producer = new BatchProducer({
        ...clientOptions(this.#settings, retryMs),
        idempotent: true,
        // "None yet", as the protocol has it; the library's default is the id 0 of somebody else.
        producerId: -1n,
        producerEpoch: -1,
      });
      this.#produced = 0;
    }
    return this.#producer;
  }

  async #endProducer(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    // The next one takes its place whatever this one says at its end.
    await Promise.allSettled([producer?.close(true)]);
  }
}

function placeIn({ places }: Request, topic: string, partition: number): Place {
  let ofTopic = places.get(topic);
  if (ofTopic === undefined) places.set(topic, (ofTopic = []));
  const found = ofTopic[partition];
  if (found !== undefined) return found;
  const batch = new RecordBatch(topic, partition, Date.now());
  return (ofTopic[partition] = { bytes: 0, batch, message: { topic, partition, value: batch } });
}
