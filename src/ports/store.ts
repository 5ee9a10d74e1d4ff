// What the platform itself keeps: its inputs in the order in which they were applied, the messages that followed, rows
// for views, offsets and snapshots, all in one transaction. One process writes; any number read beside it.
import { type LogMessage, type NewMessage, type TopicRange } from './event-log.ts';

/**
 * What can be an input of the cascade. `ticks` bodies are binary frames of wire/tick-frame; all others are JSON text, that
 * of a `gap` as it stands on its topic.
 */
export type InputKind = 'plan' | 'ticks' | 'gap' | 'message' | 'report' | 'clock';

export interface NewInput {
  readonly kind: InputKind;
  /** When the shell took it, epoch milliseconds on the time of the inputs. */
  readonly at: number;
  readonly body: string | Uint8Array;
  /** Number of ticks in the body, 1 for a gap: they join the topic `market.ticks` with as many offsets. 0 for other kinds. */
  readonly ticks: number;
}

/** Whether body and ticks are those of the kind. */
export function isSoundInput({ kind, ticks, body }: NewInput): boolean {
  if (kind === 'ticks') return ticks > 0 && typeof body !== 'string';
  return typeof body === 'string' && ticks === (kind === 'gap' ? 1 : 0);
}

export interface StoredInput extends NewInput {
  /** Counts from 1 without gaps, in the order of application. */
  readonly seq: number;
}

/** A row for views. `value` is JSON text; undefined deletes the row. */
export interface RowChange {
  readonly kind: 'book' | 'order' | 'mark' | 'feed' | 'shelf';
  /** The namespace; `market` for what all share. */
  readonly broker: string;
  readonly id: string;
  readonly value: string | undefined;
}

export interface StoredRow {
  readonly broker: string;
  readonly id: string;
  readonly value: string;
}

export interface GroupOffset {
  readonly group: string;
  readonly topic: string;
  readonly offset: number;
}

/** The whole state after the input `seq`, as JSON text, with its sha256 in hexadecimal. */
export interface Snapshot {
  readonly seq: number;
  readonly at: number;
  readonly hash: string;
  readonly body: string;
}

export interface Commit {
  readonly inputs: readonly NewInput[];
  readonly messages: readonly NewMessage[];
  readonly rows: readonly RowChange[];
  readonly offsets: readonly GroupOffset[];
  /** Taken after the inputs of this commit; its `seq` is filled in by the store. */
  readonly snapshot: Omit<Snapshot, 'seq'> | undefined;
  /**
   * An order waits for it: `commit` returns by the shortest way on which nothing is lost. The store has it at once; readers
   * beside it see it a moment later, or after a crash when the next writer has opened the store.
   */
  readonly urgent?: boolean;
}

/** What is held of a store, at one committed moment. */
export interface StoreReader {
  /** Inputs with a greater seq, oldest first, at most `limit`. */
  inputsAfter(seq: number, limit: number): readonly StoredInput[];
  /** seq of the newest input; 0 when there is none. */
  lastSeq(): number;
  /** seq of the oldest input that is still held; lastSeq() + 1 when none is. */
  firstSeq(): number;
  /** Snapshots, newest first. */
  snapshots(): readonly Snapshot[];
  rows(kind: RowChange['kind'], broker?: string): readonly StoredRow[];
  /** The value of one row. */
  row(kind: RowChange['kind'], broker: string, id: string): string | undefined;
  read(topic: string, offset: number, limit: number): readonly LogMessage[];
  topics(): readonly TopicRange[];
  /** Start and end of one topic; both 0 for one that nothing was written to. */
  range(topic: string): TopicRange;
  /** Whether a message with this id is in the topic; not asked for the platform's own messages. */
  has(topic: string, id: string): boolean;
  committed(group: string, topic: string): number | undefined;
  /** Runs `work` on one committed moment, however much is written meanwhile. */
  consistently<T>(work: () => T): T;
  close(): void;
}

/** The one writer. */
export interface Store extends StoreReader {
  /**
   * Writes everything of the commit, or nothing, durably when it returns. Throws `StoreError`; then memory is ahead of
   * the disk and the process must end. Binary bodies are the store's from then on: their memory may be gone.
   */
  commit(commit: Commit): void;
  /** Forgets ticks and, with them, inputs past the limits, but nothing that the oldest kept snapshot needs. */
  retain(limits: { readonly olderThan: number; readonly bytesMax: number }): void;
  /** What a commit is safe from when it returns, as the store itself says. */
  fsync(): Fsync;
}

/**
 * `full`: a power cut at any moment. `normal`: a power cut may take the last commits, but leaves whole what it leaves.
 * `off`: the end of this process only; a power cut may damage the file.
 */
export type Fsync = 'full' | 'normal' | 'off';

export type StoreErrorCode =
  'LOCKED' | 'NOT_A_STORE' | 'NEWER_STORE' | 'DAMAGED' | 'DISK_FULL' | 'WRITE_FAILED' | 'MISSING' | 'UNREACHABLE';

/** The store cannot be used; the message says what was found and what to do. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** A message of the store that processes elsewhere have to be told of. */
export interface OutboxMessage extends NewMessage {
  /** Counts up over all topics, in the order of the commits. */
  readonly number: number;
}

/** What a store has committed, for whoever publishes it in a log that other processes read. */
export interface Outbox {
  /** Up to `limit` messages with a greater number, in order; those that came from that log are among them. */
  outbox(after: number, limit: number): readonly OutboxMessage[];
}

/** How far one partition of a topic was read: the offset that comes next. */
export interface PartitionOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** Messages that other processes leave for the platform, in order; durable when `put` returns. */
export interface Inbox {
  put(messages: readonly NewMessage[]): void;
  /** Messages with a greater number, oldest first. */
  after(number: number, limit: number): readonly (NewMessage & { readonly number: number })[];
  /**
   * Where a look costs more than a glance at memory: true for some milliseconds after one that found nothing, unless this
   * process has left something since. `after` is exact all the same.
   */
  isQuiet?(): boolean;
  /** Forgets what the platform has committed. */
  forget(upTo: number): void;
  close(): void;
}

/** An inbox that also takes what others wrote into a log that several processes share. */
export interface SharedInbox extends Inbox {
  /** Leaves messages from the log, and how far it was read, both or neither; durable when it returns. */
  putFrom(messages: readonly NewMessage[], read: readonly PartitionOffset[]): void;
  /** How far each partition was read; none before the first time. */
  positions(): readonly PartitionOffset[];
}
