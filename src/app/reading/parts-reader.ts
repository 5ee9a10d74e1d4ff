// The stores of a deployment whose stages run apart, read as one: each topic and each kind of row where it is whole. Inputs and
// snapshots are those of the part with the risk gate, which takes what comes from outside.
import { keeperOf, type StageName } from '#engine/pipeline.ts';
import { type LogMessage, type TopicRange } from '#ports/event-log.ts';
import { type PartName } from '#ports/deployment.ts';
import { type StoreReader } from '#ports/store.ts';

/** Letters about what no topic takes: every part has its own. */
const SYSTEM_LETTERS = 'system.dlq';
const GATE: StageName = 'risk_manager';
const ROWS: Readonly<Record<string, StageName>> = { book: 'portfolio_manager', order: 'trading_engine' };

export interface PartStore extends PartName {
  readonly reader: StoreReader;
}

export class PartsReader implements StoreReader {
  readonly #parts: readonly PartStore[];

  /** @param parts every part that was started once, by name; they are closed with this reader */
  constructor(parts: readonly PartStore[]) {
    this.#parts = parts;
  }

  inputsAfter(seq: number, limit: number): ReturnType<StoreReader['inputsAfter']> {
    return this.#of(GATE).inputsAfter(seq, limit);
  }

  lastSeq(): number {
    return this.#of(GATE).lastSeq();
  }

  firstSeq(): number {
    return this.#of(GATE).firstSeq();
  }

  snapshots(): ReturnType<StoreReader['snapshots']> {
    return this.#of(GATE).snapshots();
  }

  rows(...[kind, broker]: Parameters<StoreReader['rows']>): ReturnType<StoreReader['rows']> {
    return this.#of(ROWS[kind] ?? GATE).rows(kind, broker);
  }

  row(...[kind, broker, id]: Parameters<StoreReader['row']>): string | undefined {
    return this.#of(ROWS[kind] ?? GATE).row(kind, broker, id);
  }

  read(topic: string, offset: number, limit: number): readonly LogMessage[] {
    if (topic !== SYSTEM_LETTERS) return this.#of(keeperOf(topic)).read(topic, offset, limit);
    const found = this.#parts.flatMap(({ reader }, k) => {
      const from = Math.max(0, Math.ceil((offset - k) / this.#parts.length));
      return reader
        .read(topic, from, limit)
        .map((message) => ({ ...message, offset: this.#placeOf(message.offset, k) }));
    });
    return found.toSorted((a, b) => a.offset - b.offset).slice(0, limit);
  }

  topics(): readonly TopicRange[] {
    const own = this.#parts.flatMap(({ reader }) => {
      return reader.topics().filter(({ topic }) => topic !== SYSTEM_LETTERS && this.#of(keeperOf(topic)) === reader);
    });
    const letters = this.#parts.flatMap(({ reader }, k) => {
      return reader
        .topics()
        .filter(({ topic, end }) => topic === SYSTEM_LETTERS && end > 0)
        .map(({ end }) => this.#placeOf(end - 1, k) + 1);
    });
    return letters.length === 0 ? own : [...own, { topic: SYSTEM_LETTERS, start: 0, end: Math.max(...letters) }];
  }

  range(topic: string): TopicRange {
    return this.topics().find((range) => range.topic === topic) ?? { topic, start: 0, end: 0 };
  }

  has(topic: string, id: string): boolean {
    if (topic === SYSTEM_LETTERS) return this.#parts.some(({ reader }) => reader.has(topic, id));
    return this.#of(keeperOf(topic)).has(topic, id);
  }

  committed(group: string, topic: string): number | undefined {
    return this.#of(keeperOf(topic)).committed(group, topic);
  }

  /** Each store is read at one of its moments; the moments of two stores may differ. */
  consistently<T>(work: () => T): T {
    return this.#parts.reduceRight<() => T>(
      (inner, { reader }) =>
        () =>
          reader.consistently(inner),
      work,
    )();
  }

  close(): void {
    for (const { reader } of this.#parts) reader.close();
  }

  /** Offsets of the parts interleaved, so that each letter has a place of its own. */
  #placeOf(offset: number, part: number): number {
    return offset * this.#parts.length + part;
  }

  /** The store of the part that runs a stage; of the first one while that part was never started. */
  #of(stage: StageName): StoreReader {
    const found = this.#parts.find(({ stages }) => stages.includes(stage)) ?? this.#parts[0];
    if (found === undefined) throw new Error('a deployment apart has a part');
    return found.reader;
  }
}
