// The console as a place to write lines: bounded, and harmless when the other end of a pipe is gone.

/** A reader that is this far behind loses records, not we our memory. */
const PENDING_BYTES_MAX = 1_048_576;

// A stream without an error listener ends the process when its reader goes away, even after logging was closed.
const guarded = new WeakSet<NodeJS.WritableStream>();

export class ConsoleOutput {
  readonly #stream: NodeJS.WritableStream;
  #dropped = 0;

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
    if (guarded.has(stream)) return;
    guarded.add(stream);
    stream.on('error', () => {
      // Nowhere is left to report it; `writable` is false from now on, so each record is counted.
    });
  }

  /** Lines that were not written. */
  get dropped(): number {
    return this.#dropped;
  }

  write(line: string): void {
    const { writable, writableLength } = this.#stream as { writable: boolean; writableLength?: number };
    if (!writable || (writableLength ?? 0) > PENDING_BYTES_MAX) {
      this.#dropped += 1;
      return;
    }
    try {
      this.#stream.write(line);
    } catch {
      // A stream may also fail at once; the caller must not learn of it, the count does.
      this.#dropped += 1;
    }
  }
}
