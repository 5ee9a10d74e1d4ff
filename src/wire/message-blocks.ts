// Many messages of one topic in one commit, kept as one compressed block: a recorded day makes hundreds of thousands of
// signals, and written one by one they would be most of the disk and of the time. A message that came alone, and every
// order, control and ledger event, stays a row of its own that a person can read.
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { invariant } from '#core/invariant.ts';
import { quoted } from './envelope.ts';
import { parseTopic, STREAMS } from './topics.ts';

/** What a block keeps of a message, and what tells whether it may be kept in one. */
export interface BlockMessage {
  readonly topic: string;
  readonly key: string;
  readonly id: string | undefined;
  readonly value: string;
  readonly own?: true;
}

/** Fewer than this are rows. */
const BLOCK_MESSAGES_MIN = 16;

/** Whether messages of a topic may be kept in blocks: only what retention treats as fleeting. */
export function mayBlock(topic: string): boolean {
  const parsed = parseTopic(topic);
  return parsed?.scope === 'broker' && !parsed.deadLetters && STREAMS[parsed.stream].retention === 'signal';
}

/** Takes apart which messages of a commit become blocks, by topic, and which become rows; both in their order. */
export function splitMessages<Message extends BlockMessage>(
  messages: readonly Message[],
): {
  readonly blocks: ReadonlyMap<string, readonly Message[]>;
  readonly rows: readonly Message[];
} {
  if (messages.length < BLOCK_MESSAGES_MIN) return { blocks: NO_BLOCKS, rows: messages };
  const byTopic = new Map<string, Message[]>();
  for (const message of messages) {
    const same = byTopic.get(message.topic);
    if (same === undefined) byTopic.set(message.topic, [message]);
    else same.push(message);
  }
  for (const [topic, same] of byTopic) {
    const whole = same.length >= BLOCK_MESSAGES_MIN && mayBlock(topic) && same.every(({ own }) => own === true);
    if (!whole) byTopic.delete(topic);
  }
  if (byTopic.size === 0) return { blocks: NO_BLOCKS, rows: messages };
  return { blocks: byTopic, rows: messages.filter(({ topic }) => !byTopic.has(topic)) };
}

const NO_BLOCKS: ReadonlyMap<string, never> = new Map<string, never>();

/**
 * Two lines a message: its id and key, and its value, which is JSON text without a line break. The block is good while
 * `use` runs.
 */
export function packBlock(messages: readonly BlockMessage[], use: (block: Uint8Array) => void): void {
  let length = 0;
  for (const { id, key, value } of messages) {
    const head = `[${id === undefined ? 'null' : quoted(id)},${quoted(key)}]\n`;
    const text = length === 0 ? head : `\n${head}`;
    makeRoom(length, (text.length + value.length) * UTF8_BYTES_MAX);
    length += unpacked.write(text, length);
    length += unpacked.write(value, length);
  }
  const chunkSize = Math.max(length, PACKED_BYTES_MIN);
  const packed = zstdCompressSync(unpacked.subarray(0, length), { chunkSize, params: { [ZSTD_LEVEL]: 1 } });
  use(packed);
  giveBack(packed);
}

/**
 * The compressor stays until the collector has looked at what is old, and with it the memory that it wrote into: 16 KiB each
 * time, tens of megabytes in an hour. Large enough it is taken for this block alone and not out of the common pool, so that it
 * can be given back.
 */
const PACKED_BYTES_MIN = Buffer.poolSize;

function giveBack({ buffer }: Uint8Array<ArrayBuffer>): void {
  if (buffer.byteLength >= PACKED_BYTES_MIN) buffer.transfer(0);
}

/** Bytes that one unit of a text may take. */
const UTF8_BYTES_MAX = 3;
/** What is being packed; the same memory for every block, since a commit of a busy moment has megabytes of it. */
let unpacked = Buffer.allocUnsafeSlow(1 << 20);

function makeRoom(length: number, more: number): void {
  if (length + more <= unpacked.length) return;
  const larger = Buffer.allocUnsafeSlow((length + more) * 2);
  larger.set(unpacked.subarray(0, length));
  unpacked = larger;
}

/** `zlib.constants.ZSTD_c_compressionLevel`. */
const ZSTD_LEVEL = 100;

/** The messages of a block that begins at offset `first`. Throws when the block is not whole. */
export function unpackBlock(
  topic: string,
  first: number,
  count: number,
  body: Uint8Array,
): readonly (BlockMessage & { readonly offset: number })[] {
  const lines = zstdDecompressSync(body).toString('utf8').split('\n');
  invariant(lines.length === count * 2, `a block of ${count} messages of ${topic} has ${lines.length} lines`);
  return Array.from({ length: count }, (_, k) => {
    const [id, key] = JSON.parse(lines[k * 2] ?? '') as [string | null, string];
    return { topic, offset: first + k, id: id ?? undefined, key, value: lines[k * 2 + 1] ?? '' };
  });
}
