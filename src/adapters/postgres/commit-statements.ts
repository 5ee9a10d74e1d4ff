// A commit as statements: a few that insert lists of rows, whatever the commit holds. Offsets and numbers are counted here,
// and kept by the store only when the transaction has succeeded.
import { invariant } from '#core/invariant.ts';
import { type NewMessage } from '#ports/event-log.ts';
import { isSoundInput, type Commit, type NewInput, type OutboxMessage } from '#ports/store.ts';
import { packBlock, splitMessages } from '#wire/message-blocks.ts';
import { MARKET_TICKS, parseTopic } from '#wire/topics.ts';
import {
  DELETE_ROWS,
  FORGET_SNAPSHOTS,
  INSERT_BLOCKS,
  INSERT_INPUTS,
  INSERT_MESSAGES,
  INSERT_TOPICS,
  UPSERT_OFFSETS,
  UPSERT_ROWS,
  UPSERT_SNAPSHOT,
} from './changes.ts';
import { type Cell, type Statement } from './exchange.ts';
import { type Appended, type Frame } from './recent-commits.ts';
import { indexedText, keptText } from './text.ts';

export interface TopicEnd {
  readonly id: number;
  /** The offset that the next message gets. */
  readonly end: number;
}

/** What a writer counts, so that a commit need not ask. */
export interface Counters {
  readonly topics: ReadonlyMap<string, TopicEnd>;
  readonly lastSeq: number;
  /** Of all bodies that were ever appended. */
  readonly bytes: number;
  /** The number of the newest message. */
  readonly lastNumber: number;
}

const SNAPSHOTS_KEPT = 3;
/** Whose a row is that no namespace may see alone. */
const SYSTEM = 'system';
const MARKET = 'market';

/** The statements of one commit, and the counters after it. */
export class CommitStatements {
  readonly #statements: Statement[] = [];
  readonly #appendedAt: number;
  readonly #topics: Map<string, TopicEnd>;
  readonly #outgoing: OutboxMessage[] = [];
  readonly #frames: Frame[] = [];
  #lastSeq: number;
  #bytes: number;
  #lastNumber: number;

  constructor(commit: Commit, before: Counters, epoch: number, appendedAt: number) {
    this.#appendedAt = appendedAt;
    this.#topics = new Map(before.topics);
    this.#lastSeq = before.lastSeq;
    this.#bytes = before.bytes;
    this.#lastNumber = before.lastNumber;
    this.#inputs(commit.inputs);
    // Blocks first: they hold signals, and what follows from a signal has the greater number.
    const { blocks, rows } = splitMessages(commit.messages);
    this.#blocks(blocks);
    this.#messages(rows);
    this.#newTopics(before.topics);
    this.#rows(commit.rows);
    this.#offsets(commit.offsets);
    if (commit.snapshot !== undefined) this.#snapshot(commit.snapshot);
    this.#statements.unshift(holdWriter(epoch, this.#lastNumber));
  }

  get statements(): readonly Statement[] {
    return this.#statements;
  }

  get after(): Counters {
    return { topics: this.#topics, lastSeq: this.#lastSeq, bytes: this.#bytes, lastNumber: this.#lastNumber };
  }

  get appended(): Appended {
    const marketEnd = this.#topics.get(MARKET_TICKS)?.end ?? 0;
    return { messages: this.#outgoing, frames: this.#frames, lastNumber: this.#lastNumber, marketEnd };
  }

  #inputs(inputs: readonly NewInput[]): void {
    const rows = inputs.map((input): Cell[] => {
      const { kind, at, body, ticks } = input;
      invariant(isSoundInput(input), `an input of kind ${kind} with ${ticks} ticks and a ${typeof body} body`);
      const bytes = typeof body === 'string' ? Buffer.from(body) : body;
      const bytesBefore = this.#bytes;
      this.#bytes += bytes.byteLength;
      const firstTick = this.#take(MARKET_TICKS, ticks).end;
      const broker = ticks > 0 ? MARKET : SYSTEM;
      if (ticks > 0) this.#frames.push({ first: firstTick, ticks, body });
      return [
        ++this.#lastSeq,
        broker,
        kind,
        at,
        firstTick,
        ticks,
        bytesBefore,
        typeof body === 'string',
        copyOf(bytes),
      ];
    });
    this.#change(INSERT_INPUTS, 9, rows, this.#appendedAt);
  }

  #blocks(blocks: ReadonlyMap<string, readonly NewMessage[]>): void {
    const rows = [...blocks].map(([topic, messages]): Cell[] => {
      const { id, end } = this.#take(topic, messages.length);
      const number = this.#lastNumber + 1;
      for (const message of messages) this.#append(message);
      let packed = new Uint8Array(0);
      packBlock(messages, (block) => (packed = copyOf(block)));
      return [number, brokerOf(topic), id, end, messages.length, packed];
    });
    this.#change(INSERT_BLOCKS, 6, rows, this.#appendedAt);
  }

