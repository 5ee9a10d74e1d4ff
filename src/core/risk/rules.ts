// The rules of the risk gate, one function a rule: pure questions about one signal against one book and its limits.
// All are asked, and each objection comes with the numbers that decided it.
import { type Money, formatDecimal, multiplyDivide, multiplyDivideFloor, share } from '../decimal.ts';
import { type Product, type Reason, type TradingSignal } from '../events.ts';
import { type RiskLimits } from '../plan.ts';
import { SECOND_MS } from '../time.ts';
import { openingValue, withOrder, type LineInFlight } from './exposure.ts';
import { no, type ExposureAsked, type Question, type Rule } from './question.ts';
import { type RiskCode } from './reasons.ts';
import { bracket, lotSize, offTick, priceBand, slices, stopLimit } from './terms.ts';

/** Cash that a buy of this value sets aside, fees and slippage included. */
export function reserveFor(value: number, limits: RiskLimits): Money {
  return multiplyDivide(value, limits.cashReserve, 1_000_000) as Money;
}

/** Margin that a position of this value uses. */
export function marginFor(value: number, product: Product, { misMargin, nrmlMargin }: RiskLimits): number {
  if (product === 'CNC') return value;
  return share(value, product === 'MIS' ? misMargin : nrmlMargin);
}

/** Margin that orders in flight of one instrument set aside for what they may open, fees and slippage included. */
export function marginReserve(held: number, line: LineInFlight, product: Product, limits: RiskLimits): number {
  return reserveFor(marginFor(openingValue(held, line), product, limits), limits);
}

const tradable: Rule = ({ instrument }) =>
  instrument.tradable ? undefined : no('NOT_TRADABLE', 'a tradable instrument', instrument.symbol);

const EXPOSURES: readonly Rule[] = [
  (question) => over('RISK_GROSS_EXPOSURE', question.limits.maxGrossExposure, question, 'bookGross'),
  (question) => over('RISK_NET_EXPOSURE', question.limits.maxNetExposure, question, 'bookNet'),
  (question) => over('RISK_ACCOUNT_GROSS_EXPOSURE', question.limits.maxAccountGrossExposure, question, 'accountGross'),
  (question) => over('RISK_ACCOUNT_NET_EXPOSURE', question.limits.maxAccountNetExposure, question, 'accountNet'),
];

const LOSSES: readonly Rule[] = [
  (question) => loss(question, 'RISK_DAY_LOSS', question.limits.maxDayLoss, question.dayLoss),
  (question) => loss(question, 'RISK_ACCOUNT_DAY_LOSS', question.limits.maxAccountDayLoss, question.accountDayLoss),
  (question) => loss(question, 'RISK_ACCOUNT_DRAWDOWN', question.accountDrawdownLimit, question.accountDrawdown),
];

/** The rules for what a strategy wants, in the order of the codes. */
const RULES: readonly Rule[] = [
  tradable,
  notHalted,
  notDisarmed,
  reducing,
  ({ quarantined, signal }) =>
    quarantined ? no('STRATEGY_QUARANTINED', 'an active strategy', signal.strategyId) : undefined,
  stalePrice,
  offTick,
  lotSize,
  stopLimit,
  bracket,
  priceBand,
  slices,
  ({ signal, limits }) =>
    limits.maxOrderQuantity === 0 || signal.quantity <= limits.maxOrderQuantity
      ? undefined
      : no('RISK_MAX_QUANTITY', `${limits.maxOrderQuantity}`, `${signal.quantity}`),
  maxValue,
  priceCollar,
  maxPosition,
  noPosition,
  oneProduct,
  (question) => over('RISK_GROSS_EXPOSURE', question.limits.maxGrossExposure, question, 'bookGross'),
  (question) => over('RISK_NET_EXPOSURE', question.limits.maxNetExposure, question, 'bookNet'),
  (question) => over('RISK_ACCOUNT_GROSS_EXPOSURE', question.limits.maxAccountGrossExposure, question, 'accountGross'),
  (question) => over('RISK_ACCOUNT_NET_EXPOSURE', question.limits.maxAccountNetExposure, question, 'accountNet'),
  ({ limits, tradesToday }) =>
    limits.maxTradesPerDay === 0 || tradesToday < limits.maxTradesPerDay
      ? undefined
      : no('RISK_MAX_TRADES', `${limits.maxTradesPerDay} a day`, `${tradesToday}`),
  ({ limits, ordersThisSecond }) =>
    limits.maxOrdersPerSecond === 0 || ordersThisSecond < limits.maxOrdersPerSecond
      ? undefined
      : no('RISK_ORDER_RATE', `${limits.maxOrdersPerSecond} a second`, `${ordersThisSecond}`),
  messageRate,
  duplicate,
  selfTrade,
  ({ unresolved }) =>
    unresolved === 0 ? undefined : no('RISK_UNRESOLVED', 'no order whose outcome is open', `${unresolved} units`),
  cash,
  margin,
  drawdown,
  ...LOSSES,
];

