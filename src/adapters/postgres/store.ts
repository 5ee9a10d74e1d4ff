// The one writer of a store in PostgreSQL: everything of a commit goes into one transaction, which the server has when
// `commit` returns. What it can count it counts in memory, so that a commit asks nothing.
import { invariant } from '#core/invariant.ts';
import { type LogMessage } from '#ports/event-log.ts';
import { StoreError, type Commit, type Fsync, type OutboxMessage, type Store } from '#ports/store.ts';
import { MARKET_TICKS } from '#wire/topics.ts';
import { FORGET_INPUTS, FORGET_MARKET_MESSAGES } from './changes.ts';
import { CommitStatements, holdWriter, type Counters } from './commit-statements.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { PostgresInbox } from './inbox.ts';
import { demandMigrated, migrate } from './migrate.ts';
import { MARKET_TICKS_ID } from './migrations.ts';
import { placeOf, type Place } from './place.ts';
import { readError, writeError } from './postgres-error.ts';
import { MAY_GO, TOTALS } from './questions.ts';
import { RecentCommits } from './recent-commits.ts';
import { StoreQueries } from './store-queries.ts';
import { beginEpoch, lockWriter, unlockWriter, type Epoch } from './writer-lock.ts';

/** Inputs that one call of `retain` forgets at most; what is left waits for the next. */
const FORGOTTEN_MAX = 2_000;

export interface PostgresStoreOptions extends ConnectionOptions {
  /** Wall clock, for the time of appending. */
  readonly now: () => number;
  /** `alpha_panda` when it is not said. */
  readonly schema?: string;
  /** `auto` migrates; otherwise a schema with missing migrations is refused. */
  readonly schemaManagement?: 'auto' | 'migrations_only';
  /** False opens tables without looking which migrations made them; true when it is not said. */
  readonly verifyMigrations?: boolean;
}

/**
 * Opens the store of a schema to write it. Throws `StoreError` when another process writes it, when its tables are not those of
 * this version, or when the server cannot be reached.
 */
export function openPostgresStore(url: string, options: PostgresStoreOptions): PostgresStore {
  const place = placeOf(url, options.schema);
  if (options.schemaManagement === 'auto') migrate(url, { schema: place.schema });
  const connection = new Connection(place, 'store', options);
  try {
    if (options.verifyMigrations !== false) demandMigrated(connection, place);
    lockWriter(connection, place);
    // Only now: what an earlier writer still had under way is committed or refused when the epoch has begun.
    return new PostgresStore(connection, place, beginEpoch(connection), options.now);
  } catch (error) {
    connection.close();
    throw readError(error, place);
  }
}

export class PostgresStore extends StoreQueries implements Store {
  readonly #now: () => number;
  readonly #epoch: number;
  #counters: Counters;
  #recent: RecentCommits;
  #inbox: PostgresInbox | undefined;
  #failure: unknown;
  #readingConsistently = false;

  constructor(connection: Connection, place: Place, { epoch, lastNumber }: Epoch, now: () => number) {
    super(connection, place);
    this.#now = now;
    this.#epoch = epoch;
    const [lastSeq = 0, bytes = 0] = this.query<readonly number[]>(TOTALS)[0] ?? [];
    const topics = new Map(this.topicEnds().map(({ id, topic, end }) => [topic, { id, end }]));
    this.#counters = { topics, lastSeq, bytes, lastNumber };
    this.#recent = this.#noneRecent();
  }

  commit(commit: Commit): void {
    if (isEmpty(commit)) return;
    this.#writing(() => {
      const { statements, after, appended } = new CommitStatements(commit, this.#counters, this.#epoch, this.#now());
      this.connection.transact(statements);
      this.#counters = after;
      this.#recent.add(appended);
    });
  }

  /** What the latest commits appended is not asked of the server. */
  override outbox(after: number, limit: number): readonly OutboxMessage[] {
    return this.#recent.outbox(after, Math.max(0, limit)) ?? super.outbox(after, limit);
  }

  override read(topic: string, offset: number, limit: number): readonly LogMessage[] {
    const recent = topic === MARKET_TICKS ? this.#recent.market(offset, limit) : undefined;
    return recent ?? super.read(topic, offset, limit);
  }

  /** The one inbox on the writer's own connection: it closes with the store. */
  inbox(): PostgresInbox {
    this.#inbox ??= new PostgresInbox(this.connection, this.place, { epoch: this.#epoch, now: this.#now });
    return this.#inbox;
  }

  /** What names this store among others, for as long as its tables live: who wrote a message that it published. */
  origin(): string {
    return String(this.query('SELECT origin::text FROM writer')[0]?.[0]);
  }

  /** Asks the server for a sign of life. Throws `StoreError`. */
  ping(): void {
    this.query('SELECT 1');
  }

  retain({ olderThan, bytesMax }: { readonly olderThan: number; readonly bytesMax: number }): void {
    this.#writing(() => {
      const { bytes, lastNumber } = this.#counters;
      const values = [whole(olderThan), bytes, whole(bytesMax), FORGOTTEN_MAX];
      const last = this.connection.query<readonly number[]>(MAY_GO, values)[0]?.[0] ?? 0;
      if (last === 0) return;
      this.connection.transact([
        holdWriter(this.#epoch, lastNumber),
        { text: FORGET_INPUTS, values: [last] },
        { text: FORGET_MARKET_MESSAGES, values: [MARKET_TICKS_ID] },
      ]);
      this.#recent = this.#noneRecent();
    });
  }

  fsync(): Fsync {
    const [row] = this.query<readonly string[]>(
      "SELECT current_setting('fsync'), current_setting('synchronous_commit')",
    );
    if (row?.[0] === 'off') return 'off';
    return row?.[1] === 'off' ? 'normal' : 'full';
  }

  /** No other process writes, so what this one reads between two commits is one moment. */
  consistently<T>(work: () => T): T {
    const outer = this.#readingConsistently;
    this.#readingConsistently = true;
    try {
      return work();
    } finally {
      this.#readingConsistently = outer;
    }
  }

  close(): void {
    if (!this.connection.isOpen) return;
    try {
      // At once, not only when the server has noticed that the session has ended.
      unlockWriter(this.connection, this.place);
    } catch (error) {
      // Without a session there is no lock either.
      this.#failure ??= error;
    } finally {
      this.connection.close();
    }
  }

  #noneRecent(): RecentCommits {
    const { lastNumber, topics } = this.#counters;
    return new RecentCommits(lastNumber, topics.get(MARKET_TICKS)?.end ?? 0);
  }

  /** After the first failure nothing is written any more: what this process knows may be ahead of the database. */
  #writing(write: () => void): void {
    if (this.#failure !== undefined) {
      const code = this.#failure instanceof StoreError ? this.#failure.code : 'WRITE_FAILED';
      const remedy = 'End the process; a new start recovers what was committed.';
      throw new StoreError(code, `${this.place.name} takes no more commits after a failure. ${remedy}`, this.#failure);
    }
    invariant(!this.#readingConsistently, 'a store does not write while it is read consistently on its own connection');
    try {
      write();
    } catch (error) {
      this.#failure = writeError(error, this.place);
      throw this.#failure;
    }
  }
}

function isEmpty({ inputs, messages, rows, offsets, snapshot }: Commit): boolean {
  return inputs.length + messages.length + rows.length + offsets.length === 0 && snapshot === undefined;
}

/** A limit as a whole number, which infinity is not. */
function whole(limit: number): number {
  return Math.min(Math.ceil(limit), Number.MAX_SAFE_INTEGER);
}
