// The answers that open pages watch. Each is worked out once a while for everybody who may see the same, and sent to whoever has
// not got it in these words yet: ten pages side by side cost hardly more than one. A client that is slow is told less often and never
// sent what is old, and costs no memory.
import type { ServerResponse } from 'node:http';
import type { Turnstile } from './turnstile.ts';

export interface WatchLimits {
  readonly clientsMax: number;
  /** A client that has not taken what it was sent within so many milliseconds is closed. */
  readonly slowMsMax: number;
  /** How often what is due is worked out and told. */
  readonly roundMs: number;
  /** Answers that are worked out in a round; what is due besides comes in the next one, the oldest first. */
  readonly answersMax: number;
}

export const WATCH_LIMITS: WatchLimits = { clientsMax: 100, slowMsMax: 15_000, roundMs: 1_000, answersMax: 32 };

/** What is watched: the same answer for all who give the same key. */
export interface Watched {
  readonly key: string;
  /** The path and its parameters, as the client wrote them. */
  readonly of: string;
  /** How old an answer may be, milliseconds. */
  readonly ageMsMax: number;
  /** The answer as one line of JSON. Never rejects: what goes wrong is an answer too. */
  readonly ask: () => Promise<string>;
}

interface Client {
  readonly response: ServerResponse;
  readonly watched: readonly Watched[];
  readonly isStillKnown: () => boolean;
  /** By key, what it has. */
  readonly has: Map<string, string>;
  /** Since when it has not taken what it was sent. */
  slowSince: number | undefined;
}

interface Kept {
  readonly text: string;
  readonly at: number;
}

export class WatchHub {
  readonly #limits: WatchLimits;
  readonly #turnstile: Pick<Turnstile, 'pass'>;
  readonly #nowMs: () => number;
  readonly #clients = new Set<Client>();
  #kept: ReadonlyMap<string, Kept> = new Map();
  #next: NodeJS.Timeout | undefined;
  #isRunning = false;

  /** @param nowMs milliseconds on a clock that never goes back */
  constructor(limits: WatchLimits, turnstile: Pick<Turnstile, 'pass'>, nowMs: () => number) {
    this.#limits = limits;
    this.#turnstile = turnstile;
    this.#nowMs = nowMs;
  }

  get full(): boolean {
    return this.#clients.size >= this.#limits.clientsMax;
  }

  /** Tells a client until it goes, or until it would not be let in again. */
  add(response: ServerResponse, watched: readonly Watched[], isStillKnown: () => boolean): void {
    const client: Client = { response, watched, isStillKnown, has: new Map(), slowSince: undefined };
    this.#clients.add(client);
    response.on('close', () => this.#clients.delete(client));
    // It is closed, and says why it was not whole.
    response.on('error', () => this.#clients.delete(client));
    response.write('retry: 2000\n\n');
    this.#begin(0);
  }

  close(): void {
    clearTimeout(this.#next);
    for (const { response } of this.#clients) response.end();
    this.#clients.clear();
  }

  /** There is one round after the other while there are clients, and none otherwise. */
  #begin(inMs: number): void {
    if (this.#isRunning || this.#clients.size === 0) return;
    this.#isRunning = true;
    this.#next = setTimeout(() => {
      void this.#round().finally(() => {
        this.#isRunning = false;
        this.#begin(this.#limits.roundMs);
      });
    }, inMs);
  }

  /** Each answer and each client has a turn of the event loop of its own, so that what trades waits for one of them at most. */
  async #round(): Promise<void> {
    const kept = await this.#answers();
    this.#kept = kept;
    for (const client of Array.from(this.#clients)) {
      await this.#turnstile.pass();
      if (this.#clients.has(client)) this.#tell(client, kept);
    }
  }

  /** The answers of what is watched now, those that are due worked out anew. */
  async #answers(): Promise<ReadonlyMap<string, Kept>> {
    const wanted = new Map<string, Watched>();
    for (const { watched } of this.#clients) for (const each of watched) wanted.set(each.key, each);
    const kept = new Map([...this.#kept].filter(([key]) => wanted.has(key)));
    const ageOf = ({ key }: Watched): number => this.#nowMs() - (kept.get(key)?.at ?? Number.NEGATIVE_INFINITY);
    // A round comes a little early or late: what would be due within half of one is due.
    const due = [...wanted.values()].filter((each) => ageOf(each) + this.#limits.roundMs / 2 >= each.ageMsMax);
    for (const each of due.toSorted((a, b) => ageOf(b) - ageOf(a)).slice(0, this.#limits.answersMax)) {
      await this.#turnstile.pass();
      const at = this.#nowMs();
      kept.set(each.key, { text: await each.ask(), at });
    }
    return kept;
  }

  #tell(client: Client, kept: ReadonlyMap<string, Kept>): void {
    const { response, watched, has, isStillKnown } = client;
    if (!isStillKnown()) {
      response.end();
      return;
    }
    if (response.writableLength > 0) {
      client.slowSince ??= this.#nowMs();
      if (this.#nowMs() - client.slowSince >= this.#limits.slowMsMax) response.destroy();
      return;
    }
    client.slowSince = undefined;
    let text = '';
    for (const { key, of } of watched) {
      const answer = kept.get(key)?.text;
      if (answer === undefined || has.get(key) === answer) continue;
      has.set(key, answer);
      text += `event: answer\ndata: {"of":${JSON.stringify(of)},${answer.slice(1)}\n\n`;
    }
    // What has not been sent again is as it was.
    response.write(`${text}event: round\ndata: {}\n\n`);
  }
}
