// What becomes of our own defects. A stage that throws ends the process, and the next start tries the same input again,
// by itself. At the third failure the namespace is left out, so that the others go on, until a person has looked.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BrokerId } from '#core/ids.ts';
import { NAMESPACE, type Deciding } from '#core/strategy/deciding.ts';
import { type EpochMs } from '#core/time.ts';
import { type Ingest } from '#engine/ingest.ts';
import { type Store } from '#ports/store.ts';
import { deadLetter } from '#wire/dead-letter.ts';
import { MARKET_TICKS } from '#wire/topics.ts';

const FILE = 'defect.json';
/** Failures at the same input after which its namespace is halted. */
const FAILURES_MAX = 3;

/** A stage that threw: where in the log, in which namespace, how often, and what it said. */
export interface Defect {
  readonly seq: number;
  /** Undefined when it cannot be told which namespace was deciding. */
  readonly broker: BrokerId | undefined;
  readonly failures: number;
  readonly message: string;
}

/** The defect that the last process ended with; undefined when there was none. */
export function readDefect(directory: string): Defect | undefined {
  const file = join(directory, FILE);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Defect) : undefined;
}

/** Whether the defect's namespace stays out; where, for a person, the file is. */
export function isHalted(defect: Defect | undefined): defect is Defect & { readonly broker: BrokerId } {
  return defect !== undefined && defect.failures >= FAILURES_MAX && defect.broker !== undefined;
}

/** What to do about a halted namespace. */
export function haltedMessage({ broker, failures, message }: Defect, directory: string): string {
  return (
    `${broker} is halted: a stage failed ${failures} times at the same input (${message}). Mend the cause, or report it, ` +
    `then delete ${join(directory, FILE)} and start again`
  );
}

/**
 * Writes down that a stage threw; at the last failure the input goes to the dead letters too. A first failure names the
 * batch; the start after it takes inputs one by one, and fails at the one among them, of which there are `batchMax`.
 */
export function noteDefect(
  directory: string,
  ingest: Ingest,
  store: Store,
  deciding: Deciding,
  error: unknown,
  batchMax = 1,
): Defect {
  const seq = store.lastSeq();
  const broker = ingest.cascade.namespaces()[(deciding[NAMESPACE] ?? 0) - 1]?.plan.broker;
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const before = readDefect(directory);
  const inputs = before?.failures === 1 ? batchMax : 1;
  const again = before !== undefined && before.broker === broker && seq >= before.seq && seq < before.seq + inputs;
  const defect: Defect = { seq, broker, message, failures: again ? before.failures + 1 : 1 };
  if (isHalted(defect)) letterOf(defect, ingest.cascade.at, store);
  writeFileSync(join(directory, FILE), JSON.stringify(defect), { mode: 0o600 });
  return defect;
}

/** The platform has got past the input that failed. */
export function forgetDefect(directory: string): void {
  rmSync(join(directory, FILE), { force: true });
}

function letterOf(defect: Defect, at: EpochMs, store: Store): void {
  const letter = deadLetter({
    topic: MARKET_TICKS,
    // The input itself did not join its topic here; the namespaces that go on take it in.
    offset: null,
    key: defect.broker ?? '',
    value: JSON.stringify(defect),
    code: 'STAGE_FAILED',
    message: defect.message,
    attempts: defect.failures,
    service: 'supervisor',
    at,
  });
  store.commit({ inputs: [], messages: [letter], rows: [], offsets: [], snapshot: undefined });
}
