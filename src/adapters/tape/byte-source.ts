// The bytes of a tape's file in chunks, unpacked on the way when it is a gzip. It is apart from the rows so that a
// damaged file is a value at the place of the damage, with every byte before it delivered.
import { type FileHandle, open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { FeedError } from './feed-error.ts';

/** A piece of the content, or why there is no more: the end, or an error that names the file. */
export type Chunk = Uint8Array | 'ended' | FeedError;

export interface ByteSource {
  /**
   * The next piece, never empty, good until the call after: its memory is used again then. One call at a time; it never
   * rejects, and repeats its last answer after the end.
   */
  next(): Promise<Chunk>;
  close(): Promise<void>;
}

const PLAIN_BYTES = 65_536;
/** Packed rows grow five times or so; the piece is small because every file of a folder holds one. */
const PACKED_BYTES = 32_768;

/** Opens a file whose name ends with `.gz` as the content that it packs, any other as it is. */
export async function openBytes(path: string): Promise<ByteSource> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw new FeedError('TAPE_MISSING', `cannot open the tape ${path}: ${messageOf(cause)}`, { cause });
  });
  return path.endsWith('.gz') ? new PackedSource(path, file) : new PlainSource(path, file);
}

class PlainSource implements ByteSource {
  readonly #path: string;
  readonly #file: FileHandle;
  #piece: Buffer | undefined;

  constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  async next(): Promise<Chunk> {
    this.#piece ??= Buffer.allocUnsafeSlow(PLAIN_BYTES);
    return readPiece(this.#path, this.#file, this.#piece);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/**
 * Feeds the unpacker one piece at a time and waits until it is taken. A pipe would hand over the last piece with the
 * end, and a truncated file would then lose what its last piece still held.
 */
class PackedSource implements ByteSource {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #unpacker = createGunzip({ chunkSize: 65_536 });
  readonly #packed = Buffer.allocUnsafeSlow(PACKED_BYTES);
  readonly #ready: Uint8Array<ArrayBuffer>[] = [];
  #given: Uint8Array<ArrayBuffer> | undefined;
  #outcome: 'ended' | FeedError | undefined;
  #settle: () => void = () => undefined;

  constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
    this.#unpacker.on('data', (piece: Uint8Array<ArrayBuffer>) => this.#ready.push(piece));
    this.#unpacker.on('end', () => this.#finish('ended'));
    this.#unpacker.on('error', (cause) => this.#finish(damaged(path, cause)));
  }

  async next(): Promise<Chunk> {
    if (this.#given !== undefined) release(this.#given);
    for (;;) {
      this.#given = this.#ready.shift();
      const piece = this.#given ?? this.#outcome;
      if (piece !== undefined) return piece;
      const packed = await readPiece(this.#path, this.#file, this.#packed);
      if (packed instanceof FeedError) this.#outcome = packed;
      else await this.#unpack(packed);
    }
  }

  async close(): Promise<void> {
    this.#unpacker.destroy();
    await this.#file.close();
  }

  /** Settles when the piece is taken, or when the unpacker has said how it ended. */
  #unpack(packed: Uint8Array | 'ended'): Promise<void> {
    return new Promise((resolve) => {
      this.#settle = resolve;
      if (packed === 'ended') this.#unpacker.end();
      else this.#unpacker.write(packed, () => resolve());
    });
  }

  #finish(outcome: 'ended' | FeedError): void {
    this.#outcome ??= outcome;
    this.#settle();
  }
}

async function readPiece(path: string, file: FileHandle, into: Buffer): Promise<Chunk> {
  try {
    const { bytesRead } = await file.read(into, 0, into.length, null);
    return bytesRead === 0 ? 'ended' : into.subarray(0, bytesRead);
  } catch (cause) {
    return damaged(path, cause);
  }
}

/**
 * Gives the memory of a piece back at once. A piece waits until its file's turn comes, so it is old when it is done with,
 * and what is old the collector looks at only when tens of megabytes have gathered. The unpacker fills a buffer with one
 * piece after the other, and takes a new one when it is full.
 */
function release({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>): void {
  if (byteOffset + byteLength === buffer.byteLength) buffer.transfer(0);
}

function damaged(path: string, cause: unknown): FeedError {
  const advice = 'The rows that could be read were used. Fetch the file again, then start again with it.';
  return new FeedError('TAPE_DAMAGED', `the tape ${path} is damaged: ${messageOf(cause)}. ${advice}`, { cause });
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
