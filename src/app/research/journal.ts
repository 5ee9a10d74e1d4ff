// What a run took and decided, kept whole in binary frames: the plan, the ticks and every event, or what happened to orders
// alone.
import { type DomainEvent } from '#core/events.ts';
import { TickBatch } from '#core/market/tick.ts';
import { type Plan } from '#core/plan.ts';
import { type EpochMs } from '#core/time.ts';
import { type Cascade } from '#engine/cascade.ts';
import { sha256, snapshotBody } from '#engine/ingest.ts';
import { type EncodedMessage } from '#wire/envelope.ts';
import { EventFrameWriter } from '#wire/event-frame-writer.ts';
import { readEventFrame } from '#wire/event-frame-reader.ts';
import { encodeTickFrame, type FramedInstrument } from '#wire/tick-frame.ts';
import { RequestError } from '../reading/open-store.ts';
import { type Block, JournalFile, readable, readJournal } from './journal-file.ts';

/** `all`: ticks and every event. `orders`: what happened to orders. */
export const JOURNAL_SCOPES = ['all', 'orders'] as const;
export type JournalScope = (typeof JOURNAL_SCOPES)[number];

const VERSION = 1;
/** A frame has at least so many ticks, but for the last: each names its instruments and its names anew. */
const ROWS = 4_096;
const COLUMNS = ['instrument', 'time', 'price', 'volume', 'sequence'] as const;

/** What a journal begins with. */
export interface Opening {
  readonly version: number;
  readonly scope: JournalScope;
  readonly plan: Plan;
}

/** What a journal ends with. */
export interface Ending {
  readonly ticks: number;
  readonly events: number;
  /** Of the state in which the run ended, with everything that it remembers. */
  readonly state_sha256: string;
}

const ORDERS: ReadonlySet<DomainEvent['type']> = new Set([
  'order_submitted',
  'order_claimed',
  'order_placed',
  'order_unknown',
  'order_modified',
  'order_filled',
  'order_failed',
  'order_cancelled',
  'order_expired',
  'modify_submitted',
  'cancel_submitted',
  'change_refused',
]);

export class Journal {
  readonly #file: JournalFile;
  readonly #scope: JournalScope;
  readonly #cascade: Cascade;
  readonly #sourceOf: (instrument: number) => string;
  readonly #events = new EventFrameWriter();
  /** Taken, and not written yet. */
  #waiting = new TickBatch(ROWS * 2, false);
  #ticks = 0;
  #count = 0;

  /** Begins the file anew. Throws `RequestError` when it cannot be written. */
  constructor(path: string, scope: JournalScope, cascade: Cascade, sourceOf: (instrument: number) => string) {
    this.#file = new JournalFile(path);
    this.#scope = scope;
    this.#cascade = cascade;
    this.#sourceOf = sourceOf;
    this.#file.write([jsonBlock('plan', { version: VERSION, scope, plan: cascade.plan } satisfies Opening)]);
  }

  event(event: DomainEvent): void {
    if (this.#scope === 'orders' && !ORDERS.has(event.type)) return;
    this.#count++;
    this.#events.add(event);
  }

  /** Keeps a batch without depth that the cascade has taken, and what followed from it. */
  ticks(batch: TickBatch): void {
    this.#ticks += batch.count;
    if (this.#scope === 'orders') {
      if (this.#events.events >= ROWS) this.#write([]);
      return;
    }
    const waiting = this.#waiting;
    if (waiting.count === 0 && batch.count >= ROWS) return this.#write([this.#frameOf(batch)]);
    const count = waiting.count + batch.count;
    if (count > waiting.capacity) {
      this.#waiting = new TickBatch(count * 2, false);
      append(this.#waiting, waiting);
    }
    append(this.#waiting, batch);
    if (count >= ROWS) this.#writeWaiting();
  }

  /** Time goes on to an instant without a tick, which `advance` does; writes what follows from that. */
  clock(at: EpochMs, advance: () => void): void {
    this.#writeWaiting();
    advance();
    this.#write([jsonBlock('clock', at)]);
  }

  /** Ends the journal with the state that the run has come to. */
  end(): void {
    this.#writeWaiting();
    const ending: Ending = { ticks: this.#ticks, events: this.#count, state_sha256: stateHash(this.#cascade) };
    this.#file.write([jsonBlock('end', ending)]);
  }

  #writeWaiting(): void {
    this.#write(this.#waiting.count === 0 ? [] : [this.#frameOf(this.#waiting)]);
    this.#waiting.clear();
  }

  #frameOf(batch: TickBatch): Block {
    return { kind: 'ticks', content: encodeTickFrame(batch, 0, batch.count, this.#describe) };
  }

  #write(input: readonly Block[]): void {
    const followed = this.#events.events > 0 ? [{ kind: 'events', content: this.#events.take() } as const] : [];
    if (input.length + followed.length > 0) this.#file.write([...input, ...followed]);
  }

  readonly #describe = (instrument: number): FramedInstrument => {
    return { token: this.#cascade.instruments.at(instrument).token, source: this.#sourceOf(instrument) };
  };

  close(): void {
    this.#file.close();
  }
}

function append(into: TickBatch, batch: TickBatch): void {
  for (const column of COLUMNS) into[column].set(batch[column].subarray(0, batch.count), into.count);
  into.count += batch.count;
}

/** The hash of everything that a cascade remembers. */
export function stateHash(cascade: Cascade): string {
  return sha256(snapshotBody(cascade, new Map()));
}

/** The messages of a journal, as the log has them, a block at a time. Throws `RequestError`. */
export function* journalMessages(path: string): Generator<readonly EncodedMessage[]> {
  let isFirst = true;
  for (const { kind, content } of readJournal(path)) {
    if (isFirst) openingOf(path, { kind, content });
    isFirst = false;
    if (kind === 'events') yield readable(path, () => readEventFrame(content));
  }
}

/** What a journal says of itself in its first block. Throws `RequestError`. */
export function openingOf(path: string, { kind, content }: Block): Opening {
  const opening = kind === 'plan' ? (JSON.parse(Buffer.from(content).toString()) as Opening) : undefined;
  if (opening === undefined)
    throw new RequestError(`${path}: expected a journal to begin with its plan, found ${kind}`);
  if (opening.version === VERSION) return opening;
  throw new RequestError(
    `${path}: expected a journal of version ${VERSION}, found ${opening.version}; update the platform`,
  );
}

function jsonBlock(kind: 'plan' | 'clock' | 'end', content: object | number): Block {
  return { kind, content: Buffer.from(JSON.stringify(content)) };
}
