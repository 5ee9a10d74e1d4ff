// Compares what a rebuild decides with what one topic holds, in order. Messages that no stage decided (those that were
// refused when they came from outside, and dead letters) lie in between and are passed over.
import type { LogMessage } from '#ports/event-log.ts';
import type { StoreReader } from '#ports/store.ts';

/** The first place where the rebuild and the store disagree. */
export interface Difference {
  /** A topic, `snapshot at input N`, `book B/S`, or `inputs`. */
  readonly where: string;
  /** Of the message, when it is a topic. */
  readonly offset: number | undefined;
  readonly expected: string;
  readonly found: string;
}

const PAGE = 512;
const NOTHING = 'nothing';

export class TopicCheck {
  readonly topic: string;
  readonly #reader: StoreReader;
  /** Offsets of messages that a dead letter names: no stage decided them. */
  readonly #refused: ReadonlySet<number>;
  readonly #start: number;
  #offset: number;
  #page: readonly LogMessage[] = [];
  #pageAt = 0;
  /** Refused messages that were taken for the one that was applied: it has the same text and comes later. */
  readonly #mistaken: string[] = [];
  /** Messages that were compared and are equal. */
  compared = 0;
  /** Messages before the oldest that is held: their number is known, their text is not. */
  gone = 0;

  constructor(reader: StoreReader, topic: string, refused: ReadonlySet<number>, offset: number) {
    this.#reader = reader;
    this.topic = topic;
    this.#refused = refused;
    this.#offset = offset;
    this.#start = reader.range(topic).start;
  }

  /** The offset that comes next. */
  get offset(): number {
    return this.#offset;
  }

  /** Takes the next message that a stage decided, or that was applied from outside; it must be `value` to the byte. */
  expect(value: string): Difference | undefined {
    if (this.#offset < this.#start) return this.#passGone();
    for (;;) {
      const message = this.#peek();
      if (message?.value === value) {
        if (this.#refused.has(message.offset)) this.#mistaken.push(value);
        this.#offset++;
        this.compared++;
        return undefined;
      }
      if (message === undefined || !this.#passes(message)) {
        return { where: this.topic, offset: this.#offset, expected: value, found: message?.value ?? NOTHING };
      }
      this.#offset++;
    }
  }

  /** Goes on to `end`; everything up to there must be what no stage decides. `end` before the present is a difference. */
  passTo(end: number, deadLetters: boolean): Difference | undefined {
    if (end < this.#offset) {
      const expected = `${this.#offset} messages`;
      return { where: this.topic, offset: end, expected, found: `${end} messages` };
    }
    while (this.#offset < end) {
      if (!deadLetters && this.#offset >= this.#start && !this.#refused.has(this.#offset)) {
        const message = this.#peek();
        if (message === undefined || !this.#passes(message)) {
          const found = message?.value ?? NOTHING;
          return { where: this.topic, offset: this.#offset, expected: NOTHING, found };
        }
      }
      this.#offset++;
    }
    return undefined;
  }

  /** Whether no stage decided it, or it is what an equal one that was refused was taken for. */
  #passes({ offset, value }: LogMessage): boolean {
    if (this.#refused.has(offset)) return true;
    const index = this.#mistaken.indexOf(value);
    if (index >= 0) this.#mistaken.splice(index, 1);
    return index >= 0;
  }

  #passGone(): undefined {
    while (this.#refused.has(this.#offset)) this.#offset++;
    this.#offset++;
    this.gone++;
  }

  #peek(): LogMessage | undefined {
    const index = this.#offset - this.#pageAt;
    if (index < 0 || index >= this.#page.length) {
      this.#page = this.#reader.read(this.topic, this.#offset, PAGE);
      this.#pageAt = this.#offset;
    }
    return this.#page[this.#offset - this.#pageAt];
  }
}
