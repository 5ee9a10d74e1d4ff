// Crash anywhere, restart, same end: thousands of seeds, each a market, a plan, messages from outside and a few deaths
// between any two steps.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadCalendar } from '#adapters/calendar-files/calendar-files.ts';
import { MemoryDisk } from '#adapters/memory/disk.ts';
import { openMemoryInbox } from '#adapters/memory/inbox.ts';
import { type BrokerId } from '#core/ids.ts';
import { type NewMessage } from '#ports/event-log.ts';
import { type Inbox } from '#ports/store.ts';
import { projectRoot } from '../../tools/pinned-node.mjs';
import { live } from './process.ts';
import { Dice, market, planOf, Steps } from './world.ts';

const SEEDS = 2_000;
const calendar = loadCalendar('nse', join(projectRoot, 'config', 'calendars'));
const brokers = ['paper', 'zerodha'] as BrokerId[];

/** What other services left before the market began: good signals, the same twice, and rubbish. */
function messages(seed: number): readonly NewMessage[] {
  const dice = new Dice(seed, 'messages');
  const signal = (id: string, quantity: number): string =>
    JSON.stringify({
      id,
      type: 'trading_signal',
      version: 1,
      broker: 'paper',
      key: 'guest:11',
      source: 'guest',
      ts: '2021-06-10T03:45:00.000Z',
      correlation_id: id,
      causation_id: null,
      trace_id: id,
      parent_trace_id: null,
      data: { strategy_id: 'guest', instrument_token: 11, signal_type: 'BUY', quantity, price: '100.00' },
    });
  const all = [signal('g1', 5), signal('g1', 5), 'not json', signal('g2', 0), signal('g3', 1_000)];
  const chosen = all.filter(() => dice.below(2) === 0);
  return chosen.map((value) => ({ topic: 'paper.signals.raw', key: 'guest:11', id: undefined, value }));
}

function inboxWith(seed: number): Inbox {
  const inbox = openMemoryInbox();
  inbox.put(messages(seed));
  return inbox;
}

interface Ended {
  readonly state: string;
  readonly log: string;
  readonly steps: number;
  readonly deaths: number;
}

/** Lives, with deaths, until the market is over. */
async function runSeed(seed: number, batch: number, crashAt: readonly number[]): Promise<Ended> {
  const disk = new MemoryDisk();
  const inbox = inboxWith(seed);
  const rows = market(seed, calendar);
  const plan = planOf(seed, brokers, 'simulated');
  const steps = new Steps(crashAt);
  const send = (): void => assert.fail('a simulated namespace sends nothing out');
  for (let deaths = 0; ; deaths++) {
    const snapshotEveryTicks = 5 + new Dice(seed, 'snapshots').below(30);
    const state = await live({ disk, inbox, rows, plan, calendar, batch, snapshotEveryTicks, steps, send });
    if (state !== undefined) return { state, log: logOf(disk), steps: steps.count, deaths };
    assert.ok(deaths < crashAt.length, 'the world dies only as often as it was told to');
  }
}

/** Every message of every topic, and every row, as one hash. */
function logOf({ contents }: MemoryDisk): string {
  const hash = createHash('sha256');
  for (const [topic, kept] of [...contents.topics].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(topic);
    for (const { offset, id, value } of kept) hash.update(`${offset} ${id} ${value}\n`);
  }
  const rows = [...contents.rows.values()].filter(({ kind }) => kind !== 'feed');
  const texts = rows.map(({ kind, broker, id, value }) => `${kind} ${broker} ${id} ${value}\n`);
  for (const text of texts.toSorted()) hash.update(text);
  return hash.digest('hex');
}

test(`a process killed between any two steps ends in the uninterrupted state, for ${SEEDS} seeds`, async () => {
  let deaths = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const dice = new Dice(seed, 'deaths');
    const batch = [1, 2, 7, 100][dice.below(4)] ?? 1;
    const whole = await runSeed(seed, batch, []);
    const crashAt = Array.from({ length: 1 + dice.below(3) }, () => dice.below(whole.steps));
    const broken = await runSeed(seed, batch, crashAt);
    assert.equal(broken.state, whole.state, `seed ${seed}: the state differs after deaths at ${crashAt.join()}`);
    assert.equal(broken.log, whole.log, `seed ${seed}: the log differs after deaths at ${crashAt.join()}`);
    deaths += broken.deaths;
  }
  assert.ok(deaths > SEEDS, `expected more than ${SEEDS} deaths, found ${deaths}: the test would not test`);
});

test('the same inputs in batches of 1, 7 and 10,000 give the same bytes on every topic', async () => {
  for (let seed = 1; seed <= 50; seed++) {
    const [one, seven, all] = [await runSeed(seed, 1, []), await runSeed(seed, 7, []), await runSeed(seed, 10_000, [])];
    assert.equal(seven.log, one.log, `seed ${seed}: batches of 7 differ`);
    assert.equal(all.log, one.log, `seed ${seed}: one batch differs`);
    assert.equal(all.state, one.state, `seed ${seed}: the states differ`);
  }
});

test('every step of one market can be the last one', async () => {
  const whole = await runSeed(4_242, 2, []);
  for (let step = 0; step < whole.steps; step++) {
    const broken = await runSeed(4_242, 2, [step]);
    assert.equal(broken.deaths, 1);
    assert.equal(broken.log, whole.log, `killed at step ${step}`);
  }
});
