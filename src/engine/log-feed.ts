// The ticks of `market.ticks` as a feed, for a process whose feed runs elsewhere. Partitions are read side by side and
// merged by time; how far each was read commits with what followed from it.
import { type FeedGap } from '#core/market/gap.ts';
import { type Instrument } from '#core/market/instrument.ts';
import { DEPTH_WIDTH, type TickBatch } from '#core/market/tick.ts';
import { type EpochMs } from '#core/time.ts';
import { LogError, type EventLog, type LogMessage } from '#ports/event-log.ts';
import { type Feed, type FeedPosition, type FeedRead } from '#ports/feed.ts';
import { type Logger } from '#ports/telemetry.ts';
import { readGap } from '#wire/read-gap.ts';
import { readTick, type ReadTick } from '#wire/read-tick.ts';
import { MARKET_TICKS } from '#wire/topics.ts';

/** What the feed that runs elsewhere is: it was opened here for this alone. */
export type FeedDescription = Pick<Feed, 'kind' | 'instruments' | 'firstTime' | 'sourceOf'>;

export interface LogFeedOptions {
  readonly log: Pick<EventLog, 'read' | 'partitions' | 'subscribe'>;
  readonly description: FeedDescription;
  /** Whether a producer is the feed of this deployment; what others wrote is passed over. */
  readonly isFeed: (producer: string) => boolean;
  readonly position: FeedPosition | undefined;
  /** How many ticks the feed has given, once it will give no more; undefined before. */
  readonly total: () => number | undefined;
  readonly logger: Pick<Logger, 'warning' | 'info'>;
}

interface LogPosition {
  readonly offsets: readonly number[];
  readonly used: number;
  readonly last: readonly number[];
}

interface Lane {
  readonly partition: number;
  /** Offset of the first message that is not in `ticks`. */
  next: number;
  /** Ticks that were read, with their offsets; those before `taken` were given out. */
  ticks: { readonly tick: ReadTick; readonly instrument: number; readonly offset: number }[];
  taken: number;
}

const AT_ONCE = 500;
const IDLE_MS = 5;

/** Opens the feed at a position that it gave before, else at the beginning of the log. Throws what the log throws. */
export async function openLogFeed(options: LogFeedOptions): Promise<LogFeed> {
  const partitions = (await options.log.partitions?.(MARKET_TICKS)) ?? 1;
  return new LogFeed(options, partitions);
}

export class LogFeed implements Feed {
  readonly kind: Feed['kind'];
  readonly instruments: readonly Instrument[];
  readonly firstTime: EpochMs | undefined;
  readonly #options: LogFeedOptions;
  readonly #indexByToken: ReadonlyMap<number, number>;
  readonly #lanes: Lane[] = [];
  #gaps: FeedGap[] = [];
  readonly #unsubscribe: () => void;
  #used: number;
  #unreadable = 0;
  #foreign = 0;
  /** Copies of ticks: what was published before a crash may be published again after it. */
  #duplicate = 0;
  /** By instrument: the number of its last tick. */
  readonly #last: number[];
  /** Messages that were gone from the log before they were read. */
  #missed = 0;
  #isAway = false;

  constructor(options: LogFeedOptions, partitions: number) {
    const { description, position } = options;
    this.#options = options;
    // A log that announces what comes answers a look at an end without asking the servers.
    this.#unsubscribe = options.log.subscribe([MARKET_TICKS], () => undefined);
    this.kind = description.kind;
    this.instruments = description.instruments;
    this.firstTime = description.firstTime;
    this.#indexByToken = new Map(this.instruments.map(({ token }, index) => [token, index]));
    const kept = position as Partial<LogPosition> | undefined;
    this.#used = kept?.used ?? 0;
    this.#last = this.instruments.map((_, index) => kept?.last?.[index] ?? -1);
    for (let partition = 0; partition < partitions; partition++) {
      this.#lanes.push({ partition, next: kept?.offsets?.[partition] ?? 0, ticks: [], taken: 0 });
    }
  }

  sourceOf(instrument: number): string {
    return this.#options.description.sourceOf(instrument);
  }

