// The tables, as the list of steps that make them. A step that was released is never changed: databases keep its check sum.
// Names are without a schema; whoever runs a step has set the search path.
import { hash } from 'node:crypto';

export interface Migration {
  /** Counts from 1. */
  readonly number: number;
  readonly name: string;
  readonly statements: readonly string[];
}

/** The topic `market.ticks` has this id from the beginning; other topics get theirs with their first message. */
export const MARKET_TICKS_ID = 1;

/*
 * `inputs.first_tick` and `bytes_before` count up over all inputs, so that neither the range of `market.ticks` nor the size
 * of what is held needs a row of its own that each commit would have to write. Frames and blocks are compact already and
 * are not compressed again. Ids of strangers may be of any length, so no B-tree holds them; the platform's own are never
 * looked for. `views.indexed` is the id or, when it is too long for an index, its digest.
 */
const tables = [
  `CREATE TABLE writer (
     one boolean PRIMARY KEY DEFAULT true CHECK (one), epoch bigint NOT NULL, last_number bigint NOT NULL,
     origin uuid NOT NULL DEFAULT gen_random_uuid())
     WITH (fillfactor = 50)`,
  'INSERT INTO writer (epoch, last_number) VALUES (0, 0)',
  `CREATE TABLE inputs (
     seq bigint PRIMARY KEY, broker text NOT NULL, kind text NOT NULL, at bigint NOT NULL, first_tick bigint NOT NULL,
     ticks integer NOT NULL, bytes_before bigint NOT NULL, appended_at bigint NOT NULL, is_text boolean NOT NULL,
     body bytea NOT NULL)`,
  'ALTER TABLE inputs ALTER body SET STORAGE EXTERNAL',
  'CREATE INDEX inputs_by_tick ON inputs (first_tick) WHERE ticks > 0',
  'CREATE TABLE topics (id integer PRIMARY KEY, broker text NOT NULL, name text COLLATE "C" NOT NULL UNIQUE)',
  `INSERT INTO topics VALUES (${MARKET_TICKS_ID}, 'market', 'market.ticks')`,
  `CREATE TABLE messages (
     number bigint PRIMARY KEY, broker text NOT NULL, topic integer NOT NULL, "offset" bigint NOT NULL, id text,
     key text NOT NULL, appended_at bigint NOT NULL, own boolean NOT NULL, shared boolean NOT NULL, value text NOT NULL)`,
  'CREATE UNIQUE INDEX messages_by_offset ON messages (topic, "offset")',
  'CREATE INDEX messages_by_id ON messages USING hash (id) WHERE id IS NOT NULL AND NOT own',
  `CREATE TABLE blocks (
     number bigint PRIMARY KEY, broker text NOT NULL, topic integer NOT NULL, first bigint NOT NULL,
     count integer NOT NULL, appended_at bigint NOT NULL, body bytea NOT NULL)`,
  'ALTER TABLE blocks ALTER body SET STORAGE EXTERNAL',
  'CREATE UNIQUE INDEX blocks_by_offset ON blocks (topic, first)',
  `CREATE TABLE group_offsets (
     consumer_group text, topic text, broker text NOT NULL, "offset" bigint NOT NULL,
     PRIMARY KEY (consumer_group, topic))`,
  `CREATE TABLE views (
     kind text, broker text COLLATE "C", indexed text, id text COLLATE "C" NOT NULL, value text NOT NULL,
     PRIMARY KEY (kind, broker, indexed))`,
  `CREATE TABLE snapshots (
     seq bigint PRIMARY KEY, broker text NOT NULL, at bigint NOT NULL, hash text NOT NULL, body text NOT NULL)`,
  `CREATE VIEW log WITH (security_invoker = true) AS
     SELECT number, topics.name AS topic, "offset", messages.id, key, appended_at, value
     FROM messages JOIN topics ON topics.id = messages.topic`,
];

/** Called in every transaction that writes: a writer that another one has followed gets the error AP001 (fenced). */
const fence = [
  `CREATE FUNCTION hold_writer(mine bigint, newest bigint) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
   BEGIN
     UPDATE writer SET last_number = newest WHERE epoch = mine;
     IF NOT FOUND THEN RAISE EXCEPTION 'another writer has opened the store' USING ERRCODE = 'AP001'; END IF;
   END $$`,
];

