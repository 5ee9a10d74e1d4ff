// The checks before an order enters the book. Each one that fails is Kite's 400: the order was not placed and nobody will
// find it in the book.
import { parseDecimal, type Price } from '#core/decimal.ts';
import { type Catalogue, type Contract } from '../catalogue.ts';
import {
  ORDER_TYPES,
  PRODUCTS,
  SIDES,
  VALIDITIES,
  VARIETIES,
  type OrderTerms,
  type OrderType,
  type Product,
  type Variety,
} from '../account/order.ts';
import { inputError, KiteError } from '../rest/kite-error.ts';
import { circuitOf, type Market } from './market.ts';

/** Form fields as they came. */
export type Fields = Readonly<Record<string, string | undefined>>;

export const TAG_LENGTH_MAX = 20;
const LEGS_MIN = 2;
const LEGS_MAX = 50;
const TTL_MAX = 120;
/** Percent in 1/10,000. */
const PROTECTION_MAX = 1_000_000;
export const PROTECTION_REFUSED =
  'Market orders without market protection are not allowed via API. Please set market protection or use a Limit order.';

/** The terms that the fields ask for. Throws `KiteError` with the first thing that is wrong. */
export function readTerms(variety: string, fields: Fields, market: Market): OrderTerms {
  const contract = contractOf(fields, market.catalogue);
  const orderType = choice('order_type', fields['order_type'], ORDER_TYPES);
  const product = choice('product', fields['product'], PRODUCTS);
  const validity = choice('validity', fields['validity'] ?? 'DAY', VALIDITIES);
  const { exchange, symbol, token } = contract.instrument;
  const chosen = choice('variety', variety, VARIETIES);
  const terms: OrderTerms = {
    variety: chosen,
    exchange,
    symbol,
    token,
    side: choice('transaction_type', fields['transaction_type'], SIDES),
    product: chosen === 'co' ? 'CO' : product,
    orderType,
    quantity: wholeNumber('quantity', fields['quantity'] ?? ''),
    disclosedQuantity: wholeNumber('disclosed_quantity', fields['disclosed_quantity'] ?? '0'),
    price: orderType === 'LIMIT' || orderType === 'SL' ? amount('price', fields['price']) : (0 as Price),
    triggerPrice:
      orderType === 'SL' || orderType === 'SL-M' || chosen === 'co'
        ? amount('trigger_price', fields['trigger_price'])
        : (0 as Price),
    validity,
    validityTtl: validity === 'TTL' ? wholeNumber('validity_ttl', fields['validity_ttl'] ?? '') : 0,
    protection: readProtection(fields['market_protection']),
    tag: fields['tag'] === undefined || fields['tag'] === '' ? null : fields['tag'],
    tags: fields['tag'] === undefined || fields['tag'] === '' ? [] : [fields['tag']],
    parentOrderId: null,
    auctionNumber: chosen === 'auction' ? (fields['auction_number'] ?? '') : null,
    iceberg: chosen === 'iceberg' ? readIceberg(fields) : null,
    foreign: false,
  };
  checkTerms(terms, contract, market);
  return terms;
}

/** The rules that hold for a new order and for one that is to be modified. */
export function checkTerms(terms: OrderTerms, contract: Contract, market: Market): void {
  const { instrument } = contract;
  if (!instrument.tradable) throw inputError('The instrument you are placing an order for is not tradable.');
  if (terms.tag !== null && terms.tag.length > TAG_LENGTH_MAX) {
    throw inputError(`Invalid \`tag\`. It should be at most ${TAG_LENGTH_MAX} characters.`);
  }
  if (terms.quantity <= 0 || terms.quantity % instrument.lotSize !== 0) {
    throw inputError(`Invalid \`quantity\`. It should be a positive multiple of ${instrument.lotSize}.`);
  }
  if (terms.disclosedQuantity > terms.quantity) throw inputError('Disclosed quantity exceeds the quantity.');
  checkProduct(terms.product, contract);
  checkPrices(terms, contract, market);
  if (needsProtection(terms.orderType) && terms.protection === 0) throw inputError(PROTECTION_REFUSED);
  if (instrument.exchange === 'MCX' && terms.validity === 'IOC') {
    throw inputError('IOC orders are not allowed in the algo segment of MCX.');
  }
  if (terms.validity === 'TTL' && (terms.validityTtl < 1 || terms.validityTtl > TTL_MAX)) {
    throw inputError(`Invalid \`validity_ttl\`. It should be from 1 to ${TTL_MAX} minutes.`);
  }
  if (terms.auctionNumber === '') throw inputError('Missing `auction_number`.');
  const { iceberg } = terms;
  if (iceberg !== null && (iceberg.legs < LEGS_MIN || iceberg.legs > LEGS_MAX)) {
    throw inputError(`Invalid \`iceberg_legs\`. It should be from ${LEGS_MIN} to ${LEGS_MAX}.`);
  }
}

