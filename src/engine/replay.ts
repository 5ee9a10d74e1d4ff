// Rebuilds everything from the kept inputs in a cascade of its own and compares it with what the store holds: every
// message that a stage decided, every snapshot, every book. Only reads; a writer may go on beside it.
import { canonicalJson, sha256 } from '#wire/canonical.ts';
import { encodeEvent } from '#wire/encode.ts';
import { MARKET_TICKS, parseTopic } from '#wire/topics.ts';
import type { DomainEvent } from '#core/events.ts';
import { Book } from '#core/portfolio/book.ts';
import type { Snapshot, StoredInput, StoreReader } from '#ports/store.ts';
import { Cascade, type CascadeContext } from './cascade.ts';
import { snapshotBody, type SnapshotBody, type TopicEnds } from './ingest.ts';
import { applyInput, type MessageInput } from './input.ts';
import { endsOf, replay } from './recovery.ts';
import { refusedOffsets } from './refused.ts';
import { TopicCheck, type Difference } from './topic-check.ts';
import { bookRow } from './views.ts';

/** What was compared, and the first difference when there is one. */
export interface ReplayReport {
  /** seq of the snapshot that the rebuild began with; 0 when it began with the first input. */
  readonly fromSnapshot: number;
  readonly inputs: number;
  readonly ticks: number;
  /** Messages whose bytes were compared. */
  readonly events: number;
  /** Messages that retention has removed: decided again, but nothing is left to compare them with. */
  readonly gone: number;
  readonly snapshots: number;
  readonly books: number;
  readonly difference: Difference | undefined;
}

/** Told after each input, so that a person sees that it goes on. */
export type ReplayProgress = (seq: number, lastSeq: number) => void;

/** Rebuilds what the log holds, on one committed moment, and compares until the first difference. */
export function verifyStore(
  reader: StoreReader,
  context: Omit<CascadeContext, 'sink'>,
  progress: ReplayProgress = () => undefined,
): ReplayReport {
  return reader.consistently(() => new Replay(reader, context, progress).run());
}

/** Ends the rebuild at the first difference, from however deep. */
class Differs extends Error {
  readonly difference: Difference;

  constructor(difference: Difference) {
    super(`${difference.where} differs`);
    this.difference = difference;
  }
}

class Replay {
  readonly #reader: StoreReader;
  readonly #cascade: Cascade;
  readonly #progress: ReplayProgress;
  readonly #checks = new Map<string, TopicCheck>();
  #ends: TopicEnds = new Map();
  #fromSnapshot = 0;
  #inputs = 0;
  #ticks = 0;
  #snapshots = 0;
  #books = 0;

  constructor(reader: StoreReader, context: Omit<CascadeContext, 'sink'>, progress: ReplayProgress) {
    this.#reader = reader;
    this.#progress = progress;
    const event = (decided: DomainEvent): void => this.#onDecided(decided);
    this.#cascade = new Cascade({ ...context, sink: { event, intent: () => undefined } });
  }

  run(): ReplayReport {
    let difference: Difference | undefined;
    try {
      this.#compare();
    } catch (error) {
      if (!(error instanceof Differs)) throw error;
      difference = error.difference;
    }
    const checks = [...this.#checks.values()];
    return {
      fromSnapshot: this.#fromSnapshot,
      inputs: this.#inputs,
      ticks: this.#ticks,
      events: checks.reduce((sum, { compared }) => sum + compared, 0),
      gone: checks.reduce((sum, { gone }) => sum + gone, 0),
      snapshots: this.#snapshots,
      books: this.#books,
      difference,
    };
  }

  #compare(): void {
    const last = this.#reader.lastSeq();
    const snapshots = this.#reader.snapshots().toSorted((a, b) => a.seq - b.seq);
    const later = this.#begin(snapshots);
    let next = later.shift();
    replay(this.#reader, this.#fromSnapshot, last, (input) => {
      this.#onInput(input);
      while (next !== undefined && input.seq === next.seq) {
        this.#compareSnapshot(next);
        next = later.shift();
      }
      this.#progress(input.seq, last);
    });
    if (this.#fromSnapshot + this.#inputs !== last) {
      const found = `${this.#fromSnapshot + this.#inputs} inputs`;
      throw new Differs({ where: 'inputs', offset: undefined, expected: `${last} inputs`, found });
    }
    if (next !== undefined) {
      const found = `a snapshot at input ${next.seq}`;
      throw new Differs({ where: 'inputs', offset: undefined, expected: `no snapshot after input ${last}`, found });
    }
    for (const { topic, end } of this.#reader.topics()) this.#passTo(topic, end);
    if (last > 0) this.#compareBooks();
  }

