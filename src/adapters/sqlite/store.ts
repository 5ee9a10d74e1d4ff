// The one writer of a store: everything of a commit goes into one transaction, which is on the disk when `commit` returns.
// It is on the path of every tick, so it counts in memory what it can and touches as few pages as it can. A commit that an
// order waits for is on the disk by a shorter way first, and gets into the database when the order has left.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type DatabaseSync } from 'node:sqlite';
import { invariant } from '#core/invariant.ts';
import { type NewMessage } from '#ports/event-log.ts';
import {
  isSoundInput,
  StoreError,
  type Commit,
  type Fsync,
  type NewInput,
  type RowChange,
  type Store,
} from '#ports/store.ts';
import { packBlock, splitMessages } from '#wire/message-blocks.ts';
import { MARKET_TICKS } from '#wire/topics.ts';
import { noCheckpointer, startCheckpointer, type Checkpointer } from './checkpointer.ts';
import { checkSoundness, makeDirectory, openToWrite, pragmaNumber } from './database.ts';
import { forgetInputs, type Limits } from './retention.ts';
import { STORE_FORMAT } from './schema.ts';
import { damaged, writeError } from './sqlite-error.ts';
import { type CommitRecord } from './commit-record.ts';
import { StoreQueries } from './store-queries.ts';
import { WriteAhead } from './write-ahead.ts';
import { lockWriter, type WriterLock } from './writer-lock.ts';

const SNAPSHOTS_KEPT = 3;
/** What the WAL is cut back to when it starts anew; below, its blocks are written over, which a disk does faster. */
const WAL_BYTES_KEPT = 64 * 1024 * 1024;
const CACHE_KIB = 16 * 1024;

/** What SQLite calls them: 0, 1 and 2. */
const SYNCHRONOUS: readonly Fsync[] = ['off', 'normal', 'full'];

export interface StoreOptions {
  /** Wall clock, for the time of appending. */
  readonly now: () => number;
  /** How commits and checkpoints are synced; `full` when it is not said. */
  readonly fsync?: Fsync;
  /** `none` leaves out the thread that checkpoints: for tests. */
  readonly checkpointer?: 'worker' | 'none';
  /** The store says that the disk is full when the database would pass so many pages of 4 KiB: for tests. */
  readonly pagesMax?: number;
}

/**
 * Opens the store of a data directory to write it, and makes both when they are missing. Throws `StoreError` when another
 * process writes it or when it is not a sound store.
 */
export function openStore(directory: string, options: StoreOptions): Store {
  makeDirectory(directory);
  const lock = lockWriter(directory);
  let database: DatabaseSync | undefined;
  let ahead: WriteAhead | undefined;
  try {
    const path = join(directory, STORE_FORMAT.file);
    const isNew = !existsSync(path);
    database = openToWrite(directory, STORE_FORMAT, options.fsync);
    if (isNew) WriteAhead.forget(directory);
    checkSoundness(database, path);
    ahead = WriteAhead.open(directory);
    return new SqliteStore(database, path, lock, ahead, options);
  } catch (error) {
    ahead?.close(false);
    database?.close();
    lock.release();
    throw error;
  }
}

class SqliteStore extends StoreQueries implements Store {
  readonly #statements: ReturnType<typeof prepareStatements>;
  readonly #lock: WriterLock;
  readonly #ahead: WriteAhead;
  /** Whether commits are synced one by one; without that there is no way that is shorter. */
  readonly #syncs: boolean;
  /** Durable, and not in the database yet. */
  #waiting: CommitRecord | undefined;
  readonly #now: () => number;
  readonly #checkpointer: Checkpointer;
  /** Ids of the topics, and the offsets that their next messages get. */
  readonly #topics = new Map<string, { readonly id: number; end: number }>();
  readonly #market: { readonly id: number; end: number };
  #lastSeq: number;
  #bytes: number;
  #failure: unknown;
  #readingConsistently = false;