const SELDOM: ReadonlySet<Rule> = new Set([
  notHalted,
  notDisarmed,
  reducing,
  stopLimit,
  bracket,
  messageRate,
  selfTrade,
  margin,
  ...EXPOSURES,
  ...LOSSES,
]);

/** The rules that a plain signal can fail. */
const PLAIN_RULES = RULES.filter((rule) => !SELDOM.has(rule));

/** The rules for the engine's own exits: they only bring a position down, and pass where entries do not. */
const EXIT_RULES: readonly Rule[] = [
  tradable,
  notHalted,
  notDisarmed,
  offTick,
  lotSize,
  stopLimit,
  priceBand,
  reduceOnly,
  oneProduct,
];

const NONE: readonly Reason[] = [];

/** Asks every rule; the objections in the order of the rules, none when the signal may pass. */
export function objections(question: Question): readonly Reason[] {
  const rules = question.plain ? PLAIN_RULES : question.signal.purpose === 'trade' ? RULES : EXIT_RULES;
  let found: Reason[] | undefined;
  for (let k = 0; k < rules.length; k++) {
    const reason = (rules[k] as Rule)(question);
    if (reason !== undefined) (found ??= []).push(reason);
  }
  return found ?? NONE;
}

/** Whether the signal can only bring the position nearer to zero, whatever else of its side is filled. */
function shrinks({ signal, held, inFlight }: Question): boolean {
  const left = signal.side === 'BUY' ? -held - inFlight.buying : held - inFlight.selling;
  return signal.quantity <= left;
}

/** Halted: nothing but cancels, and the exits that a person asked for with the kill. */
function notHalted({ state, scope, signal }: Question): Reason | undefined {
  if (state !== 'halted' || signal.purpose === 'flatten') return undefined;
  const whole = scope === 'global' || scope === signal.broker;
  if (whole) return no('NAMESPACE_HALTED', 'an active namespace', signal.broker);
  return no('RISK_HALTED', 'an active scope', scope);
}

function notDisarmed({ state, scope }: Question): Reason | undefined {
  return state === 'disarmed' ? no('RISK_DISARMED', 'an armed broker', scope) : undefined;
}

function reducing(question: Question): Reason | undefined {
  if (question.state !== 'reducing' || shrinks(question)) return undefined;
  const { signal, scope, held } = question;
  return no(
    'RISK_REDUCING',
    `only what shrinks a position, by ${scope}`,
    `${signal.side} ${signal.quantity} at ${held}`,
  );
}

function stalePrice({ limits, lastPrice, lastTime, at }: Question): Reason | undefined {
  if (limits.staleAfterMs === 0 || lastPrice === 0 || at - lastTime <= limits.staleAfterMs) return undefined;
  return no('RISK_STALE_PRICE', `${limits.staleAfterMs / SECOND_MS} s`, `${Math.floor((at - lastTime) / SECOND_MS)} s`);
}

function maxValue({ signal, limits, price }: Question): Reason | undefined {
  const value = signal.quantity * price;
  if (limits.maxOrderValue === 0 || value <= limits.maxOrderValue) return undefined;
  const found = Number.isSafeInteger(value) ? formatDecimal(value) : `${signal.quantity} x ${formatDecimal(price)}`;
  return no('RISK_MAX_VALUE', formatDecimal(limits.maxOrderValue), found);
}

function priceCollar({ signal, limits, lastPrice }: Question): Reason | undefined {
  const given = signal.limitPrice ?? signal.price;
  if (limits.priceCollar === 0 || lastPrice === 0 || given === undefined) return undefined;
  const away = given > lastPrice ? given - lastPrice : lastPrice - given;
  if (away <= multiplyDivideFloor(lastPrice, limits.priceCollar, 1_000_000)) return undefined;
  const band = `within ${formatDecimal(limits.priceCollar)} % of ${formatDecimal(lastPrice)}`;
  return no('RISK_PRICE_COLLAR', band, formatDecimal(given));
}

function maxPosition({ signal, limits, held, inFlight }: Question): Reason | undefined {
  if (limits.maxPositionUnits === 0) return undefined;
  const buys = signal.side === 'BUY';
  const wanted = buys ? held + inFlight.buying + signal.quantity : held - inFlight.selling - signal.quantity;
  // Only the side that the order moves to is limited: what shrinks a position that is too large may pass.
  if (buys ? wanted <= limits.maxPositionUnits : wanted >= -limits.maxPositionUnits) return undefined;
  return no('RISK_MAX_POSITION', `${limits.maxPositionUnits}`, `${wanted}`);
}

/** Delivery trading sells only what the book holds and has not offered yet; an exit is limited to its own quantity. */
function noPosition({ signal, held, inFlight }: Question): Reason | undefined {
  if (signal.product !== 'CNC' || signal.side === 'BUY' || signal.quantity <= held - inFlight.selling) return undefined;
  return no('RISK_NO_POSITION', `${held - inFlight.selling} held`, `${signal.quantity}`);
}

/**
 * Exits together never take more than the position. What a strategy offers itself is not taken off, because the engine
 * shrinks its exits for it; unless nobody knows what became of it.
 */
