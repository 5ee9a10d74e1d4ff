// What makes one process the writer in PostgreSQL, what the outbox shows of its commits, and what it says when the server does
// not do as it should.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { openPostgresReader } from '#adapters/postgres/store-reader.ts';
import { openPostgresStore, type PostgresStore, type PostgresStoreOptions } from '#adapters/postgres/store.ts';
import { type NewMessage } from '#ports/event-log.ts';
import { StoreError } from '#ports/store.ts';
import { clockInput, commitOf, contentsOf, message, row, snapshotOf, ticksInput } from '../contracts/commits.ts';
import { askSql, requirePostgres, runSql, testSchema } from '../support/postgres-place.ts';
import { endBackends } from './backends.ts';
import { commitAndKill, messagesOfCommit } from './committing-process.ts';

const server = await requirePostgres('PostgreSQL and its one writer');
if (server !== undefined) {
  describe('PostgreSQL and its one writer', () => oneWriter(server));
  describe('the outbox of PostgreSQL', () => outbox(server));
  describe('PostgreSQL that does not do as it should', () => failures(server));
}

type Opening = Partial<PostgresStoreOptions> & { readonly schema: string };

function opener(url: string, t: TestContext): (options: Opening) => PostgresStore {
  const opened: PostgresStore[] = [];
  t.after(() => opened.forEach((store) => store.close()));
  return (options) => {
    const store = openPostgresStore(url, { now: () => 0, schemaManagement: 'auto', ...options });
    opened.push(store);
    return store;
  };
}