  /** Starts from nothing when the first input is still held, else from the oldest snapshot; returns those to compare. */
  #begin(snapshots: readonly Snapshot[]): Snapshot[] {
    const first = this.#reader.firstSeq();
    if (first === 1) return [...snapshots];
    const [oldest, ...later] = snapshots.filter(({ seq }) => seq + 1 >= first);
    if (oldest === undefined) {
      const expected = 'the first input, or a snapshot to begin with';
      throw new Differs({ where: 'inputs', offset: undefined, expected, found: `inputs from ${first} on` });
    }
    differ(`snapshot at input ${oldest.seq}`, undefined, oldest.hash, sha256(oldest.body));
    this.#fromSnapshot = oldest.seq;
    this.#cascade.restore((JSON.parse(oldest.body) as SnapshotBody).state);
    this.#ends = endsOf(oldest);
    return later.filter(({ seq }) => seq > oldest.seq);
  }

  #onInput(input: StoredInput): void {
    if (input.kind === 'message') {
      const { topic, value } = JSON.parse(String(input.body)) as MessageInput;
      this.#expect(topic, value);
    }
    try {
      applyInput(this.#cascade, input);
    } catch (error) {
      if (error instanceof Differs) throw error;
      const found = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      const expected = `input ${input.seq} (${input.kind}) to be applied as it was before`;
      throw new Differs({ where: 'inputs', offset: undefined, expected, found });
    }
    this.#inputs++;
    if (input.kind === 'ticks') this.#ticks += input.ticks;
    if (input.ticks > 0) this.#ends.set(MARKET_TICKS, (this.#ends.get(MARKET_TICKS) ?? 0) + input.ticks);
  }

  #onDecided(event: DomainEvent): void {
    const { topic, value } = encodeEvent(event);
    this.#expect(topic, value);
  }

  #expect(topic: string, value: string): void {
    const difference = this.#check(topic).expect(value);
    if (difference !== undefined) throw new Differs(difference);
  }

  /** Everything between the last decided message of a topic and `end` must be what no stage decides. */
  #passTo(topic: string, end: number): void {
    if (topic === MARKET_TICKS) {
      differ(topic, undefined, `${this.#ends.get(topic) ?? 0} ticks`, `${end} ticks`);
      return;
    }
    const difference = this.#check(topic).passTo(end, parseTopic(topic)?.deadLetters ?? true);
    if (difference !== undefined) throw new Differs(difference);
  }

  #compareSnapshot(snapshot: Snapshot): void {
    const where = `snapshot at input ${snapshot.seq}`;
    differ(where, undefined, snapshot.hash, sha256(snapshot.body));
    const ends = endsOf(snapshot);
    for (const [topic, end] of ends) this.#passTo(topic, end);
    const body = snapshotBody(this.#cascade, ends);
    if (sha256(body) !== snapshot.hash) {
      const { path, a, b } = firstDifferent(JSON.parse(body), JSON.parse(snapshot.body), '');
      differ(`${where}, ${path.slice(1)}`, undefined, a, b);
    }
    this.#snapshots++;
  }

  /** The books of every namespace, of those too that the plan leaves out now, against the rows that views show. */
  #compareBooks(): void {
    const { instruments } = this.#cascade;
    const rows = new Map(this.#reader.rows('book').map(({ broker, id, value }) => [`book ${broker}/${id}`, value]));
    for (const [broker, { portfolio }] of Object.entries(this.#cascade.snapshot().namespaces)) {
      for (const state of portfolio.books) {
        const where = `book ${broker}/${state.strategyId}`;
        const expected = canonicalJson(bookRow(Book.restore(state, instruments.size), instruments));
        const row = rows.get(where);
        differ(where, undefined, expected, row === undefined ? 'no row' : canonicalJson(JSON.parse(row)));
        rows.delete(where);
        this.#books++;
      }
    }
    for (const [where, value] of rows) differ(where, undefined, 'no row', value);
  }

  #check(topic: string): TopicCheck {
    const known = this.#checks.get(topic);
    if (known !== undefined) return known;
    const refused = refusedOffsets(this.#reader, topic);
    const check = new TopicCheck(this.#reader, topic, refused, this.#ends.get(topic) ?? 0);
    this.#checks.set(topic, check);
    return check;
  }
}

function differ(where: string, offset: number | undefined, expected: string, found: string): void {
  if (expected !== found) throw new Differs({ where, offset, expected, found });
}

/** The first place, depth first, where two JSON values differ. */
function firstDifferent(a: unknown, b: unknown, path: string): { path: string; a: string; b: string } {
  if (isContainer(a) && isContainer(b) && Array.isArray(a) === Array.isArray(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      if (JSON.stringify(a[key]) !== JSON.stringify(b[key])) return firstDifferent(a[key], b[key], `${path}.${key}`);
    }
  }
  return { path, a: JSON.stringify(a) ?? NOT_THERE, b: JSON.stringify(b) ?? NOT_THERE };
}

const NOT_THERE = 'nothing';

function isContainer(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
