// A store in memory with the behaviour of a durable one, crashes included: for tests, simulations and backtests.
import { invariant } from '#core/invariant.ts';
import { type LogMessage, type NewMessage, type TopicRange } from '#ports/event-log.ts';
import {
  isSoundInput,
  StoreError,
  type Commit,
  type NewInput,
  type Outbox,
  type OutboxMessage,
  type RowChange,
  type Snapshot,
  type Store,
  type StoreReader,
  type StoredInput,
  type StoredRow,
} from '#ports/store.ts';
import { marketMessages } from '#wire/market-messages.ts';
import { MARKET_TICKS } from '#wire/topics.ts';
import { type Contents, type Hold, type MemoryDisk } from './disk.ts';

const SNAPSHOTS_KEPT = 3;

/** Opens the store on a disk to write it; what was committed on the disk before is there. */
export function openMemoryStore(disk: MemoryDisk, now: () => number = () => 0): Store & Outbox {
  return new MemoryStore(disk, now);
}

/** Opens the store on a disk to read it beside its writer. */
export function openMemoryStoreReader(disk: MemoryDisk): StoreReader {
  return new MemoryStoreReader(disk);
}

class MemoryStoreReader implements StoreReader {
  protected readonly disk: MemoryDisk;
  #moment: Contents | undefined;

  constructor(disk: MemoryDisk) {
    this.disk = disk;
  }

  inputsAfter(seq: number, limit: number): readonly StoredInput[] {
    const { inputs, forgotten } = this.contents;
    const from = Math.max(0, seq - forgotten);
    return inputs.slice(from, from + limit).map(({ seq: at, kind, at: time, body, ticks }) => {
      return { seq: at, kind, at: time, body, ticks };
    });
  }

  lastSeq(): number {
    return this.contents.lastSeq;
  }

  firstSeq(): number {
    return this.contents.forgotten + 1;
  }

  snapshots(): readonly Snapshot[] {
    return [...this.contents.snapshots];
  }

  rows(kind: RowChange['kind'], broker?: string): readonly StoredRow[] {
    return [...this.contents.rows.values()]
      .filter((row) => row.kind === kind && (broker === undefined || row.broker === broker))
      .sort((a, b) => compare(a.broker, b.broker) || compare(a.id, b.id))
      .map(({ broker: of, id, value }) => ({ broker: of, id, value }));
  }

  row(kind: RowChange['kind'], broker: string, id: string): string | undefined {
    return this.contents.rows.get(keyOf(kind, broker, id))?.value;
  }

  read(topic: string, offset: number, limit: number): readonly LogMessage[] {
    const messages = this.contents.topics.get(topic) ?? [];
    if (topic !== MARKET_TICKS) return messages.slice(Math.max(0, offset), Math.max(0, offset) + limit);
    const single = messages.filter((message) => message.offset >= offset);
    return [...this.#ticks(offset, limit), ...single].sort((a, b) => a.offset - b.offset).slice(0, limit);
  }

  topics(): readonly TopicRange[] {
    const { topics, marketEnd } = this.contents;
    const own = [...topics.keys()].filter((topic) => topic !== MARKET_TICKS);
    const ranges = own.map((topic) => ({ topic, start: 0, end: topics.get(topic)?.length ?? 0 }));
    if (marketEnd > 0)
      ranges.push({ topic: MARKET_TICKS, start: this.contents.inputs[0]?.firstTick ?? 0, end: marketEnd });
    return ranges.sort((a, b) => compare(a.topic, b.topic));
  }

  range(topic: string): TopicRange {
    return this.topics().find((range) => range.topic === topic) ?? { topic, start: 0, end: 0 };
  }

  has(topic: string, id: string): boolean {
    return this.contents.ids.get(topic)?.has(id) ?? false;
  }

  committed(group: string, topic: string): number | undefined {
    return this.contents.offsets.get(keyOf(group, topic));
  }

  consistently<T>(work: () => T): T {
    const outer = this.#moment;
    this.#moment ??= this.disk.contents.copy();
    try {
      return work();
    } finally {
      this.#moment = outer;
    }
  }

  close(): void {
    // Nothing is held open.
  }

  protected get contents(): Contents {
    return this.#moment ?? this.disk.contents;
  }

  #ticks(offset: number, limit: number): LogMessage[] {
    const found: LogMessage[] = [];
    for (const { body, ticks, firstTick } of this.contents.inputs) {
      if (ticks === 0 || firstTick + ticks <= offset) continue;
      if (found.length >= limit) break;
      found.push(...marketMessages(body, firstTick, Math.max(offset, firstTick), limit - found.length));
    }
    return found;
  }
}

class MemoryStore extends MemoryStoreReader implements Store, Outbox {
  readonly #now: () => number;
  readonly #hold: Hold;
  #failure: StoreError | undefined;
  #readingConsistently = false;

  constructor(disk: MemoryDisk, now: () => number) {
    super(disk);
    this.#hold = disk.hold();
    this.#now = now;
  }

