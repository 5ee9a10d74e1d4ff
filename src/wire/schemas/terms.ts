// The direction and the terms of an order as signals and orders write them: fields that are fine one by one must also
// agree with each other.
import { type z } from 'zod';
import { type Price } from '#core/decimal.ts';
import { type OrderType, type Side, type Validity } from '#core/events.ts';
import * as field from './fields.ts';

export interface Terms {
  readonly orderType: OrderType;
  readonly validity: Validity;
  readonly limitPrice: Price | undefined;
}

/** Terms as a signal may give them. */
export const signalTerms = {
  order_type: field.orderType.nullish(),
  validity: field.validity.nullish(),
  limit_price: field.price.nullish(),
};

const termsInMetadata = field.record({
  order_type: field.orderType.optional(),
  tif: field.validity.optional(),
  limit_price: field.price.nullish(),
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
  });
  if (!early.success) {
    const issue = early.error.issues[0];
    return `data.metadata.${issue?.path.join('.')}: ${issue?.message}`;
  }
  const orderType = own.order_type ?? early.data.order_type ?? 'market';
  const validity = own.validity ?? early.data.tif ?? 'DAY';
  const limitPrice = own.limit_price ?? early.data.limit_price ?? undefined;
  return limitProblem(orderType, limitPrice) ?? { orderType, validity, limitPrice };
}

/** What is wrong with a limit price for an order of this type, in words. */
export function limitProblem(orderType: OrderType, limitPrice: Price | undefined): string | undefined {
  if (orderType === 'limit' && limitPrice === undefined) {
    return 'data.limit_price: expected a price because order_type is limit, found nothing';
  }
  if (orderType === 'market' && limitPrice !== undefined) {
    return 'data.order_type: expected limit because there is a limit_price, found market';
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
