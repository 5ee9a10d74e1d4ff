// A commit as bytes, for the file that is written ahead of the database. An order waits for it, so that all of its texts are
// joined and turned into bytes at once, which takes a third of the time of one after the other.
import { crc32 } from 'node:zlib';
import { type NewMessage } from '#ports/event-log.ts';
import { type Commit, type GroupOffset, type InputKind, type NewInput, type RowChange } from '#ports/store.ts';

/** A commit, and where in the store it belongs. */
export interface CommitRecord {
  readonly commit: Omit<Commit, 'snapshot'>;
  /** seq of the newest input before the commit. */
  readonly afterSeq: number;
  readonly appendedAt: number;
}

/*
 * Layout, in bytes: magic u32, CRC-32 u32 of what follows, how many numbers u32, where the texts end u32, where the record
 * ends u32, zero u32; the numbers f64; the texts in UTF-8 without anything between them; the binary bodies likewise. The
 * numbers are afterSeq, appendedAt, how many inputs, messages, rows and offsets, and then in the order of the commit every
 * number and the length of every text in UTF-16 units; -1 stands for a text that is not there.
 */
const MAGIC = 0x4150_5741;
const HEADER_BYTES = 24;
const ABSENT = -1;
/** UTF-8 takes at most so many bytes for one UTF-16 unit. */
const BYTES_PER_UNIT = 3;
/** Numbers of one input, message, row or offset, at most. */
const NUMBERS_PER_PART = 5;

/** Writes records into a place of a fixed size. */
export class RecordWriter {
  /** Where a record lies after `write`. */
  readonly buffer: Buffer;
  readonly #view: DataView;
  #numbers = 0;

  constructor(bytes: number) {
    this.buffer = Buffer.alloc(bytes);
    this.#view = new DataView(this.buffer.buffer, this.buffer.byteOffset, bytes);
  }

  /** Writes the record at the buffer's beginning and returns its length; undefined when it does not fit. */
  write({ commit, afterSeq, appendedAt }: CommitRecord): number | undefined {
    const { inputs, messages, rows, offsets } = commit;
    const parts = inputs.length + messages.length + rows.length + offsets.length;
    const numbersMax = 6 + parts * NUMBERS_PER_PART;
    if (HEADER_BYTES + numbersMax * 8 > this.buffer.length) return undefined;
    this.#numbers = 0;
    this.#number(afterSeq);
    this.#number(appendedAt);
    this.#number(inputs.length);
    this.#number(messages.length);
    this.#number(rows.length);
    this.#number(offsets.length);
    let text = '';
    let bodyBytes = 0;
    for (const { kind, at, ticks, body } of inputs) {
      const isText = typeof body === 'string';
      this.#number(kind.length);
      this.#number(at);
      this.#number(ticks);
      this.#number(isText ? 1 : 0);
      this.#number(isText ? body.length : body.byteLength);
      text += isText ? kind + body : kind;
      if (!isText) bodyBytes += body.byteLength;
    }
    for (const { topic, key, id, value, own } of messages) {
      this.#number(topic.length);
      this.#number(key.length);
      this.#number(id?.length ?? ABSENT);
      this.#number(value.length);
      this.#number(own === true ? 1 : 0);
      text += topic + key + (id ?? '') + value;
    }
    for (const { kind, broker, id, value } of rows) {
      this.#number(kind.length);
      this.#number(broker.length);
      this.#number(id.length);
      this.#number(value?.length ?? ABSENT);
      text += kind + broker + id + (value ?? '');
    }
    for (const { group, topic, offset } of offsets) {
      this.#number(group.length);
      this.#number(topic.length);
      this.#number(offset);
      text += group + topic;
    }
    return this.#finish(text, inputs, bodyBytes);
  }

