// When a deployment is asked besides at ticks: its running bars and its timers. Both are counted from the session's
// open and follow from time alone, so they are due at the same instants wherever and whenever the deployment runs.
import { invariant } from '../invariant.ts';
import { endBar, foldTick, interruptBars, startBars, type Bar, type BarSeries } from '../market/bar.ts';
import { type Session } from '../market/calendar.ts';
import { type Tick } from '../market/tick.ts';
import { DAY_MS, parseClock, SECOND_MS, startOfDay, type EpochMs } from '../time.ts';

/**
 * A time at which a strategy wants to be asked: every so many milliseconds, counted from the session's open, or at a
 * clock time in India such as `15:10`. Times outside the session never come.
 */
export type Timer =
  { readonly name: string; readonly everyMs: number } | { readonly name: string; readonly at: string };

/** A timer that came due. */
export interface TimerDue {
  readonly name: string;
  /** When it was due; the strategy is asked at the first input from then on. */
  readonly at: EpochMs;
}

/** Who is asked, in the order of the instruments. */
export interface ScheduleListener {
  onBar(index: number, bar: Bar): void;
  onTimer(index: number, due: TimerDue): void;
}

/** What a schedule needs to know of a session. */
type Span = Pick<Session, 'id' | 'day' | 'preOpen' | 'open' | 'close'>;

export interface ScheduleState {
  readonly session: Span | null;
  readonly until: number;
  readonly away: boolean;
  readonly series: readonly (readonly [number, readonly BarSeries[]])[];
}

/**
 * A feed that gives its first tick within this time of the open has been there from the open: some moments pass until
 * somebody trades.
 */
export const OPENING_GRACE_MS = 5_000;

/** What is wrong with the intervals and timers that a strategy names; undefined when nothing is. */
export function scheduleProblem(bars: readonly number[], timers: readonly Timer[]): string | undefined {
  for (const interval of bars) {
    if (!Number.isSafeInteger(interval) || interval < SECOND_MS || interval > DAY_MS) {
      return `wants bars of ${interval} ms: an interval is a whole number from ${SECOND_MS} to ${DAY_MS}`;
    }
  }
  if (new Set(bars).size !== bars.length) return `wants bars of ${bars.join(', ')} ms: name each interval once`;
  for (const timer of timers) {
    if ('at' in timer && parseClock(timer.at) === undefined) {
      return `wants the timer ${timer.name} at ${timer.at}: a clock time is written as 15:10 or 15:10:30`;
    }
    if ('everyMs' in timer && !(Number.isSafeInteger(timer.everyMs) && timer.everyMs >= SECOND_MS)) {
      return `wants the timer ${timer.name} every ${timer.everyMs} ms: the least is ${SECOND_MS}, in whole numbers`;
    }
  }
  return undefined;
}

export class Schedule {
  readonly #bars: readonly number[];
  readonly #timers: readonly Timer[];
  /** By instrument index; undefined where the deployment does not run. */
  readonly #series: (BarSeries[] | undefined)[] = [];
  #session: Span | undefined;
  /** Everything due up to here has been told. */
  #until = -Infinity;
  /** The deployment did not run for a while and may have missed ticks. */
  #away = false;
  #next = -Infinity;

  constructor(bars: readonly number[], timers: readonly Timer[], runs: readonly boolean[]) {
    const problem = scheduleProblem(bars, timers);
    if (problem !== undefined) throw new Error(problem);
    this.#bars = bars;
    this.#timers = timers;
    for (const each of runs) this.#series.push(each ? bars.map(startBars) : undefined);
  }

  /** From this instant on there is something to do; minus infinity before a session. */
  get nextDue(): number {
    return this.#next;
  }

  /**
   * Takes the time to `at` and tells everything that came due, each at its own time. `session` is the running one, or
   * the next: until it opens there is nothing to do, nor when there is none.
   */
  moveTo(at: EpochMs, session: Span | undefined, listener: ScheduleListener): void {
    if (session === undefined || at < session.open) this.#next = session?.open ?? Infinity;
    else this.#moveIn(at, session, listener);
  }

  #moveIn(at: EpochMs, session: Span, listener: ScheduleListener): void {
    if (this.#session?.id !== session.id || this.#away) this.#enter(at, session, listener);
    for (let due = this.#next; due <= at && due < session.close; due = this.#next) {
      this.#until = due;
      this.#tell(due as EpochMs, session, listener);
      this.#next = this.#nextAfter(due, session);
    }
  }

