// Answers requests: route, session, limits, faults. It knows no socket; `transport.ts` gives it one, a test calls it.
import { type Broker } from '../broker.ts';
import { type FaultSpec } from '../faults/faults.ts';
import { KiteError, tokenError } from './kite-error.ts';
import {
  failure,
  htmlPage,
  JSON_TYPE,
  success,
  type KiteAnswer,
  type KiteRequest,
  type PlainAnswer,
} from './messages.ts';
import { ROUTES, type Call, type RouteEntry } from './routes.ts';

export const TIMED_OUT = 'Order request timed out. Please check the order book and confirm before placing again.';
const COOL_DOWN_MS = 10_000;
const FAULT_MS = 8_000;
const FORM = 'application/x-www-form-urlencoded';

export class KiteApi {
  readonly #broker: Broker;
  readonly #counts = new Map<string, number>();

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  /** How many requests each route has carried out or refused. */
  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }

  /** Never rejects for what a client may send. */
  async answer(request: KiteRequest): Promise<KiteAnswer> {
    const found = findRoute(request);
    if (typeof found === 'number') {
      const words = found === 404 ? 'Route not found' : 'Method not allowed';
      return failure(found, 'GeneralException', words);
    }
    const { route, parts } = found;
    this.#counts.set(route.fault, (this.#counts.get(route.fault) ?? 0) + 1);
    const call: Call = { broker: this.#broker, request, parts, fields: fieldsOf(request) };
    try {
      return await this.#carryOut(route, call);
    } catch (error) {
      if (error instanceof KiteError) return failure(error.status, error.errorType, error.message);
      throw error;
    }
  }

  async #carryOut(route: RouteEntry, call: Call): Promise<KiteAnswer> {
    const { faults, limits, sessions, options } = this.#broker;
    const chance = { route: route.fault, ...aboutOrder(this.#broker, call) };
    const before = faults.strikesAt('request', chance);
    if (before?.kind === 'token-expires') sessions.end();
    if (route.isOpen !== true) sessions.check(call.request.headers['authorization']);
    if (before?.kind === 'too-many-requests') throw limits.close(route.limit, before.ms ?? COOL_DOWN_MS);
    limits.take(route.limit);
    if (before?.kind === 'late-request') {
      await options.clock.sleep(before.ms ?? FAULT_MS);
    } else if (before !== undefined) {
      const refused = refusalOf(before);
      if (refused !== undefined) return refused;
    }
    if (route.limit === 'order') this.#checkIp(call.request.ip);
    const answer = route.answer(call);
    const after = faults.strikesAt('answer', chance);
    return after === undefined ? answer : this.#spoil(after, answer);
  }

  /** The answer as a fault leaves it. What was carried out stands. */
  async #spoil(fault: FaultSpec, answer: PlainAnswer): Promise<KiteAnswer> {
    const { sessions, options } = this.#broker;
    switch (fault.kind) {
      case 'no-answer':
        return { kind: 'silence' };
      case 'reset':
        return { kind: 'reset' };
      case 'slow-answer':
        await options.clock.sleep(fault.ms ?? FAULT_MS);
        return answer;
      case 'bad-gateway':
        return htmlPage(502, '502 Bad Gateway');
      case 'gateway-timeout':
        return failure(504, 'NetworkException', 'Gateway timed out');
      case 'timed-out-400':
        return failure(400, 'OrderException', TIMED_OUT);
      case 'html-200':
        return htmlPage(200, 'Kite is under maintenance');
      case 'truncated-json':
        return { ...answer, body: answer.body.slice(0, Math.floor(answer.body.length / 2)) };
      case 'unquoted-order-id':
        return { ...answer, body: answer.body.replace(/("order_id":)"(\d+)"/g, '$1$2') };
      case 'no-order-id':
        return success({});
      case 'token-expires-mid-call':
        sessions.end();
        return answer;
      case 'accepted-then-403':
        sessions.end();
        return failure(403, 'TokenException', tokenError().message);
      case 'empty-list':
        return answer.type === JSON_TYPE ? success(emptied(answer.body, 0)) : answer;
      case 'missing-rows':
        return answer.type === JSON_TYPE ? success(emptied(answer.body, 2)) : answer;
      default:
        return answer;
    }
  }

  #checkIp(ip: string): void {
    const { registeredIps } = this.#broker;
    if (registeredIps === undefined || registeredIps.includes(ip)) return;
    throw unregistered(ip);
  }
}

