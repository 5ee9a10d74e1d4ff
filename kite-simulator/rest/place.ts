// Placing, modifying and cancelling: every check in Kite's order, then the exchange. What is refused here never entered
// the book.
import { isTerminal, remainingOf, type KiteOrder, type OrderTerms } from '../account/order.ts';
import { claimPrice, poolOf, type Claim } from '../account/margins.ts';
import { type Broker } from '../broker.ts';
import { type Contract } from '../catalogue.ts';
import {
  amount,
  checkFreeze,
  checkTerms,
  choice,
  needsProtection,
  PROTECTION_REFUSED,
  readProtection,
  readTerms,
  wholeNumber,
  type Fields,
} from '../exchange/validation.ts';
import { ORDER_TYPES, VALIDITIES } from '../account/order.ts';
import { inputError, KiteError } from './kite-error.ts';
import { tooManyOrders } from './limits.ts';
import { rupees, type Json } from './order-json.ts';

const SLICES_MAX = 10;

export interface Placed {
  readonly order_id: string;
  readonly children?: readonly Json[];
}

/** Throws `KiteError` for what is not placed. */
export function placeOrder(broker: Broker, variety: string, fields: Fields): Placed {
  const { book, limits } = broker;
  book.countAsked();
  if (book.ordersAsked > limits.limits.ordersADay) throw tooManyOrders();
  const terms = readTerms(variety, fields, broker.market);
  const contract = contractOf(broker, terms.token);
  checkPhase(broker, terms, contract);
  const isSliced = fields['autoslice'] === 'true' && terms.quantity > contract.freezeQuantity;
  if (isSliced) return placeSlices(broker, terms, contract);
  if (terms.iceberg === null) checkFreeze(terms.quantity, contract);
  return { order_id: take(broker, firstLeg(terms)).orderId };
}

export function modifyOrder(broker: Broker, variety: string, orderId: string, fields: Fields): Json {
  const order = find(broker, orderId);
  choice('variety', variety, [order.variety]);
  if (isTerminal(order)) throw inputError(`Order cannot be modified as it is ${order.status.toLowerCase()}.`);
  if (order.status === 'CANCEL PENDING' || order.status === 'PUT ORDER REQ RECEIVED') {
    throw inputError('Order cannot be modified as it is being processed. Try later.');
  }
  if (order.modifications >= broker.limits.limits.modificationsAnOrder) {
    throw inputError('Maximum allowed order modifications exceeded.');
  }
  broker.exchange.modify(order, readChange(broker, order, fields));
  return { order_id: orderId };
}

export function cancelOrder(broker: Broker, variety: string, orderId: string): Json {
  const order = find(broker, orderId);
  choice('variety', variety, [order.variety]);
  if (isTerminal(order)) throw inputError(`Order cannot be cancelled as it is ${order.status.toLowerCase()}.`);
  if (order.status === 'CANCEL PENDING') {
    throw inputError('Order cannot be cancelled as it is being processed. Try later.');
  }
  broker.exchange.cancel(order);
  return { order_id: orderId };
}

export function find(broker: Broker, orderId: string): KiteOrder {
  const order = broker.book.order(orderId);
  if (order === undefined || order.visibleAt > broker.options.clock.now()) {
    throw inputError("Couldn't find that `order_id`.");
  }
  return order;
}

function take(broker: Broker, terms: OrderTerms): KiteOrder {
  const refusal = findRefusal(broker, terms);
  if (refusal === undefined) return broker.exchange.accept(terms);
  if ((broker.options.marginRefusal ?? 'answer') === 'answer') throw refusal;
  const raw = `RMS:${refusal.message} for entity account-${broker.sessions.credentials.userId}`;
  return broker.exchange.acceptRejected(terms, `${refusal.message} Check the orderbook for open orders.`, raw);
}

function findRefusal(broker: Broker, terms: OrderTerms): KiteError | undefined {
  const { margins } = broker;
  if (terms.product === 'CNC' && terms.side === 'SELL' && terms.variety !== 'auction') {
    const sellable = margins.sellable(terms.token);
    if (sellable >= terms.quantity) return undefined;
    const words = `You have ${Math.max(0, sellable)} of ${terms.symbol} to sell, ${terms.quantity} were asked for.`;
    return new KiteError(400, 'HoldingException', `Insufficient stock holding. ${words}`);
  }
  const pool = poolOf(terms.exchange);
  const price = claimPrice(terms, broker.market.lastPrice(terms.token));
  const claim: Claim = {
    token: terms.token,
    side: terms.side,
    product: terms.product,
    quantity: terms.quantity,
    price,
  };
  const before = margins.of(pool).net;
  const after = margins.of(pool, claim).net;
  // What brings risk down is taken even where nothing is left.
  if (after >= 0 || after >= before) return undefined;
  const required = rupees(before - after).toFixed(2);
  const available = rupees(Math.max(0, before)).toFixed(2);
  const words = `Required margin is ${required} but available margin is ${available}.`;
  return new KiteError(400, 'MarginException', `Insufficient funds. ${words}`);
}

