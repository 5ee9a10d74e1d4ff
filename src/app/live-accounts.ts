// The live accounts of a deployment, and the sessions with Kite that they and the feed share.
import { exchangeName } from '#adapters/zerodha/instruments-dump.ts';
import { type Calendar } from '#core/market/calendar.ts';
import { type InstrumentDirectory } from '#core/market/instrument-directory.ts';
import { type EpochMs } from '#core/time.ts';
import { type Clock } from '#ports/clock.ts';
import { type Logger } from '#ports/telemetry.ts';
import { type BrokerSettings, type ZerodhaBrokerSettings } from './config/brokers.ts';
import { type Settings } from './config/settings-schema.ts';
import { openKiteAccount, type KiteAccount } from './kite-account.ts';
import { type KiteApp } from './kite-app.ts';
import { kiteHosts } from './kite-hosts.ts';
import { LiveSession } from './live-session.ts';
import { SEGMENT } from './plan.ts';
import { Readiness } from './readiness.ts';

export interface LiveOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly calendar: Calendar;
  readonly instruments: InstrumentDirectory;
  readonly logger: Logger;
  /** The market's time as the feed tells it; undefined as long as it is not known. */
  readonly marketNow: () => EpochMs | undefined;
}

export interface LiveAccount {
  readonly own: KiteAccount;
  readonly live: LiveSession;
  readonly readiness: Readiness;
}

/** Opens a session for each app once, whoever uses it. */
export class LiveSessions {
  readonly #options: Omit<LiveOptions, 'marketNow'>;
  readonly #open = new Map<string, LiveSession>();

  constructor(options: Omit<LiveOptions, 'marketNow'>) {
    this.#options = options;
  }

  of(app: KiteApp, name: string): LiveSession {
    const known = this.#open.get(app.apiKey);
    if (known !== undefined) return known;
    const session = new LiveSession({ ...this.#options, app, name });
    this.#open.set(app.apiKey, session);
    return session;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map((session) => session.close()));
  }
}

export function openLiveAccounts(sessions: LiveSessions, options: LiveOptions): readonly LiveAccount[] {
  return options.settings.brokers.filter(isLive).map((broker) => openLiveAccount(broker, sessions, options));
}

function openLiveAccount(broker: ZerodhaBrokerSettings, sessions: LiveSessions, options: LiveOptions): LiveAccount {
  const { clock, calendar, instruments, logger, marketNow } = options;
  const { id, kiteRoot, deployment, userId } = broker;
  const live = sessions.of(broker, id);
  const own = openKiteAccount({
    broker: id,
    root: kiteHosts(kiteRoot).api,
    session: live.session,
    deployment,
    listingOf: (token) => {
      const found = instruments.listings.find(({ instrument }) => instrument.token === token);
      if (found === undefined) return undefined;
      return { exchange: found.instrument.exchange, tradingsymbol: exchangeName(found) };
    },
    clock,
    // A simulator's market has a time of its own.
    marketNow: () => (kiteRoot === '' ? undefined : marketNow()) ?? clock.now(),
    logger,
    stranger: () => readiness.stranger,
  });
  const readiness = new Readiness({ client: own.client, live, userId, calendar, segment: SEGMENT, clock });
  live.onRenewed(() => void readiness.look());
  return { own, live, readiness };
}

function isLive(broker: BrokerSettings): broker is ZerodhaBrokerSettings {
  return broker.mode === 'live';
}
