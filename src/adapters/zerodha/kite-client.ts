// Kite Connect's REST API as far as orders, books and sessions need it: typed, checked against what is asked for. A
// write is attempted once; a read again when Kite says 429.
import { type ZodType } from 'zod';
import { type Money } from '#core/decimal.ts';
import { type Candle } from '#core/market/gap.ts';
import { type EpochMs } from '#core/time.ts';
import { describe, endsSession, OPEN_WORDS, readEnvelope, writeOutcome, type WriteOutcome } from './answer.ts';
import { type Rank, type RequestBudget, type RequestClass } from './budget.ts';
import { type Fields, type HttpClient, type HttpOutcome, type Method } from './http.ts';
import {
  candleRows,
  fundsAnswer,
  historyRows,
  holdingRows,
  istText,
  orderRows,
  positionRows,
  profileAnswer,
  sessionAnswer,
  tradeRows,
  type HoldingRow,
  type OrderRow,
  type PositionRow,
  type TradeRow,
} from './rows.ts';
import { type KiteSession } from './session.ts';

export type ReadOutcome<T> =
  | { readonly kind: 'read'; readonly value: T }
  /** It says nothing about what was asked for. */
  | { readonly kind: 'failed'; readonly message: string };

export interface KiteClientParts {
  readonly http: Pick<HttpClient, 'request'>;
  readonly session: KiteSession;
  readonly budget: RequestBudget;
}

/** How a write leaves when the account has sent as many as it may for the moment. */
export interface Leaving {
  readonly rank: Rank;
  /** Why it must not leave any more; asked right before it does. */
  readonly trouble?: () => string | undefined;
}

/** How a read leaves, and what is asked in its query. */
interface Reading {
  readonly of: RequestClass;
  readonly fields?: Fields;
}

const BOOKS: ReadonlySet<string> = new Set(['/orders', '/trades']);
/** What waits longer is of another market; its signal is decided anew. */
const WAIT_MS_MAX = 5_000;
/** How a refusal speaks of the address that a request came from; its wording is not documented. */
const OF_THE_ADDRESS = /\bips?\b|whitelist|static/i;
/** A read that meets a 429 is asked so many times in all, after a rest of 1 s and then of 2 s. */
const READ_TRIES_MAX = 3;
const NO_ROOM = 'the account has sent as many orders as it may for now';
const NO_SESSION = 'there is no session with Kite; sign in first';

export class KiteClient {
  readonly #parts: KiteClientParts;
  /** The last answer of each book, and what was read of it. */
  readonly #said = new Map<
    string,
    { readonly status: number; readonly text: string; readonly read: ReadOutcome<unknown> }
  >();

  constructor(parts: KiteClientParts) {
    this.#parts = parts;
  }

  place(fields: Fields, leaving: Leaving): Promise<WriteOutcome> {
    return this.#write('POST', '/orders/regular', fields, leaving);
  }

  modify(orderId: string, fields: Fields, leaving: Leaving): Promise<WriteOutcome> {
    return this.#write('PUT', `/orders/regular/${orderId}`, fields, leaving);
  }

  cancel(orderId: string, variety = 'regular'): Promise<WriteOutcome> {
    return this.#write('DELETE', `/orders/${variety}/${orderId}`, {}, { rank: 'exit' });
  }

  /**
   * Why orders are not taken from this machine's address; undefined when they are. It asks for an order of nothing, which
   * can only be refused, and what matters is why: Kite turns a stranger away before it looks at the order.
   */
  async tryAddress(): Promise<string | undefined> {
    const nothing = {
      exchange: 'NSE',
      tradingsymbol: 'INFY',
      transaction_type: 'BUY',
      order_type: 'LIMIT',
      quantity: 0,
    };
    const fields = { ...nothing, price: 1, product: 'CNC', validity: 'DAY' };
    const outcome = await this.place(fields, { rank: 'entry' });
    if (outcome.kind !== 'accepted' && speaksOfTheOrder(outcome.message)) return undefined;
    const said =
      outcome.kind === 'accepted' ? `an order of nothing was accepted as ${outcome.orderId}` : outcome.message;
    return `it does not show that orders are taken from this machine's address: ${said}`;
  }

  /** Today's orders, oldest first. */
  orders(): Promise<ReadOutcome<readonly OrderRow[]>> {
    return this.#read('/orders', orderRows);
  }

  /** Today's trades. */
  trades(): Promise<ReadOutcome<readonly TradeRow[]>> {
    return this.#read('/trades', tradeRows);
  }

  /** The steps of one order, oldest first. */
  history(orderId: string): Promise<ReadOutcome<readonly { readonly status: string; readonly message: string }[]>> {
    return this.#read(`/orders/${orderId}`, historyRows);
  }

  positions(): Promise<ReadOutcome<readonly PositionRow[]>> {
    return this.#read('/portfolio/positions', positionRows);
  }

  holdings(): Promise<ReadOutcome<readonly HoldingRow[]>> {
    return this.#read('/portfolio/holdings', holdingRows);
  }

  funds(): Promise<ReadOutcome<{ readonly equity: Money; readonly commodity: Money | undefined }>> {
    return this.#read('/user/margins', fundsAnswer);
  }

  profile(): Promise<ReadOutcome<{ readonly userId: string }>> {
    return this.#read('/user/profile', profileAnswer);
  }

