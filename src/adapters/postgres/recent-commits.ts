// What the latest commits appended, as it would be read back: whoever publishes it asks at once after the commit, and the
// server need not send again what this process has just sent it.
import { type LogMessage } from '#ports/event-log.ts';
import { type NewInput, type OutboxMessage } from '#ports/store.ts';
import { marketMessages } from '#wire/market-messages.ts';
import { MARKET_TICKS } from '#wire/topics.ts';

/** What one commit appended. */
export interface Appended {
  /** In the order of their numbers. */
  readonly messages: readonly OutboxMessage[];
  /** Inputs that are messages of `market.ticks`, with the offsets of their first. */
  readonly frames: readonly Frame[];
  /** The number of the newest message, and the offset that the next of `market.ticks` gets. */
  readonly lastNumber: number;
  readonly marketEnd: number;
}

export interface Frame {
  readonly first: number;
  readonly ticks: number;
  readonly body: NewInput['body'];
}

/** Somebody who falls further behind asks the server. */
const TICKS_KEPT = 32_768;
const MESSAGES_KEPT = 16_384;

export class RecentCommits {
  /** Without a gap up to `#lastNumber`. */
  #messages: OutboxMessage[] = [];
  #lastNumber: number;
  /** Without a gap up to `#marketEnd`. */
  #frames: Frame[] = [];
  #marketEnd: number;

  /** Begins after what was committed before. */
  constructor(lastNumber: number, marketEnd: number) {
    this.#lastNumber = lastNumber;
    this.#marketEnd = marketEnd;
  }

  add({ messages, frames, lastNumber, marketEnd }: Appended): void {
    for (const message of messages) this.#messages.push(message);
    this.#lastNumber = lastNumber;
    for (const frame of frames) this.#frames.push(frame);
    this.#marketEnd = marketEnd;
    // A message among the ticks stands in no frame: what is before it is left to the server.
    if (messages.some(({ topic }) => topic === MARKET_TICKS)) this.#forgetFrames(this.#frames.length);
    this.#trim();
  }

  /**
   * As `Outbox.outbox`; undefined when some of it may be older than what is kept. What is not asked for any more is let go:
   * whoever publishes goes on from where it asked.
   */
  outbox(after: number, limit: number): readonly OutboxMessage[] | undefined {
    const first = this.#lastNumber - this.#messages.length + 1;
    const from = after + 1 - first;
    if (from < 0) return undefined;
    this.#messages.splice(0, from);
    return this.#messages.slice(0, limit);
  }

  /** As a store's `read` of `market.ticks`; undefined when some of it may be older than what is kept, and let go likewise. */
  market(offset: number, limit: number): readonly LogMessage[] | undefined {
    if (offset < (this.#frames[0]?.first ?? this.#marketEnd)) return undefined;
    const begin = this.#frames.findLastIndex(({ first }) => first <= offset);
    this.#forgetFrames(begin);
    const found: LogMessage[] = [];
    for (const { first, ticks, body } of this.#frames) {
      if (first >= offset + limit) break;
      const from = Math.max(offset, first);
      const count = Math.max(0, Math.min(first + ticks, offset + limit) - from);
      for (const message of marketMessages(body, first, from, count)) found.push(message);
    }
    return found;
  }

  #trim(): void {
    if (this.#messages.length > 2 * MESSAGES_KEPT) this.#messages = this.#messages.slice(-MESSAGES_KEPT);
    const old = this.#frames.findIndex(({ first }) => this.#marketEnd - first <= TICKS_KEPT);
    // The newest stays, however long it is.
    this.#forgetFrames(old === -1 ? this.#frames.length - 1 : old);
  }

  #forgetFrames(count: number): void {
    if (count <= 0) return;
    for (const { body } of this.#frames.splice(0, count)) if (typeof body !== 'string') giveBack(body);
  }
}

/**
 * Gives the memory of a body back at once, because the collector looks late at what has waited for a commit. A body that
 * shares its memory with others is left alone.
 */
function giveBack({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) buffer.transfer(0);
}
