// The ticker of one account: as many connections as its instruments need, each kept alive by itself. Order updates that
// arrive on it are hints only.
import { type Clock } from '#ports/clock.ts';
import { type KiteSession } from '../session.ts';
import { connect } from './connection.ts';
import { delayBefore, type ReconnectionSettings } from './reconnection.ts';

export type Mode = 'ltp' | 'quote' | 'full';

/** What Kite takes: reference 4. */
const CONNECTIONS_MAX = 3;
const TOKENS_PER_CONNECTION = 3_000;
export const TOKENS_MAX = CONNECTIONS_MAX * TOKENS_PER_CONNECTION;
/** So long without a byte means that a connection is dead. */
export const SILENCE_MS = 5_000;
const HTTP_FORBIDDEN = 403;

export interface TickerEvents {
  readonly frame: (bytes: Buffer) => void;
  /** An order of the account changed: go and read. */
  readonly orderUpdate: () => void;
  /** The connection of these instruments has ended, after it brought something. */
  readonly lost: (tokens: readonly number[]) => void;
  /** A connection of these instruments has brought something for the first time. */
  readonly back: (tokens: readonly number[]) => void;
  /** What a person should know. */
  readonly trouble: (message: string) => void;
}

export interface KiteTickerOptions {
  /** Such as `wss://ws.kite.trade`. */
  readonly root: string;
  readonly session: KiteSession;
  readonly clock: Clock;
  readonly tokens: readonly number[];
  readonly mode: Mode;
  readonly reconnection: ReconnectionSettings;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  readonly events: TickerEvents;
  readonly silenceMs?: number;
}

export class KiteTicker {
  readonly #options: KiteTickerOptions;
  readonly #parts: readonly (readonly number[])[];
  /** Aborted and made anew when a new token is there. */
  #renewal = new AbortController();
  readonly #open = new Map<number, AbortController>();

  /** Throws when there are more tokens than an account may subscribe to. */
  constructor(options: KiteTickerOptions) {
    const { tokens } = options;
    if (tokens.length > TOKENS_MAX) {
      throw new Error(`expected at most ${TOKENS_MAX} instruments for one account, found ${tokens.length}`);
    }
    this.#options = options;
    const parts = Math.ceil(tokens.length / TOKENS_PER_CONNECTION);
    this.#parts = Array.from({ length: parts }, (_, k) =>
      tokens.slice(k * TOKENS_PER_CONNECTION, (k + 1) * TOKENS_PER_CONNECTION),
    );
  }

  /** A new token is there: connections that wait for one go on. */
  renew(): void {
    this.#renewal.abort();
    this.#renewal = new AbortController();
  }

  /** Cuts every connection, so that each begins anew: its instruments have stalled although it lives. */
  restart(): void {
    for (const open of this.#open.values()) open.abort();
  }

  /** Keeps the connections until `stop` is aborted. */
  async run(stop: AbortSignal): Promise<void> {
    await Promise.all(this.#parts.map((tokens, number) => this.#keep(number, tokens, stop)));
  }

  async #keep(number: number, tokens: readonly number[], stop: AbortSignal): Promise<void> {
    const { session, clock, reconnection, random, events } = this.#options;
    let failed = 0;
    while (!stop.aborted) {
      const accessToken = session.accessToken;
      if (accessToken === undefined) {
        await this.#untilRenewed(stop);
        continue;
      }
      let heard = false;
      const cut = new AbortController();
      this.#open.set(number, cut);
      const end = await connect(
        {
          url: this.#urlOf(accessToken),
          clock,
          timeoutMs: reconnection.timeoutMs,
          silenceMs: this.#options.silenceMs ?? SILENCE_MS,
          opened: (send) => this.#subscribe(tokens, send),
          binary: (bytes) => {
            if (!heard) {
              heard = true;
              if (failed >= reconnection.maxAttempts) events.trouble(`connection ${number} is back`);
              failed = 0;
              events.back(tokens);
            }
            events.frame(bytes);
          },
          text: (text) => this.#onText(text),
        },
        AbortSignal.any([stop, cut.signal]),
      );
      this.#open.delete(number);
      if (stop.aborted) return;
      if (heard) events.lost(tokens);
      if (end.kind === 'refused' && end.status === HTTP_FORBIDDEN) {
        events.trouble(`connection ${number} was refused with 403: the token is dead, or the app may not have ticks`);
        session.died(accessToken);
        continue;
      }
      failed++;
      if (failed === reconnection.maxAttempts) {
        const why = end.kind === 'refused' ? `refused with ${end.status}` : end.message;
        events.trouble(`connection ${number} is down after ${failed} attempts (${why}); it goes on trying`);
      }
      const renewal = this.#renewal.signal;
      await clock.sleep(delayBefore(failed, reconnection, random()), AbortSignal.any([stop, renewal]));
      // Whatever kept it from connecting so far, a new token is tried at once.
      if (renewal.aborted) failed = 0;
    }
  }

  #untilRenewed(stop: AbortSignal): Promise<void> {
    return this.#options.clock.sleep(DAY_MS, AbortSignal.any([stop, this.#renewal.signal]));
  }

  #urlOf(accessToken: string): string {
    const { root, session } = this.#options;
    const url = new URL(root);
    url.search = new URLSearchParams({ api_key: session.apiKey, access_token: accessToken }).toString();
    return url.toString();
  }

  /** Kite forgets what a connection subscribed to when it ends. Tokens are numbers: texts give heartbeats only. */
  #subscribe(tokens: readonly number[], send: (message: object) => void): void {
    send({ a: 'subscribe', v: tokens });
    send({ a: 'mode', v: [this.#options.mode, tokens] });
  }

  #onText(text: string): void {
    const { events } = this.#options;
    const type = typeOf(text);
    if (type === 'order') events.orderUpdate();
    else events.trouble(`Kite says on the ticker: ${text.slice(0, TEXT_MAX)}`);
  }
}

const DAY_MS = 86_400_000;
const TEXT_MAX = 200;

/** The type of a text frame; undefined when it is no JSON of that kind. */
function typeOf(text: string): string | undefined {
  try {
    const found = JSON.parse(text) as { readonly type?: unknown } | null;
    return typeof found?.type === 'string' ? found.type : undefined;
  } catch {
    return undefined;
  }
}