function oneWriter(url: string): void {
  it('names the session that has the lock', (t) => {
    const open = opener(url, t);
    const schema = testSchema(url, t);
    open({ schema });
    assert.throws(() => open({ schema }), {
      name: 'StoreError',
      code: 'LOCKED',
      message: new RegExp(`in use by alpha-panda store ${process.pid}@.* from .*backend \\d+.*Stop it first`),
    });
    open({ schema: testSchema(url, t) });
  });

  it('need not be asked again for some milliseconds after its inbox was found empty, unless it left something there', (t) => {
    let now = 1_000;
    const inbox = opener(url, t)({ schema: testSchema(url, t), now: () => now }).inbox();
    assert.equal(inbox.isQuiet(), false);
    inbox.after(0, 10);
    assert.equal(inbox.isQuiet(), true);
    now += 20;
    assert.equal(inbox.isQuiet(), false);
    inbox.after(0, 10);
    inbox.putFrom([], [{ topic: 'a.b', partition: 0, offset: 1 }]);
    assert.equal(inbox.isQuiet(), false);
    inbox.after(0, 10);
    now = 500;
    assert.equal(inbox.isQuiet(), false, 'the clock was set back');
  });

  it('refuses the commit of a writer that has lost its lock without knowing it, and every one after', (t) => {
    const open = opener(url, t);
    const schema = testSchema(url, t);
    const zombie = open({ schema });
    zombie.commit(commitOf({ inputs: [clockInput(1)], messages: [message('a.b', '1')] }));
    zombie['connection'].query('SELECT pg_advisory_unlock_all()');
    const store = open({ schema });
    const before = contentsOf(store);
    const late = commitOf({ inputs: [clockInput(2)], messages: [message('a.b', '2')], rows: [row('1', 'a')] });
    assert.throws(() => zombie.commit(late), { name: 'StoreError', code: 'LOCKED', message: /^fenced: / });
    assert.throws(() => zombie.commit(late), { code: 'LOCKED', message: /no more commits after a failure/ });
    assert.throws(() => zombie.retain({ olderThan: 0, bytesMax: 0 }), { code: 'LOCKED' });
    assert.deepEqual(contentsOf(store), before);
    store.commit(late);
    assert.equal(store.lastSeq(), 2);
  });

  it('lets no writer that has lost its lock forget anything', (t) => {
    const open = opener(url, t);
    const schema = testSchema(url, t);
    const zombie = open({ schema });
    zombie.commit(commitOf({ inputs: [clockInput(1), clockInput(2)], snapshot: snapshotOf('a') }));
    zombie['connection'].query('SELECT pg_advisory_unlock_all()');
    const store = open({ schema });
    assert.throws(() => zombie.retain({ olderThan: Infinity, bytesMax: 0 }), { code: 'LOCKED', message: /^fenced: / });
    assert.equal(store.firstSeq(), 1);
  });

  it('never writes again when its session was ended, while another goes on', (t) => {
    const open = opener(url, t);
    const schema = testSchema(url, t);
    const first = open({ schema });
    first.commit(commitOf({ inputs: [clockInput(1)] }));
    endBackends(url, [first]);
    const second = open({ schema });
    second.commit(commitOf({ inputs: [clockInput(2)] }));
    const late = commitOf({ inputs: [clockInput(3)] });
    assert.throws(() => first.commit(late), { name: 'StoreError', code: 'WRITE_FAILED', message: /end the process/ });
    assert.throws(() => first.commit(late), { code: 'WRITE_FAILED', message: /no more commits/ });
    assert.throws(() => first.lastSeq(), { code: 'UNREACHABLE' });
    assert.equal(second.lastSeq(), 2);
  });

  it('has after kill -9 every commit that was acknowledged, and none half', async (t) => {
    const schema = testSchema(url, t);
    for (const commits of [3, 60, 150]) {
      const acknowledged = await commitAndKill(url, schema, commits);
      const store = opener(url, t)({ schema });
      const last = store.lastSeq();
      assert.ok(last >= acknowledged && acknowledged >= commits, `${acknowledged} acknowledged, ${last} there`);
      const counts = Array.from({ length: last }, (_, k) => messagesOfCommit(k + 1));
      const messages = counts.reduce((sum, count) => sum + count, 0);
      assert.equal(store.read('paper.signals.raw', 0, Infinity).length, messages);
      assert.equal(store.outbox(0, Infinity).at(-1)?.number, messages);
      assert.equal(store.read('market.ticks', 0, Infinity).length, last * 10);
      assert.deepEqual(store.rows('order'), [{ broker: 'paper', id: 'newest', value: `${last}` }]);
      assert.equal(store.committed('g', 'paper.signals.raw'), last);
      store.close();
    }
  });

  it('has nothing of a commit when the server refuses a part of it', (t) => {
    const open = opener(url, t);
    const schema = testSchema(url, t);
    const store = open({ schema });
    store.commit(commitOf({ inputs: [clockInput(1)] }));
    const before = contentsOf(store);
    runSql(url, `ALTER TABLE ${schema}.views ADD CHECK (value <> 'bad')`);
    const broken = commitOf({ inputs: [clockInput(2)], messages: [message('a.b', '1')], rows: [row('1', 'bad')] });
    assert.throws(() => store.commit(broken), { code: 'WRITE_FAILED', message: /views_value_check/ });
    assert.deepEqual(contentsOf(store), before);
  });

  it('gives every id, key and text back as it came, of any length and with any character', (t) => {
    const open = opener(url, t);
    const store = open({ schema: testSchema(url, t) });
    const noise = Array.from({ length: 60_000 }, (_, k) => String.fromCharCode(0x4e00 + ((k * 7919) % 20_000))).join(
      '',
    );
    const ids = ['a\u0000b', 'a\u0001b', '\u0001#', noise, `${noise}1`, 'quote \' and " and \\ and {,}', 'NULL', ''];
    store.commit(
      commitOf({
        inputs: [{ kind: 'message', at: 1, body: 'a\u0000₹', ticks: 0 }],
        messages: ids.map((id) => ({ topic: 'a.b', key: id, id, value: id })),
        rows: ids.map((id) => row(id, id)),
      }),
    );
    assert.deepEqual(
      store.read('a.b', 0, 99).map(({ key, id, value }) => [key, id, value]),
      ids.map((id) => [id, id, id]),
    );
    for (const id of ids) assert.deepEqual([store.has('a.b', id), store.row('order', 'paper', id)], [true, id]);
    assert.equal(store.inputsAfter(0, 1)[0]?.body, 'a\u0000₹');
    store.commit(commitOf({ rows: ids.map((id) => row(id, undefined)) }));
    assert.deepEqual(store.rows('order'), []);
  });

  it('says how durable a commit is, as the server says it', (t) => {
    const open = opener(url, t);
    assert.equal(open({ schema: testSchema(url, t) }).fsync(), 'full');
    const lazy = new URL(url);
    lazy.searchParams.set('options', '-c synchronous_commit=off');
    assert.equal(opener(lazy.href, t)({ schema: testSchema(url, t) }).fsync(), 'normal');
  });

  it('forgets more inputs than one call takes in as many calls as are needed', (t) => {
    const store = opener(url, t)({ schema: testSchema(url, t) });
    const inputs = Array.from({ length: 2_100 }, (_, k) => clockInput(k));
    store.commit(commitOf({ inputs, snapshot: snapshotOf('a') }));
    store.retain({ olderThan: 1, bytesMax: Infinity });
    assert.equal(store.firstSeq(), 2_001);
    store.retain({ olderThan: 1, bytesMax: Infinity });
    assert.equal(store.firstSeq(), 2_100);
  });
}

