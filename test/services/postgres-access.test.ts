// One PostgreSQL role a namespace, made by `migrate` from the settings: every role, every other namespace, every table and every
// verb, with the grants that it has and with all that anybody could give it.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Connection } from '#adapters/postgres/connection.ts';
import { schemaOfPart } from '#adapters/postgres/deployment.ts';
import { TABLES_BY_BROKER } from '#adapters/postgres/migrations.ts';
import { placeOf } from '#adapters/postgres/place.ts';
import { openPostgresStore } from '#adapters/postgres/store.ts';
import { clockInput, commitOf, message, row, snapshotOf, ticksInput } from '../contracts/commits.ts';
import { Place } from '../e2e/support/place.ts';
import { askSql, runSql } from '../support/postgres-place.ts';
import { skipped } from './deployment.ts';

const BROKERS = ['paper', 'paper_two', 'zerodha', 'desk_three', 'desk_four'];
const roleOf = (broker: string): string => `reader_${process.pid}_${broker}`;
const OWNER = `owner_${process.pid}`;
const DATABASE = `access_${process.pid}`;
const PASSWORD = 'only-for-tests';
/** Whose rows a namespace has in it; the others hold what is nobody's or everybody's. */
const OWN_TABLES = TABLES_BY_BROKER.filter((table) => !['inputs', 'snapshots'].includes(table));
const VERBS = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] as const;
const ENDINGS: (() => unknown)[] = [];

describe('a PostgreSQL role for each namespace', { skip: skipped, timeout: 120_000 }, () => {
  const server = process.env['ALPHA_PANDA_TEST_POSTGRES'] ?? '';
  const as = (role: string): string => {
    const url = new URL(server);
    Object.assign(url, { username: role, password: PASSWORD, pathname: `/${DATABASE}` });
    return url.href;
  };
  let place: Place;

  before(async () => {
    // The platform's own role is no superuser, and may make roles.
    runSql(server, `CREATE ROLE ${OWNER} LOGIN CREATEROLE PASSWORD '${PASSWORD}'`);
    runSql(server, `CREATE DATABASE ${DATABASE} OWNER ${OWNER}`);
    place = new Place({ after: (end) => void ENDINGS.push(end as () => unknown) }, settings(as(OWNER)));
    const told = await place.output('migrate');
    for (const broker of BROKERS) assert.match(told, new RegExp(`applied role ${roleOf(broker)}\n`));
    fill(as(OWNER));
  });
  after(async () => {
    for (const end of ENDINGS) await end();
    runSql(server, `DROP DATABASE ${DATABASE} WITH (FORCE)`);
    for (const role of [OWNER, ...BROKERS.map(roleOf)]) runSql(server, `DROP ROLE IF EXISTS ${role}`);
  });

  it('BROKERS__{ID}__POSTGRES_ROLE and BROKERS__{ID}__POSTGRES_PASSWORD make a role that reads one namespace', async () => {
    for (const broker of BROKERS) {
      const connection = new Connection(placeOf(as(roleOf(broker))), 'test');
      for (const table of OWN_TABLES) assert.ok(count(connection, table, broker) > 0, `${broker} reads ${table}`);
      connection.close();
    }
    assert.equal(await place.output('migrate'), 'Nothing is missing.\n');
    assert.equal((await place.run(['migrate', '--check'])).code, 0);
  });

  for (const granted of ['what it was given', 'every verb on every table']) {
    it(`keeps each role of them from every row of another namespace, with ${granted}`, () => {
      const all = granted.startsWith('every');
      const roles = BROKERS.map(roleOf).join(', ');
      if (all) runSql(as(OWNER), `GRANT ALL ON ALL TABLES IN SCHEMA alpha_panda TO ${roles}`);
      const untouched = contents(server, DATABASE);
      const found: string[] = [];
      let tried = 0;
      for (const broker of BROKERS) {
        const connection = new Connection(placeOf(as(roleOf(broker))), 'test');
        for (const other of [...BROKERS.filter((each) => each !== broker), 'system']) {
          for (const table of TABLES_BY_BROKER) {
            for (const verb of VERBS) {
              const said = outcome(connection, verb, table, other);
              if (!(all || verb === 'SELECT' ? ['no row', 'row-level security'] : ['no privilege']).includes(said)) {
                found.push(`${broker}: ${verb} ${table} of ${other}: ${said}`);
              }
              tried++;
            }
          }
        }
        connection.close();
      }
      assert.deepEqual(found, []);
      assert.equal(tried, BROKERS.length * BROKERS.length * TABLES_BY_BROKER.length * VERBS.length);
      assert.deepEqual(contents(server, DATABASE), untouched);
    });
  }

  it('gives each role its namespace in the store of every part', async (t) => {
    const database = `${DATABASE}_parts`;
    runSql(server, `CREATE DATABASE ${database} OWNER ${OWNER}`);
    t.after(() => runSql(server, `DROP DATABASE ${database} WITH (FORCE)`));
    const inside = (url: string): string => Object.assign(new URL(url), { pathname: `/${database}` }).href;
    const parts = new Place(t, settings(inside(as(OWNER))));
    const told = await parts.output('migrate', '--stages', 'risk_manager');
    for (const broker of BROKERS) assert.match(told, new RegExp(`applied risk role ${roleOf(broker)}\n`));
    const schema = schemaOfPart('risk');
    fill(inside(as(OWNER)), schema);
    for (const broker of BROKERS) {
      const connection = new Connection(placeOf(inside(as(roleOf(broker))), schema), 'test');
      for (const table of OWN_TABLES) {
        assert.ok(count(connection, table, broker) > 0, `${broker} reads ${table}`);
        for (const other of BROKERS.filter((each) => each !== broker)) {
          assert.equal(count(connection, table, other), 0, `${broker} reads ${table} of ${other}`);
        }
      }
      connection.close();
    }
    assert.equal(await parts.output('migrate', '--stages', 'risk_manager'), 'Nothing is missing.\n');
  });

  it('refuses a role that another namespace has, and one that row-level security does not bind', async () => {
    const [name, role] = ['BROKERS__PAPER__POSTGRES_ROLE', roleOf('zerodha')];
    const swapped = await place.run(['migrate'], { [name]: role, BROKERS__ZERODHA__POSTGRES_ROLE: roleOf('paper') });
    assert.equal(swapped.code, 1);
    assert.match(swapped.stderr, new RegExp(`The role ${role} .* belongs to the namespace zerodha`));
    const [superuser] = askSql(server, 'SELECT current_user::text')[0] ?? [];
    const unbound = await place.run(['migrate'], { [name]: String(superuser) });
    assert.equal(unbound.code, 1);
    assert.match(unbound.stderr, /passes row-level security/);
  });
});

