// Messages that any process leaves for the platform, and how far the platform has read the log that processes share.
import { type NewMessage } from '#ports/event-log.ts';
import { type PartitionOffset, type SharedInbox } from '#ports/store.ts';
import { FORGET_INBOX, INSERT_INBOX, LOCK_INBOX, UPSERT_POSITIONS } from './changes.ts';
import { brokerOf, holdEpoch } from './commit-statements.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { type Statement } from './exchange.ts';
import { demandMigrated } from './migrate.ts';
import { placeOf, type Place } from './place.ts';
import { readError, writeError } from './postgres-error.ts';
import { INBOX_AFTER, POSITIONS } from './questions.ts';
import { givenText, keptText } from './text.ts';

type InboxRow = readonly [
  number: number,
  topic: string,
  id: string | null,
  key: string,
  shared: boolean,
  value: string,
];
type PositionRow = readonly [topic: string, partition: number, offset: number];

/** What other processes leave is seen so late at most. */
const LOOK_MS = 20;

export interface InboxOptions extends ConnectionOptions {
  readonly schema?: string;
}

/** Opens the inbox of a schema for a process that leaves messages in it. Throws `StoreError`. */
export function openPostgresInbox(url: string, options: InboxOptions = {}): PostgresInbox {
  const place = placeOf(url, options.schema);
  const connection = new Connection(place, 'inbox', options);
  try {
    demandMigrated(connection, place);
    return new PostgresInbox(connection, place);
  } catch (error) {
    connection.close();
    throw readError(error, place);
  }
}

export class PostgresInbox implements SharedInbox {
  readonly #connection: Connection;
  readonly #place: Place;
  readonly #fence: readonly Statement[];
  readonly #now: (() => number) | undefined;
  /** When a look last found nothing; undefined when something may have come since. */
  #emptyAt: number | undefined;

  /** @param writer on whose connection it is; one that another has followed changes nothing any more */
  constructor(connection: Connection, place: Place, writer?: { readonly epoch: number; readonly now: () => number }) {
    this.#connection = connection;
    this.#place = place;
    this.#fence = writer === undefined ? [] : [holdEpoch(writer.epoch)];
    this.#now = writer?.now;
  }

  put(messages: readonly NewMessage[]): void {
    if (messages.length > 0) this.#change([{ text: LOCK_INBOX, values: [] }, insertOf(messages)]);
  }

  putFrom(messages: readonly NewMessage[], read: readonly PartitionOffset[]): void {
    const statements: Statement[] = [];
    if (messages.length > 0) statements.push({ text: LOCK_INBOX, values: [] }, insertOf(messages));
    if (read.length > 0) {
      const columns = [
        read.map(({ topic }) => keptText(topic)),
        read.map(({ partition }) => partition),
        read.map(({ topic }) => brokerOf(topic)),
        read.map(({ offset }) => offset),
      ];
      statements.push({ text: UPSERT_POSITIONS, values: columns });
    }
    if (statements.length > 0) this.#change(statements);
  }

  positions(): readonly PartitionOffset[] {
    const found = this.#ask((connection) => connection.query<PositionRow>(POSITIONS));
    return found.map(([topic, partition, offset]) => ({ topic: givenText(topic), partition, offset }));
  }

  after(number: number, limit: number): readonly (NewMessage & { readonly number: number })[] {
    const found = this.#ask((connection) => connection.query<InboxRow>(INBOX_AFTER, [number, limit]));
    this.#emptyAt = found.length === 0 ? this.#now?.() : undefined;
    return found.map(([at, topic, id, key, shared, value]) => ({
      number: at,
      topic: givenText(topic),
      id: id === null ? undefined : givenText(id),
      key: givenText(key),
      value: givenText(value),
      ...(shared && { shared }),
    }));
  }

  isQuiet(): boolean {
    if (this.#emptyAt === undefined || this.#now === undefined) return false;
    // A clock that was set back must not keep it quiet.
    const elapsed = this.#now() - this.#emptyAt;
    return elapsed >= 0 && elapsed < LOOK_MS;
  }

  forget(upTo: number): void {
    this.#change([{ text: FORGET_INBOX, values: [upTo] }]);
  }

  close(): void {
    this.#connection.close();
  }

  #change(statements: readonly Statement[]): void {
    this.#emptyAt = undefined;
    try {
      this.#connection.transact([...this.#fence, ...statements]);
    } catch (error) {
      throw writeError(error, this.#place);
    }
  }

  #ask<T>(work: (connection: Connection) => T): T {
    try {
      return work(this.#connection);
    } catch (error) {
      throw readError(error, this.#place);
    }
  }
}

function insertOf(messages: readonly NewMessage[]): Statement {
  const columns = [
    messages.map(({ topic }) => brokerOf(topic)),
    messages.map(({ topic }) => keptText(topic)),
    messages.map(({ id }) => (id === undefined ? null : keptText(id))),
    messages.map(({ key }) => keptText(key)),
    messages.map(({ shared }) => shared === true),
    messages.map(({ value }) => keptText(value)),
  ];
  return { text: INSERT_INBOX, values: columns };
}
