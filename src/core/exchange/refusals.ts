// Why the simulated exchange refuses an order or a change of one. It asks for itself what the gate has asked before: an
// exchange trusts nobody.
import { formatDecimal, multiplyDivideFloor } from '../decimal.ts';
import { type OrderType, type RejectCode, type Side, type Validity } from '../events.ts';
import { type ChangeableTerms } from '../execution/report.ts';
import { type Instrument } from '../market/instrument.ts';
import { typeOf, type RestingOrder } from './resting.ts';
import { type ExchangePhase } from './phase.ts';

export interface Refusal {
  readonly code: RejectCode;
  readonly message: string;
}

/** What is judged: the terms of an order, or those that a change asks for. */
export interface Asked extends ChangeableTerms {
  readonly side: Side;
  readonly validity: Validity;
}

/** The first objection to an order; undefined when the exchange takes it. */
export function refusalOf(asked: Asked, instrument: Instrument, phase: ExchangePhase | undefined): Refusal | undefined {
  const { quantity, orderType, limitPrice, triggerPrice } = asked;
  const { lotSize, freezeQuantity } = instrument;
  if (phase !== undefined) {
    const refusal = refusalOfPhase(asked, instrument, phase);
    if (refusal !== undefined) return refusal;
  }
  if (!(quantity > 0) || (lotSize > 0 && quantity % lotSize !== 0)) {
    return no('LOT_SIZE', `expected a multiple of the lot size ${lotSize}, found the quantity ${quantity}`);
  }
  if (freezeQuantity !== undefined && quantity > freezeQuantity) {
    return no('FREEZE_QUANTITY', `expected at most ${freezeQuantity} in one order, found ${quantity}: slice it`);
  }
  if (limitPrice !== undefined) {
    const refusal = refusalOfPrice('limit price', limitPrice, instrument);
    if (refusal !== undefined) return refusal;
  }
  if (triggerPrice === undefined) return undefined;
  const refusal = refusalOfPrice('trigger price', triggerPrice, instrument);
  if (refusal !== undefined || orderType !== 'stop_limit' || limitPrice === undefined) return refusal;
  const buy = asked.side === 'BUY';
  if (buy ? limitPrice >= triggerPrice : limitPrice <= triggerPrice) return undefined;
  const words = `${buy ? 'at or above' : 'at or below'} its trigger ${formatDecimal(triggerPrice)}`;
  return no('OTHER', `expected the limit of a stop-limit order ${words}, found ${formatDecimal(limitPrice)}`);
}

function refusalOfPhase(asked: Asked, { segment }: Instrument, phase: ExchangePhase): Refusal | undefined {
  const { accepts, kind } = phase;
  if (accepts.length === 0) return no('MARKET_CLOSED', `${segment} takes no orders in its phase ${kind}`);
  if (!accepts.includes(asked.orderType)) {
    return no('ORDER_TYPE', `${segment} takes ${accepts.join(', ')} in its phase ${kind}, found ${asked.orderType}`);
  }
  if (asked.validity === 'DAY' || kind === 'continuous') return undefined;
  return no('ORDER_TYPE', `${segment} matches nothing at once in its phase ${kind}, found an IOC order`);
}

function refusalOfPrice(name: string, price: number, instrument: Instrument): Refusal | undefined {
  const { tickSize, priceBand, previousClose } = instrument;
  if (!(price > 0) || (tickSize > 0 && price % tickSize !== 0)) {
    return no(
      'TICK_SIZE',
      `expected a multiple of ${formatDecimal(tickSize)}, found the ${name} ${formatDecimal(price)}`,
    );
  }
  if (priceBand === undefined || previousClose === undefined) return undefined;
  const span = multiplyDivideFloor(previousClose, priceBand, 1_000_000);
  if (price >= previousClose - span && price <= previousClose + span) return undefined;
  const band = `${formatDecimal(previousClose - span)} to ${formatDecimal(previousClose + span)}`;
  return no('PRICE_BAND', `expected a ${name} within the band ${band}, found ${formatDecimal(price)}`);
}

/** What an order of each type may be made into. */
const CAN_BECOME: Readonly<Record<OrderType, readonly OrderType[]>> = {
  market: ['market', 'limit'],
  limit: ['limit', 'market'],
  stop: ['stop', 'limit', 'market'],
  stop_limit: ['stop_limit', 'limit', 'market'],
};

/** Why an order cannot take on the terms, whatever the market; undefined when it can. */
export function misfit(order: RestingOrder, asked: Asked): string | undefined {
  const is = typeOf(order);
  const { quantity, orderType } = asked;
  if (!CAN_BECOME[is].includes(orderType)) {
    return `expected ${CAN_BECOME[is].join(' or ')} of an order that is ${is} now, found ${orderType}`;
  }
  const missing = missingPrice(asked);
  if (missing !== undefined) return missing;
  const filled = order.ordered - order.remaining;
  if (quantity > filled) return undefined;
  return `expected a quantity above the ${filled} that are filled, found ${quantity}: cancel the order to end it there`;
}

/** A price that the type of an order needs and does not have. */
export function missingPrice({ orderType, limitPrice, triggerPrice }: ChangeableTerms): string | undefined {
  const isLimit = orderType === 'limit' || orderType === 'stop_limit';
  const isStop = orderType === 'stop' || orderType === 'stop_limit';
  if (isLimit && limitPrice === undefined) return `the ${orderType} order has no limit price`;
  return isStop && triggerPrice === undefined ? `the ${orderType} order has no trigger price` : undefined;
}

function no(code: RejectCode, message: string): Refusal {
  return { code, message };
}
