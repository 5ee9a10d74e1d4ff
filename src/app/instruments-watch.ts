// Downloads the broker's instruments whenever a session begins, once a day, and keeps strategies from entering what is not what
// our lists say it is.
import { type Difference } from '#adapters/zerodha/instruments-dump.ts';
import { type KiteClient } from '#adapters/zerodha/kite-client.ts';
import { type Listing } from '#core/market/instrument-directory.ts';
import { dayOf, MINUTE_MS, startOfDay } from '#core/time.ts';
import { control } from '#engine/control.ts';
import { type Ingest } from '#engine/ingest.ts';
import { type Clock } from '#ports/clock.ts';
import { type Logger } from '#ports/telemetry.ts';
import { InstrumentsMaster, syncInstruments } from './instruments-master.ts';

export interface InstrumentsWatchOptions {
  readonly client: Pick<KiteClient, 'instruments'>;
  readonly isSignedIn: () => boolean;
  readonly dataDir: string;
  readonly listings: readonly Listing[];
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Kite makes the list before half past eight; a download that failed is tried again after an hour. */
const READY_MS = 510 * MINUTE_MS;
const AGAIN_MS = 60 * MINUTE_MS;
const WHO = 'instruments';

export class InstrumentsWatch {
  readonly #options: InstrumentsWatchOptions;
  readonly #master: InstrumentsMaster;
  readonly #stop = new AbortController();
  #news = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  /** Found and not yet acted upon. */
  #differences: readonly Difference[] = [];

  constructor(options: InstrumentsWatchOptions) {
    this.#options = options;
    this.#master = new InstrumentsMaster(options.dataDir);
  }

  begin(): void {
    this.#running = this.#run();
  }

  /** There is a session: today's list may be had. */
  renew(): void {
    this.#news.abort();
  }

  /** Puts what was found into the cascade; true when that left something to commit. To be called in every turn. */
  settle(ingest: Ingest): boolean {
    const found = this.#differences;
    if (found.length === 0 || ingest.cascade.at === 0) return false;
    this.#differences = [];
    let left = false;
    for (const difference of found) left = this.#block(ingest, difference) || left;
    return left;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, isSignedIn } = this.#options;
    const { signal } = this.#stop;
    let done: string | undefined;
    while (!signal.aborted) {
      this.#news = new AbortController();
      const now = clock.now();
      const period = `${dayOf(now)} ${sinceMidnight(now) >= READY_MS}`;
      if (isSignedIn() && done !== period && (await this.#sync())) done = period;
      await clock.sleep(AGAIN_MS, AbortSignal.any([signal, this.#news.signal]));
    }
  }

  async #sync(): Promise<boolean> {
    const { client, listings, clock, logger } = this.#options;
    const { ok, text, differences = [] } = await syncInstruments(client, this.#master, listings, dayOf(clock.now()));
    if (ok) logger.info(text);
    else logger.error(text);
    this.#differences = differences;
    return ok;
  }

  /** Positions may still be ended; a person who has looked lets entries through again. */
  #block(ingest: Ingest, { token, symbol, what }: Difference): boolean {
    const subject = `instrument:${token}`;
    let blocked = false;
    for (const { plan, risk } of ingest.cascade.namespaces()) {
      if (ingest.cascade.instruments.indexOf(token) === -1 || risk.stateOf(subject) !== 'active') continue;
      const { at } = ingest.cascade;
      const why = `${symbol} is not what config/instruments says: ${what}`;
      const order = { broker: plan.broker, action: 'reducing', subject, who: WHO, why, at } as const;
      control(ingest, { ...order, id: `${WHO}:${plan.broker}:${token}:${at}` });
      blocked = true;
    }
    return blocked;
  }
}

function sinceMidnight(now: ReturnType<Clock['now']>): number {
  return now - startOfDay(dayOf(now));
}