  #number(value: number): void {
    this.#view.setFloat64(HEADER_BYTES + this.#numbers++ * 8, value, true);
  }

  #finish(text: string, inputs: readonly NewInput[], bodyBytes: number): number | undefined {
    const { buffer } = this;
    const textAt = HEADER_BYTES + this.#numbers * 8;
    if (textAt + text.length * BYTES_PER_UNIT + bodyBytes > buffer.length) return undefined;
    const bodiesAt = textAt + buffer.write(text, textAt);
    let end = bodiesAt;
    for (const { body } of inputs) {
      if (typeof body === 'string') continue;
      buffer.set(body, end);
      end += body.byteLength;
    }
    const view = this.#view;
    view.setUint32(0, MAGIC, true);
    view.setUint32(8, this.#numbers, true);
    view.setUint32(12, bodiesAt, true);
    view.setUint32(16, end, true);
    view.setUint32(4, crc32(buffer.subarray(8, end)), true);
    return end;
  }
}

/** The record at the buffer's beginning; undefined when there is none, or one that was not written to its end. */
export function readRecord(buffer: Buffer): CommitRecord | undefined {
  if (buffer.length < HEADER_BYTES || buffer.readUInt32LE(0) !== MAGIC) return undefined;
  const textAt = HEADER_BYTES + buffer.readUInt32LE(8) * 8;
  const bodiesAt = buffer.readUInt32LE(12);
  const end = buffer.readUInt32LE(16);
  if (end > buffer.length || crc32(buffer.subarray(8, end)) !== buffer.readUInt32LE(4)) return undefined;
  const reader = new Reader(
    buffer.subarray(HEADER_BYTES, textAt),
    buffer.toString('utf8', textAt, bodiesAt),
    buffer.subarray(bodiesAt, end),
  );
  const [afterSeq, appendedAt] = [reader.number(), reader.number()];
  const [inputs, messages, rows, offsets] = [reader.number(), reader.number(), reader.number(), reader.number()];
  const commit = {
    inputs: times(inputs, () => reader.input()),
    messages: times(messages, () => reader.message()),
    rows: times(rows, () => reader.row()),
    offsets: times(offsets, () => reader.offset()),
  };
  return { commit, afterSeq, appendedAt };
}

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}

/** Reads what `writeRecord` wrote; the check sum has said that it is whole. */
class Reader {
  readonly #numbers: Buffer;
  readonly #text: string;
  readonly #bodies: Uint8Array;
  #numberAt = 0;
  #textAt = 0;
  #bodyAt = 0;

  constructor(numbers: Buffer, text: string, bodies: Uint8Array) {
    this.#numbers = numbers;
    this.#text = text;
    this.#bodies = bodies;
  }

  number(): number {
    this.#numberAt += 8;
    return this.#numbers.readDoubleLE(this.#numberAt - 8);
  }

  input(): NewInput {
    const kind = this.#take(this.number()) as InputKind;
    const [at, ticks, isText, length] = [this.number(), this.number(), this.number() === 1, this.number()];
    if (isText) return { kind, at, ticks, body: this.#take(length) };
    this.#bodyAt += length;
    // In memory of its own, which lies as columns of eight bytes need it.
    return { kind, at, ticks, body: new Uint8Array(this.#bodies.subarray(this.#bodyAt - length, this.#bodyAt)) };
  }

  message(): NewMessage {
    const [topic, key] = [this.#take(this.number()), this.#take(this.number())];
    const message = { topic, key, id: this.#optional(this.number()), value: this.#take(this.number()) };
    return this.number() === 1 ? { ...message, own: true } : message;
  }

  row(): RowChange {
    const kind = this.#take(this.number()) as RowChange['kind'];
    const [broker, id] = [this.#take(this.number()), this.#take(this.number())];
    return { kind, broker, id, value: this.#optional(this.number()) };
  }

  offset(): GroupOffset {
    return { group: this.#take(this.number()), topic: this.#take(this.number()), offset: this.number() };
  }

  #optional(length: number): string | undefined {
    return length === ABSENT ? undefined : this.#take(length);
  }

  #take(length: number): string {
    this.#textAt += length;
    return this.#text.slice(this.#textAt - length, this.#textAt);
  }
}