function settings(postgres: string) {
  return {
    PROFILE: 'distributed',
    DATABASE__POSTGRES_URL: postgres,
    ACTIVE_BROKERS: BROKERS.join(','),
    ...Object.fromEntries(BROKERS.map((broker) => [`BROKERS__${broker.toUpperCase()}__KIND`, 'paper'])),
    ...Object.fromEntries(BROKERS.map((broker) => [`BROKERS__${broker.toUpperCase()}__POSTGRES_ROLE`, roleOf(broker)])),
    ...Object.fromEntries(BROKERS.map((broker) => [`BROKERS__${broker.toUpperCase()}__POSTGRES_PASSWORD`, PASSWORD])),
  };
}

/** Rows of every namespace in every table that holds any. */
function fill(url: string, schema?: string): void {
  const store = openPostgresStore(url, { now: () => 0, ...(schema !== undefined && { schema }) });
  for (const broker of BROKERS) {
    const [orders, signals] = [`${broker}.orders.filled`, `${broker}.signals.raw`];
    store.commit(
      commitOf({
        inputs: [ticksInput(1, 2), clockInput(3)],
        messages: [
          message(orders, 'o'),
          ...Array.from({ length: 16 }, (_, k) => ({ ...message(signals, `${k}`), own: true as const })),
        ],
        rows: [row('1', broker, broker)],
        offsets: [{ group: 'g', topic: signals, offset: 4 }],
        snapshot: snapshotOf(broker),
      }),
    );
    store.inbox().putFrom([message(orders, 'i')], [{ topic: orders, partition: 0, offset: 1 }]);
  }
  store.close();
}

function count(connection: Connection, table: string, broker: string): number {
  return Number(connection.query(`SELECT count(*) FROM ${table} WHERE broker = $1`, [broker])[0]?.[0]);
}

/** What became of a verb on the rows of a namespace. */
function outcome(connection: Connection, verb: (typeof VERBS)[number], table: string, broker: string): string {
  const where = `WHERE broker = '${broker}'`;
  const sql = {
    SELECT: `SELECT 1 FROM ${table} ${where}`,
    INSERT: insertOf(table, broker),
    UPDATE: `UPDATE ${table} SET broker = broker ${where} RETURNING 1`,
    DELETE: `DELETE FROM ${table} ${where} RETURNING 1`,
  }[verb];
  try {
    return connection.query(sql).length === 0 && verb !== 'INSERT' ? 'no row' : 'done';
  } catch (error) {
    const { code, message: text } = error as { code?: string; message: string };
    if (code !== '42501') return text;
    return /row-level security/.test(text) ? 'row-level security' : 'no privilege';
  }
}

/** A row with keys that no other has. */
function insertOf(table: string, broker: string): string {
  const values: Readonly<Record<(typeof TABLES_BY_BROKER)[number], string>> = {
    inputs: `(999, '${broker}', 'clock', 1, 0, 0, 0, 0, true, '{}')`,
    topics: `(999, '${broker}', 'x')`,
    messages: `(99999, '${broker}', 999, 0, 'i', 'k', 0, true, false, 'v')`,
    blocks: `(99999, '${broker}', 999, 0, 1, 0, '')`,
    group_offsets: `('g', 'x', '${broker}', 1)`,
    views: `('order', '${broker}', '999', '999', 'v')`,
    snapshots: `(999, '${broker}', 1, 'h', '{}')`,
    inbox: `(DEFAULT, '${broker}', 'x', 'i', 'k', false, 'v')`,
    positions: `('x', 9, '${broker}', 1)`,
  };
  return `INSERT INTO ${table} VALUES ${values[table as keyof typeof values]}`;
}

function contents(server: string, database: string): unknown {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return TABLES_BY_BROKER.map((table) => askSql(url.href, `SELECT t::text FROM alpha_panda.${table} t ORDER BY 1`));
}
