// What the wire knows of a type: the version and schema of its data, how older versions become it, and how it is read
// into an event of core.
import { type z } from 'zod';
import { type DomainEvent } from '#core/events.ts';
import { type BrokerId, type Trace } from '#core/ids.ts';
import { type EpochMs } from '#core/time.ts';
import { VERSIONS, type WireTypeName } from '../versions.ts';

/** What the envelope and the reader say about the data at hand. */
export interface About {
  readonly broker: BrokerId;
  readonly trace: Trace;
  /** When the message was taken. */
  readonly at: EpochMs;
  /** Default life of a signal. */
  readonly ttlMs: number;
}

/** What was read: an event, nothing for a type that no stage applies, or a problem in words. */
export type DataRead =
  { readonly ok: true; readonly event: DomainEvent | undefined } | { readonly ok: false; readonly problem: string };

/** From each older version to the next; total, because it runs before the schema has looked. */
export type Upcasts = Readonly<Record<number, (data: unknown) => unknown>>;

export interface WireType {
  readonly version: number;
  readonly schema: z.ZodType;
  readonly upcasts: Upcasts;
  /** Checks data of the current version and reads it. */
  read(data: unknown, about: About): DataRead;
}

/**
 * Defines a type. `toEvent` returns a problem in words when fields that are fine one by one contradict each other; a type
 * without it is only checked.
 */
export function wireType<Schema extends z.ZodType>(
  type: WireTypeName,
  schema: Schema,
  toEvent?: (data: z.output<Schema>, about: About) => DomainEvent | string,
  upcasts: Upcasts = {},
): WireType {
  return {
    version: VERSIONS[type],
    schema,
    upcasts,
    read(data, about) {
      const parsed = schema.safeParse(data);
      if (!parsed.success) return { ok: false, problem: firstProblem(parsed.error) };
      const event = toEvent?.(parsed.data, about);
      return typeof event === 'string' ? { ok: false, problem: event } : { ok: true, event };
    },
  };
}

/** Data of an older version in the words of the current one. */
export function upcast(type: Pick<WireType, 'version' | 'upcasts'>, version: number, data: unknown): unknown {
  let current = data;
  for (let from = version; from < type.version; from++) current = type.upcasts[from]?.(current) ?? current;
  return current;
}

function firstProblem(error: z.ZodError): string {
  const issue = error.issues[0];
  const path = ['data', ...(issue?.path ?? [])].join('.');
  return `${path}: ${issue?.message ?? 'not understood'}`;
}
