// A stage that throws, in a process of its own: a book that does not balance is a defect of ours, so each start ends at
// the same input, the third gives the namespace up, and the fourth trades without it.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { SnapshotBody } from '#engine/ingest.ts';
import { sha256 } from '#wire/canonical.ts';
import { Place, playing } from './support/place.ts';
import { lastWords } from './support/processes.ts';
import { syntheticTape, TRADED } from './support/synthetic-tape.ts';
import { userStrategies } from './support/user-strategies.ts';

const BUYING = `if (state.ticks % 20 === 0) return { side: 'BUY', quantity: 1 };`;

test(
  'a stage that throws is tried thrice, then its namespace is halted and the others go on',
  { timeout: 60_000 },
  async (t) => {
    const place = new Place(t);
    const env = { STRATEGIES_DIR: userStrategies(place.folder, { buying: BUYING }) };
    await place.play(syntheticTape(t, { rows: 300, symbols: TRADED }), env);
    const filled = { paper: fillsOf(place, 'paper'), zerodha: fillsOf(place, 'zerodha') };
    assert.ok(filled.paper > 0 && filled.zerodha > 0);
    unbalance(place.dataDir, 'paper');

    const next = syntheticTape(t, { rows: 300, symbols: TRADED, day: '2021-06-14' });
    const before = place.ticks();
    for (let start = 1; start <= 3; start++) {
      const ended = await place.run(playing(next), env);
      assert.equal(ended.code, 1, lastWords(ended));
      assert.match(ended.stderr, /is off by/);
      assert.deepEqual(failuresIn(place.dataDir), ['paper', start]);
      // The start after a failure takes the inputs one by one, so what lies before the one that fails is kept.
      if (start > 1) assert.ok(place.ticks() > before);
      assert.equal(fillsOf(place, 'paper'), filled.paper, 'the fill that cannot be booked is not in the log');
    }
    const [letter, ...others] = place.events('market.ticks.dlq');
    assert.match(JSON.stringify(letter), /STAGE_FAILED.*is off by/);
    assert.equal(others.length, 0);

    const halted = await place.play(next, env);
    assert.match(halted.stderr, /paper is halted: a stage failed 3 times .*defect\.json and start again/);
    assert.equal(fillsOf(place, 'paper'), filled.paper);
    assert.ok(fillsOf(place, 'zerodha') > filled.zerodha, 'zerodha does not trade');
    assert.ok(existsSync(join(place.dataDir, 'defect.json')), 'the namespace stays halted until a person has looked');
  },
);

function fillsOf(place: Place, broker: string): number {
  return place.events(`${broker}.orders.filled`).length;
}

function failuresIn(dataDir: string): readonly unknown[] {
  const { broker, failures } = JSON.parse(readFileSync(join(dataDir, 'defect.json'), 'utf8'));
  return [broker, failures];
}

/** Takes a little cash out of every book of a namespace in the newest snapshot, which then looks sound and is not. */
function unbalance(dataDir: string, broker: string): void {
  const database = new DatabaseSync(join(dataDir, 'alpha-panda.sqlite'));
  const { seq, body } = database.prepare('SELECT seq, body FROM snapshots ORDER BY seq DESC LIMIT 1').get() ?? {};
  const snapshot = JSON.parse(String(body)) as SnapshotBody;
  const books: readonly { cash: number }[] = snapshot.state.namespaces[broker]?.portfolio.books ?? [];
  for (const book of books) book.cash -= 1;
  const changed = JSON.stringify(snapshot);
  database.prepare('UPDATE snapshots SET body = ?, hash = ? WHERE seq = ?').run(changed, sha256(changed), Number(seq));
  database.close();
}
