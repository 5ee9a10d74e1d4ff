// The runbook of a rollout, docs/runbook.md: every command that it shows is run, in its order, on real servers.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openPostgresStore } from '#adapters/postgres/store.ts';
import { Place } from '../e2e/support/place.ts';
import { lastWords, PROJECT, type Ended, type Env, type Program } from '../e2e/support/processes.ts';
import { askSql, runSql } from '../support/postgres-place.ts';
import { Deployment, skipped } from './deployment.ts';
import { settingsFor } from './kafka-place.ts';

const COMMAND = /^npx alpha-panda (.+)$/;
const OLD_GROUP = 'alpha-panda.trading_engine.paper';
const EXPECTED = [
  'kill',
  'orders --open',
  'orders --open',
  'verify',
  'state --json',
  'backup before-rollout',
  'config',
  'doctor',
  'topics bootstrap',
  'migrate',
  'migrate --check',
  'state --json',
  'start',
  'release',
  'topics groups list',
  `topics groups delete ${OLD_GROUP}`,
  'restore before-rollout',
  'verify',
  'state --json',
];

test('every command of the runbook does what it says, in its order', { timeout: 180_000, skip: skipped }, async (t) => {
  const commands = commandsOf(readFileSync(join(PROJECT, 'docs', 'runbook.md'), 'utf8'));
  assert.deepEqual(
    commands.map((args, index) => args.slice(0, EXPECTED[index]?.split(' ').length ?? 1).join(' ')),
    EXPECTED,
  );
  const deployment = await Deployment.make(t, { BROKERS__PAPER__POSTGRES_ROLE: `runbook_${process.pid}` });
  const { place, log } = deployment;
  const world = new Rollout(t, deployment);
  await log.commit(OLD_GROUP, 'paper.signals.validated', 0);
  const running = place.program(['start', '--feed', 'simulator']);
  await running.until('prices', () => (place.ticks() > 60 ? true : undefined));
  let platform: Program | undefined = running;
  for (const [index, args] of commands.entries()) {
    const [name = ''] = args;
    if (index === 2) {
      assert.equal((await running.stop('SIGTERM')).code, 0);
      platform = undefined;
    }
    if (name === 'start') {
      platform = place.program([...args, '--feed', 'simulator']);
      await platform.said('All services started successfully.');
    } else await world.run(args, index < 2);
  }
  assert.equal((await platform?.stop('SIGTERM'))?.code, 0);
  assert.deepEqual(
    new Set(world.hashes.slice(0, 3)).size,
    1,
    'the copy and the new version have the state of the old one',
  );
  assert.deepEqual(askSql(place.env['DATABASE__POSTGRES_URL'] ?? '', 'SELECT role FROM alpha_panda.namespace_roles'), [
    [`runbook_${process.pid}`],
  ]);
  const { stdout } = await place.run(['topics', 'groups', 'list']);
  assert.doesNotMatch(stdout, new RegExp(OLD_GROUP));
});

test('a group that is a stage’s or is not there is not deleted', { timeout: 60_000, skip: skipped }, async (t) => {
  const place = new Place(t, {
    PROFILE: 'distributed',
    REDPANDA__BOOTSTRAP_SERVERS: settingsFor().bootstrapServers.join(','),
  });
  const stage = await place.run(['topics', 'groups', 'delete', 'alpha-panda.trading_engine.signals']);
  assert.match(stage.stderr, /is the group of a stage of this deployment and stays/);
  const nobody = await place.run(['topics', 'groups', 'delete', 'nobody.knows.this']);
  assert.match(nobody.stderr, /cannot be deleted: there is none of that name.*Nothing was deleted/);
  assert.ok(stage.code !== 0 && nobody.code !== 0);
});

