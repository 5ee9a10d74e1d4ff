// Rows of Kite's books in core's terms: exact integers, instants, ids as text. A row that does not fit is an error that
// names the field, and the whole answer is then no evidence of anything.
import { z } from 'zod';
import { parseDecimal, type Money, type Price, type Quantity } from '#core/decimal.ts';
import { type OrderType, type Side, type Validity } from '#core/events.ts';
import { type Candle } from '#core/market/gap.ts';
import { IST_OFFSET_MS, parseInstant, type EpochMs } from '#core/time.ts';

const RUPEE = 10_000;
const DUST = 0.01;

/** A JSON number as 1/10,000 rupee: by its shortest text, which is what was sent. */
const units = z.number().transform((value, context): number => {
  const found = parseDecimal(String(value));
  if (found !== undefined) return found;
  context.addIssue({ code: 'custom', message: `expected at most four decimals, found ${value}` });
  return z.NEVER;
});
const priceField = units
  .refine((value) => value >= 0, 'expected a price of 0 or more')
  .transform((value) => value as Price);

/** Sums of Kite's carry the dust of floating point, such as 99725.05000000002; more than dust is refused. */
const moneyField = z.number().transform((value, context): Money => {
  const exact = value * RUPEE;
  const found = Math.round(exact);
  if (Number.isSafeInteger(found) && Math.abs(exact - found) < DUST) return found as Money;
  context.addIssue({ code: 'custom', message: `expected an amount of at most four decimals, found ${value}` });
  return z.NEVER;
});
const count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const quantityField = count.transform((value) => value as Quantity);
const id = z.string().regex(/^\d{6,24}$/);
const side = z.enum(['BUY', 'SELL']);

const ISO_TIME = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})$/;

/** Kite writes India's time without a zone. */
const istTime = z.string().transform((text, context): EpochMs => {
  const match = ISO_TIME.exec(text);
  const found = match === null ? undefined : parseInstant(`${match[1]}T${match[2]}Z`);
  if (found !== undefined) return (found - IST_OFFSET_MS) as EpochMs;
  context.addIssue({ code: 'custom', message: `expected a time such as 2026-01-05 09:20:00, found ${text}` });
  return z.NEVER;
});

const ORDER_TYPES: Readonly<Record<string, OrderType>> = {
  MARKET: 'market',
  LIMIT: 'limit',
  SL: 'stop_limit',
  'SL-M': 'stop',
};

const orderType = z.string().transform((text, context): OrderType => {
  const found = ORDER_TYPES[text];
  if (found !== undefined) return found;
  context.addIssue({ code: 'custom', message: `expected ${Object.keys(ORDER_TYPES).join(', ')}, found ${text}` });
  return z.NEVER;
});

export interface OrderRow {
  readonly orderId: string;
  /** In whose path the order is asked for: `regular`, `amo`, `co` and others. */
  readonly variety: string;
  readonly status: string;
  readonly message: string;
  readonly tag: string | undefined;
  readonly at: EpochMs;
  readonly exchange: string;
  readonly symbol: string;
  readonly side: Side;
  readonly orderType: OrderType;
  readonly validity: Validity | 'TTL';
  readonly quantity: Quantity;
  readonly filled: Quantity;
  readonly price: Price;
  readonly triggerPrice: Price;
}

const orderRow = z
  .object({
    order_id: id,
    variety: z.string().regex(/^[a-z]+$/),
    status: z.string().min(1),
    status_message: z.string().nullish(),
    tag: z.string().nullish(),
    order_timestamp: istTime,
    exchange: z.string(),
    tradingsymbol: z.string(),
    transaction_type: side,
    order_type: orderType,
    validity: z.enum(['DAY', 'IOC', 'TTL']),
    quantity: quantityField,
    filled_quantity: quantityField,
    price: priceField,
    trigger_price: priceField,
  })
  .transform((row): OrderRow => ({
    orderId: row.order_id,
    variety: row.variety,
    status: row.status,
    message: row.status_message ?? '',
    tag: row.tag ?? undefined,
    at: row.order_timestamp,
    exchange: row.exchange,
    symbol: row.tradingsymbol,
    side: row.transaction_type,
    orderType: row.order_type,
    validity: row.validity,
    quantity: row.quantity,
    filled: row.filled_quantity,
    price: row.price,
    triggerPrice: row.trigger_price,
  }));

export interface TradeRow {
  readonly tradeId: string;
  readonly orderId: string;
  readonly side: Side;
  readonly quantity: Quantity;
  readonly price: Price;
  readonly at: EpochMs;
}

