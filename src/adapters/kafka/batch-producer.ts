// The library's producer, which finds leaders, numbers what it sends, and tries again; only what it sends is written by ours.
import {
  compressionsAlgorithms,
  kGetApi,
  Producer,
  Writer,
  type API,
  type Callback,
  type CompressionAlgorithmSpecification,
  type Connection,
  type NumericMap,
} from '@platformatic/kafka';
import type { Packing, RecordBatch, Sender } from './record-batch.ts';

/** From this version on requests have compact lengths and tagged fields. */
const COMPACT_FROM = 9;

/** A record as the library counts it: which batch it lies in. */
interface Counted {
  readonly topic: string;
  readonly partition: number;
  readonly value: RecordBatch;
}

interface ProduceOptions {
  readonly compression?: keyof typeof compressionsAlgorithms;
  readonly producerId?: bigint;
  readonly producerEpoch?: number;
  readonly sequences?: NumericMap;
}

type ProduceArguments = [acks: number, timeout: number, counted: readonly Counted[], options: ProduceOptions];

/** Sends batches; each is the value of as many messages as it has records, which is how the library numbers them. */
export class BatchProducer extends Producer<Buffer, RecordBatch> {
  override [kGetApi]<Arguments extends unknown[], Answer>(
    name: string,
    callback: Callback<API<Arguments, Answer>>,
  ): void {
    super[kGetApi]<Arguments, Answer>(name, (error, api) => {
      if (name !== 'Produce' || api === undefined) callback(error, api);
      else callback(error, withOwnRequests(api));
    });
  }
}

/** The same with what it sends replaced: what is answered is read by the library. */
function withOwnRequests<Given extends unknown[], Answer>(api: API<Given, Answer>): API<Given, Answer> {
  const own = (connection: Connection, ...given: unknown[]): void => {
    const [acks, timeout, counted, options] = given as ProduceArguments;
    const request = (): Writer | Promise<Writer> => requestOf(api.version, acks, timeout, counted, options);
    const through = {
      send: (...[key, version, , ...rest]: Parameters<Connection['send']>) =>
        connection.send(key, version, request, ...rest),
    };
    Reflect.apply(api, undefined, [through, ...given]);
  };
  const asPromise = async (connection: Connection, ...given: Given): Promise<Answer> => {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    own(connection, ...given, (error: unknown, answer: Answer) => {
      if (error instanceof Error) reject(error);
      else resolve(answer);
    });
    return promise;
  };
  return Object.assign(own, { async: asPromise, key: api.key, version: api.version });
}

/** A produce request: https://kafka.apache.org/protocol#The_Messages_Produce */
export function requestOf(
  version: number,
  ...[acks, timeout, counted, options]: ProduceArguments
): Writer | Promise<Writer> {
  const batches = [...new Set(counted.map(({ value }) => value))];
  const { compression = 'none' } = options;
  if (compression === 'none') {
    return writtenRequest(
      version,
      acks,
      timeout,
      batches.map((batch) => [batch, batch.sealed(senderOf(batch, options))]),
    );
  }
  const packing = packingOf(compressionsAlgorithms[compression]);
  const packed = batches.map(async (batch) => [batch, await batch.packed(senderOf(batch, options), packing)] as const);
  return Promise.all(packed).then((ready) => writtenRequest(version, acks, timeout, ready));
}

function senderOf({ topic, partition }: RecordBatch, options: ProduceOptions): Sender {
  const { producerId = -1n, producerEpoch = 0, sequences } = options;
  return { producerId, producerEpoch, firstSequence: sequences?.getWithDefault(`${topic}:${partition}`, 0) ?? 0 };
}

function packingOf({ bitmask, compress, compressSync }: CompressionAlgorithmSpecification): Packing {
  return { bitmask, pack: (records) => compress?.(records) ?? compressSync(records) };
}

function writtenRequest(
  version: number,
  acks: number,
  timeout: number,
  sealed: readonly (readonly [RecordBatch, Buffer])[],
): Writer {
  const isCompact = version >= COMPACT_FROM;
  const byTopic = Map.groupBy(sealed, ([{ topic }]) => topic);
  const writer = Writer.create()
    .appendString(undefined, isCompact)
    .appendInt16(acks)
    .appendInt32(timeout)
    .appendArray(
      [...byTopic],
      (topics, [topic, batches]) => {
        topics.appendString(topic, isCompact).appendArray(
          batches,
          (partitions, [{ partition }, bytes]) => {
            partitions.appendInt32(partition);
            if (isCompact) partitions.appendUnsignedVarInt(bytes.length + 1);
            else partitions.appendInt32(bytes.length);
            partitions.append(bytes);
          },
          isCompact,
          isCompact,
        );
      },
      isCompact,
      isCompact,
    );
  return isCompact ? writer.appendTaggedFields() : writer;
}