function placeSlices(broker: Broker, terms: OrderTerms, contract: Contract): Placed {
  const lot = contract.instrument.lotSize;
  const most = Math.floor(contract.freezeQuantity / lot) * lot;
  const count = Math.ceil(terms.quantity / most);
  if (count > SLICES_MAX)
    throw inputError(`The order would be cut into ${count} slices, at most ${SLICES_MAX} are allowed.`);
  const parent = broker.book.newOrderId(broker.now());
  const tags = [...terms.tags, 'autoslice', `autoslice:${parent}`];
  const children = Array.from({ length: count }, (_, k): Json => {
    const quantity = Math.min(most, terms.quantity - k * most);
    if (k > 0) broker.book.countAsked();
    try {
      return { order_id: take(broker, { ...terms, quantity, tags }).orderId };
    } catch (error) {
      if (!(error instanceof KiteError)) throw error;
      return { error: { code: error.status, error_type: error.errorType, message: error.message, data: null } };
    }
  });
  return { order_id: parent, children };
}

/** An iceberg shows the exchange one leg at a time. */
function firstLeg(terms: OrderTerms): OrderTerms {
  return terms.iceberg === null ? terms : { ...terms, quantity: terms.iceberg.legQuantity };
}

function checkPhase(broker: Broker, terms: OrderTerms, contract: Contract): void {
  const isOpen = broker.isOpen(contract.instrument.segment);
  if (terms.variety === 'amo' && isOpen) throw inputError('AMO orders cannot be placed during market hours.');
  if (terms.variety !== 'amo' && !isOpen) {
    throw inputError('Markets are closed right now. Use a GTT or an AMO order to place your order.');
  }
}

function readChange(broker: Broker, order: KiteOrder, fields: Fields): Partial<OrderTerms> {
  const orderType = choice('order_type', fields['order_type'] ?? order.orderType, ORDER_TYPES);
  const isAllowed =
    orderType === order.orderType ||
    (order.orderType === 'LIMIT' && orderType === 'MARKET') ||
    ((order.orderType === 'SL' || order.orderType === 'SL-M') && (orderType === 'LIMIT' || orderType === 'MARKET')) ||
    ((order.orderType === 'SL' || order.orderType === 'SL-M') && (orderType === 'SL' || orderType === 'SL-M'));
  if (!isAllowed) throw inputError(`An order cannot be changed from ${order.orderType} to ${orderType}.`);
  const given = (name: string): boolean => fields[name] !== undefined && fields[name] !== '';
  const protection = given('market_protection') ? readProtection(fields['market_protection']) : order.protection;
  if (needsProtection(orderType) && orderType !== order.orderType && !given('market_protection')) {
    throw inputError(PROTECTION_REFUSED);
  }
  const change: Partial<OrderTerms> = {
    orderType,
    protection,
    ...(given('quantity') ? { quantity: wholeNumber('quantity', fields['quantity'] ?? '') } : {}),
    ...(given('price') && orderType !== 'MARKET' ? { price: amount('price', fields['price']) } : {}),
    ...(given('trigger_price') ? { triggerPrice: amount('trigger_price', fields['trigger_price']) } : {}),
    ...(given('validity') ? { validity: choice('validity', fields['validity'], VALIDITIES) } : {}),
    ...(given('disclosed_quantity')
      ? { disclosedQuantity: wholeNumber('disclosed_quantity', fields['disclosed_quantity'] ?? '') }
      : {}),
  };
  const wanted = { ...order, ...change };
  const contract = contractOf(broker, order.token);
  checkTerms(wanted, contract, broker.market);
  checkFreeze(wanted.quantity, contract);
  if (wanted.quantity < order.filled) throw inputError(`${order.filled} are filled already.`);
  checkGrowth(broker, order, wanted);
  return change;
}

/** More quantity or a dearer price must be paid for as a new order is. */
function checkGrowth(broker: Broker, order: KiteOrder, wanted: OrderTerms): void {
  const more = wanted.quantity - order.quantity;
  if (wanted.product === 'CNC' && wanted.side === 'SELL') {
    if (more > broker.margins.sellable(order.token)) {
      throw new KiteError(400, 'HoldingException', 'Insufficient stock holding.');
    }
    return;
  }
  const last = broker.market.lastPrice(order.token);
  const [before, after] = [claimPrice(order, last), claimPrice(wanted, last)];
  const dearer = after > before ? after - before : 0;
  const pool = poolOf(order.exchange);
  const base = { token: order.token, side: order.side, product: order.product };
  const net = broker.margins.of(pool).net;
  const grown = more > 0 ? broker.margins.of(pool, { ...base, quantity: more, price: after }).net : net;
  const raised = dearer > 0 ? broker.margins.required({ ...base, quantity: remainingOf(order), price: dearer }) : 0;
  const left = grown - raised;
  if (left >= 0 || left >= net) return;
  throw new KiteError(400, 'MarginException', 'Insufficient funds for the modified order.');
}

function contractOf(broker: Broker, token: number): Contract {
  const contract = broker.catalogue.byToken(token);
  if (contract === undefined) throw inputError('Invalid `tradingsymbol` or `exchange`.');
  return contract;
}