function reduceOnly({ signal, held, inFlight, unresolvedTrades }: Question): Reason | undefined {
  const left = signal.side === 'BUY' ? -held - inFlight.exitBuying : held - inFlight.exitSelling;
  const most = Math.max(0, left - unresolvedTrades);
  if (signal.quantity <= most) return undefined;
  return no('RISK_REDUCE_ONLY', `${most} to ${signal.side === 'BUY' ? 'buy back' : 'sell'}`, `${signal.quantity}`);
}

/** A position of a book in an instrument has one product, so that it is clear what an order closes. */
function oneProduct({ signal, heldProduct, inFlight }: Question): Reason | undefined {
  const product = heldProduct ?? inFlight.product;
  if (product === undefined || (product === signal.product && (inFlight.product ?? product) === product)) {
    return undefined;
  }
  return no('RISK_PRODUCT_MIXED', product, signal.product);
}

function over(
  code: RiskCode,
  limit: number,
  { exposure, eased }: Question,
  of: keyof ExposureAsked,
): Reason | undefined {
  if (limit === 0 || exposure === undefined || eased) return undefined;
  const [before, after] = exposure[of];
  // What brings an exposure down that is too large may pass.
  return after <= limit || after <= before ? undefined : no(code, formatDecimal(limit), formatDecimal(after));
}

function messageRate({ limits, messagesThisMinute }: Question): Reason | undefined {
  if (limits.maxMessagesPerMinute === 0 || messagesThisMinute < limits.maxMessagesPerMinute) return undefined;
  return no('RISK_MESSAGE_RATE', `${limits.maxMessagesPerMinute} a minute`, `${messagesThisMinute}`);
}

function selfTrade({ meets }: Question): Reason | undefined {
  return meets === 0 ? undefined : no('RISK_SELF_TRADE', 'no order of its own account', formatDecimal(meets));
}

function duplicate({ signal, limits, previous, at }: Question): Reason | undefined {
  if (limits.duplicateWindowMs === 0 || previous === undefined) return undefined;
  const same =
    previous.side === signal.side &&
    previous.quantity === signal.quantity &&
    previous.limitPrice === (signal.limitPrice ?? 0);
  if (!same || at - previous.at >= limits.duplicateWindowMs) return undefined;
  return no('RISK_DUPLICATE', `${limits.duplicateWindowMs} ms apart`, `${at - previous.at} ms`);
}

/** Equity less the margin of positions, less what is reserved; for delivery alone that is the cash that is not reserved. */
function freeOf({ book, inFlight, onMargin }: Question): number {
  return book.cash - inFlight.reservedOfBook + onMargin;
}

/** What is reserved may be many times a value, and must stay a safe integer too. */
function countable(value: number, limits: RiskLimits): boolean {
  return value * (limits.cashReserve / 1_000_000) < Number.MAX_SAFE_INTEGER / 2;
}

function cash(question: Question): Reason | undefined {
  const { signal, limits, price, eased } = question;
  if (signal.side === 'SELL' || signal.product !== 'CNC' || eased) return undefined;
  const value = signal.quantity * price;
  const free = freeOf(question);
  if (!countable(value, limits)) return no('RISK_CASH', formatDecimal(free), 'more');
  const needed = reserveFor(value, limits);
  return free >= needed ? undefined : no('RISK_CASH', formatDecimal(free), formatDecimal(needed));
}

function margin(question: Question): Reason | undefined {
  const { signal, limits, price, held, inFlight, units, eased } = question;
  const { product, side } = signal;
  if (product === 'CNC' || eased) return undefined;
  const free = freeOf(question);
  const after = withOrder(inFlight, side, units, price);
  if (!countable(openingValue(held, after), limits)) return no('RISK_MARGIN', formatDecimal(free), 'more');
  const needed = marginReserve(held, after, product, limits) - marginReserve(held, inFlight, product, limits);
  return needed <= 0 || free >= needed ? undefined : no('RISK_MARGIN', formatDecimal(free), formatDecimal(needed));
}

function drawdown(question: Question): Reason | undefined {
  const { signal, limits, book } = question;
  if (limits.maxDrawdown === 0) return undefined;
  const exit = signal.product === 'CNC' ? signal.side === 'SELL' : shrinks(question);
  if (exit && limits.drawdownExits === 'allow') return undefined;
  const limit = book.drawdownLimit(limits.maxDrawdown);
  if (book.drawdown <= limit) return undefined;
  return no('RISK_DRAWDOWN', formatDecimal(limit), formatDecimal(book.drawdown));
}

function loss(question: Question, code: RiskCode, limit: number, found: number): Reason | undefined {
  if (limit === 0 || found <= limit || shrinks(question)) return undefined;
  return no(code, formatDecimal(limit), formatDecimal(found));
}

/** Whether only the plain rules can object to a signal, where none of the limits is in force that only some desks use. */
export function isPlain({ purpose, product, orderType, bracket: exits }: TradingSignal): boolean {
  return (
    purpose === 'trade' && product === 'CNC' && (orderType === 'market' || orderType === 'limit') && exits === undefined
  );
}