function outbox(url: string): void {
  const own = (topic: string, id: string): NewMessage => ({ ...message(topic, id), own: true });
  const many = (topic: string, name: string, count: number): NewMessage[] =>
    Array.from({ length: count }, (_, k) => own(topic, `${name}.${k}`));

  it('shows the messages of all topics in the order of the commits, those in blocks too, each with its number', (t) => {
    const open = opener(url, t);
    const schema = testSchema(url, t);
    let store = open({ schema });
    const signals = 'paper.signals.raw';
    const strange = { ...message('zerodha.orders.filled', undefined), shared: true as const };
    store.commit(commitOf({ messages: [own(signals, 'a'), strange] }));
    store.commit(
      commitOf({ inputs: [ticksInput(1, 4)], messages: [own('paper.orders.filled', 'b'), ...many(signals, 's', 40)] }),
    );
    store.close();
    store = open({ schema });
    store.commit(commitOf({ messages: [message('a.b', 'c'), ...many('zerodha.signals.raw', 'z', 20)] }));
    const all = store.outbox(0, Infinity);
    assert.deepEqual(
      all.map(({ number }) => number),
      Array.from({ length: 64 }, (_, k) => k + 1),
    );
    assert.deepEqual(
      [0, 1, 2, 41, 42, 43, 62, 63].map((k) => [all[k]?.topic, all[k]?.id, all[k]?.shared]),
      [
        [signals, 'a', undefined],
        ['zerodha.orders.filled', undefined, true],
        [signals, 's.0', undefined],
        [signals, 's.39', undefined],
        ['paper.orders.filled', 'b', undefined],
        ['zerodha.signals.raw', 'z.0', undefined],
        ['zerodha.signals.raw', 'z.19', undefined],
        ['a.b', 'c', undefined],
      ],
    );
    for (const { topic, start } of store.topics().filter(({ topic: name }) => name !== 'market.ticks')) {
      assert.deepEqual(
        all.filter((sent) => sent.topic === topic).map(({ key, id, value }) => ({ topic, key, id, value })),
        store.read(topic, start, Infinity).map(({ key, id, value }) => ({ topic, key, id, value })),
      );
    }
    for (const limit of [1, 3, 16, 50]) {
      for (let after = 0; after <= 64; after++) {
        assert.deepEqual(store.outbox(after, limit), all.slice(after, after + limit), `${limit} after ${after}`);
      }
    }
  });

  it('gives no number twice and goes on behind a gap, when retention has forgotten the newest messages', (t) => {
    const open = opener(url, t);
    const schema = testSchema(url, t);
    let store = open({ schema });
    store.commit(commitOf({ inputs: [ticksInput(1, 1)], messages: [own('paper.orders.filled', 'a')] }));
    for (let k = 0; k < 5; k++) store.commit(commitOf({ messages: [message('market.ticks', `gap${k}`)] }));
    store.commit(commitOf({ inputs: [ticksInput(3, 1)], snapshot: snapshotOf('a') }));
    store.retain({ olderThan: Infinity, bytesMax: 0 });
    assert.deepEqual(store.outbox(1, 10), []);
    store.close();
    store = open({ schema });
    store.commit(commitOf({ messages: [own('paper.orders.filled', 'b')] }));
    assert.deepEqual(
      store.outbox(1, 1).map(({ number, id }) => [number, id]),
      [[7, 'b']],
    );
  });
}