/** Above what one order may carry; the exchange's own number is named in the sentence, as nowhere else. */
export function checkFreeze(quantity: number, { instrument, freezeQuantity }: Contract): void {
  if (quantity <= freezeQuantity) return;
  const words = `Quantity ${quantity} exceeds the freeze quantity ${freezeQuantity} of ${instrument.symbol}.`;
  throw inputError(`${words} Split the order, or use autoslice.`);
}

export function needsProtection(orderType: OrderType): boolean {
  return orderType === 'MARKET' || orderType === 'SL-M';
}

export function readProtection(text: string | undefined): number {
  if (text === undefined || text === '') return 0;
  if (Number(text) === -1) return -1;
  const percent = parseDecimal(text);
  if (percent === undefined || percent < 0 || percent > PROTECTION_MAX) {
    throw inputError('Invalid `market_protection`. It should be -1, or a percentage above 0 and up to 100.');
  }
  return percent;
}

export function choice<T extends string>(name: string, found: string | undefined, choices: readonly T[]): T {
  const chosen = choices.find((each) => each === found);
  if (chosen === undefined) throw inputError(`Invalid \`${name}\`.`);
  return chosen;
}

export function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,12}(?:\.0+)?$/.test(text)) throw inputError(`Invalid \`${name}\`.`);
  return Math.trunc(Number(text));
}

export function amount(name: string, text: string | undefined): Price {
  const units = text === undefined ? undefined : parseDecimal(text);
  if (units === undefined || units < 0) throw inputError(`Invalid \`${name}\`.`);
  return units as Price;
}

function contractOf(fields: Fields, catalogue: Catalogue): Contract {
  const contract = catalogue.byName(`${fields['exchange'] ?? ''}:${fields['tradingsymbol'] ?? ''}`);
  if (contract === undefined) throw inputError('Invalid `tradingsymbol` or `exchange`.');
  return contract;
}

function readIceberg(fields: Fields): OrderTerms['iceberg'] {
  const legs = wholeNumber('iceberg_legs', fields['iceberg_legs'] ?? '');
  const legQuantity = wholeNumber('iceberg_quantity', fields['iceberg_quantity'] ?? '');
  const totalQuantity = wholeNumber('quantity', fields['quantity'] ?? '');
  if (
    legs >= 1 &&
    (legQuantity < 1 || legQuantity * legs < totalQuantity || legQuantity * (legs - 1) >= totalQuantity)
  ) {
    throw inputError('`iceberg_quantity` times `iceberg_legs` should come to the quantity.');
  }
  return { leg: 1, legs, legQuantity, totalQuantity, remainingQuantity: totalQuantity - legQuantity };
}

function checkProduct(product: Product, { kind }: Contract): void {
  const isShare = kind === 'EQ';
  const allowed = isShare ? product !== 'NRML' : product === 'NRML' || product === 'MIS' || product === 'CO';
  if (!allowed) throw inputError(`Invalid \`product\` ${product} for this segment.`);
}

function checkPrices(terms: OrderTerms, contract: Contract, market: Market): void {
  const { tickSize, token } = contract.instrument;
  for (const [name, value] of [
    ['price', terms.price],
    ['trigger_price', terms.triggerPrice],
  ] as const) {
    if (value % tickSize !== 0) {
      throw inputError(
        `Tick size for this script is ${tickSize / 10_000}. Kindly enter ${name} in the multiple of tick size.`,
      );
    }
  }
  if (terms.orderType === 'LIMIT' || terms.orderType === 'SL') {
    if (terms.price <= 0) throw inputError('Invalid `price`.');
    const quote = market.quote(token);
    const { lower, upper } = quote === undefined ? { lower: 0, upper: Infinity } : circuitOf(quote);
    if (terms.price < lower || terms.price > upper) {
      const side = terms.price < lower ? 'lower than the current lower' : 'higher than the current upper';
      const limit = (terms.price < lower ? lower : upper) / 10_000;
      throw new KiteError(
        400,
        'InputException',
        `Your order price is ${side} circuit limit of ${limit}. Place an order within the daily range.`,
      );
    }
  }
  if ((terms.orderType === 'SL' || terms.orderType === 'SL-M') && terms.triggerPrice <= 0) {
    throw inputError('Invalid `trigger_price`.');
  }
  if (terms.orderType === 'SL') {
    const wrong = terms.side === 'BUY' ? terms.triggerPrice > terms.price : terms.triggerPrice < terms.price;
    if (wrong) {
      const words =
        terms.side === 'BUY' ? 'buy trigger price should be at most' : 'sell trigger price should be at least';
      throw inputError(`Stoploss ${words} the price.`);
    }
  }
}

/** The variety of a path. */
export function readVariety(text: string): Variety {
  return choice('variety', text, VARIETIES);
}
