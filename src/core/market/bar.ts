// Folds ticks into bars: open, high, low, close and volume of an interval, counted from the session's open as an
// exchange's candles are. A bar is plain data, so that one that is still running survives a restart.
import { type Price } from '../decimal.ts';
import { type EpochMs } from '../time.ts';
import { type Session } from './calendar.ts';
import { NO_VOLUME, type Tick } from './tick.ts';

/** One interval of an instrument. An interval without a tick has no bar. */
export interface Bar {
  readonly intervalMs: number;
  /** Intervals since the session's open; 0 is the first. */
  readonly index: number;
  /** Includes its first instant and excludes its end; the session's close ends a bar too. */
  readonly start: EpochMs;
  readonly end: EpochMs;
  readonly open: Price;
  readonly high: Price;
  readonly low: Price;
  readonly close: Price;
  /** Units traded in the bar, or `NO_VOLUME` when the source gives none. */
  readonly volume: number;
  readonly ticks: number;
  /**
   * False when ticks may be missing (the series or the feed joined in mid-bar, or a gap fell in), and when the session
   * ended before the interval did. One bar for a whole session is complete.
   */
  readonly complete: boolean;
}

/** The bars of one interval of one instrument, as far as they are still running. */
export interface BarSeries {
  readonly intervalMs: number;
  /** Every tick since this instant was seen; null before the first session. */
  from: EpochMs | null;
  /** Before the first tick: what that tick says was traded may be older than the series. */
  fresh: boolean;
  running: Running | null;
}

type Running = { -readonly [Field in keyof Bar]: Bar[Field] };

/** A series of bars of `intervalMs`, one second to one day, before its first tick. */
/** What a bar needs to know of a session. */
type Span = Pick<Session, 'open' | 'close'>;

export function startBars(intervalMs: number): BarSeries {
  return { intervalMs, from: null, fresh: true, running: null };
}

/** Takes a tick of a running session, seen at `at`; what had ended by then has been taken with `endBar`. */
export function foldTick(series: BarSeries, tick: Tick, at: EpochMs, session: Span): void {
  const { price, traded } = tick;
  const bar = series.running;
  if (bar === null) {
    series.from ??= at;
    series.running = firstOf(series, tick, at, session);
    series.fresh = false;
    return;
  }
  if (price > bar.high) bar.high = price;
  if (price < bar.low) bar.low = price;
  bar.close = price;
  if (traded === NO_VOLUME) bar.volume = NO_VOLUME;
  else if (bar.volume !== NO_VOLUME) bar.volume += traded;
  bar.ticks += 1;
}

/** Takes the running bar when it has ended by `at`. */
export function endBar(series: BarSeries, at: EpochMs): Bar | undefined {
  const bar = series.running;
  if (bar === null || at < bar.end) return undefined;
  series.running = null;
  return bar;
}

/** Ticks may have been missed until `at`: what is running is not complete, nor is a bar that began before. */
export function interruptBars(series: BarSeries, at: EpochMs): void {
  series.from = at;
  if (series.running !== null) series.running.complete = false;
}

/** A bar that opens with the tick. What had traded before a series joined is not volume of its first bar. */
function firstOf({ intervalMs, from, fresh }: BarSeries, { price, traded }: Tick, at: EpochMs, day: Span): Running {
  const index = Math.floor((at - day.open) / intervalMs);
  const start = (day.open + index * intervalMs) as EpochMs;
  const end = Math.min(start + intervalMs, day.close) as EpochMs;
  const since = from as EpochMs;
  const whole = end - start === Math.min(intervalMs, day.close - day.open);
  const volume = fresh && since > day.open && traded !== NO_VOLUME ? 0 : traded;
  const ohlc = { open: price, high: price, low: price, close: price };
  return { intervalMs, index, start, end, ...ohlc, volume, ticks: 1, complete: since <= start && whole };
}
