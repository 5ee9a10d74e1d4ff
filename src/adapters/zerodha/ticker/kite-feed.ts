// Live ticks of Kite as a feed: what arrives on the ticker is checked, put into an order of time, and pulled at the
// platform's own pace.
import { CalendarError, type Calendar, type MarketPhase } from '#core/market/calendar.ts';
import { type EventId } from '#core/ids.ts';
import { openMsBetween, type FeedGap } from '#core/market/gap.ts';
import { type Instrument } from '#core/market/instrument.ts';
import { type TickBatch } from '#core/market/tick.ts';
import { formatInstant, SECOND_MS, type EpochMs } from '#core/time.ts';
import { type Clock } from '#ports/clock.ts';
import { type Feed, type FeedPosition, type FeedRead, type RefusedCounts } from '#ports/feed.ts';
import { FrameDecoder } from './frame-decoder.ts';
import { GapFiller, type GapFillerOptions } from './gap-filler.ts';
import { KiteTicker, SILENCE_MS, type KiteTickerOptions, type TickerEvents } from './kite-ticker.ts';
import { TickQueue } from './tick-queue.ts';

export interface KiteFeedOptions extends Omit<KiteTickerOptions, 'tokens' | 'mode' | 'events'> {
  readonly instruments: readonly Instrument[];
  readonly calendar: Calendar;
  /** The market's time. Where it is not said, ticks alone tell it, and it goes on with the clock from there. */
  readonly marketNow?: () => EpochMs;
  /** Ticks from before it are refused as out of order: the log has seen later ones. */
  readonly notBefore?: EpochMs;
  /** The market has gone on since `notBefore`, so that its ticks were missed until the first connection. */
  readonly missedSince?: boolean;
  /** What traded of an instrument, by minute: the broker's history, from which gaps are filled. */
  readonly candles: GapFillerOptions['candles'];
  readonly orderUpdate: () => void;
  readonly trouble: (message: string) => void;
  /** A connection is back, and ticks were missed while the market was open when there are gaps. */
  readonly reconnected?: () => void;
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
  /** Since when ticks of an instrument are missed, in the market's time; 0 while its connection stands. */
  readonly #lostAt: Float64Array;
  #gaps: FeedGap[] = [];
  readonly #filler: GapFiller;
  /** The newest time that a tick has told, and the wall clock then. */
  #time = 0;
  #toldAt = 0;
  #heardAt: number;
  #hasBegun = false;
  /** Connections are begun anew because no tick came, not because they broke. */
  #stalled = false;
  #toldCalendar = false;
  readonly #refused = { out_of_order: 0, out_of_session: 0, no_time: 0, overrun: 0 };

  constructor(options: KiteFeedOptions) {
    const { instruments, clock, notBefore = 0, missedSince = false, candles, trouble } = options;
    this.#options = options;
    this.instruments = instruments;
    this.#session = `kite-${clock.now().toString(36)}`;
    this.#heardAt = clock.monotonicMs();
    this.#newest = new Float64Array(instruments.length).fill(notBefore);
    this.#time = notBefore;
    this.#lostAt = new Float64Array(instruments.length).fill(missedSince ? notBefore : 0);
    const marketNow = (): EpochMs => this.now() ?? clock.now();
    const isReady = (): boolean => options.session.accessToken !== undefined;
    this.#filler = new GapFiller({ clock, marketNow, isReady, candles, tell: trouble });
    this.#decoder = new FrameDecoder(new Map(instruments.map(({ token }, k) => [token, k])));
    const events: TickerEvents = {
      frame: (bytes) => this.#decoder.decode(bytes, this),
      orderUpdate: options.orderUpdate,
      trouble: options.trouble,
      lost: (tokens) => this.#onLost(tokens),
      back: (tokens) => this.#onBack(tokens),
    };
    this.#ticker = new KiteTicker({ ...options, tokens: instruments.map(({ token }) => token), mode: 'full', events });
    const { signal } = this.#stop;
    this.#running = Promise.all([this.#ticker.run(signal), this.#watch(signal, clock), this.#filler.run(signal)]);
  }

