// Every type that an envelope can carry, with the version of its data that this build writes. Apart from the schemas, so
// that writing does not load them.

export const VERSIONS = {
  market_tick: 1,
  trading_signal: 1,
  validated_signal: 1,
  rejected_signal: 1,
  expired_signal: 1,
  order_submitted: 1,
  order_placed: 1,
  order_unknown: 1,
  order_filled: 1,
  order_failed: 1,
  order_cancelled: 1,
  order_expired: 1,
  pnl_snapshot: 1,
  ledger_adjusted: 1,
  control_changed: 1,
  system_error: 1,
} as const;

export type WireTypeName = keyof typeof VERSIONS;
