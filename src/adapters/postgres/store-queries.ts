// Every question that a store answers, on one connection. The writer and the readers beside it ask in the same way, and
// what does not fit together is reported as damage where it is found.
import { type LogMessage, type TopicRange } from '#ports/event-log.ts';
import {
  type InputKind,
  type Outbox,
  type OutboxMessage,
  type RowChange,
  type Snapshot,
  type StoredInput,
  type StoredRow,
} from '#ports/store.ts';
import { marketMessages } from '#wire/market-messages.ts';
import { unpackBlock } from '#wire/message-blocks.ts';
import { TickFrameError } from '#wire/tick-frame.ts';
import { MARKET_TICKS } from '#wire/topics.ts';
import { type Connection } from './connection.ts';
import { type Row, type Statement } from './exchange.ts';
import { type Place } from './place.ts';
import { damaged, readError } from './postgres-error.ts';
import {
  COMMITTED,
  EDGES,
  HAS,
  INPUTS_AFTER,
  OUTBOX,
  READ_MARKET,
  READ_TOPIC,
  ROW,
  ROWS,
  ROWS_OF_BROKER,
  SNAPSHOTS,
  TOPICS,
} from './questions.ts';
import { givenText, indexedText, keptText } from './text.ts';

/** What is asked for at most, so that a caller may say Infinity and a sum stays exact. */
const COUNT_MAX = 2 ** 51;

export class StoreQueries implements Outbox {
  protected readonly connection: Connection;
  protected readonly place: Place;

  constructor(connection: Connection, place: Place) {
    this.connection = connection;
    this.place = place;
  }

  inputsAfter(seq: number, limit: number): readonly StoredInput[] {
    const found = this.query<InputRow>(INPUTS_AFTER, [seq, countOf(limit)]);
    const first = found[0]?.[0] ?? 0;
    return found.map(([at, kind, time, ticks, isText, body], index) => {
      if (at !== first + index) throw damaged(this.place, `after input ${first + index - 1} comes input ${at}`);
      return { seq: at, kind, at: time, ticks, body: isText ? textOf(body) : body };
    });
  }

  lastSeq(): number {
    return this.query<NumbersRow>(EDGES)[0]?.[1] ?? 0;
  }

  firstSeq(): number {
    return this.query<NumbersRow>(EDGES)[0]?.[0] ?? 1;
  }

  snapshots(): readonly Snapshot[] {
    const found = this.query<SnapshotRow>(SNAPSHOTS);
    return found.map(([seq, at, hash, body]) => ({ seq, at, hash: givenText(hash), body: givenText(body) }));
  }

  rows(kind: RowChange['kind'], broker?: string): readonly StoredRow[] {
    const found =
      broker === undefined
        ? this.query<ViewRow>(ROWS, [kind])
        : this.query<ViewRow>(ROWS_OF_BROKER, [kind, keptText(broker)]);
    return found.map(([of, id, value]) => {
      return { broker: givenText(of), id: givenText(id), value: givenText(value) };
    });
  }

  row(kind: RowChange['kind'], broker: string, id: string): string | undefined {
    const [value] = this.query<readonly string[]>(ROW, [kind, keptText(broker), indexedText(id)])[0] ?? [];
    return value === undefined ? undefined : givenText(value);
  }

  read(topic: string, offset: number, limit: number): readonly LogMessage[] {
    if (limit <= 0) return [];
    const from = Math.max(0, offset);
    return topic === MARKET_TICKS
      ? this.#readMarket(from, countOf(limit))
      : this.#readTopic(topic, from, countOf(limit));
  }

  topics(): readonly TopicRange[] {
    return this.topicEnds()
      .filter(({ end }) => end > 0)
      .map(({ topic, start, end }) => ({ topic, start, end }));
  }

  range(topic: string): TopicRange {
    return this.topics().find((range) => range.topic === topic) ?? { topic, start: 0, end: 0 };
  }

  has(topic: string, id: string): boolean {
    return this.query(HAS, [keptText(topic), keptText(id)]).length > 0;
  }

  committed(group: string, topic: string): number | undefined {
    return this.query<NumbersRow>(COMMITTED, [keptText(group), keptText(topic)])[0]?.[0];
  }

