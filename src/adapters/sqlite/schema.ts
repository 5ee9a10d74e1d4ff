// The files of a data directory and their tables. A new table or column means a new version here and the statements
// that bring the version before it up to date.

/** What tells one of our files from a stranger's: SQLite keeps both numbers in the file's header. */
export interface FileFormat {
  /** Name of the file in the data directory. */
  readonly file: string;
  /** What an error calls it. */
  readonly what: string;
  readonly applicationId: number;
  readonly version: number;
  readonly tables: string;
}

/** The topic `market.ticks` has this id from the beginning; other topics get theirs with their first message. */
export const MARKET_TICKS_ID = 1;

/*
 * `inputs.first_tick` and `bytes_before` count up over all inputs, so that neither the range of `market.ticks` nor the
 * size of what is held needs a row of its own that each commit would have to write. Rows end with what is long, so that
 * the columns before it are read without it. `log` is for a person with a SQLite shell.
 */
export const STORE_FORMAT: FileFormat = {
  file: 'alpha-panda.sqlite',
  what: 'store',
  applicationId: 0x416c_5061,
  version: 1,
  tables: `
    CREATE TABLE inputs (
      seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, at INTEGER NOT NULL, first_tick INTEGER NOT NULL,
      ticks INTEGER NOT NULL, bytes_before INTEGER NOT NULL, appended_at INTEGER NOT NULL, body ANY NOT NULL) STRICT;
    CREATE TABLE topics (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
    INSERT INTO topics VALUES (${MARKET_TICKS_ID}, 'market.ticks');
    CREATE TABLE messages (
      seq INTEGER PRIMARY KEY, topic INTEGER NOT NULL, offset INTEGER NOT NULL, id TEXT, key TEXT NOT NULL,
      appended_at INTEGER NOT NULL, value TEXT NOT NULL) STRICT;
    CREATE UNIQUE INDEX messages_by_offset ON messages (topic, offset);
    CREATE TABLE blocks (
      seq INTEGER PRIMARY KEY, topic INTEGER NOT NULL, first INTEGER NOT NULL, count INTEGER NOT NULL,
      appended_at INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
    CREATE UNIQUE INDEX blocks_by_offset ON blocks (topic, first);
    CREATE INDEX messages_by_id ON messages (id) WHERE id IS NOT NULL;
    CREATE TABLE group_offsets (
      consumer_group TEXT, topic TEXT, offset INTEGER NOT NULL, PRIMARY KEY (consumer_group, topic)) STRICT, WITHOUT ROWID;
    CREATE TABLE views (
      kind TEXT, broker TEXT, id TEXT, value TEXT NOT NULL, PRIMARY KEY (kind, broker, id)) STRICT, WITHOUT ROWID;
    CREATE TABLE snapshots (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, hash TEXT NOT NULL, body TEXT NOT NULL) STRICT;
    CREATE VIEW log AS
      SELECT topics.name AS topic, offset, messages.id, key, appended_at, value
      FROM messages JOIN topics ON topics.id = messages.topic;`,
};

/** AUTOINCREMENT: a number that was given once is never given again, whatever was forgotten since. */
export const INBOX_FORMAT: FileFormat = {
  file: 'inbox.sqlite',
  what: 'inbox',
  applicationId: 0x416c_5049,
  version: 1,
  tables: `
    CREATE TABLE messages (
      number INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, id TEXT, key TEXT NOT NULL, value TEXT NOT NULL) STRICT;
    CREATE TABLE group_offsets (
      consumer_group TEXT, topic TEXT, offset INTEGER NOT NULL, PRIMARY KEY (consumer_group, topic)) STRICT, WITHOUT ROWID;`,
};

/** Users, API keys and what was answered to writes. */
export const ACCESS_FORMAT: FileFormat = {
  file: 'access.sqlite',
  what: 'file of users and keys',
  applicationId: 0x416c_5041,
  version: 1,
  tables: `
    CREATE TABLE records (
      kind TEXT, name TEXT, at INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (kind, name)) STRICT, WITHOUT ROWID;`,
};

/** The audit trail. No entry has two behind it, and none is changed or deleted. */
export const AUDIT_FORMAT: FileFormat = {
  file: 'audit.sqlite',
  what: 'audit trail',
  applicationId: 0x416c_5055,
  version: 1,
  tables: `
    CREATE TABLE entries (
      seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, topic TEXT, "offset" INTEGER, body TEXT NOT NULL,
      previous TEXT NOT NULL UNIQUE, hash TEXT NOT NULL UNIQUE) STRICT;
    CREATE UNIQUE INDEX entries_by_source ON entries (topic, "offset") WHERE topic IS NOT NULL;
    CREATE TRIGGER entries_join_at_the_end BEFORE INSERT ON entries
      WHEN NEW.seq <> 1 + (SELECT coalesce(max(seq), 0) FROM entries)
      BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;
    CREATE TRIGGER entries_never_change BEFORE UPDATE ON entries
      BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;
    CREATE TRIGGER entries_never_go BEFORE DELETE ON entries
      BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;`,
};
