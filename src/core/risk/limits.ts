// The limits of the risk gate as one table: how each is called where people write it, what is accepted, and whether it
// is of one book or of the whole account. Settings, deployment files, commands and messages all read it.
import { type Money, formatDecimal, parseDecimal, type Ppm } from '../decimal.ts';
import { type LimitChange } from '../events.ts';
import { type RiskLimits } from '../plan.ts';

export type LimitName = keyof RiskLimits;

/** `count` is whole units; the others are written as decimal text. */
type LimitKind = 'count' | 'rupees' | 'percent' | 'seconds';

export interface LimitRow {
  readonly field: LimitName;
  /** As it is written outside: `max_order_value`. */
  readonly name: string;
  readonly accepts: LimitKind | readonly string[];
  /** Least that is accepted, as it is written outside. */
  readonly least: number;
  /** A limit of the account is the same for every strategy. */
  readonly of: 'book' | 'account';
}

function row(
  field: LimitName,
  name: string,
  accepts: LimitRow['accepts'],
  of: LimitRow['of'] = 'book',
  least = 0,
): LimitRow {
  return { field, name, accepts, least, of };
}

export const LIMIT_ROWS: readonly LimitRow[] = [
  row('maxPositionUnits', 'max_position_units', 'count'),
  row('maxOrderQuantity', 'max_order_quantity', 'count'),
  row('maxOrderValue', 'max_order_value', 'rupees'),
  row('maxTradesPerDay', 'max_trades_per_day', 'count'),
  row('priceCollar', 'price_collar_percent', 'percent'),
  row('staleAfterMs', 'stale_after_seconds', 'seconds'),
  row('duplicateWindowMs', 'duplicate_window_seconds', 'seconds'),
  row('cashReserve', 'cash_reserve_percent', 'percent', 'book', 100),
  row('maxDrawdown', 'max_drawdown_percent', 'percent'),
  row('drawdownExits', 'drawdown_exits', ['allow', 'refuse']),
  row('drawdownAction', 'drawdown_action', ['refuse', 'stop']),
  row('maxOrdersPerSecond', 'max_orders_per_second', 'count', 'account'),
  row('maxMessagesPerMinute', 'max_messages_per_minute', 'count', 'account'),
  row('maxGrossExposure', 'max_gross_exposure', 'rupees'),
  row('maxNetExposure', 'max_net_exposure', 'rupees'),
  row('maxAccountGrossExposure', 'max_account_gross_exposure', 'rupees', 'account'),
  row('maxAccountNetExposure', 'max_account_net_exposure', 'rupees', 'account'),
  row('maxDayLoss', 'max_day_loss', 'rupees'),
  row('maxAccountDayLoss', 'max_account_day_loss', 'rupees', 'account'),
  row('maxAccountDrawdown', 'max_account_drawdown_percent', 'percent', 'account'),
  row('haltAt', 'halt_at_percent', 'percent', 'book', 100),
  row('misMargin', 'mis_margin_percent', 'percent', 'book', 1),
  row('nrmlMargin', 'nrml_margin_percent', 'percent', 'book', 1),
  row('repeatedFills', 'repeated_fills', 'count'),
  row('repeatedFillsWindowMs', 'repeated_fills_window_seconds', 'seconds'),
  row('selfTrade', 'self_trade', ['allow', 'refuse'], 'account'),
];

/** Every limit switched off; what cannot be off has its usual value. */
export const LIMITS_OFF: RiskLimits = {
  maxPositionUnits: 0,
  maxOrderQuantity: 0,
  maxOrderValue: 0 as Money,
  maxTradesPerDay: 0,
  priceCollar: 0 as Ppm,
  staleAfterMs: 0,
  duplicateWindowMs: 0,
  cashReserve: 1_010_000 as Ppm,
  maxDrawdown: 0 as Ppm,
  drawdownExits: 'allow',
  drawdownAction: 'refuse',
  maxOrdersPerSecond: 0,
  maxMessagesPerMinute: 0,
  maxGrossExposure: 0 as Money,
  maxNetExposure: 0 as Money,
  maxAccountGrossExposure: 0 as Money,
  maxAccountNetExposure: 0 as Money,
  maxDayLoss: 0 as Money,
  maxAccountDayLoss: 0 as Money,
  maxAccountDrawdown: 0 as Ppm,
  haltAt: 1_500_000 as Ppm,
  misMargin: 200_000 as Ppm,
  nrmlMargin: 1_000_000 as Ppm,
  repeatedFills: 0,
  repeatedFillsWindowMs: 60_000,
  selfTrade: 'allow',
};

/** The row of a limit by the name that is written outside. */
export function limitRow(name: string): LimitRow | undefined {
  return LIMIT_ROWS.find((each) => each.name === name);
}

/** Reads a limit as people write it; a sentence that says what is wrong when it is none. */
export function readLimit(name: string, text: string): LimitChange | string {
  const found = limitRow(name);
  if (found === undefined) {
    return `expected a limit, one of ${LIMIT_ROWS.map((each) => each.name).join(', ')}; found ${JSON.stringify(name)}`;
  }
  const { field, accepts, least } = found;
  if (typeof accepts !== 'string') {
    if (accepts.includes(text)) return { name: field, value: text };
    return `expected ${name} to be ${accepts.join(' or ')}, found ${JSON.stringify(text)}`;
  }
  const value = readAmount(accepts, text);
  if (value === undefined || value < (readAmount(accepts, `${least}`) as number)) {
    return `expected ${name} to be ${wordsOf(accepts)} of at least ${least}, found ${JSON.stringify(text)}`;
  }
  return { name: field, value };
}

/** A limit as people write it. */
export function formatLimit({ accepts }: LimitRow, value: number | string): string {
  if (typeof value === 'string' || accepts === 'count') return `${value}`;
  return accepts === 'seconds' ? formatDecimal(value * 10) : formatDecimal(value);
}

function readAmount(kind: LimitKind, text: string): number | undefined {
  if (kind === 'count') return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  const units = parseDecimal(text);
  if (units === undefined || kind !== 'seconds') return units;
  return units % 10 === 0 ? units / 10 : undefined;
}

function wordsOf(kind: LimitKind): string {
  if (kind === 'count') return 'a whole number';
  return kind === 'seconds' ? 'seconds with at most 3 decimals' : `${kind} with at most 4 decimals`;
}