  /**
   * Messages of all topics with a greater number, in the order of their numbers: that of the commits, and within one commit
   * that of each topic; ticks are none of them. At most `limit`, and none only when there is none.
   */
  outbox(after: number, limit: number): readonly OutboxMessage[] {
    if (limit <= 0) return [];
    const found: OutboxMessage[] = [];
    for (const row of this.query<OutboxRow>(OUTBOX, [after, countOf(limit)])) {
      const [number, count, name, first, shared, key, id, value, body] = row;
      const topic = givenText(name);
      if (body === null) {
        const parts = { key: givenText(key), id: optional(id), value: givenText(value) };
        found.push({ number, topic, ...parts, ...(shared && { shared }) });
        continue;
      }
      for (const message of unpackBlock(topic, first, count, body)) {
        found.push({ number: number + message.offset - first, topic, ...partsOf(message) });
      }
    }
    const wanted = found.filter(({ number }) => number > after);
    return wanted.slice(0, Math.min(limit, wanted.length));
  }

  /** Every topic's id and the range of its offsets. */
  protected topicEnds(): readonly (TopicRange & { readonly id: number })[] {
    const found = this.query<TopicRow>(TOPICS);
    return found.map(([id, name, start, end]) => ({ id, topic: givenText(name), start, end }));
  }

  /** Runs one question, and says what failed in the words of the port. */
  protected query<R extends Row>(text: string, values: NonNullable<Statement['values']> = []): R[] {
    try {
      return this.connection.query<R>(text, values);
    } catch (error) {
      throw readError(error, this.place);
    }
  }

  #readTopic(topic: string, offset: number, limit: number): readonly LogMessage[] {
    const found = this.query<MessageRow>(READ_TOPIC, [keptText(topic), offset, offset + limit]);
    const messages = found.flatMap(([at, count, id, key, value, body]): readonly LogMessage[] => {
      if (body !== null) return unpackBlock(topic, at, count, body);
      return [{ topic, offset: at, id: optional(id), key: givenText(key), value: givenText(value) }];
    });
    const wanted = messages.filter(({ offset: at }) => at >= offset && at < offset + limit);
    const first = wanted[0]?.offset ?? offset;
    for (const [k, message] of wanted.entries()) {
      if (message.offset !== first + k) {
        throw damaged(this.place, `in ${topic}, after offset ${first + k - 1} comes offset ${message.offset}`);
      }
    }
    return wanted;
  }

  /** Ticks out of the frames, gaps, and the messages between them. */
  #readMarket(offset: number, limit: number): readonly LogMessage[] {
    const found: LogMessage[] = [];
    for (const row of this.query<MarketRow>(READ_MARKET, [offset, limit])) {
      const [start, first, ticks, id, key, value, isText, body] = row;
      if (body === null) {
        found.push({
          topic: MARKET_TICKS,
          offset: first,
          id: optional(id),
          key: givenText(key),
          value: givenText(value),
        });
        continue;
      }
      const from = Math.max(start, first);
      const count = Math.max(0, Math.min(first + ticks, start + limit) - from);
      const messages = this.#ticksOf(isText ? textOf(body) : body, first, from, count);
      if (messages.length !== count) throw damaged(this.place, `an input of ${ticks} ticks gave ${messages.length}`);
      for (const message of messages) found.push(message);
    }
    return found;
  }

  #ticksOf(body: string | Uint8Array, first: number, from: number, count: number): readonly LogMessage[] {
    try {
      return marketMessages(body, first, from, count);
    } catch (error) {
      if (error instanceof TickFrameError) throw damaged(this.place, error.message, error);
      throw error;
    }
  }
}

// Rows come as lists; their types are those of the columns asked for.
type InputRow = readonly [seq: number, kind: InputKind, at: number, ticks: number, isText: boolean, body: Uint8Array];
type NumbersRow = readonly number[];
type SnapshotRow = readonly [seq: number, at: number, hash: string, body: string];
type ViewRow = readonly [broker: string, id: string, value: string];
type TopicRow = readonly [id: number, name: string, start: number, end: number];
type MessageRow = readonly [number, number, string | null, string, string, Uint8Array | null];
type MarketRow = readonly [number, number, number, string | null, string, string, boolean | null, Uint8Array | null];
type OutboxRow = readonly [
  number: number,
  count: number,
  topic: string,
  offset: number,
  own: boolean,
  key: string,
  id: string | null,
  value: string,
  body: Uint8Array | null,
];

function partsOf({ key, id, value }: LogMessage): Pick<LogMessage, 'key' | 'id' | 'value'> {
  return { key, id, value };
}

function optional(kept: string | null): string | undefined {
  return kept === null ? undefined : givenText(kept);
}

function textOf(body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
}

function countOf(limit: number): number {
  return Math.min(limit, COUNT_MAX);
}
