// The control API over HTTP, under a prefix that Kite does not have. Bodies are JSON; a mistake is answered with a 400 that
// says what was expected.
import { z } from 'zod';
import { parseDecimal } from '#core/decimal.ts';
import { FAULTS, isFaultKind, type FaultKind } from '../faults/fault-list.ts';
import { KiteError } from '../rest/kite-error.ts';
import { JSON_TYPE, type KiteRequest, type PlainAnswer } from '../rest/messages.ts';
import { type Control } from './control.ts';

export const CONTROL_PREFIX = '/simulator';

const faultBody = z.strictObject({
  kind: z.custom<FaultKind>((value) => typeof value === 'string' && isFaultKind(value), {
    error: 'expected one of GET /simulator/faults',
  }),
  count: z.int().positive().optional(),
  ppm: z.int().min(0).max(1_000_000).optional(),
  skip: z.int().min(0).optional(),
  route: z
    .enum(['place', 'modify', 'cancel', 'orders', 'order', 'trades', 'positions', 'holdings', 'other'])
    .optional(),
  tag: z.string().optional(),
  symbol: z.string().optional(),
  ms: z.int().min(0).optional(),
  status: z.int().min(100).max(599).optional(),
});
const priceBody = z.strictObject({ instrument: z.string(), price: z.union([z.string(), z.number()]) });
const phaseBody = z.strictObject({ phase: z.enum(['auto', 'open', 'closed']) });
const textBody = z.strictObject({ type: z.enum(['error', 'message']), data: z.unknown() });
const ipsBody = z.strictObject({ ips: z.array(z.string()).nullable() });
const orderBody = z.record(z.string(), z.string());

class ControlError extends Error {
  override readonly name = 'ControlError';
}

/** Answers a path under the prefix. */
export function answerControl(control: Control, { method, path, body }: KiteRequest): PlainAnswer {
  try {
    const result = carryOut(control, `${method} ${path.slice(CONTROL_PREFIX.length)}`, body);
    return result === undefined ? json(404, { error: `nothing answers ${method} ${path}` }) : json(200, result);
  } catch (error) {
    if (error instanceof ControlError || error instanceof KiteError) return json(400, { error: error.message });
    throw error;
  }
}

function carryOut(control: Control, what: string, body: string): unknown {
  const [, id] = /^DELETE \/faults\/(\d+)$/.exec(what) ?? [];
  if (id !== undefined) return { disarmed: control.disarm(Number(id)) };
  switch (what) {
    case 'GET /faults':
      return { kinds: FAULTS, armed: control.armed() };
    case 'POST /faults': {
      const { kind, ...how } = read(faultBody, body);
      return { id: control.arm(kind, how) };
    }
    case 'DELETE /faults':
      control.clear();
      return { cleared: true };
    case 'GET /truth':
      return control.truth();
    case 'POST /login':
      return { access_token: control.login() };
    case 'POST /request-token':
      return { request_token: control.requestToken() };
    case 'POST /expire-token':
      control.expireToken();
      return { expired: true };
    case 'POST /drop-sockets':
      control.dropSockets();
      return { dropped: true };
    case 'POST /price':
      return movePrice(control, body);
    case 'POST /say': {
      const { type, data } = read(textBody, body);
      control.say(type, data);
      return { said: type };
    }
    case 'POST /phase':
      control.setPhase(read(phaseBody, body).phase);
      return { phase: read(phaseBody, body).phase };
    case 'POST /ips':
      control.registerIps(read(ipsBody, body).ips ?? undefined);
      return { registered: read(ipsBody, body).ips };
    case 'POST /end-day':
      control.endDay();
      return { ended: true };
    case 'POST /square-off':
      control.squareOff();
      return { squared_off: true };
    case 'POST /orders':
      return placeElsewhere(control, body);
    default:
      return undefined;
  }
}

function movePrice(control: Control, body: string): unknown {
  const { instrument, price } = read(priceBody, body);
  const units = parseDecimal(`${price}`);
  if (units === undefined || units <= 0) throw new ControlError(`expected a price above 0 in rupees, found ${price}`);
  if (!control.setPrice(instrument, units)) {
    throw new ControlError(`expected an instrument such as NSE:INFY, found ${instrument}`);
  }
  return { instrument, price: units / 10_000 };
}

function placeElsewhere(control: Control, body: string): unknown {
  const { variety = 'regular', ...fields } = read(orderBody, body);
  return { order_id: control.placeElsewhere(variety, fields) };
}

function read<T>(shape: z.ZodType<T>, body: string): T {
  let value: unknown;
  try {
    value = JSON.parse(body === '' ? '{}' : body);
  } catch (cause) {
    throw new ControlError(`expected JSON, found ${body.slice(0, 80)}`, { cause });
  }
  const parsed = shape.safeParse(value);
  if (!parsed.success) throw new ControlError(z.prettifyError(parsed.error));
  return parsed.data;
}

function json(status: number, value: unknown): PlainAnswer {
  return { kind: 'answer', status, type: JSON_TYPE, body: JSON.stringify(value) };
}
