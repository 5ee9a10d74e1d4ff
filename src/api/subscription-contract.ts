// What the routes of subscriptions and webhooks answer.
import { z } from 'zod';

/** What a subscription may be told of. */
export const KINDS = ['fills', 'orders', 'risk', 'alerts'] as const;
export type Kind = (typeof KINDS)[number];

const instant = z.iso.datetime();

export const subscription = z.object({
  id: z.string(),
  /** Who is told, without the path. */
  address: z.string(),
  kinds: z.array(z.enum(KINDS)),
  /** Null: every namespace. */
  brokers: z.array(z.string()).nullable(),
  /** `dead`: a message did not arrive in so many attempts that nothing is sent until somebody resumes it. */
  state: z.enum(['active', 'failing', 'dead']),
  /** Messages that arrived since the start. */
  delivered: z.int(),
  last_delivered_at: instant.nullable(),
  /** What the last attempt failed with; null when it did not. */
  trouble: z.string().nullable(),
  /** Messages that wait. */
  behind: z.int(),
});

/** One attempt. */
export const delivery = z.object({
  /** Counts the attempts of this subscription since the start. */
  number: z.int(),
  at: instant,
  message_id: z.string(),
  attempt: z.int(),
  trouble: z.string().nullable(),
  took_ms: z.number(),
});

/** Shown once: what every message is signed with. */
export const subscribed = z.object({ id: z.string(), secret: z.string() });

export const webhook = z.object({
  id: z.string(),
  form: z.enum(['generic', 'tradingview']),
  broker: z.string(),
  strategy_id: z.string(),
  instruments: z.array(z.string()),
  max_quantity: z.int(),
  /** Null: from anywhere. */
  addresses: z.array(z.string()).nullable(),
});

export type SubscriptionLine = z.infer<typeof subscription>;
export type DeliveryLine = z.infer<typeof delivery>;
export type WebhookLine = z.infer<typeof webhook>;
