// The rehearsal of live trading: the simulated market runs behind a Kite simulator for each namespace of kind zerodha, in
// this process and over real sockets, so that ticks, orders and books go the way they go at Kite.
import { KiteSession } from '#adapters/zerodha/session.ts';
import { openKiteFeed, type KiteFeed } from '#adapters/zerodha/ticker/kite-feed.ts';
import { type ReconnectionSettings } from '#adapters/zerodha/ticker/reconnection.ts';
import { type Money } from '#core/decimal.ts';
import { type BrokerId } from '#core/ids.ts';
import { type Calendar } from '#core/market/calendar.ts';
import { type InstrumentDirectory } from '#core/market/instrument-directory.ts';
import { TickBatch } from '#core/market/tick.ts';
import { dayOf, SECOND_MS, type DayNumber, type EpochMs } from '#core/time.ts';
import { type FeedRow } from '#engine/pump.ts';
import { type Listing } from '#adapters/zerodha/kite-gateway.ts';
import { BookFileError } from '#kite-simulator/account/sqlite-storage.ts';
import { contractsOf } from '#kite-simulator/catalogue.ts';
import { SIMULATOR_CREDENTIALS } from '#kite-simulator/options.ts';
import { type Clock } from '#ports/clock.ts';
import { type Feed } from '#ports/feed.ts';
import { type Logger } from '#ports/telemetry.ts';
import { type Settings } from './config/settings-schema.ts';
import { openFeed, resumes, UsageError } from './feeds.ts';
import { openKiteAccount, type KiteAccount } from './kite-account.ts';
import { openKiteSimulator, type OpenKiteSimulator } from './kite-simulator.ts';

export interface RehearsalOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly calendar: Calendar;
  readonly instruments: InstrumentDirectory;
  /** What the log kept of the feed, and the newest time that it has seen; 0 when it is new. */
  readonly kept: FeedRow | undefined;
  readonly at: EpochMs;
  readonly logger: Logger;
}

/** Marks our tags in the simulators' books, which no other deployment shares. */
const DEPLOYMENT = 'R';
const BATCH = 2_048;

