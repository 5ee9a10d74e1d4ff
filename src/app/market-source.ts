// The feed together with what answers orders beyond the cascade: nothing at all, or a rehearsal with its gateways; and live
// ticks, whose session has to be kept.
import { type ExecutionRouter } from '#core/execution/router.ts';
import { type BrokerId } from '#core/ids.ts';
import { invariant } from '#core/invariant.ts';
import { type Calendar } from '#core/market/calendar.ts';
import { type InstrumentDirectory } from '#core/market/instrument-directory.ts';
import { type Plan } from '#core/plan.ts';
import { SECOND_MS, type EpochMs } from '#core/time.ts';
import { control } from '#engine/control.ts';
import { type Ingest } from '#engine/ingest.ts';
import { type Intent } from '#engine/sink.ts';
import { type FeedRow } from '#engine/pump.ts';
import { type Clock } from '#ports/clock.ts';
import { type Feed } from '#ports/feed.ts';
import { type StoreReader } from '#ports/store.ts';
import { type Logger } from '#ports/telemetry.ts';
import { topic } from '#wire/topics.ts';
import { armingTrouble } from './arming.ts';
import { type Settings } from './config/settings-schema.ts';
import { listingsFor, openFeed, refuseOlderFeed, UsageError } from './feeds.ts';
import { openPartFeed } from './part-feed.ts';
import { type OpenPart } from './parts.ts';
import { Gateways } from './gateways.ts';
import { Reconciliation } from './reconciliation.ts';
import { InstrumentsWatch } from './instruments-watch.ts';
import { openDataAccess } from './kite-login.ts';
import { LiveSessions, openLiveAccounts, type LiveAccount } from './live-accounts.ts';
import { openLiveFeed } from './live-feed.ts';
import { type LiveSession } from './live-session.ts';
import { fundsNeeded } from './plan.ts';
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
  /** Which stages run here, when the others run elsewhere. */
  readonly part?: OpenPart | undefined;
}

const CONTROL = 'control.changes';
const EXCHANGE = 'the simulated exchange';
const SIMULATOR = 'the Kite simulator';

/** What is behind the feed, when there is more than the feed itself. */
interface Behind {
  readonly rehearsal: Rehearsal | undefined;
  readonly sessions: LiveSessions | undefined;
  readonly live: readonly LiveAccount[];
  /** The market's time, once the feed is open and knows it. */
  readonly time: { of: () => EpochMs | undefined };
}

