// Every question that a store answers, on one connection. The writer and the readers beside it ask in the same way, and
// what does not fit together is reported as damage where it is found.
import { type DatabaseSync, type StatementSync } from 'node:sqlite';
import { type LogMessage, type TopicRange } from '#ports/event-log.ts';
import { type InputKind, type RowChange, type Snapshot, type StoredInput, type StoredRow } from '#ports/store.ts';
import { marketMessages } from '#wire/market-messages.ts';
import { unpackBlock } from '#wire/message-blocks.ts';
import { TickFrameError } from '#wire/tick-frame.ts';
import { MARKET_TICKS } from '#wire/topics.ts';
import { MARKET_TICKS_ID } from './schema.ts';
import { damaged, readError } from './sqlite-error.ts';

const INPUT_COLUMNS = 'seq, kind, at, ticks, body';
const MESSAGE_COLUMNS = 'offset, id, key, value';
/** What SQLite takes as a LIMIT at most, so that a caller may say Infinity. */
const LIMIT_MAX = Number.MAX_SAFE_INTEGER;

type InputRow = [seq: number, kind: InputKind, at: number, ticks: number, body: string | Uint8Array];
type MessageRow = [offset: number, id: string | null, key: string, value: string];

export class StoreQueries {
  protected readonly database: DatabaseSync;
  protected readonly path: string;
  readonly #statements = new Map<string, StatementSync>();
  #lastBlock: readonly LogMessage[] | undefined;

  constructor(database: DatabaseSync, path: string) {
    this.database = database;
    this.path = path;
  }

