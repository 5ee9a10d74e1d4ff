// A journal of a run on disk: blocks one after the other, each of them whole when its check holds. What a run that was cut off
// has written stays readable up to its last whole block.
import { closeSync, fstatSync, openSync, readSync, writevSync } from 'node:fs';
import { EventFrameError } from '#wire/event-frame.ts';
import { TickFrameError } from '#wire/tick-frame.ts';
import { RequestError } from '../reading/open-store.ts';

/*
 * A block, in bytes: magic 'APJB' u32, kind u32, length u32, zero u32; the content; zeros up to a multiple of 8. Contents of
 * ticks and events have check sums of their own.
 */
const MAGIC = 0x424a_5041;
const HEAD_BYTES = 16;
const ALIGNMENT = 8;
/** A block that says it is longer was not written by us. */
const CONTENT_MAX = 1 << 30;

/**
 * `plan`: what was run, the first block. `ticks`, or a `clock` that went on without one, each followed by the `events` that it
 * led to, if any. `end`: the last block.
 */
export const BLOCK_KINDS = ['plan', 'ticks', 'clock', 'events', 'end'] as const;
export type BlockKind = (typeof BLOCK_KINDS)[number];

export interface Block {
  readonly kind: BlockKind;
  /** At a place in memory that is a multiple of 8. */
  readonly content: Uint8Array;
}

const ZEROS = new Uint8Array(ALIGNMENT);

/** Writes blocks to a file that is begun anew. */
export class JournalFile {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openFor(path, 'w', 'written');
  }

  /** Writes blocks in one go; their contents may change afterwards. */
  write(blocks: readonly Block[]): void {
    const parts = blocks.flatMap(({ kind, content }) => {
      const head = new Uint32Array([MAGIC, BLOCK_KINDS.indexOf(kind), content.length, 0]);
      return [new Uint8Array(head.buffer), content, ZEROS.subarray(0, padding(content.length))];
    });
    const wanted = parts.reduce((sum, part) => sum + part.length, 0);
    let written = writevSync(this.#file, parts);
    if (written === wanted) return;
    // A file system that is nearly full takes a part; the rest says why not.
    const rest = Buffer.concat(parts);
    while (written < wanted) written += writevSync(this.#file, [rest.subarray(written)]);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** What `read` gives; a frame of this journal that cannot be read is told as a trouble of the journal. */
export function readable<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof EventFrameError || error instanceof TickFrameError) {
      throw new RequestError(`${path}: ${error.message}`);
    }
    throw error;
  }
}

/** The blocks of a journal, one in memory at a time. Throws `RequestError` where it is no journal, or is cut off. */
export function* readJournal(path: string): Generator<Block> {
  const file = openFor(path, 'r', 'read');
  try {
    const { size } = fstatSync(file);
    const head = new Uint32Array(HEAD_BYTES / 4);
    for (let at = 0; at < size;) {
      const read = readSync(file, head, 0, HEAD_BYTES, at);
      const [magic, number = 0, length = 0] = head;
      const kind = BLOCK_KINDS[number];
      if (read < HEAD_BYTES || magic !== MAGIC || kind === undefined || length > CONTENT_MAX) {
        throw new RequestError(`${path}: expected a block of a journal at byte ${at}, found something else${hint(at)}`);
      }
      if (at + HEAD_BYTES + length > size) {
        throw new RequestError(`${path}: expected ${length} bytes from byte ${at} on, found the end${hint(at)}`);
      }
      const content = new Uint8Array(length);
      readSync(file, content, 0, length, at + HEAD_BYTES);
      yield { kind, content };
      at += HEAD_BYTES + length + padding(length);
    }
  } finally {
    closeSync(file);
  }
}

function hint(at: number): string {
  return at === 0
    ? '; hand in what `backtest --journal` wrote'
    : '; what lies before it was read, make the journal anew for the rest';
}

function padding(length: number): number {
  return (ALIGNMENT - (length % ALIGNMENT)) % ALIGNMENT;
}

function openFor(path: string, flags: 'r' | 'w', what: string): number {
  try {
    return openSync(path, flags, 0o600);
  } catch (error) {
    throw new RequestError(`the journal ${path} cannot be ${what}: ${(error as Error).message}`);
  }
}
