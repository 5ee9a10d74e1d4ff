// Live ticks of Kite, under the session of the app that `ZERODHA__API_KEY` names. Nothing here can reach an order.
import { openKiteFeed } from '#adapters/zerodha/ticker/kite-feed.ts';
import { type Calendar } from '#core/market/calendar.ts';
import { type InstrumentDirectory } from '#core/market/instrument-directory.ts';
import { formatInstant, type EpochMs } from '#core/time.ts';
import { type Clock } from '#ports/clock.ts';
import { type Feed } from '#ports/feed.ts';
import { type Logger } from '#ports/telemetry.ts';
import { type Settings } from './config/settings-schema.ts';
import { listingsFor, UsageError } from './feeds.ts';
import { kiteHosts } from './kite-hosts.ts';
import { openDataAccess } from './kite-login.ts';
import { type LiveSession } from './live-session.ts';
import { reconnectionOf } from './rehearsal.ts';

export interface LiveFeedOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly calendar: Calendar;
  readonly instruments: InstrumentDirectory;
  /** The newest time that the log has seen; 0 when it is new. */
  readonly at: EpochMs;
  readonly live: LiveSession;
  readonly logger: Logger;
  /** An order of the session's account changed, or may have while no connection stood. */
  readonly orderUpdate: () => void;
  readonly reconnected: () => void;
}

/** Throws `UsageError` when the log has seen a later time than the clock shows. */
export function openLiveFeed(options: LiveFeedOptions): Feed {
  const { settings, clock, calendar, instruments, at, live, logger, orderUpdate, reconnected } = options;
  if (at > clock.now()) {
    throw new UsageError(
      `this data directory has seen ${formatInstant(at)}, which is still to come; use a fresh --data-dir for live ticks`,
    );
  }
  const { kiteRoot } = settings.zerodha;
  const access = openDataAccess(live.session, kiteRoot, clock);
  const kite = openKiteFeed({
    root: kiteHosts(kiteRoot).ticker,
    session: live.session,
    clock,
    instruments: listingsFor(settings, instruments).map(({ instrument }) => instrument),
    calendar,
    notBefore: at,
    missedSince: true,
    candles: (token, from, to) => access.client.candles(token, from, to),
    // A simulator's market has a time of its own, which its ticks alone tell.
    ...(kiteRoot === '' ? { marketNow: () => clock.now() } : {}),
    reconnection: reconnectionOf(settings.reconnection),
    random: Math.random,
    orderUpdate,
    reconnected,
    trouble: (message) => logger.warning(message),
  });
  live.onRenewed(() => kite.renew());
  return {
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
    close: async () => {
      await kite.close();
      access.close();
    },
  };
}