const tradeRow = z
  .object({
    trade_id: z.string().min(1),
    order_id: id,
    transaction_type: side,
    quantity: quantityField.refine((value) => value > 0, 'expected a quantity above 0'),
    average_price: priceField.refine((value) => value > 0, 'expected a price above 0'),
    fill_timestamp: istTime,
  })
  .transform((row): TradeRow => ({
    tradeId: row.trade_id,
    orderId: row.order_id,
    side: row.transaction_type,
    quantity: row.quantity,
    price: row.average_price,
    at: row.fill_timestamp,
  }));

/** A position of the account, in one product. */
export interface PositionRow {
  readonly exchange: string;
  readonly symbol: string;
  readonly token: number;
  readonly product: string;
  /** Signed. */
  readonly quantity: number;
}

const positionRow = z
  .object({
    exchange: z.string(),
    tradingsymbol: z.string(),
    instrument_token: count,
    product: z.string(),
    quantity: z.number().int(),
  })
  .transform((row): PositionRow => ({
    exchange: row.exchange,
    symbol: row.tradingsymbol,
    token: row.instrument_token,
    product: row.product,
    quantity: row.quantity,
  }));

/**
 * Shares that were there when the day began, in the depository and on their way there. What the day bought or sold of them is
 * among its positions (reference 7).
 */
export interface HoldingRow {
  readonly exchange: string;
  readonly symbol: string;
  readonly token: number;
  readonly quantity: number;
}

const holdingRow = z
  .object({
    exchange: z.string(),
    tradingsymbol: z.string(),
    instrument_token: count,
    quantity: z.number().int(),
    t1_quantity: z.number().int(),
    used_quantity: z.number().int(),
  })
  .transform((row): HoldingRow => ({
    exchange: row.exchange,
    symbol: row.tradingsymbol,
    token: row.instrument_token,
    quantity: row.quantity + row.t1_quantity + row.used_quantity,
  }));

export const orderRows = z.array(orderRow);
export const tradeRows = z.array(tradeRow);
/** `net` is what the account holds; `day` is only what today did. */
export const positionRows = z.object({ net: z.array(positionRow) }).transform(({ net }): readonly PositionRow[] => net);
export const holdingRows = z.array(holdingRow);
export const fundsAnswer = z
  .object({ equity: z.object({ net: moneyField }), commodity: z.object({ net: moneyField }).optional() })
  .transform(({ equity, commodity }) => ({ equity: equity.net, commodity: commodity?.net }));
export const profileAnswer = z.object({ user_id: z.string().min(1) }).transform(({ user_id }) => ({ userId: user_id }));
export const sessionAnswer = z
  .object({ user_id: z.string().min(1), access_token: z.string().min(1) })
  .transform(({ user_id, access_token }) => ({ userId: user_id, accessToken: access_token }));
/** A step in the life of an order. */
export const historyRows = z.array(
  z
    .object({ status: z.string().min(1), status_message: z.string().nullish() })
    .transform(({ status, status_message }) => ({ status, message: status_message ?? '' })),
);

const CANDLE_TIME = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\+0530$/;

const candleTime = z.string().transform((text, context): EpochMs => {
  const [, local = ''] = CANDLE_TIME.exec(text) ?? [];
  const found = parseInstant(`${local}Z`);
  if (found !== undefined) return (found - IST_OFFSET_MS) as EpochMs;
  context.addIssue({ code: 'custom', message: `expected a time such as 2026-01-05T09:20:00+0530, found ${text}` });
  return z.NEVER;
});

/** `[time, open, high, low, close, volume]`, and the open interest where it was asked for. */
const candleRow = z
  .tuple([candleTime, priceField, priceField, priceField, priceField, count], z.unknown())
  .refine(([, open, high, low, close]) => low > 0 && low <= Math.min(open, close) && high >= Math.max(open, close), {
    error: 'expected prices above 0, low the least and high the greatest',
  })
  .transform(([start, open, high, low, close, volume]): Candle => ({ start, open, high, low, close, volume }));

export const candleRows = z
  .object({ candles: z.array(candleRow) })
  .refine(({ candles }) => candles.every(({ start }, k) => k === 0 || start > (candles[k - 1] as Candle).start), {
    error: 'expected candles in order of time',
  })
  .transform(({ candles }): readonly Candle[] => candles);

/** An instant as Kite reads it in a query: India's time without a zone. */
export function istText(at: EpochMs): string {
  return new Date(at + IST_OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ');
}
