// A source of ticks: a tape, a simulated market or a broker's ticker. The platform pulls at its own pace.
import { type FeedGap } from '#core/market/gap.ts';
import { type Instrument } from '#core/market/instrument.ts';
import { type TickBatch } from '#core/market/tick.ts';
import { type EpochMs } from '#core/time.ts';

/** Where a feed goes on after a restart: opaque JSON that the feed wrote and commits with each batch. */
export type FeedPosition = Readonly<Record<string, unknown>>;

/** Rows that were refused, by named reason, since the feed's beginning (they commit with the position). */
export type RefusedCounts = Readonly<Record<string, number>>;

export type FeedRead = 'ticks' | 'idle' | 'finished';

export interface Feed {
  /** `tape` repeats exactly at any speed; `realtime` follows the clock (the simulated market too). */
  readonly kind: 'tape' | 'realtime';
  /** Names this source in tick ids, such as a part of the content hash or the seed; instrument index -> prefix. */
  sourceOf(instrument: number): string;
  /** Every instrument this feed can tick, in the order of the indices that its ticks carry. */
  readonly instruments: readonly Instrument[];
  /**
   * Appends up to `max` ticks to `batch`, in order of time. `idle`: nothing is due now, ask again after `idleMs()`.
   * `finished`: there will never be more. Never drops a row without counting it.
   */
  read(batch: TickBatch, max: number): Promise<FeedRead>;
  /** Milliseconds until the next tick can be due, for a real-time feed. */
  idleMs(): number;
  /**
   * Takes the gaps that were noticed since the last call, and those whose candles have come. A feed that misses nothing is
   * without it.
   */
  takeGaps?(): readonly FeedGap[];
  /**
   * The market's time also while no tick tells it; undefined as long as it is not known. A feed without it has no time but
   * that of its ticks.
   */
  now?(): EpochMs | undefined;
  /** The position after everything that `read` has returned so far. */
  position(): FeedPosition;
  /** Rows used so far, and rows refused by reason. */
  counts(): { readonly used: number; readonly refused: RefusedCounts };
  /** The event time of the first row, known once open; undefined when there is none. */
  readonly firstTime: EpochMs | undefined;
  close(): Promise<void>;
}