test(
  'the role that the compose file makes owns its database and is bound by row-level security',
  { skip: skipped },
  (t) => {
    const server = new URL(process.env['ALPHA_PANDA_TEST_POSTGRES'] ?? '');
    const name = `composed_${process.pid}`;
    // The tests' own superuser has the name that the script gives.
    const script = readFileSync(join(PROJECT, 'deploy', 'postgres', '10-platform-role.sh'), 'utf8');
    const renamed = script.replaceAll(/\balpha_panda\b/g, name);
    assert.notEqual(renamed, script);
    t.after(() => runSql(server.href, `DROP DATABASE IF EXISTS ${name}`));
    t.after(() => runSql(server.href, `DROP ROLE IF EXISTS ${name}`));
    const env = {
      PATH: process.env['PATH'] ?? '',
      PGHOST: server.hostname,
      PGPORT: server.port,
      PGPASSWORD: server.password,
      POSTGRES_USER: server.username,
      ALPHA_PANDA_PASSWORD: "it's-secret",
    };
    const done = spawnSync('bash', ['-c', renamed], { env, encoding: 'utf8' });
    assert.equal(done.status, 0, done.stderr);
    const own = new URL(server);
    Object.assign(own, { username: name, password: env.ALPHA_PANDA_PASSWORD, pathname: `/${name}` });
    const asked = `SELECT rolsuper OR rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user`;
    assert.deepEqual(askSql(own.href, asked), [[false, true]]);
    openPostgresStore(own.href, { now: () => 0, schemaManagement: 'auto' }).close();
  },
);

/** The rollout as far as it has come. */
class Rollout {
  readonly hashes: string[] = [];
  readonly #place: Place;
  /** From going back on, another database and another folder. */
  #env: Env = {};
  readonly #again: Env;

  constructor(t: { after(work: () => void): void }, { place }: Deployment) {
    this.#place = place;
    const url = new URL(place.env['DATABASE__POSTGRES_URL'] ?? '');
    const name = `${url.pathname.slice(1)}_again`;
    runSql(url.href, `CREATE DATABASE ${name}`);
    const server = process.env['ALPHA_PANDA_TEST_POSTGRES'] ?? '';
    t.after(() => runSql(server, `DROP DATABASE ${name} WITH (FORCE)`));
    t.after(() => runSql(server, `DROP ROLE IF EXISTS runbook_${process.pid}`));
    url.pathname = `/${name}`;
    this.#again = { DATABASE__POSTGRES_URL: url.href, DATA_DIR: `${place.dataDir}-again` };
  }

  /** Runs a command to a good end; `repeats` until it has one. */
  async run(args: readonly string[], repeats: boolean): Promise<void> {
    if (args[0] === 'restore') await this.#refuseBefore();
    let ended: Ended;
    do ended = await this.#place.run(args, this.#env);
    while (repeats && ended.code === 1 && args[0] === 'orders');
    assert.equal(ended.code, 0, `${args.join(' ')} ${lastWords(ended)}`);
    if (args[0] === 'state') this.hashes.push((JSON.parse(ended.stdout) as { sha256: string }).sha256);
    if (args.join(' ') === 'topics groups list')
      assert.match(ended.stdout, new RegExp(`${OLD_GROUP} +EMPTY +one namespace`));
  }

  /** What must not be put back: over tables that are there, or into another profile. */
  async #refuseBefore(): Promise<void> {
    const over = await this.#place.run(['restore', 'before-rollout'], { DATA_DIR: `${this.#place.dataDir}-over` });
    assert.equal(over.code, 1);
    assert.match(over.stderr, /pg_restore failed for .*already exists/);
    const other = await this.#place.run(['restore', 'before-rollout'], {
      PROFILE: 'embedded',
      DATA_DIR: `${this.#place.dataDir}-x`,
    });
    assert.match(other.stderr, /is of the distributed profile, and PROFILE=embedded/);
    rmSync(`${this.#place.dataDir}-over`, { recursive: true, force: true });
    this.#env = this.#again;
  }
}

/** The commands in its blocks of code, word by word. */
function commandsOf(runbook: string): readonly (readonly string[])[] {
  return runbook.split('\n').flatMap((line) => {
    const text = COMMAND.exec(line)?.[1];
    if (text === undefined) return [];
    return [[...text.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')];
  });
}