function failures(url: string): void {
  const messageOf = (work: () => unknown): string => {
    try {
      work();
    } catch (error) {
      assert.ok(error instanceof StoreError, String(error));
      const whole = `${error.code}: ${error.message} ${JSON.stringify(error)} ${(error.cause as Error | undefined)?.stack}`;
      for (const secret of ['hush', 'h%75sh', new URL(url).password || 'hush'])
        assert.ok(!whole.includes(secret), whole);
      return `${error.code}: ${error.message}`;
    }
    return assert.fail('nothing was thrown');
  };
  const changed = (change: (to: URL) => void): string => {
    const to = new URL(url);
    change(to);
    return to.href;
  };
  const opening = (at: string): string =>
    messageOf(() => openPostgresStore(at, { now: () => 0, schemaManagement: 'auto', schema: 'test_none' }));

  it('says that no server answers, where, and what to do', () => {
    const said = opening(changed((to) => (to.port = '1')));
    assert.match(
      said,
      /^UNREACHABLE: PostgreSQL at .*:1 does not take a connection \(.*ECONNREFUSED.*DATABASE__POSTGRES_URL/,
    );
  });

  it('says that the password is wrong', () => {
    const said = opening(changed((to) => (to.password = 'h%75sh')));
    assert.match(said, /^UNREACHABLE: .* does not let the user \w+ in \(password .*Correct user and password/);
  });

  it('says that the database is missing', () => {
    const said = opening(changed((to) => (to.pathname = '/no_such_database')));
    assert.match(said, /^MISSING: .* has no database no_such_database\. Create it \(createdb no_such_database\)/);
  });

  it('says that a reader finds no store, and makes none', (t) => {
    const schema = testSchema(url, t);
    assert.match(
      messageOf(() => openPostgresReader(url, { schema })),
      /^MISSING: .*Run alpha-panda migrate\./,
    );
    assert.deepEqual(askSql(url, 'SELECT to_regnamespace($1) IS NULL', [schema]), [[true]]);
  });

  it('says that the server can only be read, as a standby can', (t) => {
    const schema = testSchema(url, t);
    opener(url, t)({ schema }).close();
    const standby = changed((to) => to.searchParams.set('options', '-c default_transaction_read_only=on'));
    const said = messageOf(() => openPostgresStore(standby, { now: () => 0, schema }));
    assert.match(said, /^WRITE_FAILED: .*lets itself be read only\. Connect to the primary/);
  });

  it('gives up on a server that does not answer, and then writes nothing more', (t) => {
    const schema = testSchema(url, t);
    const store = opener(url, t)({ schema, timeoutMs: 400 });
    store.commit(commitOf({ inputs: [clockInput(1)] }));
    const blocker = opener(url, t)({ schema: testSchema(url, t) });
    blocker['connection'].ask([{ text: `BEGIN; LOCK TABLE ${schema}.inputs IN EXCLUSIVE MODE` }]);
    const late = commitOf({ inputs: [clockInput(2)] });
    assert.throws(() => store.commit(late), { code: 'WRITE_FAILED', message: /no answer came within 400 ms/ });
    blocker['connection'].ask([{ text: 'ROLLBACK' }]);
    assert.throws(() => store.commit(late), { code: 'WRITE_FAILED', message: /no more commits/ });
    const again = opener(url, t)({ schema });
    // Nobody knows whether the database got it; what it has, it has whole, and a later start goes on from there.
    const last = again.lastSeq();
    assert.ok(last === 1 || last === 2);
    again.commit(late);
    assert.equal(again.lastSeq(), last + 1);
  });
}