function unregistered(ip: string): KiteError {
  const words = `Orders are not allowed from the IP ${ip}. Register it as a static IP of the developer account.`;
  return new KiteError(403, 'PermissionException', words);
}

function refusalOf(fault: FaultSpec): KiteAnswer | undefined {
  switch (fault.kind) {
    case 'lost-request':
      return { kind: 'silence' };
    case 'refuse-reset':
      return { kind: 'reset' };
    case 'refuse-500':
      return failure(500, 'GeneralException', 'Something went wrong. Try again later.');
    case 'refuse-502':
      return htmlPage(502, '502 Bad Gateway');
    case 'refuse-503':
      return failure(503, 'NetworkException', 'The service is unavailable.');
    case 'refuse-timed-out-400':
      return failure(400, 'OrderException', TIMED_OUT);
    case 'unregistered-ip': {
      const { status, errorType, message } = unregistered('203.0.113.1');
      return failure(status, errorType, message);
    }
    case 'permission-denied':
      return failure(403, 'PermissionException', 'Insufficient permission for that call.');
    default:
      return undefined;
  }
}

interface Pattern {
  readonly route: RouteEntry;
  readonly parts: readonly string[];
}

/** Those with fewer open parts come first: `/orders/ID/trades` before `/orders/VARIETY/ID`. */
const PATTERNS: readonly Pattern[] = ROUTES.map((route) => ({ route, parts: route.path.split('/') })).sort(
  (a, b) => openParts(a) - openParts(b),
);

function openParts({ parts }: Pattern): number {
  return parts.filter((part) => part === '*').length;
}

/** 404 for no such path, 405 for another method's. */
function findRoute({ method, path }: KiteRequest): { route: RouteEntry; parts: readonly string[] } | 404 | 405 {
  const found = path.split('/');
  let isPath = false;
  for (const { route, parts } of PATTERNS) {
    if (parts.length !== found.length || !parts.every((part, k) => part === '*' || part === found[k])) continue;
    isPath = true;
    if (route.method !== method) continue;
    return { route, parts: found.filter((_, k) => parts[k] === '*').map(decodePart) };
  }
  return isPath ? 405 : 404;
}

function decodePart(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A broken escape names nothing that exists; it is looked up as it stands.
    return text;
  }
}

function fieldsOf({ query, headers, body }: KiteRequest): Call['fields'] {
  const form = (headers['content-type'] ?? FORM).startsWith(FORM) ? new URLSearchParams(body) : new URLSearchParams();
  return Object.fromEntries([...query, ...form]);
}

function aboutOrder(broker: Broker, { parts, fields }: Call): { tag?: string | null; symbol?: string | undefined } {
  const order = broker.book.order(parts.at(-1) ?? '') ?? broker.book.order(parts.at(0) ?? '');
  if (order !== undefined) return { tag: order.tag, symbol: order.symbol };
  return { tag: fields['tag'] ?? null, symbol: fields['tradingsymbol'] };
}

/** The list of an answer cut to a part of it; with 0, to nothing. Positions are two lists. */
function emptied(body: string, divisor: number): unknown {
  const cut = (rows: unknown): unknown =>
    Array.isArray(rows) ? rows.slice(0, divisor === 0 ? 0 : Math.ceil(rows.length / divisor)) : rows;
  const { data } = JSON.parse(body) as { readonly data: unknown };
  if (Array.isArray(data) || data === null || typeof data !== 'object') return cut(data);
  return Object.fromEntries(Object.entries(data).map(([name, rows]) => [name, cut(rows)]));
}
