// A store that is only read, beside the process that writes it or when none does.
import { join } from 'node:path';
import { type StoreReader } from '#ports/store.ts';
import { openToRead, pragmaNumber } from './database.ts';
import { STORE_FORMAT } from './schema.ts';
import { StoreQueries } from './store-queries.ts';

/** Opens the store of a data directory to read it. Throws `StoreError` MISSING when there is none; creates none. */
export function openStoreReader(directory: string): SqliteStoreReader {
  return new SqliteStoreReader(directory);
}

export class SqliteStoreReader extends StoreQueries implements StoreReader {
  #depth = 0;

  constructor(directory: string) {
    super(openToRead(directory, STORE_FORMAT), join(directory, STORE_FORMAT.file));
  }

  /** The moment is fixed before `work` begins. It is held for as long as `work` takes: the WAL grows meanwhile. */
  consistently<T>(work: () => T): T {
    if (this.#depth > 0) return work();
    this.asking(() => this.database.exec('BEGIN; SELECT max(seq) FROM inputs'));
    this.#depth++;
    try {
      return work();
    } finally {
      this.#depth--;
      if (this.database.isTransaction) this.database.exec('ROLLBACK');
    }
  }

  /** A number that changes when another connection has committed. */
  version(): number {
    return this.asking(() => pragmaNumber(this.database, 'data_version'));
  }

  close(): void {
    if (this.database.isOpen) this.database.close();
  }
}
