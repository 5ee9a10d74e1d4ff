// The check of Redis. Nothing that the platform decides is there, so its loss is told and holds nothing up.
import { readFileSync } from 'node:fs';
import { type RedisOptions } from '#adapters/redis/connection.ts';
import { openRedis, type RedisKeyValue } from '#adapters/redis/key-value.ts';
import { SECOND_MS } from '#core/time.ts';
import { type HealthCheck } from '#engine/health.ts';
import { type Logger } from '#ports/telemetry.ts';
import { type Settings } from './config/settings-schema.ts';

export const REDIS_CHECK = 'redis';

export interface RedisCheck {
  readonly check: HealthCheck;
  close(): Promise<void>;
}

/** How the settings say that Redis is reached. */
export function redisOf({
  redis,
  healthChecks,
}: Pick<Settings, 'redis' | 'healthChecks'>): Omit<RedisOptions, 'trouble'> {
  const timeoutMs = healthChecks.redisConnectionTimeoutSeconds * SECOND_MS;
  const { url, tlsCaFile } = redis;
  return { url, timeoutMs, ...(tlsCaFile !== undefined && { ca: readFileSync(tlsCaFile, 'utf8') }) };
}

/** The server is asked when the check runs, and connected to when it is not yet. */
export function checkRedis(settings: Settings, logger: Logger): RedisCheck {
  const trouble = (message: string): void => logger.warning(message);
  let opening: Promise<RedisKeyValue> | undefined;
  const run = async (): Promise<{ passed: boolean; message: string }> => {
    try {
      opening ??= openRedis({ ...redisOf(settings), trouble });
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
    check: { component: REDIS_CHECK, scope: 'information', run, glance: run },
    close: async () => (await opening)?.close(),
  };
}
