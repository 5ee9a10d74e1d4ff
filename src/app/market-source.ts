// The feed together with what answers orders beyond the cascade: nothing at all, or a rehearsal with its gateways; and live
// ticks, whose session has to be kept.
import { type ExecutionRouter } from '#core/execution/router.ts';
import { type BrokerId } from '#core/ids.ts';
import { type Calendar } from '#core/market/calendar.ts';
import { type InstrumentDirectory } from '#core/market/instrument-directory.ts';
import { type Plan } from '#core/plan.ts';
import { SECOND_MS } from '#core/time.ts';
import { control } from '#engine/control.ts';
import { type Ingest } from '#engine/ingest.ts';
import { type Intent } from '#engine/namespace.ts';
import { type FeedRow } from '#engine/pump.ts';
import { type Clock } from '#ports/clock.ts';
import { type Feed } from '#ports/feed.ts';
import { type StoreReader } from '#ports/store.ts';
import { type Logger } from '#ports/telemetry.ts';
import { type Settings } from './config/settings-schema.ts';
import { openFeed, refuseOlderFeed, UsageError } from './feeds.ts';
import { Gateways } from './gateways.ts';
import { Reconciliation } from './reconciliation.ts';
import { openLiveFeed, type LiveFeed } from './live-feed.ts';
import { openRehearsal, type Rehearsal } from './rehearsal.ts';

export interface MarketSourceOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly calendar: Calendar;
  readonly instruments: InstrumentDirectory;
  /** What the log kept of the feed. */
  readonly kept: FeedRow | undefined;
  readonly ingest: Ingest;
  readonly router: ExecutionRouter<Intent>;
  readonly logger: Logger;
}

const EXCHANGE = 'the simulated exchange';
const SIMULATOR = 'the Kite simulator';

/** Opens what the settings ask for. Throws `UsageError` when that and what the log has seen do not go together. */
export async function openMarketSource(options: MarketSourceOptions): Promise<MarketSource> {
  const { settings, clock, ingest, kept } = options;
  refuseStranded(ingest, settings);
  const rehearses = settings.brokers.some(({ runsAs }) => runsAs === 'gateway');
  const rehearsal = rehearses ? await openRehearsal({ ...options, at: ingest.cascade.at }) : undefined;
  const live =
    settings.feed.source.kind === 'zerodha' ? openLiveFeed({ ...options, at: ingest.cascade.at }) : undefined;
  const behind = rehearsal ?? live;
  const feed = behind?.feed ?? (await openFeed({ ...options, now: () => clock.monotonicMs() }));
  const source = new MarketSource(feed, rehearsal, live, options);
  try {
    refuseOlderFeed(feed, kept, ingest.cascade.at);
    return source;
  } catch (error) {
    await source.close();
    throw error;
  }
}

export class MarketSource {
  readonly feed: Feed;
  readonly gateways: Gateways;
  readonly reconciliation: Reconciliation;
  readonly #rehearsal: Rehearsal | undefined;
  readonly #live: LiveFeed | undefined;
  readonly #ingest: Ingest;
  /** Namespaces that had a gateway before this start. */
  readonly #before: ReadonlySet<BrokerId>;

  constructor(feed: Feed, rehearsal: Rehearsal | undefined, live: LiveFeed | undefined, options: MarketSourceOptions) {
    const { settings, ingest, clock, router, logger } = options;
    this.feed = feed;
    this.#rehearsal = rehearsal;
    this.#live = live;
    this.#ingest = ingest;
    this.#before = gatewaysIn(ingest);
    this.gateways = new Gateways(rehearsal?.accounts ?? [], clock, logger);
    this.gateways.addTo(router);
    const intervalMs = settings.portfolioManager.reconciliationIntervalSeconds * SECOND_MS;
    this.reconciliation = new Reconciliation({ accounts: rehearsal?.accounts ?? [], clock, intervalMs, logger });
    if (rehearsal !== undefined) rehearsal.reconnected = () => this.reconciliation.ask();
  }

  /** Why there are no live ticks, and what to do; undefined while there are, and for other feeds. */
  get feedTrouble(): string | undefined {
    return this.#live?.trouble;
  }

  /** Whether ticks are live. */
  get isLive(): boolean {
    return this.#live !== undefined;
  }

  /** What brokers said since the last turn goes into the cascade; true when that left something to commit. */
  settle(): boolean {
    const reported = this.gateways.settle(this.#ingest);
    return this.reconciliation.settle(this.#ingest) || reported;
  }

  /** Does what a plan that was just taken up wants of a rehearsal: money in its accounts, and that they are armed. */
  adopt(plan: Plan): void {
    for (const { broker, funds } of plan.namespaces) if (funds !== undefined) this.#rehearsal?.fund(broker, funds);
    const { at: seen } = this.#ingest.cascade;
    const at = seen === 0 ? (this.feed.firstTime ?? seen) : seen;
    for (const broker of gatewaysIn(this.#ingest)) {
      if (this.#before.has(broker)) continue;
      // A person arms real orders only, and here nothing is real.
      const why = 'its orders go to the Kite simulator of this process';
      const order = { broker, action: 'armed', subject: broker, who: 'rehearsal', why, at } as const;
      control(this.#ingest, { ...order, id: `rehearsal:${broker}:${at}` });
      this.#ingest.commit(false);
    }
  }

  /** The gateways take up what is at work, and the market of a rehearsal runs. */
  begin(log: Pick<StoreReader, 'read'>): void {
    this.reconciliation.resume(log);
    this.gateways.begin(this.#ingest);
    this.#rehearsal?.begin(() => this.gateways.readAll());
  }

  /** Whatever the market does of itself ends, so that the last reading of the books is the last. */
  halt(): void {
    this.#rehearsal?.halt();
  }

  close(): Promise<void> {
    return (this.#rehearsal ?? this.#live ?? this.feed).close();
  }
}

/** The namespaces whose orders leave through a gateway by the plan in force. */
function gatewaysIn({ cascade }: Ingest): ReadonlySet<BrokerId> {
  const real = cascade.namespaces().filter(({ plan }) => plan.answeredBy === 'gateway');
  return new Set(real.map(({ plan }) => plan.broker));
}

/** An order at work is answered where it was sent: nothing else would ever tell its end. */
function refuseStranded({ cascade }: Ingest, { brokers }: Settings): void {
  for (const { id, runsAs } of brokers) {
    const namespace = cascade.namespace(id);
    const orders = namespace?.engine.working().length ?? 0;
    if (namespace === undefined || namespace.plan.answeredBy === runsAs || orders === 0) continue;
    const [before, now] = runsAs === 'gateway' ? [EXCHANGE, SIMULATOR] : [SIMULATOR, EXCHANGE];
    throw new UsageError(
      `${id} has ${orders} orders at work at ${before}, and by these settings ${now} would answer it; ` +
        'start with the feed and speed of before until they have ended, or use a fresh --data-dir',
    );
  }
}
