// The direction and the terms of an order as signals and orders write them: fields that are fine one by one must also
// agree with each other.
import { type z } from 'zod';
import { type Price } from '#core/decimal.ts';
import { type Bracket, type OrderType, type Product, type Purpose, type Side, type Validity } from '#core/events.ts';
import * as field from './fields.ts';

export interface Terms {
  readonly orderType: OrderType;
  readonly validity: Validity;
  readonly limitPrice: Price | undefined;
  readonly triggerPrice: Price | undefined;
  readonly product: Product;
  readonly purpose: Purpose;
}

/** Terms as a signal may give them. */
export const signalTerms = {
  order_type: field.orderType.nullish(),
  validity: field.validity.nullish(),
  limit_price: field.price.nullish(),
  trigger_price: field.price.nullish(),
  product: field.product.nullish(),
};

/** The exits that a signal may ask for with its entry. */
export const bracket = field.record({
  target: field.price.nullish(),
  stop: field.price.nullish(),
  trail: field.price.nullish(),
  exit_at: field.instant.nullish(),
});

/** A bracket that names no exit is a mistake of whoever wrote it. */
export function readBracket(given: z.output<typeof bracket> | null | undefined): Bracket | string | undefined {
  if (given == null) return undefined;
  const { target, stop, trail, exit_at: exitAt } = given;
  if (target == null && stop == null && trail == null && exitAt == null) {
    return 'data.bracket: expected at least one of target, stop, trail and exit_at, found none';
  }
  return {
    target: target ?? undefined,
    stop: stop ?? undefined,
    trail: trail ?? undefined,
    exitAt: exitAt ?? undefined,
  };
}

const termsInMetadata = field.record({
  order_type: field.orderType.optional(),
  tif: field.validity.optional(),
  limit_price: field.price.nullish(),
  stop_price: field.price.nullish(),
});

type SignalTerms = z.output<z.ZodObject<typeof signalTerms>>;
type Metadata = Readonly<Record<string, unknown>> | null | undefined;

/**
 * The terms from the signal's own fields, and what it does not give there from its metadata, where earlier programs put
 * them; a problem in words when they contradict each other.
 */
export function readSignalTerms(own: SignalTerms, metadata: Metadata): Terms | string {
  const early = termsInMetadata.safeParse({
    order_type: own.order_type == null ? lowerCase(metadata?.['order_type']) : undefined,
    tif: own.validity == null ? upperCase(metadata?.['tif']) : undefined,
    limit_price: own.limit_price === undefined ? metadata?.['limit_price'] : undefined,
    stop_price: own.trigger_price == null ? metadata?.['stop_price'] : undefined,
  });
  if (!early.success) {
    const issue = early.error.issues[0];
    return `data.metadata.${issue?.path.join('.')}: ${issue?.message}`;
  }
  const orderType = own.order_type ?? early.data.order_type ?? 'market';
  const validity = own.validity ?? early.data.tif ?? 'DAY';
  const limitPrice = own.limit_price ?? early.data.limit_price ?? undefined;
  const triggerPrice = own.trigger_price ?? early.data.stop_price ?? undefined;
  const product = own.product ?? 'CNC';
  const terms = { orderType, validity, limitPrice, triggerPrice, product, purpose: 'trade' } as const;
  return priceProblem(orderType, limitPrice, triggerPrice) ?? terms;
}

/** What is wrong with the prices for an order of this type, in words. */
export function priceProblem(
  orderType: OrderType,
  limitPrice: Price | undefined,
  triggerPrice: Price | undefined,
): string | undefined {
  const limited = orderType === 'limit' || orderType === 'stop_limit';
  if (limited && limitPrice === undefined) {
    return `data.limit_price: expected a price because order_type is ${orderType}, found nothing`;
  }
  if (!limited && limitPrice !== undefined) {
    const expected = orderType === 'market' ? 'limit' : 'stop_limit';
    return `data.order_type: expected ${expected} because there is a limit_price, found ${orderType}`;
  }
  const triggered = orderType === 'stop' || orderType === 'stop_limit';
  if (triggered && triggerPrice === undefined) {
    return `data.trigger_price: expected a price because order_type is ${orderType}, found nothing`;
  }
  if (!triggered && triggerPrice !== undefined) {
    const expected = orderType === 'market' ? 'stop' : 'stop_limit';
    return `data.order_type: expected ${expected} because there is a trigger_price, found ${orderType}`;
  }
  return undefined;
}

/** What is wrong with a direction that may stand under two names, in words. */
export function sideProblem(signalType: Side | undefined, side: Side | undefined): string | undefined {
  if (signalType === undefined && side === undefined) return 'data.signal_type: expected BUY or SELL, found nothing';
  if (signalType === undefined || side === undefined || signalType === side) return undefined;
  return `data.side: expected ${signalType} as in signal_type, found ${side}`;
}

function lowerCase(value: unknown): unknown {
  return typeof value === 'string' ? value.toLowerCase() : value;
}

function upperCase(value: unknown): unknown {
  return typeof value === 'string' ? value.toUpperCase() : value;
}
