// W1 with a journal, in the log's own bytes: frames of ticks in one file and the messages of events in another, as records of
// commits that are written a batch at a time and not synced. `orders`: what happens to orders; `every`: the ticks and every
// event; `replay`: the state again from the ticks, through the same code.
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRecord, RecordWriter } from '#adapters/sqlite/commit-record.ts';
import { type Backtest } from '#app/backtest.ts';
import { type DomainEvent } from '#core/events.ts';
import { sha256, snapshotBody } from '#engine/ingest.ts';
import { applyInput } from '#engine/input.ts';
import { type NewMessage } from '#ports/event-log.ts';
import { type NewInput } from '#ports/store.ts';
import { encodeEvent } from '#wire/encode.ts';
import { encodeTickFrame } from '#wire/tick-frame.ts';
import { report, type W1Result } from './w1-result.ts';
import { prepareW1, resultOf, SOURCE, sourceOf } from './w1-setup.ts';

const ROWS = 4_096;
const RECORD_BYTES = 16 * 1024 * 1024;

const [path = '', capital = '10000000', passes = '6', mode = 'every'] = process.argv.slice(2);
const { batch, begin } = await prepareW1(path, capital);
const folder = mkdtempSync(join(tmpdir(), 'alpha-panda-journal-'));
const inputsPath = join(folder, 'inputs');
const [inputsFile, messagesFile] = [openSync(inputsPath, 'w'), openSync(join(folder, 'messages'), 'w')];
const writer = new RecordWriter(RECORD_BYTES);
let written: string | undefined;

/** Appends a record to a file; returns where the next one goes. */
function append(file: number, position: number, inputs: readonly NewInput[], messages: readonly NewMessage[]): number {
  const length = writer.write({ commit: { inputs, messages, rows: [], offsets: [] }, afterSeq: 0, appendedAt: 0 });
  if (length === undefined) throw new Error(`a record needs more than ${RECORD_BYTES} bytes`);
  return position + writeSync(file, writer.buffer, 0, length, position);
}

/** Each order and what became of it. */
const ORDERS: ReadonlySet<DomainEvent['type']> = new Set([
  'order_submitted',
  'order_filled',
  'order_failed',
  'order_cancelled',
  'order_expired',
]);

function isKept(event: DomainEvent): boolean {
  return mode !== 'orders' || ORDERS.has(event.type);
}

/** Runs with a journal and returns the run. */
function record(): Backtest {
  const backtest = begin();
  const { cascade, tally } = backtest;
  let messages: NewMessage[] = [];
  tally.onEvent = (event) => {
    if (isKept(event)) messages.push(encodeEvent(event));
  };
  const describe = (instrument: number): { token: number; source: string } => {
    return { token: cascade.instruments.at(instrument).token, source: SOURCE };
  };
  let [inputsEnd, messagesEnd] = [0, 0];
  for (let from = 0; from < batch.count; from += ROWS) {
    const to = Math.min(batch.count, from + ROWS);
    cascade.onTicks(batch, from, to, sourceOf);
    if (mode !== 'orders') {
      const body = encodeTickFrame(batch, from, to, describe);
      inputsEnd = append(inputsFile, inputsEnd, [{ kind: 'ticks', at: cascade.at, body, ticks: to - from }], []);
    }
    messagesEnd = append(messagesFile, messagesEnd, [], messages);
    messages = [];
  }
  return backtest;
}

/** Takes the kept inputs again, and returns the run that they lead to. */
function replay(bytes: Buffer): Backtest {
  const backtest = begin();
  let seq = 0;
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt32LE(at + LENGTH_AT);
    const found = readRecord(bytes.subarray(at, at + length));
    if (found === undefined) throw new Error(`the journal is damaged at byte ${at}`);
    for (const input of found.commit.inputs) applyInput(backtest.cascade, { ...input, seq: ++seq });
    at += length;
  }
  return backtest;
}

/** Where a record says how long it is. */
const LENGTH_AT = 16;

function stateOf({ cascade }: Backtest): string {
  return sha256(snapshotBody(cascade, new Map()));
}

function run(): W1Result {
  return resultOf(written === undefined ? record() : replay(bytesOf()), batch.capacity);
}

let kept: Buffer | undefined;
function bytesOf(): Buffer {
  return (kept ??= readFileSync(inputsPath));
}

try {
  if (mode === 'replay') {
    written = stateOf(record());
    const again = stateOf(replay(bytesOf()));
    if (again !== written) throw new Error(`the replayed state has the hash ${again}, the first one ${written}`);
  }
  report(run, Number(passes));
} finally {
  closeSync(inputsFile);
  closeSync(messagesFile);
  rmSync(folder, { recursive: true, force: true });
}
