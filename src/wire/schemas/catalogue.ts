// Every type of the wire with its schema: the one table that says what can be read.
import { type WireTypeName } from '../versions.ts';
import {
  alertRaised,
  controlChanged,
  corporateAction,
  externalPosition,
  ledgerAdjusted,
  pnlSnapshot,
  reconciliationBreak,
  reconciliationSettled,
} from './books.ts';
import { expiredChange, orderChange, rejectedChange, validatedChange } from './changes.ts';
import {
  cancelSubmitted,
  changeRefused,
  modifySubmitted,
  orderCancelled,
  orderClaimed,
  orderExpired,
  orderFailed,
  orderFilled,
  orderModified,
  orderPlaced,
  orderSubmitted,
  orderUnknown,
} from './orders.ts';
import { deadLetterSettled, feedGap, marketTick, systemError } from './reports.ts';
import { expiredSignal, rejectedSignal, tradingSignal, validatedSignal } from './signals.ts';
import { type WireType } from './wire-type.ts';

export const SCHEMAS: Readonly<Record<WireTypeName, WireType>> = {
  market_tick: marketTick,
  feed_gap: feedGap,
  trading_signal: tradingSignal,
  validated_signal: validatedSignal,
  rejected_signal: rejectedSignal,
  expired_signal: expiredSignal,
  order_change: orderChange,
  validated_change: validatedChange,
  rejected_change: rejectedChange,
  expired_change: expiredChange,
  order_submitted: orderSubmitted,
  order_claimed: orderClaimed,
  modify_submitted: modifySubmitted,
  cancel_submitted: cancelSubmitted,
  order_modified: orderModified,
  change_refused: changeRefused,
  order_placed: orderPlaced,
  order_unknown: orderUnknown,
  order_filled: orderFilled,
  order_failed: orderFailed,
  order_cancelled: orderCancelled,
  order_expired: orderExpired,
  pnl_snapshot: pnlSnapshot,
  ledger_adjusted: ledgerAdjusted,
  corporate_action: corporateAction,
  control_changed: controlChanged,
  alert_raised: alertRaised,
  reconciliation_break: reconciliationBreak,
  reconciliation_settled: reconciliationSettled,
  external_position: externalPosition,
  system_error: systemError,
  dead_letter_settled: deadLetterSettled,
};

/** What the wire knows of a type; undefined for a name that this build does not know. */
export function schemaOf(type: string): WireType | undefined {
  return Object.hasOwn(SCHEMAS, type) ? SCHEMAS[type as WireTypeName] : undefined;
}