  commit(commit: Commit): void {
    const { inputs, messages, rows, offsets, snapshot } = commit;
    if (inputs.length + messages.length + rows.length + offsets.length === 0 && snapshot === undefined) return;
    this.#writing(() => {
      // Everything that can be refused is refused before anything is applied.
      for (const input of inputs) checkInput(input);
      for (const message of messages) checkMessage(message);
      const appendedAt = this.#now();
      this.disk.write((contents) => apply(contents, commit, appendedAt));
    });
  }

  outbox(after: number, limit: number): readonly OutboxMessage[] {
    return this.contents.outbox.slice(after, after + limit);
  }

  /** What a disk of this kind has, it has until the process ends: nothing less is asked for. */
  fsync(): 'full' {
    return 'full';
  }

  retain(limits: { readonly olderThan: number; readonly bytesMax: number }): void {
    this.#writing(() => forgetInputs(this.disk.contents, limits));
  }

  override consistently<T>(work: () => T): T {
    const outer = this.#readingConsistently;
    this.#readingConsistently = true;
    try {
      return work();
    } finally {
      this.#readingConsistently = outer;
    }
  }

  override close(): void {
    this.disk.release(this.#hold);
    this.#hold.lost = true;
  }

  #writing(write: () => void): void {
    if (this.#hold.lost)
      throw new StoreError('WRITE_FAILED', 'The memory store was closed or has crashed: open it again.');
    if (this.#failure !== undefined) {
      const remedy = 'Open the disk again; that recovers what was committed.';
      throw new StoreError(
        this.#failure.code,
        `The memory store takes no more commits after a failure. ${remedy}`,
        this.#failure,
      );
    }
    invariant(!this.#readingConsistently, 'a store does not write while it is read consistently on its own connection');
    try {
      write();
    } catch (error) {
      this.#failure = error instanceof StoreError ? error : new StoreError('WRITE_FAILED', String(error), error);
      throw error;
    }
  }
}

function checkInput(input: NewInput): void {
  const { kind, ticks, body } = input;
  invariant(isSoundInput(input), `an input of kind ${kind} with ${ticks} ticks and a ${typeof body} body`);
}

function checkMessage({ topic, key, value }: NewMessage): void {
  const sound = typeof key === 'string' && typeof value === 'string';
  if (!sound) throw new StoreError('WRITE_FAILED', `A message of ${topic} has a key or value that is no text.`);
}

function apply(contents: Contents, commit: Commit, appendedAt: number): void {
  for (const input of commit.inputs) {
    // A copy: the caller may use its buffer again.
    const body = typeof input.body === 'string' ? input.body : input.body.slice();
    contents.inputs.push({ ...input, body, seq: ++contents.lastSeq, appendedAt, firstTick: contents.marketEnd });
    contents.marketEnd += input.ticks;
  }
  for (const message of commit.messages) applyMessage(contents, message);
  for (const { kind, broker, id, value } of commit.rows) {
    if (value === undefined) contents.rows.delete(keyOf(kind, broker, id));
    else contents.rows.set(keyOf(kind, broker, id), { kind, broker, id, value });
  }
  for (const { group, topic, offset } of commit.offsets) contents.offsets.set(keyOf(group, topic), offset);
  if (commit.snapshot === undefined) return;
  const earlier = contents.snapshots.filter(({ seq }) => seq !== contents.lastSeq);
  const { at, hash, body } = commit.snapshot;
  contents.snapshots = [{ seq: contents.lastSeq, at, hash, body }, ...earlier].slice(0, SNAPSHOTS_KEPT);
}

function applyMessage(contents: Contents, { topic, key, id, value, shared }: NewMessage): void {
  let messages = contents.topics.get(topic);
  if (messages === undefined) contents.topics.set(topic, (messages = []));
  const offset = topic === MARKET_TICKS ? contents.marketEnd++ : messages.length;
  messages.push({ topic, offset, id, key, value });
  const number = contents.outbox.length + 1;
  contents.outbox.push({ number, topic, key, id, value, ...(shared === true && { shared }) });
  if (id === undefined) return;
  const ids = contents.ids.get(topic);
  if (ids === undefined) contents.ids.set(topic, new Set([id]));
  else ids.add(id);
}

function forgetInputs(contents: Contents, limits: { readonly olderThan: number; readonly bytesMax: number }): void {
  const oldest = contents.snapshots.at(-1);
  if (oldest === undefined) return;
  const upTo = Math.min(oldest.seq, contents.lastSeq - 1);
  let bytes = contents.inputs.reduce((sum, { body }) => sum + bytesOf(body), 0);
  for (let first = contents.inputs[0]; first !== undefined && first.seq <= upTo; first = contents.inputs[0]) {
    if (first.appendedAt >= limits.olderThan && bytes <= limits.bytesMax) break;
    bytes -= bytesOf(first.body);
    contents.forgotten = first.seq;
    contents.inputs.shift();
  }
  const start = contents.inputs[0]?.firstTick ?? 0;
  const market = contents.topics.get(MARKET_TICKS);
  if (market !== undefined)
    contents.topics.set(
      MARKET_TICKS,
      market.filter(({ offset }) => offset >= start),
    );
}

function bytesOf(body: string | Uint8Array): number {
  return typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
}

/** JSON, so that no two lists of parts give the same key. */
function keyOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
