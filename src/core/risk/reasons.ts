// The codes under which the risk gate refuses a signal. They are part of the wire: other programs count and match them.

/** Every rule by its code; a signal passes when none objects. The order is the order of evaluation and reporting. */
export const RISK_CODES = [
  'UNKNOWN_INSTRUMENT',
  'NOT_TRADABLE',
  'NAMESPACE_HALTED',
  'STRATEGY_QUARANTINED',
  'RISK_STALE_PRICE',
  'RISK_PRICE_OFF_TICK',
  'RISK_LOT_SIZE',
  'RISK_MAX_QUANTITY',
  'RISK_MAX_VALUE',
  'RISK_PRICE_COLLAR',
  'RISK_MAX_POSITION',
  'RISK_NO_POSITION',
  'RISK_MAX_TRADES',
  'RISK_ORDER_RATE',
  'RISK_DUPLICATE',
  'RISK_CASH',
  'RISK_DRAWDOWN',
] as const;

export type RiskCode = (typeof RISK_CODES)[number];

/** The checks of a signal that no rule objects to. */
export const ALL_PASSED: Readonly<Record<RiskCode, boolean>> = Object.freeze(
  Object.fromEntries(RISK_CODES.map((code) => [code, true])),
) as Readonly<Record<RiskCode, boolean>>;
