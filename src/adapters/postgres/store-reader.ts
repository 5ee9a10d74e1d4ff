// A store that is only read, beside the process that writes it or when none does.
import { type StoreReader } from '#ports/store.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { demandMigrated } from './migrate.ts';
import { placeOf } from './place.ts';
import { readError, ServerFailure } from './postgres-error.ts';
import { StoreQueries } from './store-queries.ts';

export interface ReaderOptions extends ConnectionOptions {
  readonly schema?: string;
}

/** Opens the store of a schema to read it. Throws `StoreError` MISSING when there is none; creates none. */
export function openPostgresReader(url: string, options: ReaderOptions = {}): PostgresReader {
  const place = placeOf(url, options.schema);
  const connection = new Connection(place, 'reader', options);
  try {
    demandMigrated(connection, place);
    return new PostgresReader(connection, place);
  } catch (error) {
    connection.close();
    throw readError(error, place);
  }
}

export class PostgresReader extends StoreQueries implements StoreReader {
  #isConsistent = false;

  /** The moment is held for as long as `work` takes, and the server keeps what was deleted meanwhile. */
  consistently<T>(work: () => T): T {
    if (this.#isConsistent) return work();
    // BEGIN alone fixes nothing: the first question does.
    this.#control([
      { text: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' },
      { text: 'SELECT max(seq) FROM inputs', values: [] },
    ]);
    this.#isConsistent = true;
    try {
      return work();
    } finally {
      this.#isConsistent = false;
      this.#end();
    }
  }

  close(): void {
    this.connection.close();
  }

  #control(statements: Parameters<Connection['ask']>[0]): void {
    try {
      this.connection.ask(statements);
    } catch (error) {
      throw readError(error, this.place);
    }
  }

  /** A lost connection has no moment to give up; the question that noticed has said so. */
  #end(): void {
    try {
      this.connection.ask([{ text: 'ROLLBACK' }]);
    } catch (error) {
      if (!(error instanceof ServerFailure)) throw error;
    }
  }
}