/** Opens what the settings ask for. Throws `UsageError` when that and what the log has seen do not go together. */
export async function openMarketSource(options: MarketSourceOptions): Promise<MarketSource> {
  const { settings, ingest, kept } = options;
  refuseStranded(ingest, settings);
  refuseOtherAccount(ingest, settings);
  const behind = await openBehind(options);
  const source = new MarketSource(behind, options);
  try {
    await source.open();
    refuseOlderFeed(source.feed, kept, ingest.cascade.at);
    return source;
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function openBehind(options: MarketSourceOptions): Promise<Behind> {
  const { settings, ingest } = options;
  if (settings.feed.source.kind === 'zerodha') {
    const sessions = new LiveSessions(options);
    const time: Behind['time'] = { of: () => undefined };
    const live = openLiveAccounts(sessions, { ...options, marketNow: () => time.of() });
    return { rehearsal: undefined, sessions, live, time };
  }
  const rehearses = settings.brokers.some(({ runsAs }) => runsAs === 'gateway');
  const rehearsal = rehearses ? await openRehearsal({ ...options, at: ingest.cascade.at }) : undefined;
  return { rehearsal, sessions: undefined, live: [], time: { of: () => undefined } };
}

export class MarketSource {
  readonly gateways: Gateways;
  readonly reconciliation: Reconciliation;
  readonly #options: MarketSourceOptions;
  readonly #behind: Behind;
  readonly #stop = new AbortController();
  readonly #closing: (() => void)[] = [];
  readonly #session: LiveSession | undefined;
  #feed: Feed | undefined;
  #instruments: InstrumentsWatch | undefined;
  #looking: Promise<unknown> = Promise.resolve();
  /** Namespaces that had a gateway before this start. */
  readonly #before: ReadonlySet<BrokerId>;

  constructor(behind: Behind, options: MarketSourceOptions) {
    const { settings, ingest, clock, router, logger } = options;
    this.#options = options;
    this.#behind = behind;
    this.#before = gatewaysIn(ingest);
    this.#session = behind.sessions?.of(settings.zerodha, 'zerodha');
    const accounts = behind.rehearsal?.accounts ?? behind.live.map(({ own }) => own);
    this.gateways = new Gateways(accounts, clock, logger);
    this.gateways.addTo(router);
    const intervalMs = settings.portfolioManager.reconciliationIntervalSeconds * SECOND_MS;
    this.reconciliation = new Reconciliation({ accounts, clock, intervalMs, logger });
    if (behind.rehearsal !== undefined) behind.rehearsal.reconnected = () => this.reconciliation.ask();
    for (const { live } of behind.live) live.onRenewed(() => this.reconciliation.ask());
  }

  /** Opens the feed; nothing else may be asked before. */
  async open(): Promise<void> {
    const { ingest, clock } = this.#options;
    const live = this.#session;
    if (live === undefined) {
      const options = { ...this.#options, now: () => clock.monotonicMs() };
      const { part } = options;
      if (part === undefined) this.#feed = this.#behind.rehearsal?.feed ?? (await openFeed(options));
      else this.#feed = await openPartFeed(options, part);
      return;
    }
    const mine = this.#behind.live.filter((account) => account.live === live);
    this.#feed = openLiveFeed({
      ...this.#options,
      at: ingest.cascade.at,
      live,
      orderUpdate: () => mine.forEach(({ own }) => own.gateway.hint()),
      reconnected: () => this.reconciliation.ask(),
    });
    this.#behind.time.of = () => this.#feed?.now?.();
    const { settings, instruments, logger } = this.#options;
    const access = openDataAccess(live.session, settings.zerodha.kiteRoot, clock);
    this.#closing.push(() => access.close());
    this.#instruments = new InstrumentsWatch({
      client: access.client,
      isSignedIn: () => live.session.state === 'active',
      dataDir: settings.dataDir,
      listings: listingsFor(settings, instruments),
      clock,
      logger,
    });
    live.onRenewed(() => this.#instruments?.renew());
  }

  get feed(): Feed {
    invariant(this.#feed !== undefined, 'a market source is asked for its feed before it was opened');
    return this.#feed;
  }

  /** Why there are no live ticks, and what to do; undefined while there are, and for other feeds. */
  get feedTrouble(): string | undefined {
    return this.#session?.trouble;
  }

  /** Where a person signs in for live ticks. */
  get loginUrl(): string | undefined {
    return this.#session?.session.loginUrl;
  }

  /** Whether ticks are live. */
  get isLive(): boolean {
    return this.#session !== undefined;
  }

  /** The account of a namespace that trades real money. */
  liveAccountOf(broker: BrokerId): LiveAccount | undefined {
    return this.#behind.live.find(({ own }) => own.broker === broker);
  }

  /** Why a broker must not be armed, which is told; undefined when it may. */
  armingTrouble(broker: BrokerId): string | undefined {
    const trouble = this.#missing(broker);
    if (trouble !== undefined) this.#options.logger.error(`Not armed: ${trouble}`, { broker });
    return trouble;
  }

  #missing(broker: BrokerId): string | undefined {
    const { ingest, settings } = this.#options;
    const terms = ingest.cascade.namespace(broker)?.plan;
    const mode = settings.brokers.find(({ id }) => id === broker)?.mode;
    if (terms === undefined || mode === undefined) return undefined;
    const trouble = armingTrouble(terms, mode, settings.feed.source.kind);
    if (trouble !== undefined || mode !== 'live') return trouble;
    const needed = fundsNeeded(terms, ingest.cascade.plan.deployments);
    const missing = this.liveAccountOf(broker)?.readiness.trouble(needed);
    return missing === undefined ? undefined : `${broker} stays disarmed: ${missing}`;
  }

  /** What brokers said since the last turn goes into the cascade; true when that left something to commit. */
  settle(): boolean {
    const { ingest } = this.#options;
    const reported = this.gateways.settle(ingest);
    const blocked = this.#instruments?.settle(ingest) === true;
    return this.reconciliation.settle(ingest) || blocked || reported;
  }

  /**
   * Does what a plan that was just taken up wants: money in the accounts of a rehearsal, and that they are armed. Whoever
   * trades real money is armed by a person, after every start.
   */
  adopt(plan: Plan): void {
    const { ingest } = this.#options;
    const { rehearsal } = this.#behind;
    for (const { broker, funds } of plan.namespaces) if (funds !== undefined) rehearsal?.fund(broker, funds);
    const { at: seen } = ingest.cascade;
    const at = seen === 0 ? (this.feed.firstTime ?? seen) : seen;
    for (const broker of gatewaysIn(ingest)) {
      const isLive = this.liveAccountOf(broker) !== undefined;
      if (isLive ? isDisarmed(ingest, broker) : this.#before.has(broker)) continue;
      const action = isLive ? 'disarmed' : 'armed';
      const why = isLive ? 'a person arms it after each start' : 'its orders go to the Kite simulator of this process';
      const order = { broker, action, subject: broker, who: isLive ? 'start' : 'rehearsal', why, at } as const;
      control(ingest, { ...order, id: `${order.who}:${broker}:${at}:${ingest.ends.get(topic(broker, CONTROL)) ?? 0}` });
      ingest.commit(false);
    }
  }

  /** The gateways take up what is at work, and the market of a rehearsal runs. */
  begin(log: Pick<StoreReader, 'read'>): void {
    this.reconciliation.resume(log);
    this.gateways.begin(this.#options.ingest);
    this.#behind.rehearsal?.begin(() => this.gateways.readAll());
    this.#instruments?.begin();
    this.#looking = Promise.all(this.#behind.live.map(({ readiness }) => readiness.run(this.#stop.signal)));
  }

  /** Whatever the market does of itself ends, so that the last reading of the books is the last. */
  halt(): void {
    this.#behind.rehearsal?.halt();
  }

  async close(): Promise<void> {
    const { rehearsal, sessions, live } = this.#behind;
    this.#stop.abort();
    for (const { own } of live) own.close();
    for (const close of this.#closing) close();
    await this.#looking;
    await this.#instruments?.close();
    await (rehearsal ?? this.#feed)?.close();
    await sessions?.close();
  }
}

function isDisarmed({ cascade }: Ingest, broker: BrokerId): boolean {
  return cascade.namespace(broker)?.risk.stateOf(broker) === 'disarmed';
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

/** What was traded for one account, or for none, is not carried over to another. */
function refuseOtherAccount({ cascade }: Ingest, { brokers }: Settings): void {
  for (const broker of brokers) {
    const before = cascade.namespace(broker.id)?.plan;
    const now = broker.mode === 'live' ? broker.userId : undefined;
    if (before === undefined || before.account === now) continue;
    const [was, is] = [before.account, now].map((account) =>
      account === undefined ? 'a rehearsal' : `the account ${account}`,
    );
    throw new UsageError(
      `in this data directory ${broker.id} has been ${was}, and by these settings it is ${is}; use a fresh --data-dir`,
    );
  }
}
