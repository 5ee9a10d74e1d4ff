// The live streams of all clients. The log is their buffer: what a client has not taken yet stays there and is read when
// there is room for it, so that one who is slow costs no memory, and in the end the connection.
import type { ServerResponse } from 'node:http';
import type { Reading, StoredMessage } from './reading.ts';
import { messageText } from './stored-text.ts';
import { placeText } from './stream-place.ts';

export interface StreamLimits {
  readonly clientsMax: number;
  /** Bytes that wait for one client. */
  readonly waitingBytesMax: number;
  /** A client that has not taken these within so many milliseconds is closed. */
  readonly slowMsMax: number;
  readonly heartbeatMs: number;
  /** Commits within so many milliseconds are told of together. */
  readonly gatherMs: number;
}

export const STREAM_LIMITS: StreamLimits = {
  clientsMax: 100,
  waitingBytesMax: 256 * 1024,
  slowMsMax: 15_000,
  heartbeatMs: 15_000,
  gatherMs: 25,
};

/** Messages of one topic that are read at once, and those of all clients before the pipeline has its turn. */
const PIECE = 50;
const TURN = 400;

interface Client {
  readonly response: ServerResponse;
  readonly place: Map<string, number>;
  /** Runs while it has not taken what waits for it. */
  slow: NodeJS.Timeout | undefined;
}

export class StreamHub {
  readonly #reading: Pick<Reading, 'messages' | 'subscribe'>;
  readonly #limits: StreamLimits;
  readonly #clients = new Set<Client>();
  readonly #heartbeat: NodeJS.Timeout;
  readonly #unsubscribe: () => void;
  #gathering: NodeJS.Timeout | undefined;
  #turn: NodeJS.Immediate | undefined;

  constructor(reading: Pick<Reading, 'messages' | 'subscribe'>, limits: StreamLimits) {
    this.#reading = reading;
    this.#limits = limits;
    this.#heartbeat = setInterval(() => this.#beat(), limits.heartbeatMs).unref();
    this.#unsubscribe = reading.subscribe(() => this.#committed());
  }

  get full(): boolean {
    return this.#clients.size >= this.#limits.clientsMax;
  }

  /** Streams from a place on until the client goes. */
  add(response: ServerResponse, place: Map<string, number>): void {
    const client: Client = { response, place, slow: undefined };
    this.#clients.add(client);
    response.on('close', () => this.#remove(client));
    // It is closed, and says why it was not whole.
    response.on('error', () => this.#remove(client));
    // The place alone, so that one who loses the connection before the first event misses nothing either.
    response.write(`retry: 2000\nid: ${placeText(place)}\n\n`);
    this.#next();
  }

  close(): void {
    clearInterval(this.#heartbeat);
    clearTimeout(this.#gathering);
    clearImmediate(this.#turn);
    this.#unsubscribe();
    for (const client of this.#clients) client.response.end();
    this.#clients.clear();
  }

  #committed(): void {
    if (this.#clients.size === 0 || this.#gathering !== undefined) return;
    this.#gathering = setTimeout(() => {
      this.#gathering = undefined;
      this.#next();
    }, this.#limits.gatherMs);
  }

  #next(): void {
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined;
      this.#tell();
    });
  }

  /** One turn: a piece of each topic of each client, as far as the turn goes. */
  #tell(): void {
    // Clients that stand at the same place share what is read.
    const pieces = new Map<string, readonly StoredMessage[]>();
    let told = 0;
    let more = false;
    // As they stand in the row now; the loop moves them.
    const row = Array.from(this.#clients);
    for (const client of row) {
      if (client.slow !== undefined) continue;
      if (told >= TURN) {
        more = true;
        break;
      }
      // Who was told goes to the end of the row, so that the first ones do not take every turn.
      this.#clients.delete(client);
      this.#clients.add(client);
      const count = this.#tellOne(client, pieces);
      told += count;
      if (count > 0) more = true;
    }
    if (more) this.#next();
  }

  #tellOne(client: Client, pieces: Map<string, readonly StoredMessage[]>): number {
    let told = 0;
    for (const [topic, next] of client.place) {
      const key = `${topic}:${next}`;
      const piece = pieces.get(key) ?? this.#reading.messages(topic, next, PIECE);
      pieces.set(key, piece);
      const [first] = piece;
      if (first === undefined) continue;
      told += piece.length;
      this.#write(client, topic, piece, first.offset - next);
      if (client.slow !== undefined) break;
    }
    return told;
  }

  #write(client: Client, topic: string, piece: readonly StoredMessage[], skipped: number): void {
    const { response, place } = client;
    let text = skipped > 0 ? `event: skipped\ndata: ${JSON.stringify({ topic, messages: skipped })}\n\n` : '';
    for (const message of piece) {
      place.set(topic, message.offset + 1);
      text += `id: ${placeText(place)}\ndata: {"topic":${JSON.stringify(topic)},${messageText(message).slice(1)}\n\n`;
    }
    response.write(text, () => this.#took(client));
    if (response.writableLength <= this.#limits.waitingBytesMax) return;
    client.slow = setTimeout(() => response.destroy(), this.#limits.slowMsMax);
  }

  #took(client: Client): void {
    if (client.slow === undefined || client.response.writableLength > this.#limits.waitingBytesMax) return;
    clearTimeout(client.slow);
    client.slow = undefined;
    this.#next();
  }

  #beat(): void {
    for (const { response, slow } of this.#clients) if (slow === undefined) response.write(': still here\n\n');
  }

  #remove(client: Client): void {
    clearTimeout(client.slow);
    this.#clients.delete(client);
  }
}