/** Opens the simulators, whose books lie in `DATA_DIR`, and the feed that their ticker gives. */
export async function openRehearsal(options: RehearsalOptions): Promise<Rehearsal> {
  const { settings, clock, calendar, instruments, kept } = options;
  // Where the market stands is kept inside the position of the feed over its ticker, or as the market's own.
  const position = (kept?.position as { readonly market?: unknown } | undefined)?.market ?? kept?.position;
  const inner = position === undefined ? undefined : { position, skip: 0 };
  const market = await openFeed({ settings, calendar, instruments, now: () => clock.monotonicMs(), kept: inner });
  const accounts: Account[] = [];
  try {
    for (const { id, runsAs } of settings.brokers) {
      if (runsAs === 'gateway') accounts.push(await openAccount(id, market, options));
    }
    return new Rehearsal(accounts, market, resumes(market, inner), options);
  } catch (error) {
    for (const account of accounts) await closeAccount(account);
    await market.close();
    if (error instanceof BookFileError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

/** A simulator and our account at it. */
interface Account {
  readonly own: KiteAccount;
  readonly kite: OpenKiteSimulator;
  /** Told when a new session has begun. */
  onSession: () => void;
}

async function openAccount(broker: BrokerId, market: Feed, options: RehearsalOptions): Promise<Account> {
  const { settings, clock, calendar, instruments, logger } = options;
  const run = { port: 0, dataDir: settings.dataDir, bookName: `kite-simulator-${broker}`, seed: settings.feed.seed };
  const complain = (message: string): void => logger.warning(message, { broker });
  const kite = await openKiteSimulator(run, { clock, calendar, instruments, onProblem: complain });
  const { simulator, server } = kite;
  // At the simulator nobody has to sign in by hand, after its session ended neither.
  const signIn = (): void => {
    own.session.begin({ userId: SIMULATOR_CREDENTIALS.userId, accessToken: simulator.control.login() });
    account.onSession();
  };
  const session = new KiteSession({
    ...SIMULATOR_CREDENTIALS,
    loginRoot: server.url,
    changed: (state) => {
      if (state === 'dead') queueMicrotask(signIn);
    },
  });
  const own = openKiteAccount({
    broker,
    root: server.url,
    session,
    deployment: DEPLOYMENT,
    listingOf: listingsOf(instruments),
    clock,
    marketNow: () => marketNow(market, simulator.broker.market.time),
    logger,
  });
  const account: Account = { own, kite, onSession: () => undefined };
  signIn();
  logger.info(`${broker}: orders go to the Kite simulator at ${server.url}`, { broker });
  return account;
}

async function closeAccount({ own, kite }: Account): Promise<void> {
  own.close();
  await kite.close();
}

/** The simulator lists instruments under the exchange's own names. */
function listingsOf({ listings }: InstrumentDirectory): (token: number) => Listing | undefined {
  const found = new Map(
    contractsOf(listings).map(({ instrument }) => [
      instrument.token,
      { exchange: instrument.exchange, tradingsymbol: instrument.symbol },
    ]),
  );
  return (token) => found.get(token);
}

/** The newest time of the market, before whose first tick it is that of its beginning. */
function marketNow({ firstTime }: Feed, seen: EpochMs): EpochMs {
  return seen === 0 && firstTime !== undefined ? firstTime : seen;
}

export class Rehearsal {
  readonly feed: Feed;
  readonly accounts: readonly KiteAccount[];
  /** Told when something may have happened unseen: a connection is back, or a session has begun anew. */
  reconnected: () => void = () => undefined;
  readonly #accounts: readonly Account[];
  readonly #market: Feed;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;

  constructor(accounts: readonly Account[], market: Feed, isResumed: boolean, options: RehearsalOptions) {
    this.#accounts = accounts;
    this.accounts = accounts.map(({ own }) => own);
    this.#market = market;
    this.#clock = options.clock;
    const kite = openTicker(accounts, market, () => this.reconnected(), options);
    for (const account of accounts) {
      account.onSession = () => {
        kite.renew();
        this.reconnected();
      };
    }
    this.feed = {
      kind: 'realtime',
      instruments: market.instruments,
      // A market that goes on where it stood begins with no time of its own.
      firstTime: isResumed ? undefined : market.firstTime,
      sourceOf: () => kite.sourceOf(),
      read: (batch, max) => {
        if (this.#failure !== undefined) throw this.#failure.error;
        return kite.read(batch, max);
      },
      idleMs: () => kite.idleMs(),
      takeGaps: () => kite.takeGaps(),
      position: () => ({ ...kite.position(), market: market.position() }),
      counts: () => kite.counts(),
      close: () => kite.close(),
    };
  }

  /** The market runs from now on. `settled` reads every book; true once what it says is durable, false when it ends. */
  begin(settled: () => Promise<boolean>): void {
    this.#running = this.#run(settled).catch((error: unknown) => (this.#failure = { error }));
  }

  /** Sees to it that the account of a namespace was given at least so much, in 1/10,000 rupee. */
  fund(broker: BrokerId, needed: Money): void {
    const simulator = this.#accounts.find(({ own }) => own.broker === broker)?.kite.simulator;
    if (simulator === undefined) return;
    const { book } = simulator.broker;
    const given = (book.value(FUNDED) as number | undefined) ?? book.account.cash.equity;
    if (needed > given) simulator.control.payIn('equity', (needed - given) as Money);
    book.setValue(FUNDED, Math.max(needed, given));
    simulator.broker.exchange.settle();
  }

  /** The market stands still from now on: nothing trades that would not be read any more. */
  halt(): void {
    this.#stop.abort();
  }

  async close(): Promise<void> {
    this.halt();
    await this.#running;
    await this.feed.close();
    for (const account of this.#accounts) await closeAccount(account);
    await this.#market.close();
  }

  /** Hands the market's ticks to every simulator. */
  async #run(settled: () => Promise<boolean>): Promise<void> {
    const batch = new TickBatch(BATCH, true);
    const { signal } = this.#stop;
    const simulators = this.#accounts.map(({ kite }) => kite.simulator);
    let day = simulators[0]?.broker.book.value('day') as DayNumber | undefined;
    while (!signal.aborted) {
      batch.clear();
      const read = await this.#market.read(batch, BATCH);
      if (signal.aborted) return;
      if (batch.count > 0) {
        const today = dayOf(batch.time[0] as EpochMs);
        // The simulators forget a day with the first tick of the next one, and the market leaves no night between them.
        if (day !== undefined && today > day) {
          for (const { control } of simulators) control.closeMarket();
          if (!(await settled())) return;
          for (const { control } of simulators) control.setPhase('auto');
        }
        day = today;
        for (const simulator of simulators) simulator.onBatch(batch, this.#market.instruments);
      }
      if (read === 'idle') await this.#clock.sleep(Math.max(1, this.#market.idleMs()), signal);
      else await this.#clock.turn();
    }
  }
}

/** The reconnection settings in the adapter's units. */
export function reconnectionOf(settings: Settings['reconnection']): ReconnectionSettings {
  const { maxAttempts, baseDelaySeconds, maxDelaySeconds, backoffMultiplier, timeoutSeconds } = settings;
  return {
    maxAttempts,
    baseDelayMs: baseDelaySeconds * SECOND_MS,
    maxDelayMs: maxDelaySeconds * SECOND_MS,
    multiplier: backoffMultiplier,
    timeoutMs: timeoutSeconds * SECOND_MS,
  };
}

/** Under this name a simulator's book keeps how much its account was given. */
const FUNDED = 'funded';

/** Ticks come over the ticker of the first account. */
function openTicker(
  accounts: readonly Account[],
  market: Feed,
  reconnected: () => void,
  options: RehearsalOptions,
): KiteFeed {
  const [{ own, kite }] = accounts as readonly [Account];
  const { settings, clock, calendar, at, logger } = options;
  return openKiteFeed({
    root: kite.server.tickerUrl,
    session: own.session,
    clock,
    instruments: market.instruments,
    calendar,
    marketNow: () => marketNow(market, kite.simulator.broker.market.time),
    notBefore: at,
    reconnection: reconnectionOf(settings.reconnection),
    random: Math.random,
    orderUpdate: () => accounts.forEach((each) => each.own.gateway.hint()),
    trouble: (message) => logger.warning(message),
    candles: (token, from, to) => own.client.candles(token, from, to),
    reconnected,
  });
}
