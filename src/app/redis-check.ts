// The check of Redis. Nothing that the platform decides is there, so its loss is told and holds nothing up.
import { openRedis, type RedisKeyValue } from '#adapters/redis/key-value.ts';
import { SECOND_MS } from '#core/time.ts';
import { type HealthCheck } from '#engine/health.ts';
import { type Logger } from '#ports/telemetry.ts';
import { type Settings } from './config/settings-schema.ts';

export interface RedisCheck {
  readonly check: HealthCheck;
  close(): Promise<void>;
}

/** The server is asked when the check runs, and connected to when it is not yet. */
export function checkRedis({ redis, healthChecks }: Settings, logger: Logger): RedisCheck {
  const timeoutMs = healthChecks.redisConnectionTimeoutSeconds * SECOND_MS;
  const trouble = (message: string): void => logger.warning(message);
  let opening: Promise<RedisKeyValue> | undefined;
  const run = async (): Promise<{ passed: boolean; message: string }> => {
    try {
      opening ??= openRedis({ url: redis.url, timeoutMs, trouble });
      await (await opening).ping();
      return { passed: true, message: 'Redis answers' };
    } catch (error) {
      const [opened] = await Promise.allSettled([opening]);
      opening = undefined;
      if (opened.status === 'fulfilled') await opened.value?.close();
      return { passed: false, message: error instanceof Error ? error.message : String(error) };
    }
  };
  return {
    check: { component: 'redis', scope: 'information', run },
    close: async () => (await opening)?.close(),
  };
}
