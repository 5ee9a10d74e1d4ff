// Every type that an envelope can carry, with the version of its data that this build writes. Apart from the schemas, so
// that writing does not load them.

export const VERSIONS = {
  market_tick: 1,
  feed_gap: 1,
  trading_signal: 2,
  validated_signal: 2,
  rejected_signal: 2,
  expired_signal: 2,
  order_change: 1,
  validated_change: 1,
  rejected_change: 1,
  expired_change: 1,
  order_submitted: 2,
  order_claimed: 1,
  modify_submitted: 1,
  cancel_submitted: 1,
  order_modified: 1,
  change_refused: 1,
  order_placed: 2,
  order_unknown: 2,
  order_filled: 2,
  order_failed: 2,
  order_cancelled: 2,
  order_expired: 2,
  pnl_snapshot: 2,
  ledger_adjusted: 2,
  corporate_action: 1,
  control_changed: 1,
  alert_raised: 1,
  reconciliation_break: 1,
  reconciliation_settled: 1,
  external_position: 1,
  system_error: 1,
  dead_letter_settled: 1,
} as const;

export type WireTypeName = keyof typeof VERSIONS;
