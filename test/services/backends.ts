// Ends the sessions of stores as an administrator would, or as a crash of their process does.
import { type PostgresStore } from '#adapters/postgres/store.ts';
import { askSql } from '../support/postgres-place.ts';

/** Returns when the server has taken the sessions apart; a store that has lost its session already is left alone. */
export function endBackends(url: string, stores: readonly PostgresStore[]): void {
  for (const store of stores) {
    if (!store['connection'].isOpen) continue;
    askSql(url, 'SELECT pg_terminate_backend($1::int, 5000)', [backendOf(store)]);
  }
}

/** The process of the server that serves a store. */
export function backendOf(store: PostgresStore): number {
  return Number(store['connection'].query('SELECT pg_backend_pid()')[0]?.[0]);
}
