// A whole tape from its first row to its last, as the README's command plays it, and everything that a user can then ask:
// the numbers add up, wherever they are read.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StateReport } from '#app/reading/books.ts';
import { requireShared } from '../support/shared-data.ts';
import { cutTape } from './support/cut-tape.ts';
import { Place } from './support/place.ts';
import { logLines, type LogLine } from './support/processes.ts';
import { recomputedBook } from './support/recomputed-books.ts';
import { rowsOfTape, syntheticTape } from './support/synthetic-tape.ts';

const BROKERS = ['paper', 'zerodha'];
const timeout = 60_000;

test('a whole tape', { timeout }, async (t) => {
  const tape = syntheticTape(t, { rows: 1_000, dirty: true });
  const place = new Place(t);
  const { stdout, stderr } = await place.play(tape);
  assert.equal(stdout, '', 'logs go to stderr');

  await t.test('counts each row under one name', () => {
    const counts = countsOf(logLines(stderr.split('\n')));
    assert.deepEqual(
      Object.keys(counts).filter((name) => counts[name] === 0),
      [],
      'each kind of dirt was there',
    );
    checkCounts(counts, rowsOfTape(tape), place);
  });

  await t.test('leaves books that its fills and the contract notes alone make, to the last unit', async () => {
    const state = await place.state();
    assert.deepEqual(Object.keys(state.brokers).toSorted(), BROKERS);
    await checkBooks(place, state);
  });

  await t.test('is rebuilt from the log alone', async () => {
    const { equal, difference } = JSON.parse(await place.output('verify', '--json')) as Record<string, unknown>;
    assert.deepEqual({ equal, difference }, { equal: true, difference: null });
  });

  await t.test('is told to programs in JSON and nothing else', async () => {
    await checkOutputs(place);
  });

  await t.test('plays no row again', async () => {
    const left = () => ({
      digests: place.digests(),
      inputs: place.read((reader) => reader.lastSeq()),
      sha256: place.sha256(),
    });
    const before = left();
    await place.play(tape);
    assert.deepEqual(left(), before);
  });
});

test('a part of a recorded day plays to the end and adds up', { timeout }, async (t) => {
  const recorded = requireShared(t, 'market-data', 'nse-ticks-2021-06-11');
  if (recorded === undefined) return;
  const tape = cutTape(t, recorded, ['AXISBANK', 'BAJAJ_AUTO', 'Nifty'], 3_000);
  const place = new Place(t);
  const { stderr } = await place.play(tape);
  await checkBooks(place, await place.state());
  checkCounts(countsOf(logLines(stderr.split('\n'))), rowsOfTape(tape), place);
});

async function checkOutputs(place: Place): Promise<void> {
  const commands = [['portfolio'], ['orders'], ['positions'], ['topics', 'list'], ['strategies', 'list'], ['config']];
  for (const output of await Promise.all(commands.map((command) => place.output(...command, '--json')))) {
    assert.equal(typeof JSON.parse(output), 'object');
  }
  for (const topic of ['market.ticks', 'zerodha.signals.raw', 'paper.reconciliation.breaks']) {
    const lines = linesOf(await place.output('events', '--topic', topic, '--json'));
    assert.deepEqual(lines, place.values(topic), topic);
    for (const line of lines) assert.equal((JSON.parse(line) as { broker: string }).broker, topic.split('.', 1)[0]);
  }
}

/** Cash, fees, P&L and positions of every book, recomputed from what `events` prints. */
async function checkBooks(place: Place, state: StateReport): Promise<void> {
  for (const broker of BROKERS) {
    const fills = linesOf(await place.output('events', '--topic', `${broker}.orders.filled`, '--json'));
    assert.ok(fills.length > 10, `only ${fills.length} fills in ${broker}`);
    const ledger = linesOf(await place.output('events', '--topic', `${broker}.pnl.snapshots`, '--json'));
    const books = state.brokers[broker]?.books ?? [];
    assert.ok(books.some(({ positions }) => positions.length > 0) && books.some(({ fees }) => fees !== '0.00'));
    for (const book of books) {
      const { strategy_id, starting_cash, ...rest } = book;
      const recomputed = recomputedBook(fills, ledger, strategy_id, starting_cash);
      assert.deepEqual(rest, recomputed, `${broker} ${strategy_id}`);
      if (broker === 'paper') assert.equal(rest.adjustments, '0.00');
    }
  }
}

type Counts = Readonly<Record<string, number>>;

/** What the last line of the feed says became of its rows. */
function countsOf(log: readonly LogLine[]): Counts {
  const line = log.find(({ event }) => event.startsWith('Feed finished:'));
  const names = ['used', 'bad_time', 'bad_price', 'out_of_session', 'duplicate', 'out_of_order'];
  const entries = names.map((name) => {
    const count = line?.[name];
    assert.ok(typeof count === 'number' && line?.event.includes(`${name}=${count}`), `${name} in ${line?.event}`);
    return [name, count] as const;
  });
  return Object.fromEntries(entries);
}

/** Each row of the tape was used or refused under a name, and each used one is a tick in the log. */
function checkCounts(counts: Counts, rows: number, place: Place): void {
  assert.equal(
    Object.values(counts).reduce((sum, count) => sum + count, 0),
    rows,
  );
  assert.equal(place.values('market.ticks').length, counts['used']);
}

function linesOf(output: string): readonly string[] {
  return output.split('\n').filter((line) => line !== '');
}
