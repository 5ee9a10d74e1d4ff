// kill -9 at any moment: what comes back ends where an uninterrupted run ends, byte for byte, and a message that waited
// outside is taken once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { INBOX_GROUP, INBOX_TOPIC } from '#engine/intake.ts';
import type { NewMessage } from '#ports/event-log.ts';
import { Place, playing } from './support/place.ts';
import type { Program } from './support/processes.ts';
import { signalMessage } from './support/signals.ts';
import { syntheticTape, TRADED } from './support/synthetic-tape.ts';

const ROWS = 20_000;
const KILLS = 8;
const SHORT_LIFE_MS_MAX = 500;
const timeout = 60_000;

const trading = { RISK__MAX_TRADES_PER_DAY: '200' };
/** Small commits and many snapshots, so that there is much to be killed in. */
const busy = { ...trading, FEED__BATCH_TICKS: '10', STORE__SNAPSHOT_EVERY_TICKS: '5000' };

test('a run that is killed eight times ends as if it never was', { timeout }, async (t) => {
  const tape = syntheticTape(t, { rows: ROWS, symbols: TRADED });
  const [whole, killed] = [new Place(t, trading), new Place(t, busy)];
  for (const place of [whole, killed]) place.put(BROKEN, ...waiting());
  await whole.play(tape);

  const moments: string[] = [];
  for (let k = 0; k < KILLS; k++) {
    const program = killed.program(playing(tape));
    // Every other life is killed at any moment, even of its start; the rest get on with the tape first.
    if (k % 2 === 0) await sleep(Math.random() * SHORT_LIFE_MS_MAX);
    else await reaches(program, killed, ((k + Math.random()) / KILLS) * ROWS * TRADED.length * 0.9);
    await sleep(Math.random() * 10);
    program.kill('SIGKILL');
    const { signal, code } = await program.ended;
    moments.push(`${killed.ticks()} ticks`);
    assert.equal(signal, 'SIGKILL', `life ${k} ended with ${code} before it was killed: ${moments.join(', ')}`);
  }
  killed.put(...waiting());
  await killed.play(tape);

  assert.deepEqual(killed.digests(), whole.digests(), `killed at ${moments.join(', ')}`);
  assert.equal(killed.sha256(), whole.sha256());
  const taken = killed.read((reader) => reader.committed(INBOX_GROUP, INBOX_TOPIC));
  assert.equal(taken, 1 + 2 * waiting().length);
});

const BROKEN: NewMessage = { topic: 'paper.signals.raw', id: undefined, key: '', value: '{"broken' };

/** Signals that lie in the inbox before the first start; with their ids they may come again. */
function waiting(): readonly NewMessage[] {
  return ['paper', 'zerodha'].map((broker) => signalMessage(broker, { id: `user-1.${broker}` }, { price: '1000.00' }));
}

async function reaches(program: Program, place: Place, ticks: number): Promise<void> {
  await program.until(`${ticks} ticks`, () => (place.ticks() >= ticks ? true : undefined));
}
