// What a user's service stands on in the distributed profile: the log that all processes share, and Redis for what it may
// lose.
import { openRedis } from '#adapters/redis/key-value.ts';
import { type EventLog } from '#ports/event-log.ts';
import { type KeyValue } from '#ports/key-value.ts';
import { type Logger } from '#ports/telemetry.ts';
import { type Settings } from './config/settings-schema.ts';
import { redisOf } from './redis-check.ts';
import { openSharedLog } from './shared-log.ts';

/** Throws `RedisError`; the log says at its first use that it cannot be reached. */
export async function openServiceMeans(
  settings: Settings,
  logger: Logger,
): Promise<{ readonly log: EventLog; readonly keyValue: KeyValue; close(): Promise<void> }> {
  const keyValue = await openRedis({
    ...redisOf(settings),
    trouble: (message) => logger.warning(message),
  });
  const log = openSharedLog(settings, logger);
  return {
    log,
    keyValue,
    close: async () => {
      await Promise.all([log.close(), keyValue.close()]);
    },
  };
}