  #messages(messages: readonly NewMessage[]): void {
    const rows = messages.map(({ topic, key, id: given, value, own, shared }): Cell[] => {
      const { id, end } = this.#take(topic, 1);
      const kept = given === undefined ? null : keptText(given);
      const whose = [own === true, shared === true];
      this.#append({ topic, key, id: given, value, ...(shared && { shared }) });
      return [this.#lastNumber, brokerOf(topic), id, end, kept, keptText(key), ...whose, keptText(value)];
    });
    this.#change(INSERT_MESSAGES, 9, rows, this.#appendedAt);
  }

  /** The next number is this message's. */
  #append({ topic, key, id, value, shared }: NewMessage): void {
    this.#lastNumber++;
    this.#outgoing.push({ number: this.#lastNumber, topic, key, id, value, ...(shared === true && { shared }) });
  }

  #newTopics(before: ReadonlyMap<string, TopicEnd>): void {
    const rows = [...this.#topics]
      .filter(([topic]) => !before.has(topic))
      .map(([topic, { id }]) => [id, brokerOf(topic), keptText(topic)]);
    this.#change(INSERT_TOPICS, 3, rows);
  }

  /** The last change of a row is the one that counts, and the only one that a statement may make. */
  #rows(changes: Commit['rows']): void {
    const last = new Map<string, readonly Cell[]>();
    for (const { kind, broker, id, value } of changes) {
      const indexed = indexedText(id);
      const kept = value === undefined ? null : keptText(value);
      last.set(JSON.stringify([kind, broker, indexed]), [kind, keptText(broker), indexed, keptText(id), kept]);
    }
    const [gone, there] = [[], []] as [Cell[][], Cell[][]];
    for (const row of last.values()) (row[4] === null ? gone : there).push([...row]);
    this.#change(UPSERT_ROWS, 5, there);
    this.#change(DELETE_ROWS, 3, gone);
  }

  #offsets(offsets: Commit['offsets']): void {
    const last = new Map<string, Cell[]>();
    for (const { group, topic, offset } of offsets) {
      last.set(JSON.stringify([group, topic]), [keptText(group), keptText(topic), brokerOf(topic), offset]);
    }
    this.#change(UPSERT_OFFSETS, 4, [...last.values()]);
  }

  #snapshot({ at, hash, body }: NonNullable<Commit['snapshot']>): void {
    const values = [this.#lastSeq, SYSTEM, at, keptText(hash), keptText(body)];
    this.#statements.push({ text: UPSERT_SNAPSHOT, values }, { text: FORGET_SNAPSHOTS, values: [SNAPSHOTS_KEPT] });
  }

  /** The topic as it was before it got so many messages. */
  #take(name: string, count: number): TopicEnd {
    const before = this.#topics.get(name) ?? { id: this.#topics.size + 1, end: 0 };
    this.#topics.set(name, { id: before.id, end: before.end + count });
    return before;
  }

  /** @param more values that are the same for all rows */
  #change(text: string, width: number, rows: readonly (readonly Cell[])[], ...more: readonly Cell[]): void {
    if (rows.length === 0) return;
    const columns = Array.from({ length: width }, (_, column) => rows.map((row) => row[column] ?? null));
    this.#statements.push({ text, values: [...columns, ...more] });
  }
}

/** Whose the messages of a topic are. */
export function brokerOf(topic: string): string {
  const parsed = parseTopic(topic);
  if (parsed === undefined) return SYSTEM;
  return parsed.scope === 'broker' ? parsed.broker : MARKET;
}

export function holdWriter(epoch: number, lastNumber: number): Statement {
  return { text: 'SELECT hold_writer($1, $2)', values: [epoch, lastNumber] };
}

/** For a change that is no commit. */
export function holdEpoch(epoch: number): Statement {
  return { text: 'SELECT hold_writer($1, last_number) FROM writer', values: [epoch] };
}

/** Without the memory around it, which would be copied to the other thread as well. */
function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(bytes);
}
