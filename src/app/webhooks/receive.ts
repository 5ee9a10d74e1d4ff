// Takes a signal that a webhook sends: proved, recent, not sent before, and no more than the webhook may ask for. It is left
// in the inbox like any signal from outside, and the gate of its namespace decides.
import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { ProblemError } from '#api/problem.ts';
import { type Incoming, type Taken } from '#api/webhook-routes.ts';
import { type EpochMs } from '#core/time.ts';
import { type AccessStore } from '#ports/access.ts';
import { type NewMessage } from '#ports/event-log.ts';
import { type Inbox } from '#ports/store.ts';
import { decodeMessage } from '#wire/decode.ts';
import { type Hook, type Hooks } from './hooks.ts';

/** How far a message's time may be from ours, before and after. */
const WINDOW_MS = 5 * 60_000;
const SIGNATURE = /^v1=([0-9a-f]{64})$/;
const SECONDS = /^\d{1,12}$/;

const id = z.string().regex(/^[\x21-\x7e]{1,128}$/, 'expected 1 to 128 printable characters without a space');
const decimal = z.union([z.string().regex(/^\d{1,12}(\.\d{1,4})?$/), z.number().positive()]).transform(String);
const whole = z.union([
  z.int(),
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number),
]);
const common = {
  /** Of this message; whatever comes again under it is refused. */
  id,
  instrument: z.union([z.string().min(1).max(64), z.int()]).transform(String),
  side: z
    .string()
    .toUpperCase()
    .pipe(z.enum(['BUY', 'SELL'])),
  quantity: whole.pipe(z.int().positive()),
  order_type: z
    .string()
    .toLowerCase()
    .pipe(z.enum(['market', 'limit']))
    .default('market'),
  limit_price: decimal.optional(),
};
const generic = z.strictObject(common);
const tradingview = z.strictObject({ ...common, secret: z.string().max(256), time: z.iso.datetime({ offset: true }) });
type Wanted = z.infer<typeof generic>;

export interface ReceiveOptions {
  readonly hooks: Hooks;
  readonly store: AccessStore;
  readonly inbox: Inbox;
  readonly now: () => number;
}

/** Throws `ProblemError` for what is not taken. */
export function receive({ hooks, store, inbox, now }: ReceiveOptions, incoming: Incoming): Taken {
  const found = hooks.get(incoming.webhook);
  // The same work whether there is such a webhook or not.
  const { hook, secret } = found ?? { hook: undefined, secret: 'no secret of anybody' };
  const at = now();
  const wanted = hook?.form === 'tradingview' ? provedByBody(incoming, secret, at) : provedByMark(incoming, secret, at);
  if (hook === undefined) throw nobody();
  if (hook.addresses !== null && !hook.addresses.includes(incoming.from)) {
    throw new ProblemError(403, 'expected an address that this webhook lists; webhooks add --addresses names them');
  }
  const nonce = hash('sha256', JSON.stringify([hook.id, wanted.id]), 'hex');
  if (store.get('nonce', nonce) !== undefined) {
    throw new ProblemError(
      409,
      `a message with the id ${wanted.id} was taken before; each signal needs one of its own`,
    );
  }
  const signalId = `webhook-${nonce.slice(0, 32)}`;
  // First the signal, whose id makes it apply once: after a crash between the two the sender tries again, and loses nothing.
  inbox.put([signalOf(hook, wanted, signalId, at)]);
  store.forget('nonce', at - 2 * WINDOW_MS);
  store.add('nonce', { name: nonce, at, value: signalId });
  return { webhook: hook.id, broker: hook.broker, signal_id: signalId, correlation_id: signalId };
}

/** HMAC-SHA256 over `timestamp.body`, in a header: the secret itself never travels. */
function provedByMark({ headers, raw }: Incoming, secret: string, at: number): Wanted {
  const [timestamp, signature] = [headers['x-alpha-panda-timestamp'], headers['x-alpha-panda-signature']];
  const [, said] = SIGNATURE.exec(String(signature)) ?? [];
  const seconds = SECONDS.test(String(timestamp)) ? Number(timestamp) : Number.NaN;
  const expected = createHmac('sha256', secret)
    .update(`${String(timestamp)}.`)
    .update(raw)
    .digest();
  if (said === undefined || !timingSafeEqual(Buffer.from(said, 'hex'), expected)) throw nobody();
  demandRecent(seconds * 1_000, at);
  return parsed(generic, raw);
}

/** TradingView signs nothing: the secret travels in the body, so whoever sees one message can write others. */
function provedByBody({ raw }: Incoming, secret: string, at: number): Wanted {
  const { success, data } = z.looseObject({ secret: z.string().max(256) }).safeParse(jsonOf(raw));
  const digest = (text: string): Buffer => createHmac('sha256', secret).update(text).digest();
  if (!success || !timingSafeEqual(digest(data.secret), digest(secret))) throw nobody();
  const { secret: _, time, ...wanted } = parsed(tradingview, raw);
  demandRecent(Date.parse(time), at);
  return wanted;
}

function nobody(): ProblemError {
  return new ProblemError(
    401,
    'expected a webhook that is there and a proof of its secret; docs/guides/webhooks.md says how',
  );
}

function demandRecent(sentAt: number, at: number): void {
  if (Math.abs(sentAt - at) <= WINDOW_MS) return;
  throw new ProblemError(401, `expected a time within ${WINDOW_MS / 60_000} minutes of ours; set the sender's clock`);
}

function parsed<Shape extends z.ZodObject>(schema: Shape, raw: Buffer): z.output<Shape> {
  const { success, data, error } = schema.safeParse(jsonOf(raw));
  if (success) return data;
  const said = error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  throw new ProblemError(400, `${said}. It takes ${Object.keys(schema.shape).join(', ')}`);
}

/** The server has parsed it before, so it is JSON. */
function jsonOf(raw: Buffer): unknown {
  return JSON.parse(raw.toString()) as unknown;
}

function signalOf(hook: Hook, wanted: Wanted, signalId: string, at: number): NewMessage {
  const token = tokenOf(hook, wanted.instrument);
  if (wanted.quantity > hook.max_quantity) {
    throw new ProblemError(422, `expected a quantity of at most ${hook.max_quantity}, found ${wanted.quantity}`);
  }
  const data = {
    strategy_id: hook.strategy_id,
    instrument_token: token,
    signal_type: wanted.side,
    quantity: wanted.quantity,
    order_type: wanted.order_type,
    limit_price: wanted.limit_price ?? null,
    metadata: { webhook: hook.id, message: wanted.id },
  };
  const { broker } = hook;
  const envelope = { id: signalId, correlation_id: signalId, type: 'trading_signal', version: 1, broker };
  const value = JSON.stringify({ ...envelope, source: 'webhook', data });
  const message = { topic: `${broker}.signals.raw`, id: signalId, key: `${hook.strategy_id}:${token}`, value };
  // What the platform would send to the dead letters is better refused here.
  const decoded = decodeMessage(message.topic, value, { at: at as EpochMs, ttlMs: 0, offsetId: signalId });
  if (!decoded.ok) throw new ProblemError(422, decoded.error.message);
  return message;
}

function tokenOf({ instruments }: Hook, name: string): number {
  const [, token] = Object.entries(instruments).find(([symbol, of]) => symbol === name || `${of}` === name) ?? [];
  if (token !== undefined) return token;
  throw new ProblemError(422, `expected an instrument of this webhook, one of ${Object.keys(instruments).join(', ')}`);
}
