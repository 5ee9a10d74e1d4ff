// What the route of dead letters answers.
import { z } from 'zod';

const instant = z.iso.datetime({ offset: true });

export const letter = z.object({
  /** Where it lies. */
  topic: z.string(),
  offset: z.int().nonnegative(),
  id: z.string(),
  ts: instant,
  /** Null for what is of no namespace. */
  broker: z.string().nullable(),
  original_topic: z.string(),
  /** Null when the message never joined its topic. */
  original_offset: z.int().nullable(),
  service: z.string(),
  code: z.string(),
  cause: z.string(),
  attempts: z.int(),
  /** As it came. */
  message: z.string(),
  /** The last word about it; null while there is none. */
  settled: z
    .object({ settlement: z.enum(['replayed', 'discarded']), who: z.string(), why: z.string(), at: instant })
    .nullable(),
});

export type LetterLine = z.infer<typeof letter>;
