// The feed of one part of a deployment: the source itself where the feed runs, and the log everywhere else.
import { MARKET_TICKS } from '#wire/topics.ts';
import { type FeedPosition, type Feed } from '#ports/feed.ts';
import { type Logger } from '#ports/telemetry.ts';
import { openLogFeed } from '#engine/log-feed.ts';
import { type Ingest } from '#engine/ingest.ts';
import { LockstepFeed } from '#engine/lockstep.ts';
import { stretchMs, Together } from '#engine/together.ts';
import { openFeed, type OpenFeedOptions } from './feeds.ts';
import { isFeedPart, type OpenPart } from './parts.ts';

/** How often a part looks whether the feed is over. */
const LOOK_MS = 500;

export interface PartFeedOptions extends OpenFeedOptions {
  readonly ingest: Pick<Ingest, 'ends'>;
  readonly logger: Logger;
}

export async function openPartFeed(options: PartFeedOptions, part: OpenPart): Promise<Feed> {
  const feed = part.stages.includes('market_feed') ? await openOwn(options, part) : await openFromLog(options, part);
  if (!part.lockstep) return feed;
  return new LockstepFeed(feed, part.deployment, part.stages, options.ingest.ends.get(MARKET_TICKS) ?? 0);
}

/** The source itself, which waits for the other parts where nothing else keeps it from running ahead of them. */
async function openOwn(options: OpenFeedOptions, { deployment, lockstep }: OpenPart): Promise<Feed> {
  const { settings, now } = options;
  if (lockstep || settings.feed.speed !== 'max') return openFeed(options);
  const stretch = stretchMs(settings.brokers.map(({ signalTtlSeconds }) => signalTtlSeconds));
  const together = new Together(deployment, stretch, now);
  return openFeed({ ...options, admits: (time) => together.admits(time) });
}

async function openFromLog(options: PartFeedOptions, { log, deployment }: OpenPart): Promise<Feed> {
  // Opened for what it lists and where it begins; its ticks come from the part that runs it.
  const description = await openFeed({ ...options, kept: undefined });
  await description.close();
  let lookedAt = Number.NEGATIVE_INFINITY;
  let total: number | undefined;
  return openLogFeed({
    log,
    description,
    logger: options.logger,
    isFeed: (producer) => isFeedPart(producer, deployment.id),
    position: options.kept?.position as FeedPosition | undefined,
    total: () => {
      if (total !== undefined || options.now() - lookedAt < LOOK_MS) return total;
      lookedAt = options.now();
      const feed = deployment.look().find(({ stages }) => stages.includes('market_feed'));
      if (feed?.over === true && feed.published) total = feed.ticks;
      return total;
    },
  });
}
