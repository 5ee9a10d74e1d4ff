// A market of our own making as a feed, for a first start at any hour and for rehearsals: it keeps the calendar's
// sessions in its own time. Read this first; the market itself is in `simulated-market.ts`.
import { invariant } from '#core/invariant.ts';
import { type Calendar } from '#core/market/calendar.ts';
import { type Instrument } from '#core/market/instrument.ts';
import { TickBatch } from '#core/market/tick.ts';
import { dayNumber, type EpochMs, parseClock, startOfDay } from '#core/time.ts';
import { type Feed, type FeedPosition, type FeedRead } from '#ports/feed.ts';
import { MarketPace } from './market-pace.ts';
import { marketId, readMarketPosition, writeMarketPosition } from './market-position.ts';
import { type SimulatedInstrument } from './share.ts';
import { SimulatedMarket, type SimulatedMarketOptions } from './simulated-market.ts';

export interface SimulatedFeedOptions {
  /** A whole number from 0 to 4,294,967,295. */
  readonly seed: number;
  /** Of one segment; those that are not tradable are indices of the others. */
  readonly instruments: readonly SimulatedInstrument[];
  readonly calendar: Calendar;
  /** How much faster than its own clock the market runs; `max` waits for nothing. */
  readonly speed: number | 'max';
  /** Milliseconds of a clock that never goes back; used with a factor only. */
  readonly now: () => number;
  /**
   * Asked before each tick, with its trading time in milliseconds, which leaves out the nights: a no holds it back. A read
   * ends with a no, and the next one comes when what it gave is committed.
   */
  readonly admits?: ((time: number) => boolean) | undefined;
  /** Of each instrument, on average; 1 where it is left out. */
  readonly ticksPerSecond?: number | undefined;
  /** Ends the feed after that many ticks since the market's beginning. */
  readonly untilTicks?: number | undefined;
  /** From an earlier run. That of another market is ignored: the caller decides whether this one may start. */
  readonly position?: FeedPosition | undefined;
}

/** 09:15 on a Monday that is a trading day. */
export const MARKET_START = (startOfDay(dayNumber(2026, 1, 5)) + (parseClock('09:15') ?? 0)) as EpochMs;

/** Throws `CalendarError` when the calendar does not know the first day, `InvariantError` for options out of range. */
export function openSimulatedFeed(options: SimulatedFeedOptions): Feed {
  const { seed, speed, instruments, calendar, ticksPerSecond = 1 } = options;
  invariant(
    Number.isInteger(seed) && seed >= 0 && seed <= 0xffff_ffff,
    `a seed is a 32-bit whole number, found ${seed}`,
  );
  invariant(speed === 'max' || (Number.isFinite(speed) && speed > 0), `a speed is max or above 0, found ${speed}`);
  invariant(ticksPerSecond > 0 && ticksPerSecond <= 1_000, `ticks a second lie in (0, 1000], found ${ticksPerSecond}`);
  return new SimulatedFeed({ seed, instruments, calendar, start: MARKET_START, ticksPerSecond }, options);
}

class SimulatedFeed implements Feed {
  readonly kind = 'realtime';
  readonly instruments: readonly Instrument[];
  readonly firstTime: EpochMs;
  readonly #id: string;
  readonly #source: string;
  readonly #market: SimulatedMarket;
  readonly #pace: MarketPace | undefined;
  readonly #untilTicks: number;
  readonly #admits: ((time: number) => boolean) | undefined;

  constructor(market: SimulatedMarketOptions, options: SimulatedFeedOptions) {
    const { speed, now, untilTicks = Infinity } = options;
    this.instruments = market.instruments.map(({ instrument }) => instrument);
    this.firstTime = firstTimeOf(market);
    this.#id = marketId(market);
    this.#source = `sim-${market.seed}`;
    this.#market = new SimulatedMarket(market, readMarketPosition(options.position, this.#id, this.instruments.length));
    this.#pace = speed === 'max' ? undefined : new MarketPace(speed, now);
    this.#untilTicks = untilTicks;
    this.#admits = options.admits;
  }

  async read(batch: TickBatch, max: number): Promise<FeedRead> {
    const market = this.#market;
    const room = Math.min(max, batch.capacity - batch.count);
    invariant(
      room > 0,
      `a read takes at least one tick, asked for ${max} with room for ${batch.capacity - batch.count}`,
    );
    const left = this.#untilTicks - market.sequence;
    if (left <= 0) return 'finished';
    const end = batch.count + Math.min(room, left);
    const begin = batch.count;
    const until = this.#pace?.marketTime(market.nextDue);
    while (batch.count < end) {
      if (until !== undefined && market.nextDue > until) break;
      // What the calendar cannot answer ends the next read, after the ticks of this one are taken.
      if (batch.count > begin && market.isDayOver) break;
      if (this.#admits?.(market.nextDue) === false) break;
      market.makeTick(batch);
    }
    return batch.count > begin ? 'ticks' : 'idle';
  }

  idleMs(): number {
    return this.#pace?.idleMs(this.#market.nextDue) ?? 0;
  }

  sourceOf(): string {
    return this.#source;
  }

  position(): FeedPosition {
    return writeMarketPosition(this.#id, this.#market.state);
  }

  counts(): { readonly used: number; readonly refused: Record<string, number> } {
    return { used: this.#market.sequence, refused: {} };
  }

  async close(): Promise<void> {
    // Nothing is held.
  }
}

function firstTimeOf(options: SimulatedMarketOptions): EpochMs {
  const batch = new TickBatch(1, false);
  new SimulatedMarket(options, undefined).makeTick(batch);
  return (batch.time[0] ?? options.start) as EpochMs;
}
