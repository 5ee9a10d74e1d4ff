// The ticks of a run: streamed from the tape's files, or from a decoded copy that threads share. A run cannot tell them
// apart.
import { openTape } from '#adapters/tape/tape-feed.ts';
import { type Calendar } from '#core/market/calendar.ts';
import { type Instrument } from '#core/market/instrument.ts';
import { TickBatch } from '#core/market/tick.ts';
import { type RefusedCounts } from '#ports/feed.ts';

/** What names a tape's content and its rows. */
export interface TapeFacts {
  /** The tape's id: the same content has the same one wherever it lies. */
  readonly tape: string;
  readonly instruments: readonly Instrument[];
  /** Prefix of the ids of an instrument's ticks. */
  readonly sources: readonly string[];
}

export interface TickSource extends TapeFacts {
  /** Fills the empty batch; false when nothing is left. */
  next(batch: TickBatch): Promise<boolean>;
  /** Rows refused so far, by reason. */
  refused(): RefusedCounts;
  close(): Promise<void>;
}

export interface TapeRules {
  readonly calendar: Calendar;
  readonly instrumentOf: (symbol: string) => Instrument;
}

/** Reads the files as it goes. Throws `FeedError`. */
export async function streamTape(path: string, rules: TapeRules): Promise<TickSource> {
  const feed = await openTape(path, { ...rules, speed: 'max', now: () => 0 });
  return {
    tape: String(feed.position()['tape']),
    instruments: feed.instruments,
    sources: feed.instruments.map((_, index) => feed.sourceOf(index)),
    next: async (batch) => {
      while (batch.count < batch.capacity) {
        if ((await feed.read(batch, batch.capacity)) === 'finished') break;
      }
      return batch.count > 0;
    },
    refused: () => feed.counts().refused,
    close: () => feed.close(),
  };
}

/** A decoded tape in memory that threads share; plain data, so that it can be handed to one. */
export interface SharedTape extends TapeFacts {
  readonly rows: number;
  readonly counts: RefusedCounts;
  readonly blocks: readonly SharedBlock[];
}

interface SharedBlock {
  readonly rows: number;
  readonly instrument: Uint16Array;
  readonly time: Float64Array;
  readonly price: Float64Array;
  readonly volume: Float64Array;
  readonly sequence: Float64Array;
}

const BLOCK_ROWS = 65_536;
const ROW_BYTES = 34;

/** Decodes a whole tape; undefined when it would take more than `bytesMax`. Throws `FeedError`. */
export async function shareTape(path: string, rules: TapeRules, bytesMax: number): Promise<SharedTape | undefined> {
  const source = await streamTape(path, rules);
  try {
    const batch = new TickBatch(BLOCK_ROWS, false);
    const blocks: SharedBlock[] = [];
    let rows = 0;
    while (await source.next(batch)) {
      rows += batch.count;
      if (rows * ROW_BYTES > bytesMax) return undefined;
      blocks.push(copyOf(batch));
      batch.clear();
    }
    const { tape, instruments, sources } = source;
    return { tape, instruments, sources, rows, counts: source.refused(), blocks };
  } finally {
    await source.close();
  }
}

/** The ticks of a shared tape from its beginning. */
export function readShared(shared: SharedTape): TickSource {
  const { tape, instruments, sources, counts, blocks } = shared;
  let [block, row] = [0, 0];
  return {
    tape,
    instruments,
    sources,
    next: async (batch) => {
      for (let part = blocks[block]; part !== undefined && batch.count < batch.capacity; part = blocks[block]) {
        const taken = Math.min(part.rows - row, batch.capacity - batch.count);
        for (const column of COLUMNS) batch[column].set(part[column].subarray(row, row + taken), batch.count);
        batch.count += taken;
        row += taken;
        if (row < part.rows) continue;
        block++;
        row = 0;
      }
      return batch.count > 0;
    },
    refused: () => counts,
    close: async () => undefined,
  };
}

const COLUMNS = ['instrument', 'time', 'price', 'volume', 'sequence'] as const;

function copyOf(batch: TickBatch): SharedBlock {
  const rows = batch.count;
  const numbers = (from: Float64Array): Float64Array => {
    const to = new Float64Array(new SharedArrayBuffer(rows * 8));
    to.set(from.subarray(0, rows));
    return to;
  };
  const instrument = new Uint16Array(new SharedArrayBuffer(rows * 2));
  instrument.set(batch.instrument.subarray(0, rows));
  const { time, price, volume, sequence } = batch;
  return {
    rows,
    instrument,
    time: numbers(time),
    price: numbers(price),
    volume: numbers(volume),
    sequence: numbers(sequence),
  };
}
