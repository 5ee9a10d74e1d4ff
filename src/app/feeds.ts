// Opens the feed that the settings name.
import { isDeepStrictEqual } from 'node:util';
import { openSimulatedFeed } from '#adapters/simulated-feed/simulated-feed.ts';
import { openTape } from '#adapters/tape/tape-feed.ts';
import { type Calendar } from '#core/market/calendar.ts';
import { type InstrumentDirectory } from '#core/market/instrument-directory.ts';
import { formatInstant, type EpochMs } from '#core/time.ts';
import { type FeedRow } from '#engine/pump.ts';
import { type Feed, type FeedPosition } from '#ports/feed.ts';
import { type Settings } from './config/settings-schema.ts';

/** The settings and what is on disk do not go together; the message says what to do. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface OpenFeedOptions {
  readonly settings: Settings;
  readonly calendar: Calendar;
  readonly instruments: InstrumentDirectory;
  readonly now: () => number;
  /** What the store kept of the feed, if anything. */
  readonly kept: FeedRow | undefined;
  /** Asked before each tick: a no holds it back until what was given is committed. */
  readonly admits?: (time: number) => boolean;
}

/** Opens the feed at the kept position, when it is that feed's. */
export async function openFeed(options: OpenFeedOptions): Promise<Feed> {
  const { settings, calendar, instruments, now, kept, admits } = options;
  const { source, speed, seed, ticksPerSecond } = settings.feed;
  const position = kept?.position as FeedPosition | undefined;
  if (source.kind === 'tape') {
    return openTape(source.path, {
      calendar,
      instrumentOf: (symbol) => instruments.find(symbol),
      speed,
      now,
      admits,
      position,
    });
  }
  if (source.kind === 'zerodha') {
    throw new UsageError('live ticks need a running platform and a session; use simulator or tape:PATH here');
  }
  return openSimulatedFeed({
    seed,
    instruments: listingsFor(settings, instruments),
    calendar,
    speed,
    now,
    admits,
    ticksPerSecond,
    position,
  });
}

/** What a market in real time lists: as many stocks as the settings say, then the indices. */
export function listingsFor({ feed }: Settings, { listings }: InstrumentDirectory): InstrumentDirectory['listings'] {
  const indices = listings.filter(({ instrument }) => !instrument.tradable);
  const stocks = listings.filter(({ instrument }) => instrument.tradable).slice(0, feed.instruments);
  return [...stocks, ...indices];
}

/** Whether the feed goes on where the kept position left it. */
export function resumes(feed: Feed, kept: FeedRow | undefined): boolean {
  return kept !== undefined && isDeepStrictEqual(feed.position(), kept.position);
}

/** Refuses a feed that begins before what the log has seen: time never goes back. */
export function refuseOlderFeed(feed: Feed, kept: FeedRow | undefined, at: EpochMs): void {
  if (at === 0 || resumes(feed, kept) || feed.firstTime === undefined || feed.firstTime >= at) return;
  throw new UsageError(
    `the feed begins at ${formatInstant(feed.firstTime)}, but this data directory has seen ${formatInstant(at)}; ` +
      `use a fresh --data-dir for it`,
  );
}
