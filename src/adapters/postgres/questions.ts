// The questions of the store as SQL. Each is one statement, so that it sees one moment without a transaction.
import { MARKET_TICKS_ID } from './migrations.ts';

export const INPUTS_AFTER =
  'SELECT seq, kind, at, ticks, is_text, body FROM inputs WHERE seq > $1 ORDER BY seq LIMIT $2';

export const EDGES = 'SELECT coalesce(min(seq), 1), coalesce(max(seq), 0) FROM inputs';

export const SNAPSHOTS = 'SELECT seq, at, hash, body FROM snapshots ORDER BY seq DESC';

export const ROWS = 'SELECT broker, id, value FROM views WHERE kind = $1 ORDER BY broker, id';

export const ROWS_OF_BROKER = 'SELECT broker, id, value FROM views WHERE kind = $1 AND broker = $2 ORDER BY id';

export const ROW = 'SELECT value FROM views WHERE kind = $1 AND broker = $2 AND indexed = $3';

export const HAS = `SELECT 1 FROM messages
  WHERE id = $2 AND NOT own AND topic = (SELECT topics.id FROM topics WHERE name = $1) LIMIT 1`;

export const COMMITTED = 'SELECT "offset" FROM group_offsets WHERE consumer_group = $1 AND topic = $2';

/** Messages of a topic from offset $2 to before $3, and the blocks that hold some of them. Offsets have no gaps. */
export const READ_TOPIC = `
  WITH chosen AS (SELECT id FROM topics WHERE name = $1)
  SELECT "offset", 1, id, key, value, NULL::bytea FROM messages
  WHERE topic = (SELECT id FROM chosen) AND "offset" >= $2 AND "offset" < $3
  UNION ALL
  SELECT first, count, NULL, NULL, NULL, body FROM blocks
  WHERE topic = (SELECT id FROM chosen) AND first + count > $2 AND first < $3 AND first >= coalesce(
    (SELECT max(first) FROM blocks WHERE topic = (SELECT id FROM chosen) AND first <= $2), 0)
  ORDER BY 1`;

/**
 * Messages of `market.ticks` from offset $1 on, or from the oldest when retention has passed it, for $2 offsets, and the
 * inputs whose ticks are some of them. The first column is the offset that it begins at.
 */
export const READ_MARKET = `
  WITH asked AS (SELECT greatest($1::bigint, (SELECT first_tick FROM inputs ORDER BY seq LIMIT 1)) AS start)
  SELECT (SELECT start FROM asked), first_tick, ticks, NULL, NULL, NULL, is_text, body FROM inputs
  WHERE ticks > 0 AND first_tick < (SELECT start FROM asked) + $2::bigint AND first_tick >= coalesce(
    (SELECT max(first_tick) FROM inputs WHERE ticks > 0 AND first_tick <= (SELECT start FROM asked)), 0)
  UNION ALL
  SELECT (SELECT start FROM asked), "offset", 1, id, key, value, NULL, NULL FROM messages
  WHERE topic = ${MARKET_TICKS_ID} AND "offset" >= (SELECT start FROM asked)
    AND "offset" < (SELECT start FROM asked) + $2::bigint
  ORDER BY 2`;

export const TOPICS = `
  SELECT t.id, t.name,
    CASE WHEN t.id = ${MARKET_TICKS_ID} THEN coalesce((SELECT first_tick FROM inputs ORDER BY seq LIMIT 1), 0)
      ELSE coalesce(least(m.first, b.first), 0) END,
    coalesce(greatest(m.last + 1, (SELECT first + count FROM blocks WHERE topic = t.id ORDER BY first DESC LIMIT 1),
      CASE WHEN t.id = ${MARKET_TICKS_ID} THEN (SELECT first_tick + ticks FROM inputs ORDER BY seq DESC LIMIT 1) END), 0)
  FROM topics t,
    LATERAL (SELECT min("offset") AS first, max("offset") AS last FROM messages WHERE topic = t.id) m,
    LATERAL (SELECT min(first) AS first FROM blocks WHERE topic = t.id) b
  ORDER BY t.name`;

/** seq of the newest input, and the bytes of all bodies that were ever appended. */
export const TOTALS = 'SELECT seq, bytes_before + octet_length(body) FROM inputs ORDER BY seq DESC LIMIT 1';

/**
 * Messages with a number after $1, for $2 numbers from the first that is there, and the blocks that hold some of them. What
 * retention has forgotten leaves gaps, so it begins at the first that is there.
 */
export const OUTBOX = `
  WITH start AS (SELECT least(
    (SELECT number FROM messages WHERE number > $1::bigint ORDER BY number LIMIT 1),
    (SELECT greatest(number, $1 + 1) FROM blocks WHERE number + count > $1 + 1
      AND number >= coalesce((SELECT max(number) FROM blocks WHERE number <= $1 + 1), 0)
      ORDER BY number LIMIT 1)) AS number)
  SELECT m.number, 1, t.name, m."offset", m.shared, m.key, m.id, m.value, NULL::bytea
  FROM messages m JOIN topics t ON t.id = m.topic
  WHERE m.number >= (SELECT number FROM start) AND m.number < (SELECT number FROM start) + $2::bigint
  UNION ALL
  SELECT b.number, b.count, t.name, b.first, false, NULL, NULL, NULL, b.body
  FROM blocks b JOIN topics t ON t.id = b.topic
  WHERE b.number < (SELECT number FROM start) + $2::bigint AND b.number + b.count > (SELECT number FROM start)
    AND b.number >= coalesce((SELECT max(number) FROM blocks WHERE number <= (SELECT number FROM start)), 0)
  ORDER BY 1`;

/** Up to which seq inputs may go: past a limit, at most $4, never the newest and nothing that the oldest snapshot needs. */
export const MAY_GO = `
  WITH candidates AS (
    SELECT seq, appended_at, bytes_before FROM inputs
    WHERE seq <= (SELECT min(seq) FROM snapshots) AND seq < (SELECT max(seq) FROM inputs)
    ORDER BY seq LIMIT $4)
  SELECT coalesce(
    (SELECT min(seq) - 1 FROM candidates WHERE appended_at >= $1::bigint AND $2::bigint - bytes_before <= $3::bigint),
    (SELECT max(seq) FROM candidates), 0)`;

export const INBOX_AFTER =
  'SELECT number, topic, id, key, shared, value FROM inbox WHERE number > $1 ORDER BY number LIMIT $2';

export const POSITIONS = 'SELECT topic, partition, "offset" FROM positions ORDER BY topic, partition';