  constructor(database: DatabaseSync, path: string, lock: WriterLock, ahead: WriteAhead, options: StoreOptions) {
    super(database, path);
    this.#lock = lock;
    this.#ahead = ahead;
    this.#syncs = this.fsync() === 'full';
    this.#now = options.now;
    database.exec(
      `PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = ${WAL_BYTES_KEPT}; PRAGMA cache_size = -${CACHE_KIB}`,
    );
    if (options.pagesMax !== undefined) database.exec(`PRAGMA max_page_count = ${options.pagesMax}`);
    this.#statements = prepareStatements(database);
    for (const [topic, id, end] of this.topicEnds()) this.#topics.set(topic, { id, end });
    const market = this.#topics.get(MARKET_TICKS);
    invariant(market !== undefined, `a store has the topic ${MARKET_TICKS} from the beginning`);
    this.#market = market;
    ({ seq: this.#lastSeq, bytes: this.#bytes } = this.totals());
    this.#waiting = this.#left();
    this.#checkpointer =
      options.checkpointer === 'none' ? noCheckpointer : startCheckpointer(database, path, this.fsync());
    try {
      this.#settle();
    } catch (error) {
      this.#checkpointer.stop();
      throw error;
    }
  }

  commit(commit: Commit): void {
    if (isEmpty(commit)) return;
    this.#settle();
    this.#writing(() => {
      const record = { commit, afterSeq: this.#lastSeq, appendedAt: this.#now() };
      // The seq tells after a crash whether the database has the commit, so one that leaves it as it is goes there at once.
      const isShort =
        commit.urgent === true && this.#syncs && commit.inputs.length > 0 && commit.snapshot === undefined;
      if (isShort && this.#ahead.put(record)) this.#settleLater(record);
      else this.#transact(commit, record.appendedAt);
    });
  }

  retain(limits: Limits): void {
    this.#settle();
    this.#writing(() => {
      forgetInputs(this.database, limits, this.#bytes);
      this.#checkpointer.afterCommit();
    });
  }

  fsync(): Fsync {
    return SYNCHRONOUS[pragmaNumber(this.database, 'synchronous')] ?? 'full';
  }

  /** No other process writes, so what this one reads between two commits is one moment. */
  consistently<T>(work: () => T): T {
    this.#settle();
    const outer = this.#readingConsistently;
    this.#readingConsistently = true;
    try {
      return work();
    } finally {
      this.#readingConsistently = outer;
    }
  }

  close(): void {
    if (!this.database.isOpen) return;
    try {
      if (this.#failure === undefined) this.#settle();
    } finally {
      this.#checkpointer.stop();
      this.#ahead.close(this.#failure === undefined && this.#waiting === undefined);
      this.database.close();
      this.#lock.release();
    }
  }

  /** What was committed is found, also where the database does not have it yet. */
  protected override asking<T>(ask: () => T): T {
    this.#settle();
    return super.asking(ask);
  }

  /** The record of a commit that the database does not have; undefined when it has them all. */
  #left(): CommitRecord | undefined {
    const left = this.#ahead.left();
    if (left === undefined || left.afterSeq < this.#lastSeq) return undefined;
    if (left.afterSeq === this.#lastSeq) return left;
    const found = `it ends with input ${this.#lastSeq}, and ${this.#ahead.path} has what followed input ${left.afterSeq}`;
    throw damaged(this.path, found);
  }

  /** In the next turn, when the order's bytes have left; or before, when someone asks or commits. */
  #settleLater(record: CommitRecord): void {
    this.#waiting = record;
    setImmediate(() => {
      // A failure is kept, and thrown at whoever commits or asks next.
      if (this.#failure === undefined && this.database.isOpen) this.#attempt(() => this.#transactWaiting());
    });
  }

  #settle(): void {
    if (this.#waiting !== undefined) this.#writing(() => this.#transactWaiting());
  }

  #transactWaiting(): void {
    const record = this.#waiting;
    if (record === undefined) return;
    this.#transact({ ...record.commit, snapshot: undefined }, record.appendedAt);
    this.#waiting = undefined;
  }

  #transact(commit: Commit, appendedAt: number): void {
    this.#statements.begin.run();
    this.#write(commit, appendedAt);
    this.#statements.commit.run();
    this.#checkpointer.afterCommit();
    for (const { body } of commit.inputs) if (typeof body !== 'string') giveBack(body);
  }

  #write(commit: Commit, appendedAt: number): void {
    for (const input of commit.inputs) this.#writeInput(input, appendedAt);
    const { blocks, rows } = splitMessages(commit.messages);
    for (const message of rows) this.#writeMessage(message, appendedAt);
    for (const [topic, messages] of blocks) this.#writeBlock(topic, messages, appendedAt);
    for (const row of commit.rows) this.#writeRow(row);
    for (const { group, topic, offset } of commit.offsets) this.#statements.offset.run(group, topic, offset);
    if (commit.snapshot === undefined) return;
    const { at, hash, body } = commit.snapshot;
    this.#statements.snapshot.run(this.#lastSeq, at, hash, body);
    this.#statements.forgetSnapshots.run();
  }

