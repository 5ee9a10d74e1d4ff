// The codes under which the risk gate refuses a signal or a change. They are part of the wire: other programs count and
// match them.

/** Every rule by its code; a signal passes when none objects. The order is the order of evaluation and reporting. */
export const RISK_CODES = [
  'UNKNOWN_INSTRUMENT',
  'NOT_TRADABLE',
  'NAMESPACE_HALTED',
  'RISK_HALTED',
  'RISK_DISARMED',
  'RISK_REDUCING',
  'STRATEGY_QUARANTINED',
  'RISK_STALE_PRICE',
  'RISK_PRICE_OFF_TICK',
  'RISK_LOT_SIZE',
  'RISK_STOP_LIMIT',
  'RISK_BRACKET',
  'RISK_PRICE_BAND',
  'RISK_SLICES',
  'RISK_MAX_QUANTITY',
  'RISK_MAX_VALUE',
  'RISK_PRICE_COLLAR',
  'RISK_MAX_POSITION',
  'RISK_NO_POSITION',
  'RISK_REDUCE_ONLY',
  'RISK_PRODUCT_MIXED',
  'RISK_GROSS_EXPOSURE',
  'RISK_NET_EXPOSURE',
  'RISK_ACCOUNT_GROSS_EXPOSURE',
  'RISK_ACCOUNT_NET_EXPOSURE',
  'RISK_MAX_TRADES',
  'RISK_ORDER_RATE',
  'RISK_MESSAGE_RATE',
  'RISK_DUPLICATE',
  'RISK_SELF_TRADE',
  'RISK_UNRESOLVED',
  'RISK_CASH',
  'RISK_MARGIN',
  'RISK_DRAWDOWN',
  'RISK_DAY_LOSS',
  'RISK_ACCOUNT_DAY_LOSS',
  'RISK_ACCOUNT_DRAWDOWN',
] as const;

export type RiskCode = (typeof RISK_CODES)[number];

/** Why a change of an order is refused before the rules are asked about its new terms. */
export type ChangeCode = 'RISK_UNKNOWN_ORDER' | 'RISK_NOT_OWN_ORDER' | 'RISK_CHANGE_PENDING' | 'RISK_BELOW_FILLED';

/** The checks of a signal that no rule objects to. */
export const ALL_PASSED: Readonly<Record<RiskCode, boolean>> = Object.freeze(
  Object.fromEntries(RISK_CODES.map((code) => [code, true])),
) as Readonly<Record<RiskCode, boolean>>;
