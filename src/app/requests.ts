// What a person asks of the platform from the command line: money in and out of a book, a deployment switched on or off.
// A request waits in the inbox, whether the platform runs or not, and its id makes asking twice harmless.
import { keeperOf } from '#engine/pipeline.ts';
import { randomUUID } from 'node:crypto';
import { auditCommand } from './audit/open-audit.ts';
import { isOpen, openMessages } from './open-place.ts';
import { type OpenPlace, type Place } from './place.ts';
import { formatDecimal, money, parseDecimal, type Money } from '#core/decimal.ts';
import type { ControlChanged, CorporateAction, DomainEvent, LedgerAdjusted } from '#core/events.ts';
import { isBrokerId, knownTrace, type EventId, type StrategyId } from '#core/ids.ts';
import { parseDay, type EpochMs } from '#core/time.ts';
import type { StoreReader } from '#ports/store.ts';
import { decodeMessage } from '#wire/decode.ts';
import { encodeEvent } from '#wire/encode.ts';
import { units } from './reading/books.ts';
import { RequestError, withStore } from './reading/open-store.ts';
import { instrumentsOf } from './reading/symbols.ts';

/** The request is well-formed, and the answer is no. Exit code 1. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

/** Who asks for what, and why; the same `requestId` again does nothing. */
interface Request {
  readonly place: Place | OpenPlace;
  /** Where it was asked; on the command line when it is not said. */
  readonly source?: string;
  readonly broker: string;
  readonly who: string;
  readonly why: string;
  readonly requestId: string | undefined;
}

export interface AdjustmentRequest extends Request {
  readonly strategyId: string;
  readonly kind: LedgerAdjusted['kind'];
  /** Rupees as decimal text, above zero. */
  readonly amount: string;
}

/** Control over a strategy by its bare id, or over a scope by its subject. */
export type ControlRequest = Omit<Request, 'strategyId'> & Pick<ControlChanged, 'action' | 'subject' | 'limit'>;

export interface ActionRequest extends Request {
  readonly action: CorporateAction['action'];
  /** Symbol or instrument token. */
  readonly instrument: string;
  /** `1:5` for a split or a bonus: one share becomes five. */
  readonly ratio: string | undefined;
  /** Rupees for each share, for a dividend. */
  readonly amount: string | undefined;
  readonly exDate: string;
}

/** Leaves a deposit or a withdrawal in the inbox and returns its request id. Throws `RequestError`. */
export function requestAdjustment(request: AdjustmentRequest): string {
  const { kind, amount, place, broker } = request;
  const size = parseDecimal(amount) ?? 0;
  if (size <= 0) {
    const accepted = 'rupees above zero with at most 4 decimals, such as 1000.50';
    throw new RequestError(`expected --amount to be ${accepted}, found ${JSON.stringify(amount)}`);
  }
  const cash = cashOf(place, broker, request.strategyId);
  if (kind === 'withdrawal' && size > cash) {
    throw new RefusedError(
      `the book ${broker}/${request.strategyId} has ${formatDecimal(cash)} in cash; take out at most that`,
    );
  }
  const signed: Money = money(kind === 'deposit' ? size : -size);
  const strategyId = request.strategyId as StrategyId;
  return put(request, (facts) => ({ type: 'ledger_adjusted', ...facts, strategyId, amount: signed, kind }));
}

/** Leaves an order of control in the inbox and returns its request id. */
export function requestControl(request: ControlRequest): string {
  const { action, subject, limit } = request;
  const more = limit === undefined ? {} : { limit };
  return put(request, (facts): ControlChanged => ({ type: 'control_changed', ...facts, action, subject, ...more }));
}

