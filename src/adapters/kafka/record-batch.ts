// The records of one partition as they are sent, in the format of Kafka's record batches, version 2. The client library makes a
// dozen buffers of each record, which is most of what publishing costs; here a record is written once, where it is sent from.
// Source of the format: https://kafka.apache.org/documentation/#recordbatch
import { crc32c } from '@platformatic/kafka';

/** What stands beside a record's value; those that are undefined are left out. */
export interface RecordHeaders {
  readonly id: string | undefined;
  readonly producer: Buffer | undefined;
  readonly seal: string | undefined;
}

/** Who sends a batch, and which of its records to the partition is the first in it. */
export interface Sender {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly firstSequence: number;
}

/** How the records behind the head are packed. */
export interface Packing {
  /** As the format numbers it; 0 for none. */
  readonly bitmask: number;
  readonly pack: (records: Buffer) => Buffer | Promise<Buffer>;
}

/** Names of headers, as bytes. */
export const ID = Buffer.from('id');
export const PRODUCER = Buffer.from('producer');
export const SEAL = Buffer.from('seal');

const HEAD = { length: 8, leaderEpoch: 12, magic: 16, crc: 17, attributes: 21, lastDelta: 23, firstTime: 27 } as const;
const AFTER = { lastTime: 35, producerId: 43, producerEpoch: 51, sequence: 53, count: 57, records: 61 } as const;
const MAGIC = 2;
const BYTES_MIN = 4 * 1024;

export class RecordBatch {
  readonly topic: string;
  readonly partition: number;
  /** Of all records, which is when the batch was begun. Epoch milliseconds. */
  readonly #time: bigint;
  #bytes = Buffer.allocUnsafe(BYTES_MIN);
  #end: number = AFTER.records;
  #count = 0;

  constructor(topic: string, partition: number, time: number) {
    this.topic = topic;
    this.partition = partition;
    this.#time = BigInt(time);
  }

  get count(): number {
    return this.#count;
  }

  /** @param valueBytes of `value` in UTF-8 */
  add(key: Buffer, value: string, valueBytes: number, { id, producer, seal }: RecordHeaders): void {
    const [idBytes, sealBytes] = [bytesIn(id), bytesIn(seal)];
    const producerBytes = producer?.length ?? -1;
    const headers = (idBytes < 0 ? 0 : 1) + (producerBytes < 0 ? 0 : 1) + (sealBytes < 0 ? 0 : 1);
    const delta = this.#count++;
    // Attributes and the difference of the time, both 0, take a byte each.
    const size =
      2 +
      sizeOf(delta) +
      sizeOf(key.length) +
      key.length +
      sizeOf(valueBytes) +
      valueBytes +
      sizeOf(headers) +
      headerSize(ID, idBytes) +
      headerSize(PRODUCER, producerBytes) +
      headerSize(SEAL, sealBytes);
    this.#makeRoom(sizeOf(size) + size);
    this.#number(size);
    this.#number(0);
    this.#number(0);
    this.#number(delta);
    this.#number(key.length);
    this.#copy(key);
    this.#number(valueBytes);
    this.#text(value, valueBytes);
    this.#number(headers);
    if (id !== undefined) this.#header(ID, id, idBytes);
    if (producer !== undefined) this.#header(PRODUCER, producer, producerBytes);
    if (seal !== undefined) this.#header(SEAL, seal, sealBytes);
  }

  /** The batch as it is sent. The bytes are valid until the next call. */
  sealed(sender: Sender): Buffer {
    return this.#withHead(this.#bytes.subarray(0, this.#end), 0, sender);
  }

  /** The same with its records packed. */
  async packed(sender: Sender, { bitmask, pack }: Packing): Promise<Buffer> {
    const records = await pack(this.#bytes.subarray(AFTER.records, this.#end));
    return this.#withHead(Buffer.concat([Buffer.allocUnsafe(AFTER.records), records]), bitmask, sender);
  }

  #withHead(bytes: Buffer, attributes: number, { producerId, producerEpoch, firstSequence }: Sender): Buffer {
    bytes.writeBigInt64BE(0n, 0);
    bytes.writeInt32BE(bytes.length - HEAD.leaderEpoch, HEAD.length);
    bytes.writeInt32BE(0, HEAD.leaderEpoch);
    bytes.writeInt8(MAGIC, HEAD.magic);
    bytes.writeInt16BE(attributes, HEAD.attributes);
    bytes.writeInt32BE(this.#count - 1, HEAD.lastDelta);
    bytes.writeBigInt64BE(this.#time, HEAD.firstTime);
    bytes.writeBigInt64BE(this.#time, AFTER.lastTime);
    bytes.writeBigInt64BE(producerId, AFTER.producerId);
    bytes.writeInt16BE(producerEpoch, AFTER.producerEpoch);
    bytes.writeInt32BE(firstSequence, AFTER.sequence);
    bytes.writeInt32BE(this.#count, AFTER.count);
    bytes.writeUInt32BE(crc32c(bytes.subarray(HEAD.attributes)), HEAD.crc);
    return bytes;
  }

  #header(name: Buffer, value: string | Buffer, length: number): void {
    this.#number(name.length);
    this.#copy(name);
    this.#number(length);
    if (typeof value === 'string') this.#text(value, length);
    else this.#copy(value);
  }

  #makeRoom(more: number): void {
    const needed = this.#end + more;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#end);
    this.#bytes = larger;
  }

  /** A number from 0 to 2^30 as the format has it: doubled, because it has a sign, and seven bits a byte. */
  #number(value: number): void {
    let left = value * 2;
    while (left > 0x7f) {
      this.#bytes[this.#end++] = (left & 0x7f) | 0x80;
      left >>>= 7;
    }
    this.#bytes[this.#end++] = left;
  }

  #copy(bytes: Buffer): void {
    // Names and keys are short: a loop is quicker than a call out of the language.
    for (const byte of bytes) this.#bytes[this.#end++] = byte;
  }

  #text(text: string, length: number): void {
    this.#bytes.write(text, this.#end, length);
    this.#end += length;
  }
}

/** -1 for none. */
function bytesIn(text: string | undefined): number {
  return text === undefined ? -1 : Buffer.byteLength(text);
}

function sizeOf(value: number): number {
  let bytes = 1;
  for (let left = value * 2; left > 0x7f; left >>>= 7) bytes++;
  return bytes;
}

function headerSize(name: Buffer, valueBytes: number): number {
  return valueBytes < 0 ? 0 : sizeOf(name.length) + name.length + sizeOf(valueBytes) + valueBytes;
}