/** Every table that says of each row whose it is. */
export const TABLES_BY_BROKER = [
  'inputs',
  'topics',
  'messages',
  'blocks',
  'group_offsets',
  'views',
  'snapshots',
  'inbox',
  'positions',
] as const;

/** Messages for the platform, and how far it has read the log that processes share. A number is never given again. */
const inbox = [
  `CREATE TABLE inbox (
     number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, broker text NOT NULL, topic text NOT NULL, id text,
     key text NOT NULL, shared boolean NOT NULL, value text NOT NULL)`,
  `CREATE TABLE positions (
     topic text, partition integer, broker text NOT NULL, "offset" bigint NOT NULL, PRIMARY KEY (topic, partition))`,
];

const OWN_NAMESPACE = 'broker IN (SELECT r.broker FROM namespace_roles r WHERE r.role = current_user::text)';

/*
 * Row-level security, forced on the owner too. The owner, which is the writer, has a policy of its own. Anyone else has the
 * rows of the namespace that `namespace_roles` gives to the role, and reads `market`, whatever tables were granted;
 * `system` is nobody's.
 */
const isolation = [
  `CREATE TABLE namespace_roles (
     role text PRIMARY KEY, broker text NOT NULL CHECK (broker NOT IN ('market', 'system')))`,
  ...[...TABLES_BY_BROKER, 'namespace_roles', 'writer'].flatMap((table) => [
    `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
    `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`,
    `CREATE POLICY platform ON ${table} TO CURRENT_USER USING (true) WITH CHECK (true)`,
  ]),
  ...TABLES_BY_BROKER.flatMap((table) => [
    `CREATE POLICY namespace ON ${table} USING (${OWN_NAMESPACE}) WITH CHECK (${OWN_NAMESPACE})`,
    `CREATE POLICY market ON ${table} FOR SELECT USING (broker = 'market')`,
  ]),
  'CREATE POLICY own_entry ON namespace_roles FOR SELECT USING (role = current_user::text)',
];

/** Users and API keys are of no namespace: only the owner of the tables has them. */
const access = [
  `CREATE TABLE access (
     kind text, name text COLLATE "C", at bigint NOT NULL, value text NOT NULL, PRIMARY KEY (kind, name))`,
  'ALTER TABLE access ENABLE ROW LEVEL SECURITY',
  'ALTER TABLE access FORCE ROW LEVEL SECURITY',
  'CREATE POLICY platform ON access TO CURRENT_USER USING (true) WITH CHECK (true)',
];

/** The audit trail is of no namespace. No entry has two behind it, and none is changed or deleted, by the owner neither. */
export const AUDIT_STATEMENTS: readonly string[] = [
  `CREATE TABLE audit (
     seq bigint PRIMARY KEY, at bigint NOT NULL, kind text NOT NULL, topic text, "offset" bigint, body text NOT NULL,
     previous text NOT NULL UNIQUE, hash text NOT NULL UNIQUE)`,
  'CREATE UNIQUE INDEX audit_by_source ON audit (topic, "offset") WHERE topic IS NOT NULL',
  'ALTER TABLE audit ENABLE ROW LEVEL SECURITY',
  'ALTER TABLE audit FORCE ROW LEVEL SECURITY',
  'CREATE POLICY platform ON audit TO CURRENT_USER USING (true) WITH CHECK (true)',
  `CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     RAISE EXCEPTION 'the audit trail is only added to' USING ERRCODE = 'AP002';
   END $$`,
  `CREATE TRIGGER audit_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
     FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()`,
];

export const MIGRATIONS: readonly Migration[] = [
  { number: 1, name: 'store', statements: [...tables, ...fence, ...inbox, ...isolation] },
  { number: 2, name: 'access', statements: access },
  { number: 3, name: 'audit', statements: AUDIT_STATEMENTS },
];

/** What a database keeps of a step, to tell later whether it is the same. */
export function checkSumOf({ number, name, statements }: Migration): string {
  return hash('sha256', JSON.stringify([number, name, statements]), 'hex');
}