  #writeInput(input: NewInput, appendedAt: number): void {
    const { kind, at, body, ticks } = input;
    invariant(isSoundInput(input), `an input of kind ${kind} with ${ticks} ticks and a ${typeof body} body`);
    const seq = ++this.#lastSeq;
    this.#statements.input.run(seq, kind, at, this.#market.end, ticks, this.#bytes, appendedAt, body);
    this.#market.end += ticks;
    this.#bytes += typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
  }

  #writeMessage({ topic: name, key, id, value }: NewMessage, appendedAt: number): void {
    const topic = this.#topics.get(name) ?? this.#addTopic(name);
    this.#statements.message.run(topic.id, topic.end++, id ?? null, key, appendedAt, value);
  }

  #writeBlock(name: string, messages: readonly NewMessage[], appendedAt: number): void {
    const topic = this.#topics.get(name) ?? this.#addTopic(name);
    packBlock(messages, (block) => {
      this.#statements.block.run(topic.id, topic.end, messages.length, appendedAt, block);
    });
    topic.end += messages.length;
  }

  #addTopic(name: string): { readonly id: number; end: number } {
    const topic = { id: Number(this.#statements.topic.run(name).lastInsertRowid), end: 0 };
    this.#topics.set(name, topic);
    return topic;
  }

  #writeRow({ kind, broker, id, value }: RowChange): void {
    if (value === undefined) this.#statements.deleteRow.run(kind, broker, id);
    else this.#statements.row.run(kind, broker, id, value);
  }

  /** After the first failure nothing is written any more: what this process counts in memory may be ahead of the disk. */
  #writing(write: () => void): void {
    if (this.#failure !== undefined) {
      const code = this.#failure instanceof StoreError ? this.#failure.code : 'WRITE_FAILED';
      const remedy = 'End the process; a new start recovers what was committed.';
      throw new StoreError(code, `${this.path} takes no more commits after a failure. ${remedy}`, this.#failure);
    }
    invariant(!this.#readingConsistently, 'a store does not write while it is read consistently on its own connection');
    this.#attempt(write);
    if (this.#failure !== undefined) throw this.#failure;
  }

  #attempt(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#failure = writeError(error, this.path);
      if (this.database.isTransaction) this.database.exec('ROLLBACK');
    }
  }
}

function isEmpty({ inputs, messages, rows, offsets, snapshot }: Commit): boolean {
  return inputs.length + messages.length + rows.length + offsets.length === 0 && snapshot === undefined;
}

/**
 * Gives the memory of a body back at once: it has waited for its commit, so it is old, and what is old the collector looks
 * at only when tens of megabytes have gathered. A body that shares its memory with others is left alone.
 */
function giveBack({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) buffer.transfer(0);
}

/** Values are given by position, which node:sqlite binds faster than names. */
function prepareStatements(database: DatabaseSync) {
  const newest = `SELECT seq FROM snapshots ORDER BY seq DESC LIMIT ${SNAPSHOTS_KEPT}`;
  return {
    begin: database.prepare('BEGIN IMMEDIATE'),
    commit: database.prepare('COMMIT'),
    input: database.prepare('INSERT INTO inputs VALUES (?, ?, ?, ?, ?, ?, ?, ?)'),
    message: database.prepare('INSERT INTO messages VALUES (NULL, ?, ?, ?, ?, ?, ?)'),
    block: database.prepare('INSERT INTO blocks VALUES (NULL, ?, ?, ?, ?, ?)'),
    topic: database.prepare('INSERT INTO topics VALUES (NULL, ?)'),
    row: database.prepare('INSERT INTO views VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value'),
    deleteRow: database.prepare('DELETE FROM views WHERE kind = ? AND broker = ? AND id = ?'),
    offset: database.prepare(
      'INSERT INTO group_offsets VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET offset = excluded.offset',
    ),
    snapshot: database.prepare('INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?)'),
    forgetSnapshots: database.prepare(`DELETE FROM snapshots WHERE seq NOT IN (${newest})`),
  };
}