  async read(batch: TickBatch, max: number): Promise<FeedRead> {
    if (!(await this.#fillAll())) return 'idle';
    const before = batch.count;
    const room = Math.min(max, batch.capacity - before);
    for (let k = 0; k < room; k++) {
      const lane = this.#earliest();
      if (lane === undefined) break;
      if (!this.#give(lane, batch)) k--;
      // What comes next in this partition may be earlier than what the others hold.
      if (lane.taken === lane.ticks.length) break;
    }
    if (batch.count > before) return 'ticks';
    const total = this.#options.total();
    return total !== undefined && this.#used >= total ? 'finished' : 'idle';
  }

  idleMs(): number {
    return IDLE_MS;
  }

  takeGaps(): readonly FeedGap[] {
    const gaps = this.#gaps;
    if (gaps.length > 0) this.#gaps = [];
    return gaps;
  }

  position(): FeedPosition {
    const offsets = this.#lanes.map(({ ticks, taken, next }) => ticks[taken]?.offset ?? next);
    const position: LogPosition = { offsets, used: this.#used, last: [...this.#last] };
    return { ...position };
  }

  counts(): ReturnType<Feed['counts']> {
    const [unreadable, foreign, missed, duplicate] = [this.#unreadable, this.#foreign, this.#missed, this.#duplicate];
    return { used: this.#used, refused: { unreadable, foreign, missed, duplicate } };
  }

  close(): Promise<void> {
    this.#unsubscribe();
    return Promise.resolve();
  }

  /** Reads on where nothing is left. False while the log is away: it is asked again with the next read, without end. */
  async #fillAll(): Promise<boolean> {
    const empty = this.#lanes.filter(({ taken, ticks }) => taken === ticks.length);
    // Each is waited for: one that ended later would fill a lane that is read meanwhile.
    const fills = await Promise.allSettled(empty.map((lane) => this.#fill(lane)));
    const failures = fills.flatMap((fill) => (fill.status === 'rejected' ? [fill.reason as unknown] : []));
    const lasting = failures.find((error) => !(error instanceof LogError && error.retry === 'infrastructure'));
    if (lasting !== undefined) throw lasting;
    const [error] = failures;
    const isAway = error !== undefined;
    if (isAway !== this.#isAway) {
      const { logger } = this.#options;
      if (isAway) logger.warning('Ticks could not be read from the log; they are tried again', { error });
      else logger.info('Ticks are read from the log again');
    }
    this.#isAway = isAway;
    return !isAway;
  }

  async #fill(lane: Lane): Promise<void> {
    const messages = await this.#options.log.read(MARKET_TICKS, lane.next, AT_ONCE, lane.partition);
    lane.ticks = [];
    lane.taken = 0;
    const [first] = messages;
    if (first !== undefined && lane.next > 0) this.#missed += first.offset - lane.next;
    for (const message of messages) this.#sort(lane, message);
    const last = messages.at(-1);
    if (last !== undefined) lane.next = last.offset + 1;
  }

  #sort(lane: Lane, { value, offset, producer }: LogMessage): void {
    if (producer === undefined || !this.#options.isFeed(producer)) {
      this.#foreign++;
      return;
    }
    const tick = readTick(value);
    const instrument = tick === undefined ? undefined : this.#indexByToken.get(tick.token);
    if (tick !== undefined && instrument !== undefined && tick.source === this.sourceOf(instrument)) {
      lane.ticks.push({ tick, instrument, offset });
    } else if (isGap(value)) this.#gaps.push(readGap(value));
    else this.#unreadable++;
  }

  #earliest(): Lane | undefined {
    let found: Lane | undefined;
    for (const lane of this.#lanes) {
      const tick = lane.ticks[lane.taken]?.tick;
      const before = found?.ticks[found.taken]?.tick;
      if (tick === undefined) continue;
      if (before === undefined || tick.time < before.time) found = lane;
    }
    return found;
  }

  /** False for a copy: an instrument's ticks stand in one partition, where their numbers only grow. */
  #give(lane: Lane, batch: TickBatch): boolean {
    const { tick, instrument } = lane.ticks[lane.taken++] as Lane['ticks'][number];
    if (tick.sequence <= (this.#last[instrument] as number)) {
      this.#duplicate++;
      return false;
    }
    this.#last[instrument] = tick.sequence;
    const row = batch.count;
    batch.push(instrument, tick.time, tick.price, tick.volume, tick.sequence);
    this.#used++;
    if (batch.depth.length === 0) return true;
    const at = row * DEPTH_WIDTH;
    if (tick.depth === undefined) batch.depth.fill(0, at, at + DEPTH_WIDTH);
    else {
      batch.hasDepth = true;
      batch.depth.set(tick.depth, at);
    }
    return true;
  }
}

function isGap(value: string): boolean {
  return value.includes('"type":"feed_gap"');
}
