// What an answer of Kite Connect says, class by class. Nothing is taken for granted: a success is one that shows what was
// asked for, a refusal is one that a list names, and everything else leaves open what happened.
import { z } from 'zod';
import { type RejectCode } from '#core/events.ts';
import { type HttpAnswer, type HttpOutcome } from './http.ts';

/** An answer that is no success. */
export interface KiteFailure {
  readonly status: number;
  readonly errorType: string;
  readonly message: string;
}

/** `data` of a success, or the failure; undefined when the answer is neither, such as a page of HTML. */
export type Envelope = { readonly data: unknown } | { readonly failure: KiteFailure } | undefined;

const success = z.object({ status: z.literal('success'), data: z.unknown() });
const failed = z.object({ status: z.literal('error'), message: z.string(), error_type: z.string() });

/** Ids of 19 digits, without the quotes that they should have: a number would lose the last of them. */
const UNQUOTED_ID = /(_id":\s*)(\d{16,})(?=\s*[,}\]])/g;

export function readEnvelope({ status, text }: HttpAnswer): Envelope {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(UNQUOTED_ID, '$1"$2"'));
  } catch {
    return undefined;
  }
  if (status >= 200 && status < 300) {
    const found = success.safeParse(json);
    return found.success ? { data: found.data.data } : undefined;
  }
  const found = failed.safeParse(json);
  if (!found.success) return undefined;
  return { failure: { status, errorType: found.data.error_type, message: found.data.message } };
}

/** What is known of a write after its one attempt. */
export type WriteOutcome =
  | { readonly kind: 'accepted'; readonly orderId: string }
  | { readonly kind: 'refused'; readonly code: RejectCode; readonly message: string }
  | { readonly kind: 'not_sent'; readonly message: string }
  | { readonly kind: 'unknown'; readonly message: string };

const orderIdAnswer = z.object({ order_id: z.string().regex(/^\d{6,24}$/) });

export function writeOutcome(outcome: HttpOutcome): WriteOutcome {
  if (outcome.kind === 'not_sent') return outcome;
  if (outcome.kind === 'no_answer') return { kind: 'unknown', message: outcome.message };
  // The limiter answers before anything is done (reference 3, [F 15350]).
  if (outcome.status === 429) return { kind: 'not_sent', message: 'the broker takes no more requests for now (429)' };
  const envelope = readEnvelope(outcome);
  if (envelope === undefined) return { kind: 'unknown', message: `an answer that is none (${describe(outcome)})` };
  if ('data' in envelope) {
    const found = orderIdAnswer.safeParse(envelope.data);
    if (found.success) return { kind: 'accepted', orderId: found.data.order_id };
    return { kind: 'unknown', message: `a success without an order id (${describe(outcome)})` };
  }
  const { failure } = envelope;
  const code = refusalOf(failure);
  const message = `${failure.errorType}: ${failure.message}`;
  return code === undefined ? { kind: 'unknown', message } : { kind: 'refused', code, message };
}

/** A 403 that ends the session: no further call can succeed with this token. */
export function endsSession(answer: HttpAnswer): boolean {
  if (answer.status !== 403) return false;
  const envelope = readEnvelope(answer);
  return envelope !== undefined && 'failure' in envelope && envelope.failure.errorType === 'TokenException';
}

interface Refusal {
  readonly errorType: string;
  readonly message: RegExp;
  readonly code: RejectCode;
}

/**
 * Answers with 400 after which the order is not in the book. Version 1 of the list, from the messages that users and staff
 * quote (reference 3 and 5). What is not here is unknown, and the book settles it.
 */
const REFUSALS: readonly Refusal[] = [
  { errorType: 'MarginException', message: /^insufficient funds/i, code: 'FUNDS' },
  { errorType: 'HoldingException', message: /^insufficient (stock )?holding/i, code: 'HOLDINGS' },
  input(/^market orders without market protection/i, 'ORDER_TYPE'),
  input(/^ioc orders are not allowed/i, 'ORDER_TYPE'),
  input(/^limit orders that are far away from the ltp/i, 'PRICE_BAND'),
  input(/^your order price is (lower|higher) than the current (lower|upper) circuit limit/i, 'PRICE_BAND'),
  input(/^markets? (are|is) closed/i, 'MARKET_CLOSED'),
  input(/^amo orders cannot be placed/i, 'MARKET_CLOSED'),
  input(/^tick size for this script is/i, 'TICK_SIZE'),
  input(/^invalid `quantity`\./i, 'LOT_SIZE'),
  input(/^quantity \d+ exceeds the freeze quantity/i, 'FREEZE_QUANTITY'),
  input(/^the order would be cut into/i, 'FREEZE_QUANTITY'),
  input(/^maximum allowed order (requests|modifications) exceeded/i, 'LIMIT_REACHED'),
  input(/^order cannot be (modified|cancelled) as it is/i, 'OTHER'),
  input(/^couldn't find that `order_id`/i, 'OTHER'),
  input(/^(invalid|missing) `\w+`( or `\w+`)?(\.| \w+ for this segment\.)/i, 'OTHER'),
  input(/^the instrument you are placing an order for is not tradable/i, 'OTHER'),
  input(/^stoploss /i, 'OTHER'),
];

/** Words after which nothing is certain, whatever else the message says. */
export const OPEN_WORDS = /tim(e|ed)\s*-?out|check the order ?book|try again|unable to/i;

function input(message: RegExp, code: RejectCode): Refusal {
  return { errorType: 'InputException', message, code };
}

/** The code of a certain refusal; undefined for anything that the list does not name. */
export function refusalOf({ status, errorType, message }: KiteFailure): RejectCode | undefined {
  if (status !== 400 || OPEN_WORDS.test(message)) return undefined;
  return REFUSALS.find((each) => each.errorType === errorType && each.message.test(message))?.code;
}

/** The beginning of an answer, for a message. */
export function describe({ status, text }: HttpAnswer): string {
  const start = text.replace(/\s+/g, ' ').trim().slice(0, 80);
  return `${status}, ${text.length} characters: ${start}`;
}
