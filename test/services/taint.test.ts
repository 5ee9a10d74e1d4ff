// The run of test/e2e/taint.test.ts on the real servers: no word of a namespace is found in a table's rows, a topic or a key of
// another.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { createClient } from '@redis/client';
import { TABLES_BY_BROKER } from '#adapters/postgres/migrations.ts';
import { topicsOf } from '#wire/topics.ts';
import { type BrokerId } from '#core/ids.ts';
import { playing } from '../e2e/support/place.ts';
import { lastWords, PROJECT } from '../e2e/support/processes.ts';
import { syntheticTape, TRADED } from '../e2e/support/synthetic-tape.ts';
import { assertUntainted, leaksIn, TAINTED, taint, taintSettings, WORDS, type Piece } from '../e2e/support/taint.ts';
import { askSql } from '../support/postgres-place.ts';
import { Deployment, skipped } from './deployment.ts';

const SERVICE = join(PROJECT, 'test', 'services', 'remembering-service.ts');
/** Nobody's: plans, reports and snapshots span all namespaces, and no role of one reads them. */
const SHARED = ['system'];

test(
  'no table, topic or key of a namespace holds a trace of another',
  { timeout: 120_000, skip: skipped },
  async (t) => {
    const deployment = await Deployment.make(t, taintSettings());
    const { place } = deployment;
    await place.output('migrate');
    taint(place);
    const prefix = `taint-${process.pid}`;
    // Thousands of fills of other tests come first in the topics.
    await deployment.beginHere(
      `${prefix}.remembering.fills`,
      TAINTED.map((broker) => `${broker}.orders.filled`),
    );
    const service = place.program(['service', SERVICE], { REDPANDA__GROUP_ID_PREFIX: prefix });
    await service.said('Service remembering is running');
    const program = place.program(playing(syntheticTape(t, { rows: 1_000, symbols: TRADED })));
    const ended = await program.ended;
    assert.equal(ended.code, 0, lastWords(ended));
    for (const broker of TAINTED) {
      const isOurs = (id: unknown): boolean => String(id).startsWith(WORDS[broker] ?? '');
      await service.until(`a fill of ${broker}`, () => service.log.find((line) => isOurs(line['strategy_id'])));
    }
    assert.equal((await service.stop('SIGTERM')).code, 0);
    await assertUntainted(place, [...program.log, ...service.log]);
    const kept = {
      tables: rowsOf(place.env['DATABASE__POSTGRES_URL'] ?? ''),
      keys: await keysOf(place.env['REDIS__URL'] ?? ''),
    };
    const published: Piece[] = [];
    for (const topic of topicsOf(TAINTED as BrokerId[])) {
      const owner = topic.split('.', 1)[0];
      for (const { key, value } of await deployment.published(topic))
        published.push({ where: topic, owner, text: key + value });
    }
    for (const pieces of [kept.tables, kept.keys, published]) {
      assert.deepEqual(leaksIn(pieces), []);
      for (const broker of TAINTED)
        assert.ok(
          pieces.some(({ text }) => text.includes(WORDS[broker] ?? '')),
          broker,
        );
    }
  },
);

function rowsOf(url: string): readonly Piece[] {
  return TABLES_BY_BROKER.flatMap((table) =>
    askSql(url, `SELECT broker, t::text FROM alpha_panda.${table} t`)
      .filter(([broker]) => !SHARED.includes(String(broker)))
      .map(([broker, text]) => ({ where: `table ${table}`, owner: String(broker), text: String(text) })),
  );
}

/** Every key that is not another test's, by the namespace in its name. */
async function keysOf(url: string): Promise<readonly Piece[]> {
  const client = await createClient({ url }).connect();
  try {
    const names = (await client.keys('*')).filter((name) => name.startsWith('alpha-panda:'));
    return await Promise.all(
      names.map(async (name) => {
        // Views are hashes; the others are strings.
        const value = (await client.type(name)) === 'hash' ? await client.hGetAll(name) : await client.get(name);
        return { where: name, owner: name.split(':')[1], text: `${name} ${JSON.stringify(value)}` };
      }),
    );
  } finally {
    client.destroy();
  }
}