  /** A new token is there. */
  renew(): void {
    this.#ticker.renew();
    this.#filler.renew();
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

  takeGaps(): readonly FeedGap[] {
    const gaps = this.#gaps;
    if (gaps.length > 0) this.#gaps = [];
    const filled = this.#filler.take();
    return filled.length === 0 ? gaps : [...gaps, ...filled];
  }

  now(): EpochMs | undefined {
    const { clock, marketNow } = this.#options;
    if (marketNow !== undefined) return marketNow();
    return this.#toldAt === 0 ? undefined : ((this.#time + clock.now() - this.#toldAt) as EpochMs);
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
    const { clock } = this.#options;
    this.#heardAt = clock.monotonicMs();
    const newest = this.#newest[instrument] as number;
    // Right after it subscribed, a connection sends packets without a time; they count as of the newest time there is.
    const at = time === 0 ? Math.max(this.#time, newest) || secondOf(this.now() ?? (0 as EpochMs)) : time;
    if (at === 0) {
      this.#refused.no_time++;
      return;
    }
    if (at < newest) {
      this.#refused.out_of_order++;
      return;
    }
    const { segment } = this.instruments[instrument] as Instrument;
    if (this.#phaseOf(segment, at as EpochMs) === 'closed') {
      this.#refused.out_of_session++;
      return;
    }
    // Seconds of different instruments may overtake each other on their way; time itself never goes back.
    if (at > this.#time || this.#toldAt === 0) this.#toldAt = clock.now();
    this.#time = Math.max(this.#time, at);
    if (!this.#queue.push(instrument, this.#time, price, volume, depth)) {
      this.#refused.overrun++;
      return;
    }
    if (time > 0) this.#newest[instrument] = at;
  }

  /** A connection brings at least heartbeats until shortly before its end is noticed, but for ticks when they stalled. */
  #onLost(tokens: readonly number[]): void {
    const now = this.now() ?? 0;
    const since = this.#stalled ? Math.min(now, this.#time) : now - SILENCE_MS;
    for (const k of this.#indicesOf(tokens)) {
      if (this.#lostAt[k] === 0) this.#lostAt[k] = Math.max(this.#newest[k] as number, since);
    }
  }

  #onBack(tokens: readonly number[]): void {
    const { instruments } = this;
    const to = this.now();
    const gaps: FeedGap[] = [];
    for (const k of this.#indicesOf(tokens)) {
      const from = this.#lostAt[k] as EpochMs;
      this.#lostAt[k] = 0;
      const { token, segment } = instruments[k] as Instrument;
      if (from <= 0 || to === undefined || !this.#wasOpen(segment, from, to)) continue;
      gaps.push({ id: `${this.#session}.gap.${token}.${from}` as EventId, token, from, to, candles: undefined });
    }
    this.#stalled = false;
    this.#gaps.push(...gaps);
    this.#filler.add(gaps);
    const { trouble, reconnected } = this.#options;
    if (gaps.length > 0) {
      const from = Math.min(...gaps.map((gap) => gap.from)) as EpochMs;
      trouble(
        `ticks of ${gaps.length} instruments were missed from ${formatInstant(from)} to ${formatInstant(to as EpochMs)}`,
      );
    }
    if (this.#hasBegun) reconnected?.();
    this.#hasBegun = true;
  }

  /** Nothing is missed while the segment is closed; where the calendar knows nothing, something may have been. */
  #wasOpen(segment: string, from: EpochMs, to: EpochMs): boolean {
    const { calendar } = this.#options;
    return this.#known(() => openMsBetween(calendar, segment, from, to) > 0) ?? true;
  }

  /** What trades on a day that the calendar does not know is not taken. */
  #phaseOf(segment: string, at: EpochMs): MarketPhase {
    return this.#known(() => this.#options.calendar.phaseAt(segment, at)) ?? 'closed';
  }

  /** What the calendar says; undefined outside its data, which is told once. */
  #known<T>(ask: () => T): T | undefined {
    try {
      return ask();
    } catch (error) {
      if (!(error instanceof CalendarError)) throw error;
      if (!this.#toldCalendar) this.#options.trouble(`ticks are not taken: ${error.message}`);
      this.#toldCalendar = true;
      return undefined;
    }
  }

  #indicesOf(tokens: readonly number[]): readonly number[] {
    const wanted = new Set(tokens);
    return this.instruments.flatMap(({ token }, k) => (wanted.has(token) ? [k] : []));
  }

  /** How long some segment has traded without a break; 0 while none does. */
  #openMs(at: EpochMs): number {
    const { calendar } = this.#options;
    const segments = new Set(this.instruments.map(({ segment }) => segment));
    const open = [...segments].filter((segment) => this.#phaseOf(segment, at) === 'open');
    return Math.max(0, ...open.map((segment) => at - (calendar.sessionAt(segment, at)?.open ?? at)));
  }

  /** A connection that lives and brings no ticks while the market is open is begun anew. */
  async #watch(stop: AbortSignal, clock: Clock): Promise<void> {
    const { trouble, stallMs = STALL_MS } = this.#options;
    while (!stop.aborted) {
      await clock.sleep(stallMs, stop);
      // The night is no stall, and the first trade of a day takes its time.
      const openMs = this.#openMs(this.now() ?? clock.now());
      const quiet = Math.min(openMs, clock.monotonicMs() - this.#heardAt);
      const stands = this.#hasBegun && this.#lostAt.includes(0);
      if (stop.aborted || quiet < stallMs || !stands) continue;
      trouble(`no tick for ${quiet} ms although the market is open; the ticker begins anew`);
      this.#heardAt = clock.monotonicMs();
      this.#stalled = true;
      this.#ticker.restart();
    }
  }
}