  inputsAfter(seq: number, limit: number): readonly StoredInput[] {
    return this.asking(() => {
      const found = this.#all<InputRow>(
        `SELECT ${INPUT_COLUMNS} FROM inputs WHERE seq > ? ORDER BY seq LIMIT ?`,
        seq,
        Math.min(limit, LIMIT_MAX),
      );
      const first = found[0]?.[0] ?? 0;
      return found.map(([at, kind, time, ticks, body], index) => {
        if (at !== first + index) throw damaged(this.path, `after input ${first + index - 1} comes input ${at}`);
        return { seq: at, kind, at: time, ticks, body };
      });
    });
  }

  lastSeq(): number {
    return this.asking(() => this.#edge('max'));
  }

  firstSeq(): number {
    return this.asking(() => this.#edge('min') || this.#edge('max') + 1);
  }

  snapshots(): readonly Snapshot[] {
    return this.asking(() => {
      const found = this.#all<[number, number, string, string]>(
        'SELECT seq, at, hash, body FROM snapshots ORDER BY seq DESC',
      );
      return found.map(([seq, at, hash, body]) => ({ seq, at, hash, body }));
    });
  }

  rows(kind: RowChange['kind'], broker?: string): readonly StoredRow[] {
    return this.asking(() => {
      const select = 'SELECT broker, id, value FROM views WHERE kind = ?';
      const found =
        broker === undefined
          ? this.#all<[string, string, string]>(`${select} ORDER BY broker, id`, kind)
          : this.#all<[string, string, string]>(`${select} AND broker = ? ORDER BY id`, kind, broker);
      return found.map(([of, id, value]) => ({ broker: of, id, value }));
    });
  }

  row(kind: RowChange['kind'], broker: string, id: string): string | undefined {
    const sql = 'SELECT value FROM views WHERE kind = ? AND broker = ? AND id = ?';
    return this.asking(() => this.#all<[string]>(sql, kind, broker, id)[0]?.[0]);
  }

  read(topic: string, offset: number, limit: number): readonly LogMessage[] {
    return this.asking(() => {
      const id = this.#topicId(topic);
      if (id === undefined || limit <= 0) return [];
      const single = this.#messages(topic, id, offset, limit);
      if (topic !== MARKET_TICKS)
        return this.#whole(topic, offset, [...this.#blocks(topic, id, offset, limit), ...single], limit);
      const ticks = this.#ticks(offset, limit);
      if (single.length === 0) return ticks;
      return [...ticks, ...single].sort((a, b) => a.offset - b.offset).slice(0, limit);
    });
  }

  topics(): readonly TopicRange[] {
    return this.asking(() => {
      const known = this.#all<[number, string]>('SELECT id, name FROM topics ORDER BY name');
      return known.map(([id, topic]) => this.#range(id, topic)).filter(({ end }) => end > 0);
    });
  }

  range(topic: string): TopicRange {
    return this.asking(() => {
      const id = this.#topicId(topic);
      return id === undefined ? { topic, start: 0, end: 0 } : this.#range(id, topic);
    });
  }

  has(topic: string, id: string): boolean {
    // The plus keeps SQLite from walking through all offsets of the topic instead of asking the index of ids.
    const sql = 'SELECT 1 FROM messages WHERE id = ? AND +topic = (SELECT topics.id FROM topics WHERE name = ?)';
    return this.asking(() => this.#numbers(sql, id, topic) !== undefined);
  }

  committed(group: string, topic: string): number | undefined {
    const sql = 'SELECT offset FROM group_offsets WHERE consumer_group = ? AND topic = ?';
    return this.asking(() => this.#numbers(sql, group, topic)?.[0] ?? undefined);
  }

  /** seq of the newest input, and the bytes of all bodies that were ever appended. */
  protected totals(): { readonly seq: number; readonly bytes: number } {
    return this.asking(() => {
      const sql = 'SELECT seq, bytes_before + octet_length(body) FROM inputs WHERE seq = ?';
      const [seq, bytes] = this.#numbers(sql, this.#edge('max')) ?? [];
      return { seq: seq ?? 0, bytes: bytes ?? 0 };
    });
  }

  /** Every topic's id and the offset that its next message gets. */
  protected topicEnds(): readonly (readonly [topic: string, id: number, end: number])[] {
    return this.asking(() => {
      const known = this.#all<[number, string]>('SELECT id, name FROM topics');
      return known.map(([id, topic]) => [topic, id, this.#range(id, topic).end] as const);
    });
  }

  /** Runs one question, and says what failed in the words of the port. */
  protected asking<T>(ask: () => T): T {
    try {
      return ask();
    } catch (error) {
      if (error instanceof TickFrameError) throw damaged(this.path, error.message, error);
      throw readError(error, this.path);
    }
  }

  #messages(topic: string, id: number, offset: number, limit: number): LogMessage[] {
    const sql = `SELECT ${MESSAGE_COLUMNS} FROM messages WHERE topic = ? AND offset >= ? ORDER BY offset LIMIT ?`;
    return this.#all<MessageRow>(sql, id, offset, Math.min(limit, LIMIT_MAX)).map(([at, given, key, value]) => {
      return { topic, offset: at, id: given ?? undefined, key, value };
    });
  }

  /** Messages out of the blocks from the one on that holds the offset. */
  #blocks(topic: string, id: number, offset: number, limit: number): LogMessage[] {
    const found: LogMessage[] = [];
    const from = this.#numbers('SELECT max(first) FROM blocks WHERE topic = ? AND first <= ?', id, offset)?.[0] ?? 0;
    const sql = 'SELECT first, count, body FROM blocks WHERE topic = ? AND first >= ? ORDER BY first';
    for (const [first, count, body] of this.#iterate<[number, number, Uint8Array]>(sql, id, from)) {
      if (first + count <= offset) continue;
      for (const message of this.#unpacked(topic, first, count, body)) {
        if (message.offset >= offset) found.push(message);
      }
      if (found.length >= limit) break;
    }
    return found;
  }

  /** A block's messages; the last one is kept, because readers take a block in pieces. */
  #unpacked(topic: string, first: number, count: number, body: Uint8Array): readonly LogMessage[] {
    if (
      this.#lastBlock?.[0]?.topic !== topic ||
      this.#lastBlock[0].offset !== first ||
      this.#lastBlock.length !== count
    ) {
      this.#lastBlock = unpackBlock(topic, first, count, body);
    }
    return this.#lastBlock;
  }

  /** Messages in the order of their offsets, which have no gaps. */
  #whole(topic: string, offset: number, messages: LogMessage[], limit: number): readonly LogMessage[] {
    const sorted = messages.sort((a, b) => a.offset - b.offset).slice(0, Math.min(limit, LIMIT_MAX));
    const first = sorted[0]?.offset ?? offset;
    for (const [k, message] of sorted.entries()) {
      if (message.offset !== first + k) {
        throw damaged(this.path, `in ${topic}, after offset ${first + k - 1} comes offset ${message.offset}`);
      }
    }
    return sorted;
  }

  /** Ticks out of the frames, and gaps, from the input on that holds the offset. */
  #ticks(offset: number, limit: number): LogMessage[] {
    const found: LogMessage[] = [];
    const bodies = this.#iterate<[number, number, Uint8Array | string]>(
      'SELECT first_tick, ticks, body FROM inputs WHERE seq >= ? AND ticks > 0 ORDER BY seq',
      this.#inputOfTick(offset),
    );
    for (const [firstTick, ticks, body] of bodies) {
      const messages = marketMessages(body, firstTick, Math.max(offset, firstTick), limit - found.length);
      const expected = Math.min(limit - found.length, firstTick + ticks - Math.max(offset, firstTick));
      if (messages.length !== expected) throw damaged(this.path, `an input of ${ticks} ticks gave ${messages.length}`);
      for (const message of messages) found.push(message);
      if (found.length >= limit) break;
    }
    return found;
  }

  /** seq of the first input whose ticks end after the offset, by halving: they count up, and no seq is missing. */
  #inputOfTick(offset: number): number {
    let low = this.#edge('min');
    let high = this.#edge('max') + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const end = this.#numbers('SELECT first_tick + ticks FROM inputs WHERE seq = ?', middle)?.[0];
      if (end === undefined || end === null) throw damaged(this.path, `input ${middle} is missing`);
      if (end > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #range(id: number, topic: string): TopicRange {
    const last = this.#messageEdge(id, 'max');
    if (id !== MARKET_TICKS_ID) {
      const [first, end] = this.#blockEdges(id);
      const start = last === -1 ? first : Math.min(first, this.#messageEdge(id, 'min'));
      return { topic, start: Number.isFinite(start) ? start : 0, end: Math.max(last + 1, end) };
    }
    const sql = 'SELECT first_tick, first_tick + ticks FROM inputs WHERE seq = ?';
    const start = this.#numbers(sql, this.#edge('min'))?.[0] ?? 0;
    const end = this.#numbers(sql, this.#edge('max'))?.[1] ?? 0;
    return { topic, start, end: Math.max(end, last + 1) };
  }

  /** seq of the newest or the oldest input; 0 when there is none. */
  #edge(side: 'min' | 'max'): number {
    return this.#numbers(`SELECT ${side}(seq) FROM inputs`)?.[0] ?? 0;
  }

  /** Offset of a topic's newest or oldest own message; -1 when it has none. */
  #messageEdge(id: number, side: 'min' | 'max'): number {
    return this.#numbers(`SELECT ${side}(offset) FROM messages WHERE topic = ?`, id)?.[0] ?? -1;
  }

  /** Where a topic's blocks begin and end; endless and 0 when it has none. */
  #blockEdges(id: number): readonly [first: number, end: number] {
    const first = this.#numbers('SELECT min(first) FROM blocks WHERE topic = ?', id)?.[0] ?? Number.POSITIVE_INFINITY;
    const sql = 'SELECT first + count FROM blocks WHERE topic = ? ORDER BY first DESC LIMIT 1';
    return [first, this.#numbers(sql, id)?.[0] ?? 0];
  }

  #topicId(topic: string): number | undefined {
    return this.#numbers('SELECT id FROM topics WHERE name = ?', topic)?.[0] ?? undefined;
  }

  // Rows come as arrays, which SQLite makes faster than objects. The types are those of STRICT tables.
  #all<T>(sql: string, ...values: readonly (string | number)[]): T[] {
    return this.#statement(sql).all(...values) as unknown as T[];
  }

  /** The first row, whose columns are all numbers. */
  #numbers(sql: string, ...values: readonly (string | number)[]): readonly (number | null)[] | undefined {
    return this.#all<readonly (number | null)[]>(sql, ...values)[0];
  }

  #iterate<T>(sql: string, ...values: readonly (string | number)[]): Iterable<T> {
    return this.#statement(sql).iterate(...values) as unknown as Iterable<T>;
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.database.prepare(sql);
      statement.setReturnArrays(true);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