/** Leaves a corporate action in the inbox and returns its request id. Throws `RequestError`. */
export function requestAction(request: ActionRequest): string {
  const { action, instrument, amount: text, exDate } = request;
  const exDay = parseDay(exDate);
  if (exDay === undefined) {
    throw new RequestError(`expected --ex-date to be a day such as 2026-11-27, found ${JSON.stringify(exDate)}`);
  }
  const ratio = request.ratio === undefined ? undefined : ratioOf(request.ratio);
  const amount = text === undefined ? undefined : money(parseDecimal(text) ?? 0);
  const token = withStore(request.place, (reader) => tokenOf(reader, instrument));
  return put(request, (facts) => ({ type: 'corporate_action', ...facts, token, action, ratio, amount, exDay }));
}

export interface ExternalRequest extends Request {
  /** Symbol or instrument token. */
  readonly instrument: string;
  readonly units: string;
}

/** Leaves word of units that are not the platform's in the inbox and returns its request id. Throws `RequestError`. */
export function requestExternal(request: ExternalRequest): string {
  const { instrument, units: text } = request;
  const quantity = /^-?\d{1,12}$/.test(text) ? Number(text) : undefined;
  if (quantity === undefined) {
    throw new RequestError(`expected whole units such as 25 or -10, found ${JSON.stringify(text)}`);
  }
  const token = withStore(request.place, (reader) => tokenOf(reader, instrument));
  return put(request, (facts) => ({ type: 'external_position', ...facts, token, quantity }));
}

function ratioOf(text: string): CorporateAction['ratio'] {
  const match = /^(\d{1,9}):(\d{1,9})$/.exec(text);
  if (match !== null) return { from: Number(match[1]), to: Number(match[2]) };
  throw new RequestError(`expected --ratio to be shares before and after such as 1:5, found ${JSON.stringify(text)}`);
}

function tokenOf(reader: StoreReader, name: string): number {
  const instruments = [...instrumentsOf(reader).values()];
  const found = instruments.find(({ symbol, token }) => symbol === name || `${token}` === name);
  if (found !== undefined) return found.token;
  const [first] = instruments;
  const hint = first === undefined ? 'there is none yet' : `such as ${first.symbol} or ${first.token}`;
  throw new RequestError(
    `expected --instrument to be a symbol or token that is traded, ${hint}; found ${JSON.stringify(name)}`,
  );
}

type Facts = Pick<ControlChanged, 'broker' | 'trace' | 'at' | 'who' | 'why'>;

function put(request: Omit<Request, 'strategyId'>, eventOf: (facts: Facts) => DomainEvent): string {
  const { place, broker, who, why, requestId = randomUUID(), source = 'command_line' } = request;
  if (!isBrokerId(broker)) throw new RequestError(`${JSON.stringify(broker)} cannot name a broker namespace`);
  const at = Date.now() as EpochMs;
  const message = encodeEvent(eventOf({ broker, trace: knownTrace(requestId as EventId), at, who, why }), source);
  // What the platform would send to the dead letters is better refused here, while the person is still there.
  const decoded = decodeMessage(message.topic, message.value, { at, ttlMs: 0, offsetId: requestId });
  if (!decoded.ok) throw new RequestError(decoded.error.message);
  const inbox = openMessages(place, keeperOf(message.topic));
  try {
    inbox.put([message]);
  } finally {
    inbox.close();
  }
  // The API tells of its own; with where it came from.
  if (!isOpen(place)) auditCommand(place, 'ordered', { who, why, topic: message.topic, message: message.value });
  return requestId;
}

/** The cash of a book. Refuses one that is not there: money for a misspelt name would open a book of that name. */
function cashOf(place: Place | OpenPlace, broker: string, strategyId: string): number {
  return withStore(place, (reader) => {
    const rows = reader.rows('book', broker);
    const row = rows.find(({ id }) => id === strategyId);
    if (row !== undefined) return units((JSON.parse(row.value) as { readonly cash: string }).cash);
    const all = reader.rows('book').map((book) => `${book.broker}/${book.id}`);
    throw new RequestError(
      `expected a book that is there, one of ${all.join(', ') || 'none yet'}; found ${broker}/${strategyId}`,
    );
  });
}
