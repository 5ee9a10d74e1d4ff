// Lets the parts of a deployment take a tape one tick at a time, in the order in which one process would: so that two ways
// of splitting the stages can be compared by what they end in. Each part looks at how far the others are, and waits.
import { type TickBatch } from '#core/market/tick.ts';
import { type Deployment, type PartProgress } from '#ports/deployment.ts';
import { type Feed, type FeedPosition, type FeedRead } from '#ports/feed.ts';
import { PIPELINE, type StageName } from './pipeline.ts';

/**
 * Within a tick: the exchange matches, fills reach the books, marks, and then strategies decide. A part goes by the first
 * of its stages.
 */
const TURN: Readonly<Record<StageName, number>> = {
  market_feed: 0,
  trading_engine: 1,
  risk_manager: 2,
  portfolio_manager: 2,
  strategy_runner: 3,
};

export function turnOf(stages: readonly string[]): number {
  return Math.min(...PIPELINE.filter(({ name }) => stages.includes(name)).map(({ name }) => TURN[name]));
}

/** Whether nothing that a part decided is still on its way to another. */
export function isQuiet(parts: readonly PartProgress[]): boolean {
  return parts.every(
    ({ part, published, signed }) =>
      published && parts.every((other) => other.part === part || (other.taken.get(part) ?? 0) >= signed),
  );
}

/** Whether the feed is over for every stage, and nothing is on its way. */
export function isDone(parts: readonly PartProgress[]): boolean {
  return isComplete(parts) && parts.every(({ over }) => over) && isQuiet(parts);
}

/** Whether every stage runs somewhere. */
export function isComplete(parts: readonly PartProgress[]): boolean {
  const present = new Set(parts.flatMap(({ stages }) => stages));
  return PIPELINE.every(({ name }) => present.has(name));
}

/**
 * Whether the part whose turn is `turn` may go past tick number `ticks`: those before it in the turn have, all the
 * others are there, and nothing is on its way. `ending`: what it goes past is the end of the feed.
 */
export function mayGoOn(parts: readonly PartProgress[], turn: number, ticks: number, ending: boolean): boolean {
  if (!isComplete(parts) || !isQuiet(parts)) return false;
  return parts.every((part) => {
    const isBefore = turnOf(part.stages) < turn && turn > 0;
    if (part.ticks < ticks) return false;
    return !isBefore || (ending ? part.over : part.ticks > ticks);
  });
}

/** How long a part waits before it looks again. */
const LOOK_MS = 5;

/** A feed that gives one tick at a time, each when it is this part's turn, and ends when it is. */
export class LockstepFeed implements Feed {
  readonly kind: Feed['kind'];
  readonly instruments: Feed['instruments'];
  readonly firstTime: Feed['firstTime'];
  readonly #feed: Feed;
  readonly #deployment: Pick<Deployment, 'look'>;
  readonly #turn: number;
  #ticks: number;

  /** @param ticks that the part has applied so far */
  constructor(feed: Feed, deployment: Pick<Deployment, 'look'>, stages: readonly string[], ticks: number) {
    this.kind = feed.kind;
    this.instruments = feed.instruments;
    this.firstTime = feed.firstTime;
    this.#feed = feed;
    this.#deployment = deployment;
    this.#turn = turnOf(stages);
    this.#ticks = ticks;
  }

  sourceOf(instrument: number): string {
    return this.#feed.sourceOf(instrument);
  }

  async read(batch: TickBatch): Promise<FeedRead> {
    const parts = this.#deployment.look();
    if (mayGoOn(parts, this.#turn, this.#ticks, false)) {
      const read = await this.#feed.read(batch, 1);
      this.#ticks += batch.count;
      return read;
    }
    const hasAll = parts.some(({ over, ticks }) => over && ticks === this.#ticks);
    return hasAll && mayGoOn(parts, this.#turn, this.#ticks, true) ? 'finished' : 'idle';
  }

  idleMs(): number {
    return LOOK_MS;
  }

  position(): FeedPosition {
    return this.#feed.position();
  }

  counts(): ReturnType<Feed['counts']> {
    return this.#feed.counts();
  }

  close(): Promise<void> {
    return this.#feed.close();
  }
}
