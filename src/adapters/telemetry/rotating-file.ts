// One log file: buffers lines for a moment, appends them, and starts a new file before the limit is passed. It knows
// nothing of records; its promise is that it never throws and counts what it could not write.

import { closeSync, fstatSync, mkdirSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { rotateBackups } from './backups.ts';

export interface RotatingFileOptions {
  readonly path: string;
  readonly maxBytes: number;
  /** How many rotated files are kept; 0 starts the file anew each time. */
  readonly backups: number;
  /** Called once when writing begins to fail. */
  readonly onFailure: (path: string, cause: unknown) => void;
  /** Called when writing works again, with the number of lines lost in between. */
  readonly onRecovery: (path: string, dropped: number) => void;
}

/** A crash loses at most this much of a file, and a failing disk holds at most this much in memory. */
const BUFFER_BYTES = 65_536;
const BUFFER_MS = 1_000;
const LINE_FEED = 0x0a;

interface OpenFile {
  readonly descriptor: number;
  readonly inode: number;
  size: number;
  /** The last byte is no line feed: a crash or a full disk cut a line, and the next one must not be glued to it. */
  torn: boolean;
}

export class RotatingFile {
  readonly #options: RotatingFileOptions;
  readonly #lines: string[] = [];
  #buffered = 0;
  #file: OpenFile | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failing = false;
  #rotationFailed = false;
  #closed = false;
  #dropped = 0;
  #droppedInFailure = 0;

  constructor(options: RotatingFileOptions) {
    this.#options = options;
  }

  /** Lines that were never written. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes a line that ends with its only line feed. `urgent` hands everything to the system before it returns. */
  append(line: string, urgent: boolean): void {
    const bytes = Buffer.byteLength(line);
    if (this.#closed || (this.#failing && this.#buffered + bytes > BUFFER_BYTES)) {
      this.#drop(1);
      return;
    }
    this.#lines.push(line);
    this.#buffered += bytes;
    // While the disk fails only the timer tries again: a failing call for each record would slow the caller down.
    if (!this.#failing && (urgent || this.#buffered >= BUFFER_BYTES)) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), BUFFER_MS).unref();
  }

  /** Writes what is buffered; what cannot be written stays for the next try. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      if (this.#lines.length > 0) this.#writeBuffered();
    } catch (cause) {
      this.#fail(cause);
      return;
    }
    if (!this.#failing) return;
    this.#failing = false;
    const lost = this.#droppedInFailure;
    this.#droppedInFailure = 0;
    this.#options.onRecovery(this.#options.path, lost);
  }

  /** A last try, then the file is closed and whatever is left is counted as dropped. */
  close(): void {
    if (this.#closed) return;
    this.flush();
    clearTimeout(this.#timer);
    this.#closed = true;
    this.#drop(this.#lines.length);
    this.#lines.length = 0;
    this.#closeFile();
  }

  #writeBuffered(): void {
    let file = this.#open();
    while (this.#lines.length > 0) {
      const count = this.#fitting(file.size);
      if (count > 0) this.#write(file, count);
      else if (this.#rotate()) file = this.#open();
      // A file past its limit is better than records lost.
      else this.#write(file, this.#lines.length);
    }
  }

  /** How many of the buffered lines the file can take without passing its limit. */
  #fitting(size: number): number {
    let total = size;
    let count = 0;
    for (const line of this.#lines) {
      total += Buffer.byteLength(line);
      // An empty file takes its first line whatever its length, otherwise it could never be written.
      if (total > this.#options.maxBytes && !(size === 0 && count === 0)) break;
      count += 1;
    }
    return count;
  }

  #write(file: OpenFile, count: number): void {
    const text = this.#lines.slice(0, count).join('');
    const bytes = Buffer.from(file.torn ? `\n${text}` : text);
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(file.descriptor, bytes, written);
      file.torn = false;
    } finally {
      // After a partial write the whole lines of it are done; the cut one is written again on a line of its own.
      const whole = written === bytes.length ? count : lineFeeds(bytes.subarray(0, written)) - (file.torn ? 1 : 0);
      const done = this.#lines.splice(0, Math.max(0, whole));
      for (const line of done) this.#buffered -= Buffer.byteLength(line);
      file.size += written;
    }
  }

  /** The file to append to, opened anew when somebody moved or removed it. */
  #open(): OpenFile {
    const { path } = this.#options;
    if (this.#file !== undefined) {
      const found = statSync(path, { throwIfNoEntry: false });
      if (found?.ino === this.#file.inode) {
        this.#file.size = found.size;
        return this.#file;
      }
      this.#closeFile();
    }
    mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
    const descriptor = openSync(path, 'a+', 0o640);
    const { ino, size } = fstatSync(descriptor);
    this.#file = { descriptor, inode: ino, size, torn: endsInsideLine(descriptor, size) };
    return this.#file;
  }

  /** False when the files cannot be moved. */
  #rotate(): boolean {
    try {
      rotateBackups(this.#options.path, this.#options.backups);
    } catch (cause) {
      if (!this.#rotationFailed) this.#options.onFailure(this.#options.path, cause);
      this.#rotationFailed = true;
      return false;
    }
    this.#rotationFailed = false;
    return true;
  }

  #fail(cause: unknown): void {
    this.#closeFile();
    if (!this.#failing) this.#options.onFailure(this.#options.path, cause);
    this.#failing = true;
    if (!this.#closed) this.#timer ??= setTimeout(() => this.flush(), BUFFER_MS).unref();
  }

  #closeFile(): void {
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined) return;
    try {
      closeSync(file.descriptor);
    } catch (cause) {
      if (!this.#failing) this.#options.onFailure(this.#options.path, cause);
    }
  }

  #drop(lines: number): void {
    this.#dropped += lines;
    if (this.#failing) this.#droppedInFailure += lines;
  }
}

function endsInsideLine(descriptor: number, size: number): boolean {
  if (size === 0) return false;
  const last = Buffer.alloc(1);
  readSync(descriptor, last, 0, 1, size - 1);
  return last[0] !== LINE_FEED;
}

function lineFeeds(bytes: Buffer): number {
  let count = 0;
  for (const byte of bytes) if (byte === LINE_FEED) count += 1;
  return count;
}
