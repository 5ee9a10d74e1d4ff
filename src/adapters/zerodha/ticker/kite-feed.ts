// Live ticks of Kite as a feed: what arrives on the ticker is checked, put into an order of time, and pulled at the
// platform's own pace.
import { type Calendar } from '#core/market/calendar.ts';
import { type Instrument } from '#core/market/instrument.ts';
import { type TickBatch } from '#core/market/tick.ts';
import { SECOND_MS, type EpochMs } from '#core/time.ts';
import { type Clock } from '#ports/clock.ts';
import { type Feed, type FeedPosition, type FeedRead, type RefusedCounts } from '#ports/feed.ts';
import { FrameDecoder } from './frame-decoder.ts';
import { KiteTicker, type KiteTickerOptions, type TickerEvents } from './kite-ticker.ts';
import { TickQueue } from './tick-queue.ts';

export interface KiteFeedOptions extends Omit<KiteTickerOptions, 'tokens' | 'mode' | 'events'> {
  readonly instruments: readonly Instrument[];
  readonly calendar: Calendar;
  /** The market's time while no tick has told it; the clock's when it is not said. */
  readonly marketNow?: () => EpochMs;
  /** Ticks from before it are refused as out of order: the log has seen later ones. */
  readonly notBefore?: EpochMs;
  readonly orderUpdate: () => void;
  readonly trouble: (message: string) => void;
  /** Ticks of an instrument were missed between these two, of which the second waits to be read. */
  readonly gap?: (instrument: Instrument, from: EpochMs, to: EpochMs) => void;
  /** An open segment in which no instrument ticks for so long has stalled. */
  readonly stallMs?: number;
}

const QUEUE_TICKS = 65_536;
/** The pump asks again after this; a tick waits half of it in the mean. */
const IDLE_MS = 2;
const STALL_MS = 30_000;

function secondOf(at: EpochMs): number {
  return Math.floor(at / SECOND_MS) * SECOND_MS;
}

/** Opens the feed; its connections live until it is closed. */
export function openKiteFeed(options: KiteFeedOptions): KiteFeed {
  return new KiteFeed(options);
}

export class KiteFeed implements Feed {
  readonly kind = 'realtime';
  readonly instruments: readonly Instrument[];
  readonly firstTime = undefined;
  readonly #options: KiteFeedOptions;
  readonly #queue = new TickQueue(QUEUE_TICKS);
  readonly #decoder: FrameDecoder;
  readonly #ticker: KiteTicker;
  readonly #stop = new AbortController();
  readonly #running: Promise<unknown>;
  /** Names the ticks of this opening: the wall clock when it began. */
  readonly #session: string;
  /** Time of the newest tick of each instrument, in the market's time; 0 before the first. */
  readonly #newest: Float64Array;
  /** 1 for an instrument whose ticks were missed, until its next tick. */
  readonly #lost: Uint8Array;
  #time = 0;
  #heardAt: number;
  readonly #refused = { out_of_order: 0, out_of_session: 0, overrun: 0 };

  constructor(options: KiteFeedOptions) {
    const { instruments, clock, notBefore = 0 } = options;
    this.#options = options;
    this.instruments = instruments;
    this.#session = `kite-${clock.now().toString(36)}`;
    this.#heardAt = clock.monotonicMs();
    this.#newest = new Float64Array(instruments.length).fill(notBefore);
    this.#time = notBefore;
    this.#lost = new Uint8Array(instruments.length);
    this.#decoder = new FrameDecoder(new Map(instruments.map(({ token }, k) => [token, k])));
    const events: TickerEvents = {
      frame: (bytes) => this.#decoder.decode(bytes, this),
      orderUpdate: options.orderUpdate,
      trouble: options.trouble,
      gap: (tokens) => this.#beginGaps(tokens),
    };
    this.#ticker = new KiteTicker({ ...options, tokens: instruments.map(({ token }) => token), mode: 'full', events });
    this.#running = Promise.all([this.#ticker.run(this.#stop.signal), this.#watch(this.#stop.signal, clock)]);
  }

  /** A new token is there. */
  renew(): void {
    this.#ticker.renew();
  }

  sourceOf(): string {
    return this.#session;
  }

  read(batch: TickBatch, max: number): Promise<FeedRead> {
    return Promise.resolve(this.#queue.moveTo(batch, max) > 0 ? 'ticks' : 'idle');
  }

  idleMs(): number {
    return IDLE_MS;
  }

  position(): FeedPosition {
    return { feed: this.#session, sequence: this.#queue.sequence };
  }

  counts(): { readonly used: number; readonly refused: RefusedCounts } {
    return { used: this.#queue.sequence, refused: { ...this.#decoder.refused, ...this.#refused } };
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Takes one packet of a frame. */
  packet(instrument: number, price: number, volume: number, time: number, depth: Int32Array | undefined): void {
    const { calendar, clock, gap } = this.#options;
    this.#heardAt = clock.monotonicMs();
    const newest = this.#newest[instrument] as number;
    // Right after it subscribed, a connection sends packets without a time; they count as of the newest time there is.
    const at = time === 0 ? Math.max(this.#time, newest) || secondOf(this.#marketNow) : time;
    if (at < newest) {
      this.#refused.out_of_order++;
      return;
    }
    const { segment } = this.instruments[instrument] as Instrument;
    if (calendar.phaseAt(segment, at as EpochMs) === 'closed') {
      this.#refused.out_of_session++;
      return;
    }
    // Seconds of different instruments may overtake each other on their way; time itself never goes back.
    this.#time = Math.max(this.#time, at);
    if (!this.#queue.push(instrument, this.#time, price, volume, depth)) {
      this.#refused.overrun++;
      return;
    }
    if (this.#lost[instrument] === 1) {
      this.#lost[instrument] = 0;
      gap?.(this.instruments[instrument] as Instrument, newest as EpochMs, at as EpochMs);
    }
    if (time > 0) this.#newest[instrument] = at;
  }

  get #marketNow(): EpochMs {
    const { clock, marketNow } = this.#options;
    return marketNow === undefined ? clock.now() : marketNow();
  }

  /** The gap of each of them ends with its next tick. */
  #beginGaps(tokens: readonly number[]): void {
    const lost = new Set(tokens);
    for (const [k, { token }] of this.instruments.entries()) {
      if (lost.has(token) && (this.#newest[k] as number) > 0) this.#lost[k] = 1;
    }
  }

  /** A connection that lives and brings no ticks while the market is open is begun anew. */
  async #watch(stop: AbortSignal, clock: Clock): Promise<void> {
    const { calendar, trouble, stallMs = STALL_MS } = this.#options;
    while (!stop.aborted) {
      await clock.sleep(stallMs, stop);
      const quiet = clock.monotonicMs() - this.#heardAt;
      const at = (this.#time === 0 ? this.#marketNow : this.#time) as EpochMs;
      const isOpen = this.instruments.some(({ segment }) => calendar.phaseAt(segment, at) === 'open');
      if (stop.aborted || quiet < stallMs || !isOpen) continue;
      trouble(`no tick for ${quiet} ms although the market is open; the ticker begins anew`);
      this.#heardAt = clock.monotonicMs();
      this.#ticker.restart();
    }
  }
}