  /**
   * What traded of an instrument in each minute that begins from `from` to `to`, oldest first. A minute without a trade is
   * left out. At most 60 days.
   */
  candles(token: number, from: EpochMs, to: EpochMs): Promise<ReadOutcome<readonly Candle[]>> {
    const fields = { from: istText(from), to: istText(to) };
    return this.#read(`/instruments/historical/${token}/minute`, candleRows, { of: 'historical', fields });
  }

  /** The list of all instruments as Kite sends it, a CSV; whether it is one, `readDump` says. */
  async instruments(): Promise<ReadOutcome<string>> {
    const outcome = await this.#ask('/instruments', { of: 'other' });
    if (outcome.kind === 'answered' && outcome.status === 200) return { kind: 'read', value: outcome.text };
    return { kind: 'failed', message: outcome.kind === 'answered' ? describe(outcome) : outcome.message };
  }

  /** Exchanges what the login page gave for a token, which takes effect at once. */
  async signIn(requestToken: string): Promise<ReadOutcome<{ readonly userId: string }>> {
    const { session } = this.#parts;
    const fields = { api_key: session.apiKey, request_token: requestToken, checksum: session.checksum(requestToken) };
    const outcome = await this.#send('POST', '/session/token', 'other', { fields });
    const found = valueOf(outcome, sessionAnswer);
    if (found.kind === 'failed') return found;
    session.begin(found.value);
    return { kind: 'read', value: { userId: found.value.userId } };
  }

  async #read<T>(path: string, schema: ZodType<T>, reading: Reading = { of: 'other' }): Promise<ReadOutcome<T>> {
    const outcome = await this.#ask(path, reading);
    if (outcome.kind !== 'answered') return { kind: 'failed', message: outcome.message };
    // A book of thousands of orders is asked for again and again, and says the same most of the time.
    const before = this.#said.get(path);
    if (before?.status === outcome.status && before.text === outcome.text) return before.read as ReadOutcome<T>;
    const read = valueOf(outcome, schema);
    if (BOOKS.has(path)) this.#said.set(path, { status: outcome.status, text: outcome.text, read });
    return read;
  }

  /** Asks when there is room, and again after a 429: another process of the account may have taken what this one counts as free. */
  async #ask(path: string, { of, fields }: Reading): Promise<HttpOutcome> {
    const { session, budget } = this.#parts;
    for (let tries = 1; ; tries++) {
      await budget.wait(of);
      const token = session.accessToken;
      if (token === undefined) return { kind: 'not_sent', message: NO_SESSION };
      const outcome = await this.#send('GET', path, of, fields === undefined ? { token } : { token, fields });
      if (tries === READ_TRIES_MAX || outcome.kind !== 'answered' || outcome.status !== 429) return outcome;
    }
  }

  async #write(method: Method, path: string, fields: Fields, { rank, trouble }: Leaving): Promise<WriteOutcome> {
    const { session, budget } = this.#parts;
    if (session.accessToken === undefined) return { kind: 'not_sent', message: NO_SESSION };
    if (!(await budget.takeWrite(rank, WAIT_MS_MAX))) return { kind: 'not_sent', message: NO_ROOM };
    const why = trouble?.();
    if (why !== undefined) return { kind: 'not_sent', message: why };
    const token = session.accessToken;
    if (token === undefined) return { kind: 'not_sent', message: NO_SESSION };
    return writeOutcome(await this.#send(method, path, 'order', { token, fields }));
  }

  async #send(
    method: Method,
    path: string,
    of: RequestClass,
    { token, fields }: { readonly token?: string; readonly fields?: Fields },
  ): Promise<HttpOutcome> {
    const { http, session, budget } = this.#parts;
    const authorization = token === undefined ? {} : { authorization: `token ${session.apiKey}:${token}` };
    const headers = { 'x-kite-version': '3', accept: 'application/json', ...authorization };
    const outcome = await http.request({ method, path, headers, ...(fields === undefined ? {} : { fields }) });
    if (outcome.kind !== 'answered') return outcome;
    if (outcome.status === 429) budget.exceeded(of);
    else budget.answered(of);
    if (token !== undefined && endsSession(outcome)) session.died(token);
    return outcome;
  }
}

/** Whether a refusal is for what was ordered, and not for where it came from. */
function speaksOfTheOrder(message: string): boolean {
  return message.startsWith('InputException: ') && !OPEN_WORDS.test(message) && !OF_THE_ADDRESS.test(message);
}

function valueOf<T>(outcome: HttpOutcome, schema: ZodType<T>): ReadOutcome<T> {
  if (outcome.kind !== 'answered') return { kind: 'failed', message: outcome.message };
  const envelope = readEnvelope(outcome);
  if (envelope === undefined) return { kind: 'failed', message: `an answer that is none (${describe(outcome)})` };
  if ('failure' in envelope) {
    const { status, errorType, message } = envelope.failure;
    return { kind: 'failed', message: `${status} ${errorType}: ${message}` };
  }
  const found = schema.safeParse(envelope.data);
  if (found.success) return { kind: 'read', value: found.data };
  const issue = found.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  return { kind: 'failed', message: `an answer of another shape, at ${where || 'its top'}: ${issue?.message ?? ''}` };
}
