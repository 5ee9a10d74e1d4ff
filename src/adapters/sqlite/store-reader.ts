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
  constructor(directory: string) {
    super(openToRead(directory, STORE_FORMAT), join(directory, STORE_FORMAT.file));
  }

  /** The moment is held for as long as `work` takes, and the writer's WAL grows meanwhile. */
  consistently<T>(work: () => T): T {
    if (this.database.isTransaction) return work();
    // BEGIN alone fixes nothing: the first question does.
    super.asking(() => this.database.exec('BEGIN; SELECT max(seq) FROM inputs'));
    try {
      return work();
    } finally {
      if (this.database.isTransaction) this.database.exec('ROLLBACK');
    }
  }

  /** A number that changes when another connection has committed. */
  version(): number {
    return super.asking(() => pragmaNumber(this.database, 'data_version'));
  }

  close(): void {
    if (this.database.isOpen) this.database.close();
  }

  /** Some questions take several statements, between which the writer must not be seen to forget anything. */
  protected override asking<T>(ask: () => T): T {
    return super.asking(() => this.consistently(ask));
  }
}
