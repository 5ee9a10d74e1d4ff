// Every type of the wire with its schema: the one table that says what can be read.
import { type WireTypeName } from '../versions.ts';
import { controlChanged, ledgerAdjusted, pnlSnapshot } from './books.ts';
import {
  orderCancelled,
  orderExpired,
  orderFailed,
  orderFilled,
  orderPlaced,
  orderSubmitted,
  orderUnknown,
} from './orders.ts';
import { marketTick, systemError } from './reports.ts';
import { expiredSignal, rejectedSignal, tradingSignal, validatedSignal } from './signals.ts';
import { type WireType } from './wire-type.ts';

export const SCHEMAS: Readonly<Record<WireTypeName, WireType>> = {
  market_tick: marketTick,
  trading_signal: tradingSignal,
  validated_signal: validatedSignal,
  rejected_signal: rejectedSignal,
  expired_signal: expiredSignal,
  order_submitted: orderSubmitted,
  order_placed: orderPlaced,
  order_unknown: orderUnknown,
  order_filled: orderFilled,
  order_failed: orderFailed,
  order_cancelled: orderCancelled,
  order_expired: orderExpired,
  pnl_snapshot: pnlSnapshot,
  ledger_adjusted: ledgerAdjusted,
  control_changed: controlChanged,
  system_error: systemError,
};

/** What the wire knows of a type; undefined for a name that this build does not know. */
export function schemaOf(type: string): WireType | undefined {
  return Object.hasOwn(SCHEMAS, type) ? SCHEMAS[type as WireTypeName] : undefined;
}
