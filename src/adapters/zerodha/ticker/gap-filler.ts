// What the broker's history says of gaps: asked for one instrument after the other, once the minutes that a gap touches have
// ended, and again when there was no answer.
import { type Candle, type FeedGap } from '#core/market/gap.ts';
import { type EventId } from '#core/ids.ts';
import { DAY_MS, MINUTE_MS, SECOND_MS, type EpochMs } from '#core/time.ts';
import { type Clock } from '#ports/clock.ts';
import { CANDLES_MAX } from '#wire/gap-message.ts';
import { type ReadOutcome } from '../kite-client.ts';

export interface GapFillerOptions {
  readonly clock: Clock;
  readonly marketNow: () => EpochMs;
  /** Whether there is a session to ask with. */
  readonly isReady: () => boolean;
  readonly candles: (token: number, from: EpochMs, to: EpochMs) => Promise<ReadOutcome<readonly Candle[]>>;
  /** What a person should know. */
  readonly tell: (message: string) => void;
}

/** Kite needs a moment until a minute stands in its history. */
const SETTLE_MS = 5 * SECOND_MS;
const AGAIN_MS = 30 * SECOND_MS;
const ATTEMPTS_MAX = 20;
/** What Kite gives of minutes at once (reference 3). */
const SPAN_MS_MAX = 60 * DAY_MS;

interface Wanted {
  readonly gap: FeedGap;
  attempts: number;
  /** On the clock that never goes back. */
  dueMs: number;
}

export class GapFiller {
  readonly #options: GapFillerOptions;
  #wanted: Wanted[] = [];
  #filled: FeedGap[] = [];
  #news = new AbortController();

  constructor(options: GapFillerOptions) {
    this.#options = options;
  }

  /** Gaps that are not filled and not given up. */
  get waiting(): number {
    return this.#wanted.length;
  }

  add(gaps: readonly FeedGap[]): void {
    const { clock, marketNow } = this.#options;
    for (const gap of gaps) {
      const whole = endOfMinute(gap.to) + SETTLE_MS;
      this.#wanted.push({ gap, attempts: 0, dueMs: clock.monotonicMs() + Math.max(0, whole - marketNow()) });
    }
    if (gaps.length > 0) this.#news.abort();
  }

  /** There is a session again. */
  renew(): void {
    this.#news.abort();
  }

  /** Takes what was filled since the last call, each gap in as many parts as its messages need. */
  take(): readonly FeedGap[] {
    const taken = this.#filled;
    if (taken.length > 0) this.#filled = [];
    return taken;
  }

  /** Asks until `stop` is aborted. Never rejects. */
  async run(stop: AbortSignal): Promise<void> {
    const { clock, isReady } = this.#options;
    while (!stop.aborted) {
      this.#news = new AbortController();
      const now = clock.monotonicMs();
      const next = isReady() ? this.#wanted.find(({ dueMs }) => dueMs <= now) : undefined;
      if (next !== undefined) await this.#ask(next);
      else {
        const wait = Math.min(DAY_MS, ...this.#wanted.map(({ dueMs }) => (isReady() ? dueMs - now : DAY_MS)));
        await clock.sleep(wait, AbortSignal.any([stop, this.#news.signal]));
      }
    }
  }

  async #ask(wanted: Wanted): Promise<void> {
    const { clock, candles, tell } = this.#options;
    const { gap } = wanted;
    const from = Math.max(beginOfMinute(gap.from), gap.to - SPAN_MS_MAX) as EpochMs;
    const outcome = await candles(gap.token, from, gap.to);
    wanted.attempts++;
    if (outcome.kind === 'read') {
      this.#filled.push(
        ...partsOf(
          gap,
          outcome.value.filter(({ start }) => start >= from && start < gap.to),
        ),
      );
      return this.#end(wanted);
    }
    wanted.dueMs = clock.monotonicMs() + AGAIN_MS;
    if (wanted.attempts < ATTEMPTS_MAX) return;
    tell(`a gap of ${gap.token} stays open: its history could not be read (${outcome.message})`);
    this.#end(wanted);
  }

  #end(ended: Wanted): void {
    this.#wanted = this.#wanted.filter((wanted) => wanted !== ended);
    if (this.#wanted.length === 0)
      this.#options.tell('every gap of the feed has been filled from history, or given up');
  }
}

/** The gap with its candles, in parts that follow each other when there are more than one message takes. */
function partsOf(gap: FeedGap, candles: readonly Candle[]): readonly FeedGap[] {
  const parts: FeedGap[] = [];
  for (let first = 0; first === 0 || first < candles.length; first += CANDLES_MAX) {
    const part = candles.slice(first, first + CANDLES_MAX);
    const next = candles[first + CANDLES_MAX];
    const from = first === 0 ? gap.from : (part[0] as Candle).start;
    parts.push({
      id: `${gap.id}.filled.${parts.length}` as EventId,
      token: gap.token,
      from,
      to: next?.start ?? gap.to,
      candles: part,
    });
  }
  return parts;
}

function beginOfMinute(at: EpochMs): number {
  return Math.floor(at / MINUTE_MS) * MINUTE_MS;
}

function endOfMinute(at: EpochMs): number {
  return Math.ceil(at / MINUTE_MS) * MINUTE_MS;
}
