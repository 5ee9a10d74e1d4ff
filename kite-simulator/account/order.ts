// An order as the broker's book keeps it, and the words of its life. Amounts are whole units of 1/10,000 rupee here and
// become Kite's decimals only in an answer.
import { divideHalfUp, type Price } from '#core/decimal.ts';
import { type EpochMs } from '#core/time.ts';

export const VARIETIES = ['regular', 'amo', 'co', 'iceberg', 'auction'] as const;
export const ORDER_TYPES = ['MARKET', 'LIMIT', 'SL', 'SL-M'] as const;
export const PRODUCTS = ['CNC', 'MIS', 'NRML', 'MTF'] as const;
export const VALIDITIES = ['DAY', 'IOC', 'TTL'] as const;
export const SIDES = ['BUY', 'SELL'] as const;

export type Variety = (typeof VARIETIES)[number];
export type OrderType = (typeof ORDER_TYPES)[number];
/** `CO` is never asked for: it is what a cover order's positions are called. */
export type Product = (typeof PRODUCTS)[number] | 'CO';
export type Validity = (typeof VALIDITIES)[number];
export type Side = (typeof SIDES)[number];

export type OrderStatus =
  | 'PUT ORDER REQ RECEIVED'
  | 'AMO REQ RECEIVED'
  | 'VALIDATION PENDING'
  | 'OPEN PENDING'
  | 'OPEN'
  | 'TRIGGER PENDING'
  | 'MODIFY VALIDATION PENDING'
  | 'MODIFY PENDING'
  | 'MODIFIED'
  | 'NOT MODIFIED'
  | 'CANCEL PENDING'
  | 'COMPLETE'
  | 'CANCELLED'
  | 'REJECTED';

export interface IcebergLeg {
  readonly leg: number;
  readonly legs: number;
  readonly legQuantity: number;
  readonly totalQuantity: number;
  readonly remainingQuantity: number;
}

/** What somebody asked for, after every check. */
export interface OrderTerms {
  readonly variety: Variety;
  readonly exchange: string;
  readonly symbol: string;
  readonly token: number;
  readonly side: Side;
  readonly product: Product;
  readonly orderType: OrderType;
  readonly quantity: number;
  readonly disclosedQuantity: number;
  readonly price: Price;
  readonly triggerPrice: Price;
  readonly validity: Validity;
  readonly validityTtl: number;
  /** Percent in 1/10,000, -1 for the broker's own choice, 0 for none. */
  readonly protection: number;
  readonly tag: string | null;
  readonly tags: readonly string[];
  readonly parentOrderId: string | null;
  readonly auctionNumber: string | null;
  readonly iceberg: IcebergLeg | null;
  /** Whether another program of the same user placed it. */
  readonly foreign: boolean;
}

export interface KiteOrder extends OrderTerms {
  readonly orderId: string;
  readonly guid: string;
  exchangeOrderId: string | null;
  status: OrderStatus;
  statusMessage: string | null;
  statusMessageRaw: string | null;
  orderTime: EpochMs;
  exchangeTime: EpochMs | null;
  exchangeUpdateTime: EpochMs | null;
  modified: boolean;
  modifications: number;
  filled: number;
  /** The sum of price times quantity over all fills. */
  filledValue: number;
  cancelled: number;
  /** A stop that has met its trigger. */
  triggered: boolean;
  /** Not in the order book before this time of the server's clock; 0 means from the start. */
  visibleAt: number;
  orderType: OrderType;
  quantity: number;
  disclosedQuantity: number;
  price: Price;
  triggerPrice: Price;
  validity: Validity;
  tags: readonly string[];
}

/** One line of an order's history: the order as it was then. */
export type HistoryEntry = Readonly<KiteOrder>;

export interface KiteTrade {
  /** Unique within a day only, as at the exchange. */
  readonly tradeId: string;
  readonly orderId: string;
  readonly exchangeOrderId: string;
  readonly exchange: string;
  readonly symbol: string;
  readonly token: number;
  readonly side: Side;
  readonly product: Product;
  readonly quantity: number;
  readonly price: Price;
  readonly at: EpochMs;
}

const TERMINAL: ReadonlySet<OrderStatus> = new Set(['COMPLETE', 'CANCELLED', 'REJECTED']);

export function isTerminal(order: Pick<KiteOrder, 'status'>): boolean {
  return TERMINAL.has(order.status);
}

export function remainingOf(order: KiteOrder): number {
  return order.quantity - order.filled;
}

/** The mean of all fills, rounded half away from zero to 1/10,000 rupee; 0 without one. */
export function averagePrice(order: KiteOrder): Price {
  return (order.filled === 0 ? 0 : divideHalfUp(order.filledValue, order.filled)) as Price;
}
