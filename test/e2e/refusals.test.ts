// What the platform refuses at its start, and how: an exit code that scripts can tell apart, and a sentence that names
// what was found and what to do.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { DatabaseSync } from 'node:sqlite';
import { Place, playing } from './support/place.ts';
import type { Ended, Env } from './support/processes.ts';
import { syntheticTape } from './support/synthetic-tape.ts';

const timeout = 30_000;
const STORE = 'alpha-panda.sqlite';

interface Wrong {
  readonly what: string;
  readonly args?: readonly string[];
  readonly env?: Env;
  /** Exit code, and what the message must contain. */
  readonly code: number;
  readonly says: readonly (string | RegExp)[];
}

const START = ['start', '--once', '--feed', 'tape:nowhere.csv'];

const WRONG: readonly Wrong[] = [
  {
    what: 'BROKER_NAMESPACE',
    env: { BROKER_NAMESPACE: 'paper' },
    code: 2,
    says: ['BROKER_NAMESPACE', 'ACTIVE_BROKERS'],
  },
  { what: 'a number that is none', env: { API__PORT: 'many' }, code: 2, says: ['API__PORT', 'many'] },
  { what: 'a negative speed', env: { FEED__SPEED: '-1' }, code: 2, says: ['FEED__SPEED', '-1'] },
  {
    what: 'a broker id with a dot',
    env: { ACTIVE_BROKERS: 'paper,zero.dha' },
    code: 2,
    says: ['ACTIVE_BROKERS', 'zero.dha'],
  },
  {
    what: 'a reserved broker id',
    env: { ACTIVE_BROKERS: 'paper,market' },
    code: 2,
    says: ['ACTIVE_BROKERS', 'market', 'reserved'],
  },
  { what: 'a namespace without a kind', env: { ACTIVE_BROKERS: 'paper,desk' }, code: 2, says: ['BROKERS__DESK__KIND'] },
  {
    what: 'no namespace left',
    env: { ACTIVE_BROKERS: 'paper', PAPER_TRADING__ENABLED: 'false' },
    code: 2,
    says: ['PAPER_TRADING__ENABLED'],
  },
  {
    what: 'stages of the distributed profile',
    args: [...START, '--stages', 'risk_manager'],
    code: 2,
    says: ['--stages', 'PROFILE'],
  },
  { what: 'a flag that does not exist', args: ['start', '--sped', 'max'], code: 2, says: ['--sped', 'Usage'] },
  { what: 'a command that does not exist', args: ['strt'], code: 2, says: ['strt', 'did you mean start'] },
  { what: 'a tape that is not there', code: 1, says: ['no tape at', 'nowhere.csv'] },
  {
    what: 'a folder of strategies that is not there',
    env: { STRATEGIES_DIR: '/no/such/folder' },
    code: 2,
    says: ['STRATEGIES_DIR'],
  },
];

describe('a start is refused', () => {
  for (const { what, args = START, env = {}, code, says } of WRONG) {
    test(`${what}: exit ${code}`, { timeout }, async (t) => {
      refused(await new Place(t).run(args, env), code, says);
    });
  }

  test('a second start on the same data directory names the process that has it', { timeout }, async (t) => {
    const place = new Place(t, { API__PORT: '0' });
    const holder = place.program(['start']);
    await holder.said('Application is now running.');
    refused(await place.run(['start']), 1, [place.dataDir, `process ${holder.pid}`]);
    assert.equal((await holder.stop('SIGINT')).code, 0, 'the first one goes on unharmed');
  });

  test('a port in use is named', { timeout }, async (t) => {
    const server = createServer().listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    refused(await new Place(t).run(['start', '--port', `${port}`]), 1, [`port ${port}`, 'in use']);
  });

  test('a tape that begins before the last event asks for a fresh data directory', { timeout }, async (t) => {
    const place = new Place(t);
    await place.play(syntheticTape(t, { rows: 100 }));
    const before = place.digests();
    const earlier = syntheticTape(t, { rows: 100, day: '2021-06-10' });
    refused(await place.run(playing(earlier)), 2, ['2021-06-10', '2021-06-11', '--data-dir']);
    assert.deepEqual(place.digests(), before);
    const later = syntheticTape(t, { rows: 100, day: '2021-06-14' });
    await place.play(later);
  });
});

describe('a database that cannot be trusted is refused and left as it is', () => {
  test('a truncated one', { timeout }, async (t) => {
    const place = new Place(t);
    await place.play(syntheticTape(t, { rows: 300 }));
    const path = join(place.dataDir, STORE);
    truncateSync(path, Math.floor(readFileSync(path).length / 2));
    await untouched(place, path, ['damaged', 'backup']);
  });

  test('a file that is no database', { timeout }, async (t) => {
    const place = withFile(new Place(t), (path) => writeFileSync(path, 'my shopping list\n'.repeat(500)));
    await untouched(place, join(place.dataDir, STORE), ['is no store']);
  });

  test('a database of another program', { timeout }, async (t) => {
    const place = withFile(new Place(t), (path) => {
      const database = new DatabaseSync(path);
      database.exec('CREATE TABLE recipes (name TEXT); PRAGMA application_id = 42');
      database.close();
    });
    await untouched(place, join(place.dataDir, STORE), ['is no store', '42']);
  });
});

describe('a question about what is not there', () => {
  test('an unknown topic and an unknown broker exit 2, a known topic without events 0', { timeout }, async (t) => {
    const place = new Place(t);
    await place.play(syntheticTape(t, { rows: 30 }));
    const unknown = await place.run(['events', '--topic', 'paper.orders.lost', '--json']);
    refused(unknown, 2, ['paper.orders.lost', 'paper.orders.filled']);
    refused(await place.run(['events', '--topic', 'nobody.orders.filled']), 2, ['nobody.orders.filled']);
    refused(await place.run(['positions', '--broker', 'nobody']), 2, ['nobody']);
    assert.equal(await place.output('events', '--topic', 'paper.orders.failed', '--json'), '');
  });

  test('a data directory that is not there is not made', { timeout }, async (t) => {
    const place = new Place(t);
    refused(await place.run(['state', '--json']), 1, [place.dataDir]);
    assert.throws(() => readFileSync(join(place.dataDir, STORE)), { code: 'ENOENT' });
  });
});

function refused({ code, stdout, stderr }: Ended, expected: number, says: readonly (string | RegExp)[]): void {
  assert.equal(code, expected, stderr);
  assert.equal(stdout, '', 'what went wrong is said on stderr');
  for (const words of says)
    assert.ok(typeof words === 'string' ? stderr.includes(words) : words.test(stderr), `${words} in:\n${stderr}`);
  assert.doesNotMatch(stderr, /^\s+at .*\(?file:/m, 'a sentence, not a stack');
}

/** A start and a question refuse the file, and it keeps every byte. */
async function untouched(place: Place, path: string, says: readonly string[]): Promise<void> {
  const before = readFileSync(path);
  refused(await place.run(['start', '--port', '0']), 1, [path, ...says]);
  refused(await place.run(['state', '--json']), 1, [path]);
  assert.deepEqual(readFileSync(path), before);
}

function withFile(place: Place, make: (path: string) => void): Place {
  mkdirSync(place.dataDir);
  make(join(place.dataDir, STORE));
  return place;
}
