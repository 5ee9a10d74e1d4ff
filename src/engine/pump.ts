// The platform's one loop: messages from outside and ticks from the feed enter the cascade in turn, and every turn ends
// in a commit. It works at its own pace; the feed and the inbox wait for it.
import { type TickBatch } from '#core/market/tick.ts';
import { type EpochMs } from '#core/time.ts';
import { type Clock } from '#ports/clock.ts';
import { type Feed } from '#ports/feed.ts';
import { type Ingest } from './ingest.ts';
import { type Intake } from './intake.ts';

export interface PumpOptions {
  readonly feed: Feed;
  readonly ingest: Ingest;
  readonly intake: Intake;
  readonly clock: Clock;
  readonly batch: TickBatch;
  /** Index of a feed's instrument in the cascade's table. */
  readonly indexOf: Int32Array;
  /** Ticks of the feed's first batch that a commit before the last stop has taken already. */
  readonly skip: number;
  /** So many ticks are taken one by one at first, because one of them made a stage fail before. */
  readonly careful: number;
  readonly snapshotEveryTicks: number;
  readonly snapshotEveryMs: number;
  /** How long to wait at most when the feed has nothing due, so that outside messages are seen. */
  readonly idleMsMax: number;
  /** Called after each turn's commits, for what watches the loop from outside; what it puts in commits with the next. */
  readonly afterTurn: () => void;
  /** Called when a batch of ticks was read, for whoever measures how long they take. */
  readonly onBatch?: (() => void) | undefined;
  /** The source of a tick by the index in the cascade's table. */
  readonly sourceOf: (instrument: number) => string;
}

/** What is kept of the feed: its position, and how many ticks after it were taken too. */
export interface FeedRow {
  readonly position: unknown;
  readonly skip: number;
  /** The feed had nothing more, and what its end brings, such as the close, has happened too. */
  readonly over?: true;
}

const NOTHING: readonly never[] = [];
const ON_THEIR_WAY_MS = 2_000;
/** Time passes in steps of at least so much, so that the log does not grow by nothing but time. */
const CLOCK_EVERY_MS = 1_000;
const OVERDUE_EVERY_MS = 60_000;
const MESSAGES_A_TURN = 256;
/** Whatever else runs in the process, such as a signal handler, waits at most about so long while orders are sent. */
const YIELD_AFTER_MS = 5;

export class Pump {
  readonly #options: PumpOptions;
  #skip: number;
  #careful: number;
  #before: unknown;
  #snapshotAt: number;

  constructor(options: PumpOptions) {
    this.#options = options;
    this.#skip = options.skip;
    this.#careful = options.careful;
    this.#before = options.feed.position();
    this.#snapshotAt = options.clock.monotonicMs();
  }

  /** Runs until the feed is finished or `signal` is aborted. */
  async run(signal: AbortSignal): Promise<'finished' | 'stopped'> {
    while (!signal.aborted) {
      const read = await this.turn();
      if (read === 'finished') return 'finished';
      if (read === 'idle') {
        const wait = Math.min(this.#options.feed.idleMs(), this.#options.idleMsMax);
        await this.#options.clock.sleep(Math.max(1, wait), signal);
      } else await this.#options.clock.turn();
    }
    return 'stopped';
  }

  /** Takes messages only, after the feed has finished. */
  async serve(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#options.intake.takeWaiting(MESSAGES_A_TURN) > 0) this.#commit();
      await this.#options.clock.sleep(this.#options.idleMsMax, signal);
    }
  }

  /** One turn: what waits outside, then what the feed has, then the commits. */
  async turn(): Promise<'ticks' | 'idle' | 'finished'> {
    const { feed, batch, intake, indexOf } = this.#options;
    const messages = intake.takeWaiting(MESSAGES_A_TURN);
    batch.clear();
    const gaps = this.#takeGaps();
    const read = await feed.read(batch, this.#careful > 0 ? 1 : batch.capacity);
    this.#careful -= batch.count;
    for (let k = 0; k < batch.count; k++) batch.instrument[k] = indexOf[batch.instrument[k] as number] as number;
    if (batch.count > 0) this.#options.onBatch?.();
    if (batch.count > 0) await this.#takeTicks();
    else if (this.#passTime() || messages + gaps > 0) this.#commit();
    this.#options.afterTurn();
    if (read === 'finished') this.#finish();
    return read === 'finished' ? 'finished' : batch.count > 0 || messages > 0 ? 'ticks' : read;
  }

  #takeGaps(): number {
    const { feed, ingest } = this.#options;
    const gaps = feed.takeGaps?.() ?? NOTHING;
    for (const gap of gaps) ingest.gap(gap);
    return gaps.length;
  }

  /** What is due by time alone happens although no tick comes; true when there was something. */
  #passTime(): boolean {
    const { feed, ingest } = this.#options;
    const { cascade } = ingest;
    const now = feed.now?.();
    if (now === undefined || cascade.at === 0) return false;
    // A tick of the last moments may still be on its way.
    const at = (now - ON_THEIR_WAY_MS) as EpochMs;
    if (at < cascade.at + CLOCK_EVERY_MS) return false;
    const due = cascade.nextDue;
    // What was due at the last input and still is waits for more than time, such as an exit for its market to open.
    if (at < due || (due <= cascade.at && at < cascade.at + OVERDUE_EVERY_MS)) return false;
    ingest.clock(at);
    return true;
  }

  async #takeTicks(): Promise<void> {
    const { feed, batch, ingest, intake, clock, sourceOf } = this.#options;
    let from = Math.min(this.#skip, batch.count);
    this.#skip -= from;
    let yieldedAt = clock.monotonicMs();
    while (from < batch.count) {
      from = ingest.ticks(batch, from, sourceOf);
      const whole = from === batch.count;
      this.#keep(whole ? { position: feed.position(), skip: 0 } : { position: this.#before, skip: from });
      this.#commit();
      if (whole) break;
      // An order left in the middle of the batch: a kill that waits is not to wait for the rest of it.
      intake.takeWaiting(MESSAGES_A_TURN);
      if (clock.monotonicMs() - yieldedAt < YIELD_AFTER_MS) continue;
      await clock.turn();
      yieldedAt = clock.monotonicMs();
    }
    this.#before = feed.position();
  }

  /** The feed will never give more: its session, if one runs, closes. */
  #finish(): void {
    const { feed, ingest } = this.#options;
    const { session } = ingest.cascade;
    if (session !== undefined && ingest.cascade.at >= session.open) ingest.clock(session.close);
    this.#keep({ position: feed.position(), skip: 0, over: true });
    this.#commit();
  }

  #keep(row: FeedRow): void {
    this.#options.ingest.row({ kind: 'feed', broker: 'market', id: 'position', value: JSON.stringify(row) });
  }

  #commit(): void {
    const { ingest, intake, clock, snapshotEveryMs, snapshotEveryTicks } = this.#options;
    const now = clock.monotonicMs();
    const due = now - this.#snapshotAt >= snapshotEveryMs && ingest.sinceSnapshot > 0;
    const snapshot = due || ingest.sinceSnapshot >= snapshotEveryTicks;
    if (snapshot) this.#snapshotAt = now;
    ingest.commit(snapshot);
    intake.settled();
  }
}
