// The lines of a file from its end to its beginning, so that the newest are found without reading what lies before them.
import { type FileHandle } from 'node:fs/promises';

const CHUNK_BYTES = 65_536;
/** A line that is longer was written by nobody of ours; what is before it in its chunk is left out with it. */
const LINE_BYTES_MAX = 1_048_576;
const LINE_FEED = 0x0a;

export interface PlacedLine {
  readonly line: string;
  /** Where it begins. */
  readonly start: number;
}

/** Whole lines that end at `end` or before; a line that is still being written is not among them. Yields chunk by chunk. */
export async function* linesBackward(file: FileHandle, end: number): AsyncGenerator<readonly PlacedLine[]> {
  let at = end;
  let held = Buffer.alloc(0);
  let isFirst = true;
  while (at > 0) {
    const from = Math.max(0, at - CHUNK_BYTES);
    const { bytesRead, buffer } = await file.read(Buffer.alloc(at - from), 0, at - from, from);
    if (bytesRead < at - from) return;
    const bytes = Buffer.concat([buffer, held]);
    at = from;
    const lines: PlacedLine[] = [];
    let to = bytes.length;
    if (isFirst) to = bytes.lastIndexOf(LINE_FEED) + 1;
    isFirst &&= to === 0;
    for (let feed = to - 1; feed > 0 || (feed === 0 && at === 0);) {
      const before = feed === 0 ? -1 : bytes.lastIndexOf(LINE_FEED, feed - 1);
      if (before === -1 && at > 0) break;
      const line = bytes.toString('utf8', before + 1, feed);
      if (line !== '') lines.push({ line, start: at + before + 1 });
      to = before + 1;
      feed = before;
    }
    isFirst ||= to > LINE_BYTES_MAX;
    held = isFirst ? Buffer.alloc(0) : Buffer.from(bytes.subarray(0, to));
    yield lines;
  }
}
