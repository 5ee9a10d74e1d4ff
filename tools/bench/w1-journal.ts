// W1 with a journal, as `backtest --journal` keeps it. `orders`: what happens to orders; `all`: the ticks and every event;
// `replay`: the state again from the ticks of such a journal, through the same code.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Backtest } from '#app/backtest.ts';
import { Journal, type JournalScope, stateHash } from '#app/research/journal.ts';
import { readJournal } from '#app/research/journal-file.ts';
import { TickBatch } from '#core/market/tick.ts';
import { decodeTickFrame } from '#wire/tick-frame.ts';
import { report, type W1Result } from './w1-result.ts';
import { prepareW1, resultOf, sourceOf } from './w1-setup.ts';

const ROWS = 4_096;

const [path = '', capital = '10000000', passes = '6', mode = 'all'] = process.argv.slice(2);
const { batch, begin } = await prepareW1(path, capital);
const folder = mkdtempSync(join(tmpdir(), 'alpha-panda-journal-'));
const file = join(folder, 'journal');
const piece = new TickBatch(ROWS, false);

/** Runs with a journal and returns the run. */
function record(scope: JournalScope): Backtest {
  const backtest = begin();
  const { cascade, tally } = backtest;
  const journal = new Journal(file, scope, cascade, sourceOf);
  tally.onEvent = (event) => journal.event(event);
  for (let from = 0; from < batch.count; from += ROWS) {
    fill(from, Math.min(batch.count, from + ROWS));
    cascade.onTicks(piece, 0, piece.count, sourceOf);
    journal.ticks(piece);
  }
  journal.end();
  journal.close();
  return backtest;
}

/** A batch as a feed hands it on. */
function fill(from: number, to: number): void {
  for (const column of ['instrument', 'time', 'price', 'volume', 'sequence'] as const) {
    piece[column].set(batch[column].subarray(from, to));
  }
  piece.count = to - from;
}

/** Takes the kept ticks again, and returns the run that they lead to. */
function replay(): Backtest {
  const backtest = begin();
  const { cascade } = backtest;
  for (const { kind, content } of readJournal(file)) {
    if (kind !== 'ticks') continue;
    const { batch: ticks, sources } = decodeTickFrame(content, (token) => cascade.instruments.indexOf(token));
    cascade.onTicks(ticks, 0, ticks.count, (instrument) => sources.get(instrument) ?? '');
  }
  return backtest;
}

function run(): W1Result {
  const backtest = mode === 'replay' ? replay() : record(mode as JournalScope);
  return resultOf(backtest, batch.capacity);
}

try {
  if (mode === 'replay') {
    const written = stateHash(record('all').cascade);
    const again = stateHash(replay().cascade);
    if (again !== written) throw new Error(`the replayed state has the hash ${again}, the first one ${written}`);
  }
  report(run, Number(passes));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
