// What the routes of logs answer.
import { z } from 'zod';
import { LOG_CHANNELS, LOG_LEVELS } from '#ports/telemetry.ts';

export const logRecord = z.object({
  ts: z.iso.datetime().nullable(),
  level: z.enum(LOG_LEVELS).nullable(),
  channel: z.enum(LOG_CHANNELS).nullable(),
  component: z.string().nullable(),
  broker: z.string().nullable(),
  event: z.string(),
  /** What stood beside the message, by name. */
  fields: z.record(z.string(), z.unknown()),
});

export const logChannel = z.object({
  channel: z.enum(LOG_CHANNELS),
  /** Files that are searched: the one that is written and the rotated ones, until they are packed. */
  files: z.int(),
  bytes: z.int(),
  written_at: z.iso.datetime().nullable(),
});
