// Books and control: snapshots of P&L, money that enters or leaves a book, and who changed what is allowed.
import { type ControlChanged } from '#core/events.ts';
import { controlTrouble, limitScopeTrouble } from '#core/risk/control-check.ts';
import { readLimit } from '#core/risk/limits.ts';
import { type EpochMs } from '#core/time.ts';
import * as field from './fields.ts';
import { wireType } from './wire-type.ts';

export const pnlSnapshot = wireType(
  'pnl_snapshot',
  field.record({
    strategy_id: field.strategyId,
    realized_pnl: field.money,
    unrealized_pnl: field.money,
    total_pnl: field.money,
    cash: field.money,
    fees: field.fees,
    equity: field.money,
    max_drawdown: field.money,
    timestamp: field.instant,
  }),
  (data, { broker, trace }) => {
    const { realized_pnl: realised, unrealized_pnl: unrealised, cash, fees, equity, max_drawdown: maxDrawdown } = data;
    if (data.total_pnl !== realised + unrealised) return 'data.total_pnl: expected realized_pnl + unrealized_pnl';
    const { strategy_id: strategyId, timestamp: at } = data;
    const amounts = { realised, unrealised, cash, fees, equity, maxDrawdown };
    return { type: 'pnl_snapshot', broker, strategyId, trace, at, ...amounts };
  },
);

/** The amount is signed as it is posted: a deposit is above zero, a withdrawal below. */
export const ledgerAdjusted = wireType(
  'ledger_adjusted',
  field.record({
    strategy_id: field.strategyId,
    amount: field.money,
    kind: field.choice(['deposit', 'withdrawal']),
    who: field.name,
    why: field.text,
    timestamp: field.instant.nullish(),
  }),
  (data, { broker, trace, at: takenAt }) => {
    const { strategy_id: strategyId, amount, kind, who, why } = data;
    if (kind === 'deposit' ? amount <= 0 : amount >= 0) {
      return `data.amount: expected ${kind === 'deposit' ? 'more' : 'less'} than 0 for a ${kind}; it is signed as posted`;
    }
    return {
      type: 'ledger_adjusted',
      broker,
      strategyId,
      trace,
      at: earlier(data.timestamp, takenAt),
      amount,
      kind,
      who,
      why,
    };
  },
);

export const controlChanged = wireType(
  'control_changed',
  field.record({
    action: field.choice([
      'strategy_quarantined',
      'strategy_enabled',
      'strategy_disabled',
      'namespace_halted',
      'armed',
      'disarmed',
      'killed',
      'flatten',
      'reducing',
      'released',
      'limit_changed',
      'refused',
    ]),
    subject: field.name,
    who: field.name,
    why: field.text,
    limit_name: field.text.nullish(),
    limit_value: field.text.nullish(),
    timestamp: field.instant.nullish(),
  }),
  (data, { broker, trace, at: takenAt }) => {
    const { action, subject, who, why, limit_name: name, limit_value: value } = data;
    const trouble = controlTrouble({ action, subject, why, broker });
    if (trouble !== undefined) return trouble;
    const at = earlier(data.timestamp, takenAt);
    const changed: ControlChanged = { type: 'control_changed', broker, trace, at, action, subject, who, why };
    if (action !== 'limit_changed') return changed;
    const limit = readLimit(name ?? '', value ?? '');
    if (typeof limit === 'string') return `data.limit_name and data.limit_value: ${limit}`;
    return limitScopeTrouble(limit, subject) ?? { ...changed, limit };
  },
);

export const alertRaised = wireType(
  'alert_raised',
  field.record({
    code: field.name,
    subject: field.name,
    message: field.text,
    timestamp: field.instant.nullish(),
  }),
  (data, { broker, trace, at: takenAt }) => {
    const { code, subject, message } = data;
    return { type: 'alert_raised', broker, trace, at: earlier(data.timestamp, takenAt), code, subject, message };
  },
);

/** A writer's clock may be ahead of the time of our inputs; nothing is made after it was taken. */
function earlier(given: EpochMs | null | undefined, takenAt: EpochMs): EpochMs {
  return given != null && given < takenAt ? given : takenAt;
}
