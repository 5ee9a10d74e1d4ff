// What the HTTP API answers, as schemas and types: the one file that pages and programs elsewhere share with the server.
// Names are those of the command line's `--json` answers; decimals are text, so that no reader rounds them.
import { z } from 'zod';

const decimal = z.string().regex(/^-?\d+(\.\d+)?$/);
const instant = z.iso.datetime({ offset: true });
const offset = z.int().nonnegative();

/** What an order can be in; `state` filters by it. */
export const ORDER_STATES = [
  'pending_new',
  'sending',
  'new',
  'unknown',
  'partially_filled',
  'filled',
  'rejected',
  'cancelled',
  'expired',
] as const;

/** What a caller may do, the least first; each may also do what those before it may. */
export const ROLES = ['viewer', 'operator', 'risk', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export const broker = z.object({
  broker: z.string(),
  kind: z.enum(['paper', 'zerodha']).nullable(),
  /** Who answers its orders: our exchange, the Kite simulator, or Kite itself with real money; null when it is inactive. */
  mode: z.enum(['simulated', 'rehearsal', 'live']).nullable(),
  /** `inactive`: the store has its books, and this start does not trade them. */
  status: z.enum(['ready', 'not_ready', 'inactive']),
});

const valuation = z.object({
  ts: instant,
  unrealised_pnl: decimal,
  equity: decimal,
  max_drawdown: decimal,
  gross_exposure: decimal,
  net_exposure: decimal,
  total_pnl: decimal,
  day_pnl: decimal,
  margin_used: decimal,
  available: decimal,
});

export const portfolio = z.object({
  broker: z.string(),
  strategy_id: z.string(),
  charges: z.enum(['flat', 'dated']),
  starting_cash: decimal,
  adjustments: decimal,
  realised_pnl: decimal,
  fees: decimal,
  cash: decimal,
  held_at_cost: decimal,
  valuation: valuation.nullable(),
});

export const position = z.object({
  broker: z.string(),
  strategy_id: z.string(),
  instrument_token: z.int(),
  symbol: z.string().nullable(),
  quantity: z.int(),
  average_price: decimal,
});

export const order = z.object({
  broker: z.string(),
  symbol: z.string().nullable(),
  order_id: z.string(),
  signal_id: z.string(),
  strategy_id: z.string(),
  instrument_token: z.int(),
  side: z.string(),
  product: z.string(),
  purpose: z.string(),
  quantity: z.int(),
  order_type: z.string(),
  limit_price: decimal.nullable(),
  trigger_price: decimal.nullable(),
  status: z.enum(ORDER_STATES),
  filled_quantity: z.int(),
  average_price: decimal.nullable(),
  fees: decimal,
  message: z.string().nullable(),
  submitted_at: instant,
  updated_at: instant,
});

const orderStep = z.object({
  at: instant,
  event: z.string(),
  quantity: z.int(),
  order_type: z.string(),
  limit_price: decimal.nullable(),
  trigger_price: decimal.nullable(),
  fill_price: decimal.nullable(),
  message: z.string().nullable(),
});

/** An order with everything that was told of it, oldest first. */
export const orderHistory = z.object({ order, steps: z.array(orderStep) });

export const fill = z.object({
  broker: z.string(),
  fill_id: z.string(),
  order_id: z.string(),
  strategy_id: z.string(),
  instrument_token: z.int(),
  symbol: z.string().nullable(),
  side: z.string(),
  product: z.string(),
  purpose: z.string(),
  quantity: z.int(),
  fill_price: decimal,
  fees: decimal,
  ts: instant,
  correlation_id: z.string(),
});

/** What becomes of a signal; `made` is every signal as it was made. */
export const OUTCOMES = ['made', 'validated', 'rejected', 'expired'] as const;

export const signal = z.object({
  broker: z.string(),
  signal_id: z.string(),
  strategy_id: z.string(),
  instrument_token: z.int(),
  symbol: z.string().nullable(),
  side: z.string(),
  product: z.string(),
  purpose: z.string(),
  quantity: z.int(),
  order_type: z.string(),
  price: decimal.nullable(),
  limit_price: decimal.nullable(),
  trigger_price: decimal.nullable(),
  confidence: z.number().nullable(),
  ts: instant,
  expires_at: instant,
  correlation_id: z.string(),
  outcome: z.enum(OUTCOMES),
  decided_at: instant.nullable(),
  /** Of a refusal: each objection with its limit and what was found. */
  reasons: z.array(z.object({ code: z.string(), limit: z.string(), found: z.string() })),
  /** Each rule that was asked, and whether it let the signal pass; null when none was. */
  checks: z.record(z.string(), z.boolean()).nullable(),
  /** Why it expired. */
  code: z.string().nullable(),
});

/** From best to worst: everything; what shrinks a position; cancels and flattening; cancels only. */
export const STATES = ['active', 'reducing', 'halted', 'disarmed'] as const;

export const controlState = z.object({
  broker: z.string(),
  /** `global`, the namespace, `strategy:ID` or `instrument:TOKEN`; the worst of those that concern an order counts. */
  scope: z.string(),
  symbol: z.string().nullable(),
  state: z.enum(STATES),
});

export const topic = z.object({ topic: z.string(), start: offset, end: offset, types: z.array(z.string()) });

export const instrument = z.object({
  instrument_token: z.int(),
  symbol: z.string(),
  exchange: z.string(),
  last_price: decimal.nullable(),
  /** The minute of the last price. */
  ts: instant.nullable(),
});

export const deployment = z.object({
  strategy_id: z.string(),
  strategy: z.string(),
  parameters: z.record(z.string(), z.union([z.number(), z.boolean(), z.string()])),
  instruments: z.union([z.literal('all'), z.array(z.string())]),
  brokers: z.array(
    z.object({
      broker: z.string(),
      status: z.enum(['enabled', 'disabled', 'quarantined']),
      /** Who stopped it, and why. */
      who: z.string().nullable(),
      why: z.string().nullable(),
    }),
  ),
});

export const limit = z.object({
  broker: z.string(),
  strategy_id: z.string(),
  limit: z.string(),
  value: z.string(),
  /** Whether it is of each book or of the whole account. */
  of: z.enum(['book', 'account']),
  /** What is used of it; null when it is off, or when only an order shows it. */
  use: z.object({ unit: z.enum(['count', 'rupees']), used: decimal, most: decimal }).nullable(),
});

export const candle = z.object({
  /** When its minute begins. */
  ts: instant,
  open: decimal,
  high: decimal,
  low: decimal,
  close: decimal,
  ticks: z.int(),
});

export const candles = z.object({
  instrument_token: z.int(),
  symbol: z.string(),
  items: z.array(candle),
});

/** The envelope as it was stored; `raw` instead when a stranger wrote what is no JSON. */
export const message = z.union([z.object({ offset, envelope: z.unknown() }), z.object({ offset, raw: z.string() })]);

export const correlated = z.union([
  z.object({ topic: z.string(), offset, envelope: z.unknown() }),
  z.object({ topic: z.string(), offset, raw: z.string() }),
]);

const stage = z.looseObject({
  service_name: z.string(),
  active_brokers: z.array(z.string()),
  processed_count: z.int().nonnegative(),
  error_count: z.int().nonnegative(),
  orchestrator_status: z.object({ running: z.boolean(), consumers: z.int(), producers: z.int() }),
});

export const pipeline = z.object({ running: z.boolean(), stages: z.array(stage) });

export const health = z.object({
  status: z.enum(['ready', 'not_ready']),
  running: z.boolean(),
  checks: z.array(
    z.object({ component: z.string(), passed: z.boolean(), message: z.string(), broker: z.string().optional() }),
  ),
  stages: z.array(stage),
  brokers: z.record(z.string(), z.enum(['ready', 'not_ready'])),
});

export const alive = z.object({
  status: z.literal('alive'),
  service: z.string(),
  version: z.string(),
  active_brokers: z.array(z.string()),
});

const callerFields = {
  name: z.string(),
  role: z.enum(ROLES),
  /** Null: every namespace. */
  brokers: z.array(z.string()).nullable(),
};

export const token = z.object({
  access_token: z.string(),
  token_type: z.literal('Bearer'),
  /** Seconds. */
  expires_in: z.int(),
  ...callerFields,
});

/** How a person may sign in, the one to offer first in front. */
export const signInWays = z.object({ ways: z.array(z.enum(['kite', 'password'])) });

/** Where a person signs in at Kite. `state` comes back from there, `verifier` stays where it was asked for. */
export const kiteWay = z.object({ url: z.string(), state: z.string(), verifier: z.string() });

/** A place from which a user acts; `is_this` is the one that asks. */
export const knownSignIn = z.object({
  session: z.string(),
  user: z.string(),
  by: z.enum(['password', 'kite']),
  from: z.string(),
  began_at: instant,
  renewed_at: instant,
  is_this: z.boolean(),
});

export const signInEnded = z.object({ session: z.string(), user: z.string() });

/** Shown once: the seed for an authenticator app, and the same as a URI that apps read as a QR code. */
export const enrolled = z.object({ secret: z.string(), uri: z.string() });

/** Shown once: each is good once, in place of a code. */
export const confirmed = z.object({ recovery_codes: z.array(z.string()) });

export const me = z.object({ ...callerFields, expires_at: instant.nullable(), password_at: instant.nullable() });

/** What was ordered is durable, and takes effect before the next ticks. */
export const ordered = z.object({
  /** The events have ids that begin with it. */
  request_id: z.string(),
  brokers: z.array(z.string()),
});

export const settled = z.object({
  request_id: z.string(),
  topic: z.string(),
  settled: z.array(offset),
  /** How many of the letters were settled before. */
  left_out: z.int(),
});

/** `hash` is over all of it but itself, `previous` that of the entry before: src/wire/audit.ts. */
export const auditEntry = z.object({
  seq: z.int().positive(),
  at: instant,
  kind: z.string(),
  /** Where the log holds the same; null for what it does not hold. */
  source: z.object({ topic: z.string(), offset }).nullable(),
  /** JSON text, as it was hashed. */
  body: z.string(),
  previous: z.string(),
  hash: z.string(),
});

export const alert = z.object({
  id: z.string(),
  code: z.string(),
  severity: z.enum(['warning', 'error', 'critical']),
  state: z.enum(['firing', 'acknowledged', 'resolved']),
  /** Null for what is of no namespace. */
  broker: z.string().nullable(),
  subject: z.string(),
  text: z.string(),
  /** What to do first. */
  remedy: z.string(),
  /** Where it goes on. */
  runbook: z.string(),
  since: instant,
  last_at: instant,
  resolved_at: instant.nullable(),
  count: z.int(),
  /** How often it was told again because nobody had acknowledged it. */
  escalation: z.int(),
  acknowledged: z.object({ who: z.string(), why: z.string(), at: instant }).nullable(),
});

/** RFC 9457. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string(),
});

/** A page of a list; what `next_cursor` says is asked for with `cursor`, until it is null. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next_cursor: z.string().nullable() });
}

export type Broker = z.infer<typeof broker>;
export type Portfolio = z.infer<typeof portfolio>;
export type Position = z.infer<typeof position>;
export type Order = z.infer<typeof order>;
export type OrderHistory = z.infer<typeof orderHistory>;
export type Fill = z.infer<typeof fill>;
export type Signal = z.infer<typeof signal>;
export type ControlLine = z.infer<typeof controlState>;
export type Instrument = z.infer<typeof instrument>;
export type DeploymentLine = z.infer<typeof deployment>;
export type LimitLine = z.infer<typeof limit>;
export type Candle = z.infer<typeof candle>;
export type Topic = z.infer<typeof topic>;
export type AlertLine = z.infer<typeof alert>;
export type Problem = z.infer<typeof problem>;
