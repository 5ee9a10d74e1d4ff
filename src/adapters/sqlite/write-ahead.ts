// The short way to the disk for a commit that an order waits for. The record of that commit is written over blocks which
// the file has and synced: a quarter of the time that the database's own commit takes, which follows when the order has
// left. The file holds one record, and it is written over only when the database has the commit.
import { closeSync, fdatasyncSync, fsyncSync, openSync, readSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { readRecord, RecordWriter, type CommitRecord } from './commit-record.ts';
import { syncDirectory } from './database.ts';

const FILE = 'ahead.bin';
/** Room for one record. A larger commit goes to the database at once. */
const BYTES = 256 * 1024;

export class WriteAhead {
  readonly path: string;
  readonly #file: number;
  readonly #writer = new RecordWriter(BYTES);

  private constructor(path: string, file: number) {
    this.path = path;
    this.#file = file;
  }

  /** Opens the file of a data directory, and makes it first when it is missing or was not made whole. */
  static open(directory: string): WriteAhead {
    const path = join(directory, FILE);
    const isWhole = statSync(path, { throwIfNoEntry: false })?.size === BYTES;
    const file = openSync(path, isWhole ? 'r+' : 'w+', 0o600);
    try {
      if (!isWhole) {
        writeSync(file, Buffer.alloc(BYTES));
        fsyncSync(file);
        syncDirectory(directory);
      }
      return new WriteAhead(path, file);
    } catch (error) {
      closeSync(file);
      throw error;
    }
  }

  /** Takes away what another database left in the directory. */
  static forget(directory: string): void {
    rmSync(join(directory, FILE), { force: true });
  }

  /** The newest record; undefined when there is none. */
  left(): CommitRecord | undefined {
    const bytes = Buffer.alloc(BYTES);
    readSync(this.#file, bytes, 0, BYTES, 0);
    return readRecord(bytes);
  }

  /** Makes the record durable; false when there is no room for it, and nothing was written. */
  put(record: CommitRecord): boolean {
    const length = this.#writer.write(record);
    if (length === undefined) return false;
    const written = writeSync(this.#file, this.#writer.buffer, 0, length, 0);
    if (written !== length) throw new Error(`wrote ${written} of ${length} bytes to ${this.path}`);
    fdatasyncSync(this.#file);
    return true;
  }

  /** Ends the use of the file; `done`: the database has everything, and the file goes. */
  close(done: boolean): void {
    closeSync(this.#file);
    if (done) rmSync(this.path, { force: true });
  }
}
