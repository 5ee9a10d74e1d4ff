// The audit trail as a part of a running platform: opened behind the pipeline, told of every commit and of what the API is
// asked, and closed with its newest hash in the log.
import { takesFromOutside } from '#engine/pipeline.ts';
import { type Clock } from '#ports/clock.ts';
import { type StoreReader } from '#ports/store.ts';
import { type Logger } from '#ports/telemetry.ts';
import type { Settings } from '../config/settings-schema.ts';
import { type PartOptions } from '../parts.ts';
import { placeOf } from '../place.ts';
import { openTrail } from './open-audit.ts';
import { Trail } from './trail.ts';
import { TrailCheck } from './trail-check.ts';

export interface PlatformTrailOptions {
  readonly settings: Settings;
  readonly log: StoreReader;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly part: PartOptions | undefined;
  /** What the first entry of this run tells. */
  readonly started: Readonly<Record<string, unknown>>;
}

/** Opens and follows; `stop` ends it. Throws `StoreError`. */
export function startTrail(options: PlatformTrailOptions): {
  readonly trail: Trail;
  readonly check: TrailCheck;
  readonly stop: () => void;
} {
  const { settings, log, clock, logger, part, started } = options;
  // What a power cut takes of it is copied again, or was said by a process that the cut ended.
  const store = openTrail(placeOf(settings), 'normal');
  const keeps = (topic: string): boolean => part === undefined || takesFromOutside(part.stages, topic);
  const trail = new Trail({ store, log, clock, logger, keeps });
  trail.record('platform_started', started);
  const ended = new AbortController();
  void trail.follow(ended.signal);
  const stop = (): void => {
    ended.abort();
    trail.record('platform_stopped', {});
    trail.finish();
  };
  const failed = (error: unknown): void => logger.error('The audit trail cannot be verified', { error });
  const whole = part === undefined ? log : undefined;
  const check = new TrailCheck({ trail: store, log: whole, now: () => clock.now(), failed });
  return { trail, check, stop };
}

/** What the API tells of: into the audit log, and into the trail. */
export function audited(logger: Logger, trail: Trail) {
  return (event: string, fields: Readonly<Record<string, unknown>>): void => {
    const kind = event.toLowerCase().replaceAll(/\W+/g, '_');
    const repeat = JSON.stringify([event, fields['from'], fields['who'] ?? fields['name'], fields['status']]);
    if (EACH.has(event)) trail.record(kind, fields);
    else if (!trail.recordRefusal(kind, fields, repeat)) return;
    logger.info(event, fields);
  };
}

/** Bounded by other means: by the limit on signing in, or because whoever does it is known. */
const EACH: ReadonlySet<string> = new Set([
  'Signed in',
  'A sign-in was ended',
  'Signing in failed',
  'Ordered',
  'A webhook was taken',
  'A subscription was added',
  'A subscription was removed',
  'A subscription was resumed',
  'A second factor was begun',
  'A second factor was confirmed',
]);
