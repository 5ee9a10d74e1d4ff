// Live ticks of Kite: signed in by a person, with the session taken from the disk whenever a new one lies there. Nothing
// here can reach an order.
import { openKiteFeed } from '#adapters/zerodha/ticker/kite-feed.ts';
import { type Calendar } from '#core/market/calendar.ts';
import { type InstrumentDirectory } from '#core/market/instrument-directory.ts';
import { formatInstant, SECOND_MS, type EpochMs } from '#core/time.ts';
import { type Clock } from '#ports/clock.ts';
import { type Feed } from '#ports/feed.ts';
import { type Logger } from '#ports/telemetry.ts';
import { type Settings } from './config/settings-schema.ts';
import { listingsFor, UsageError } from './feeds.ts';
import { kiteHosts } from './kite-hosts.ts';
import { KeptToken, openDataAccess, type DataAccess } from './kite-login.ts';
import { reconnectionOf } from './rehearsal.ts';

export interface LiveFeedOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly calendar: Calendar;
  readonly instruments: InstrumentDirectory;
  /** The newest time that the log has seen; 0 when it is new. */
  readonly at: EpochMs;
  readonly logger: Logger;
}

const HOW_TO = 'to sign in, run: npx alpha-panda login zerodha';
/** A new token is taken up within this time. */
const LOOK_MS = SECOND_MS;

/** Throws `UsageError` when the log has seen a later time than the clock shows. */
export function openLiveFeed(options: LiveFeedOptions): LiveFeed {
  const { at, clock } = options;
  if (at > clock.now()) {
    throw new UsageError(
      `this data directory has seen ${formatInstant(at)}, which is still to come; use a fresh --data-dir for live ticks`,
    );
  }
  return new LiveFeed(options);
}

export class LiveFeed {
  readonly feed: Feed;
  readonly #access: DataAccess;
  readonly #kept: KeptToken;
  readonly #logger: Logger;
  readonly #stop = new AbortController();
  readonly #watching: Promise<void>;
  #mark = '';

  constructor({ settings, clock, calendar, instruments, at, logger }: LiveFeedOptions) {
    this.#logger = logger;
    this.#kept = new KeptToken(settings, (message) => logger.warning(message));
    this.#access = openDataAccess(settings, clock, {
      changed: (state) => {
        if (state === 'dead') this.#askToSignIn('Kite ended the session');
      },
    });
    if (!this.#takeUp()) this.#askToSignIn('nobody has signed in to Kite');
    const kite = openKiteFeed({
      root: kiteHosts(settings.feed.kiteRoot).ticker,
      session: this.#access.session,
      clock,
      instruments: listingsFor(settings, instruments).map(({ instrument }) => instrument),
      calendar,
      notBefore: at,
      missedSince: true,
      candles: (token, from, to) => this.#access.client.candles(token, from, to),
      // A simulator's market has a time of its own, which its ticks alone tell.
      ...(settings.feed.kiteRoot === '' ? { marketNow: () => clock.now() } : {}),
      reconnection: reconnectionOf(settings.reconnection),
      random: Math.random,
      // Orders of the account may be others'; nothing here asks for them.
      orderUpdate: () => undefined,
      trouble: (message) => logger.warning(message),
    });
    this.feed = {
      kind: 'realtime',
      instruments: kite.instruments,
      firstTime: clock.now(),
      sourceOf: () => kite.sourceOf(),
      read: (batch, max) => kite.read(batch, max),
      idleMs: () => kite.idleMs(),
      takeGaps: () => kite.takeGaps(),
      now: () => kite.now(),
      position: () => kite.position(),
      counts: () => kite.counts(),
      close: () => kite.close(),
    };
    this.#watching = this.#watch(clock, () => kite.renew());
  }

  /** What a person should know of the session; undefined while it works. */
  get trouble(): string | undefined {
    const { session } = this.#access;
    if (session.state === 'active') return undefined;
    return `${session.state === 'dead' ? 'Kite ended the session' : 'nobody has signed in'}; ${HOW_TO}`;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#watching;
    await this.feed.close();
    this.#access.close();
  }

  async #watch(clock: Clock, renew: () => void): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await clock.sleep(LOOK_MS, signal);
      if (!signal.aborted && this.#kept.mark !== this.#mark && this.#takeUp()) renew();
    }
  }

  /** Takes the token that lies on the disk; false when there is none. */
  #takeUp(): boolean {
    this.#mark = this.#kept.mark;
    const token = this.#kept.load();
    if (token === undefined) return false;
    this.#access.session.begin(token);
    this.#logger.info(`signed in to Kite as ${token.userId} for its ticks`);
    return true;
  }

  #askToSignIn(why: string): void {
    this.#logger.warning(`${why}, so there are no ticks; ${HOW_TO}`);
  }
}