  /** Takes a tick into the running bars; the time has been moved to it. */
  onTick(tick: Tick, at: EpochMs): void {
    const series = this.#series[tick.instrument];
    if (series === undefined || this.#session === undefined) return;
    for (const each of series) foldTick(each, tick, at, this.#session);
  }

  /** The session has closed: timers that were still due are told, and every bar ends. */
  close(at: EpochMs, listener: ScheduleListener): void {
    const session = this.#session;
    if (session === undefined || this.#away) return;
    this.#moveIn(Math.min(at, session.close) as EpochMs, session, listener);
    this.#endBars(at, undefined, listener);
    this.#session = undefined;
    this.#until = Math.max(this.#until, session.close);
    this.#next = -Infinity;
  }

  /** The deployment will not see what comes until it is moved again. */
  leave(): void {
    this.#away = true;
    this.#next = -Infinity;
  }

  /** Ticks of one instrument, or of all, may have been missed until `at`. */
  interrupt(at: EpochMs, index?: number): void {
    const concerned = index === undefined ? this.#series : [this.#series[index]];
    for (const series of concerned) for (const each of series ?? []) interruptBars(each, at);
  }

  /** What lies behind when a session is joined is not due any more, unless the deployment was there before it opened. */
  #enter(at: EpochMs, session: Span, listener: ScheduleListener): void {
    const joined = at <= session.open + OPENING_GRACE_MS ? session.open : at;
    const returns = this.#away || this.#session !== undefined;
    if (returns) this.interrupt(joined);
    this.#endBars(at, undefined, listener);
    const before = !returns && this.#until !== -Infinity && this.#until < session.open;
    this.#until = before || joined === session.open ? session.open - 1 : joined;
    for (const series of this.#series) for (const each of series ?? []) each.from = joined;
    const { id, day, preOpen, open, close } = session;
    this.#session = { id, day, preOpen, open, close };
    this.#away = false;
    this.#next = this.#nextAfter(this.#until, session);
  }

  /** Bars first, in the order in which they were declared; then timers. */
  #tell(due: EpochMs, session: Span, listener: ScheduleListener): void {
    for (const interval of this.#bars) {
      if ((due - session.open) % interval === 0) this.#endBars(due, interval, listener);
    }
    for (const timer of this.#timers) {
      if (dueAfter(timer, due - 1, session) !== due) continue;
      this.#series.forEach((series, index) => {
        if (series !== undefined) listener.onTimer(index, { name: timer.name, at: due });
      });
    }
  }

  #endBars(at: EpochMs, interval: number | undefined, listener: ScheduleListener): void {
    this.#series.forEach((series, index) => {
      for (const each of series ?? []) {
        if (interval !== undefined && each.intervalMs !== interval) continue;
        const bar = endBar(each, at);
        if (bar !== undefined) listener.onBar(index, bar);
      }
    });
  }

  #nextAfter(instant: number, session: Span): number {
    let next = Infinity;
    for (const everyMs of this.#bars) next = Math.min(next, multipleAfter(everyMs, instant, session));
    for (const timer of this.#timers) next = Math.min(next, dueAfter(timer, instant, session));
    return Math.min(next, session.close);
  }

  snapshot(): ScheduleState {
    const series: (readonly [number, readonly BarSeries[]])[] = [];
    this.#series.forEach((each, index) => {
      if (each !== undefined) series.push([index, each]);
    });
    const until = Number.isFinite(this.#until) ? this.#until : 0;
    return { session: this.#session ?? null, until, away: this.#away, series };
  }

  restore(state: ScheduleState): void {
    for (const [index, series] of state.series) {
      const same = series.length === this.#bars.length && series.every((each, k) => each.intervalMs === this.#bars[k]);
      if (same && this.#series[index] !== undefined) this.#series[index] = [...series];
    }
    this.#session = state.session ?? undefined;
    this.#until = state.until === 0 ? -Infinity : state.until;
    this.#away = state.away;
    invariant(state.session === null || this.#until >= state.session.open - 1, 'a schedule was behind its session');
    if (state.session !== null && !state.away) this.#next = this.#nextAfter(this.#until, state.session);
  }
}

/** When the timer is due after the instant; infinity when it is not due any more in the session. */
function dueAfter(timer: Timer, instant: number, session: Span): number {
  if ('everyMs' in timer) return multipleAfter(timer.everyMs, instant, session);
  const at = startOfDay(session.day) + (parseClock(timer.at) as number);
  return at > instant && at >= session.open && at < session.close ? at : Infinity;
}

/** The first whole interval after the open that lies after the instant and inside the session. */
function multipleAfter(everyMs: number, instant: number, session: Span): number {
  const passed = Math.max(0, Math.floor((instant - session.open) / everyMs));
  const at = session.open + (passed + 1) * everyMs;
  return at < session.close ? at : Infinity;
}
