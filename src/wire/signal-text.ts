// The data of signals as JSON text, put together by hand: a recorded day has hundreds of thousands of them, and what
// risk decides about a signal repeats all that it says.
import { formatDecimal, type Price } from '#core/decimal.ts';
import { type Bracket, type Reason, type RiskChecks, type TradingSignal } from '#core/events.ts';
import { quoted } from './envelope.ts';
import { instantWriter } from './instant-text.ts';

const expiryText = instantWriter();
const signalTimeText = instantWriter();

/** A signal and the text of its fields. */
interface Written {
  readonly signal: TradingSignal;
  readonly text: string;
}

/** The signals that were written last: what is decided about one is written a few messages after it. */
const RECENT = 8;
const recent: (Written | undefined)[] = Array.from({ length: RECENT });
let next = 0;

/** The fields of a signal, without the braces. */
export function signalText(signal: TradingSignal): string {
  for (let k = 0; k < RECENT; k++) {
    const written = recent[k];
    if (written?.signal === signal) return written.text;
  }
  const text = fieldsOf(signal);
  recent[next] = { signal, text };
  next = (next + 1) % RECENT;
  return text;
}

/** A signal inside what was decided about it; with its ids, so that the reader needs no second topic. */
export function originalText(signal: TradingSignal): string {
  const { id, correlationId, causationId } = signal.trace;
  const causation = causationId === undefined ? 'null' : quoted(causationId);
  return `{${signalText(signal)},"id":${quoted(id)},"correlation_id":${quoted(correlationId)},"causation_id":${causation}}`;
}

/** Why a signal was refused, as one sentence and one by one. */
export function reasonsText(reasons: readonly Reason[]): string {
  let sentence = '';
  let list = '';
  for (const { code, limit, found } of reasons) {
    const more = sentence !== '';
    sentence += `${more ? '; ' : ''}${code}: limit ${limit}, found ${found}`;
    list += `${more ? ',' : ''}{"code":${quoted(code)},"limit":${quoted(limit)},"found":${quoted(found)}}`;
  }
  return `"rejection_reason":${quoted(sentence)},"reasons":[${list}]`;
}

/** Texts of checks by the record that holds them: there are few, and the same record serves many signals. */
const CHECKS = new WeakMap<RiskChecks, string>();

export function checksText(checks: RiskChecks): string {
  let text = CHECKS.get(checks);
  if (text === undefined) CHECKS.set(checks, (text = JSON.stringify(checks)));
  return text;
}

/** A price as JSON. */
export function decimalText(price: Price | undefined): string {
  return price === undefined ? 'null' : `"${formatDecimal(price)}"`;
}

function bracketText(bracket: Bracket | undefined): string {
  if (bracket === undefined) return 'null';
  const { target, stop, trail, exitAt } = bracket;
  const exitText = exitAt === undefined ? 'null' : `"${expiryText(exitAt)}"`;
  return `{"target":${decimalText(target)},"stop":${decimalText(stop)},"trail":${decimalText(trail)},"exit_at":${exitText}}`;
}

function fieldsOf(signal: TradingSignal): string {
  const { confidence, metadata } = signal;
  return (
    `"strategy_id":${quoted(signal.strategyId)},"instrument_token":${signal.token},"signal_type":"${signal.side}",` +
    `"quantity":${signal.quantity},"price":${decimalText(signal.price)},"timestamp":"${signalTimeText(signal.at)}",` +
    `"confidence":${confidence ?? 'null'},"metadata":${metadata === undefined ? 'null' : JSON.stringify(metadata)},` +
    `"order_type":"${signal.orderType}","validity":"${signal.validity}","limit_price":${decimalText(signal.limitPrice)},` +
    `"trigger_price":${decimalText(signal.triggerPrice)},"product":"${signal.product}","purpose":"${signal.purpose}",` +
    `"bracket":${bracketText(signal.bracket)},"expires_at":"${expiryText(signal.expiresAt)}"`
  );
}
