// What a commit changes as SQL: lists of rows come as one array a column, so that a statement is prepared once and takes any
// number of them.

export const INSERT_INPUTS = `
  INSERT INTO inputs (seq, broker, kind, at, first_tick, ticks, bytes_before, is_text, body, appended_at)
  SELECT *, $10::bigint FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::integer[],
    $7::bigint[], $8::boolean[], $9::bytea[])`;

export const INSERT_TOPICS = `
  INSERT INTO topics (id, broker, name) SELECT * FROM unnest($1::integer[], $2::text[], $3::text[])`;

export const INSERT_MESSAGES = `
  INSERT INTO messages (number, broker, topic, "offset", id, key, own, shared, value, appended_at)
  SELECT *, $10::bigint FROM unnest($1::bigint[], $2::text[], $3::integer[], $4::bigint[], $5::text[], $6::text[],
    $7::boolean[], $8::boolean[], $9::text[])`;

/** A block holds messages of the platform's own only. */
export const INSERT_BLOCKS = `
  INSERT INTO blocks (number, broker, topic, first, count, body, appended_at)
  SELECT *, $7::bigint FROM unnest($1::bigint[], $2::text[], $3::integer[], $4::bigint[], $5::integer[], $6::bytea[])`;

export const UPSERT_ROWS = `
  INSERT INTO views (kind, broker, indexed, id, value)
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
  ON CONFLICT (kind, broker, indexed) DO UPDATE SET value = excluded.value`;

export const DELETE_ROWS = `
  DELETE FROM views USING unnest($1::text[], $2::text[], $3::text[]) AS gone (kind, broker, indexed)
  WHERE views.kind = gone.kind AND views.broker = gone.broker AND views.indexed = gone.indexed`;

export const UPSERT_OFFSETS = `
  INSERT INTO group_offsets (consumer_group, topic, broker, "offset")
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[])
  ON CONFLICT (consumer_group, topic) DO UPDATE SET "offset" = excluded."offset"`;

export const UPSERT_SNAPSHOT = `
  INSERT INTO snapshots (seq, broker, at, hash, body) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (seq) DO UPDATE SET at = excluded.at, hash = excluded.hash, body = excluded.body`;

export const FORGET_SNAPSHOTS = `
  DELETE FROM snapshots WHERE seq NOT IN (SELECT seq FROM snapshots ORDER BY seq DESC LIMIT $1)`;

export const FORGET_INPUTS = 'DELETE FROM inputs WHERE seq <= $1';

/** What stands among the ticks goes with them. */
export const FORGET_MARKET_MESSAGES = `
  DELETE FROM messages WHERE topic = $1 AND "offset" < (SELECT first_tick FROM inputs ORDER BY seq LIMIT 1)`;

/** Numbers are given in the order in which they become visible: whoever puts waits for the one before. */
export const LOCK_INBOX = 'LOCK TABLE inbox IN EXCLUSIVE MODE';

export const INSERT_INBOX = `
  INSERT INTO inbox (broker, topic, id, key, shared, value)
  SELECT broker, topic, id, key, shared, value
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::text[])
    WITH ORDINALITY AS given (broker, topic, id, key, shared, value, place) ORDER BY place`;

export const FORGET_INBOX = 'DELETE FROM inbox WHERE number <= $1';

export const UPSERT_POSITIONS = `
  INSERT INTO positions (topic, partition, broker, "offset")
  SELECT * FROM unnest($1::text[], $2::integer[], $3::text[], $4::bigint[])
  ON CONFLICT (topic, partition) DO UPDATE SET "offset" = excluded."offset"`;
