// The rules of the risk gate, one function a rule: pure questions about one signal against one book and its limits.
// All are asked, and each objection comes with the numbers that decided it.
import { type Money, formatDecimal, multiplyDivide, multiplyDivideFloor } from '../decimal.ts';
import { type Reason, type TradingSignal } from '../events.ts';
import { type Instrument } from '../market/instrument.ts';
import { type RiskLimits } from '../plan.ts';
import { type Book } from '../portfolio/book.ts';
import { type EpochMs, SECOND_MS } from '../time.ts';
import { type RiskCode } from './reasons.ts';
import { type InFlight } from './reservations.ts';

/** All that a rule may look at. */
export interface Question {
  readonly signal: TradingSignal;
  readonly at: EpochMs;
  readonly limits: RiskLimits;
  readonly instrument: Instrument;
  /** Units held by the book in the instrument. */
  readonly held: number;
  readonly book: Book;
  readonly inFlight: InFlight;
  /** Last price of the instrument, 0 before its first tick; and its time. */
  readonly lastPrice: number;
  readonly lastTime: number;
  /**
   * Price the order is valued at: its limit, else the last price, else the signal's own. 0 when there is none: then the
   * signal can only wait for a price, and is asked about again when it comes.
   */
  readonly price: number;
  /** Accepted signals of this strategy today, and of the namespace in this second. */
  readonly tradesToday: number;
  readonly ordersThisSecond: number;
  /** The accepted signal before, of the same strategy and instrument. */
  readonly previous: AcceptedSignal | undefined;
  readonly quarantined: boolean;
  readonly halted: boolean;
}

export interface AcceptedSignal {
  readonly side: string;
  readonly quantity: number;
  readonly limitPrice: number;
  readonly at: number;
}

type Rule = (question: Question) => Reason | undefined;

function no(code: RiskCode, limit: string, found: string): Reason {
  return { code, limit, found };
}

/** Cash that a buy of this value sets aside, fees and slippage included. */
export function reserveFor(value: number, limits: RiskLimits): Money {
  return multiplyDivide(value, limits.cashReserve, 1_000_000) as Money;
}

const RULES: readonly Rule[] = [
  ({ instrument }) =>
    instrument.tradable ? undefined : no('NOT_TRADABLE', 'a tradable instrument', instrument.symbol),
  ({ halted, signal }) => (halted ? no('NAMESPACE_HALTED', 'an active namespace', signal.broker) : undefined),
  ({ quarantined, signal }) =>
    quarantined ? no('STRATEGY_QUARANTINED', 'an active strategy', signal.strategyId) : undefined,
  stalePrice,
  offTick,
  ({ signal, instrument }) =>
    signal.quantity % instrument.lotSize === 0
      ? undefined
      : no('RISK_LOT_SIZE', `a multiple of ${instrument.lotSize}`, `${signal.quantity}`),
  ({ signal, limits }) =>
    limits.maxOrderQuantity === 0 || signal.quantity <= limits.maxOrderQuantity
      ? undefined
      : no('RISK_MAX_QUANTITY', `${limits.maxOrderQuantity}`, `${signal.quantity}`),
  maxValue,
  priceCollar,
  maxPosition,
  noPosition,
  ({ limits, tradesToday }) =>
    limits.maxTradesPerDay === 0 || tradesToday < limits.maxTradesPerDay
      ? undefined
      : no('RISK_MAX_TRADES', `${limits.maxTradesPerDay} a day`, `${tradesToday}`),
  ({ limits, ordersThisSecond }) =>
    limits.maxOrdersPerSecond === 0 || ordersThisSecond < limits.maxOrdersPerSecond
      ? undefined
      : no('RISK_ORDER_RATE', `${limits.maxOrdersPerSecond} a second`, `${ordersThisSecond}`),
  duplicate,
  cash,
  drawdown,
];

const NONE: readonly Reason[] = [];

/** Asks every rule; the objections in the order of the rules, none when the signal may pass. */
export function objections(question: Question): readonly Reason[] {
  let found: Reason[] | undefined;
  for (let k = 0; k < RULES.length; k++) {
    const reason = (RULES[k] as Rule)(question);
    if (reason !== undefined) (found ??= []).push(reason);
  }
  return found ?? NONE;
}

function stalePrice({ limits, lastPrice, lastTime, at }: Question): Reason | undefined {
  if (limits.staleAfterMs === 0 || lastPrice === 0 || at - lastTime <= limits.staleAfterMs) return undefined;
  return no('RISK_STALE_PRICE', `${limits.staleAfterMs / SECOND_MS} s`, `${Math.floor((at - lastTime) / SECOND_MS)} s`);
}

function offTick({ signal, instrument }: Question): Reason | undefined {
  if (signal.limitPrice === undefined || signal.limitPrice % instrument.tickSize === 0) return undefined;
  const step = formatDecimal(instrument.tickSize);
  return no('RISK_PRICE_OFF_TICK', `a multiple of ${step}`, formatDecimal(signal.limitPrice));
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
  if (signal.side === 'BUY' || signal.quantity <= held - inFlight.selling) return undefined;
  return no('RISK_NO_POSITION', `${held - inFlight.selling} held`, `${signal.quantity}`);
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

function cash({ signal, limits, book, inFlight, price }: Question): Reason | undefined {
  if (signal.side === 'SELL') return undefined;
  const value = signal.quantity * price;
  const free = book.cash - inFlight.reservedOfBook;
  // What is reserved may be many times the value, and must stay a safe integer too.
  const countable = value * (limits.cashReserve / 1_000_000) < Number.MAX_SAFE_INTEGER / 2;
  if (!countable) return no('RISK_CASH', formatDecimal(free), 'more');
  const needed = reserveFor(value, limits);
  return free >= needed ? undefined : no('RISK_CASH', formatDecimal(free), formatDecimal(needed));
}

function drawdown({ signal, limits, book }: Question): Reason | undefined {
  if (limits.maxDrawdown === 0 || (signal.side === 'SELL' && limits.drawdownExits === 'allow')) return undefined;
  const limit = book.drawdownLimit(limits.maxDrawdown);
  if (book.drawdown <= limit) return undefined;
  return no('RISK_DRAWDOWN', formatDecimal(limit), formatDecimal(book.drawdown));
}
