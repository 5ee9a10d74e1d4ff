// Books and control: snapshots of P&L, money that enters or leaves a book, and who changed what is allowed.
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

/** The amount is signed as it is posted: a deposit is above zero, a withdrawal below; charges may be given back. */
export const ledgerAdjusted = wireType(
  'ledger_adjusted',
  field.record({
    strategy_id: field.strategyId,
    amount: field.money,
    kind: field.choice(['deposit', 'withdrawal', 'charges']),
    who: field.name,
    why: field.text,
    timestamp: field.instant.nullish(),
  }),
  (data, { broker, trace, at: takenAt }) => {
    const { strategy_id: strategyId, amount, kind, who, why } = data;
    if (kind === 'charges' && amount === 0) return 'data.amount: expected charges to be more or less than 0';
    if (kind !== 'charges' && (kind === 'deposit' ? amount <= 0 : amount >= 0)) {
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
  // Version 1 knew deposits and withdrawals alone.
  { 1: (data) => data },
);

export const controlChanged = wireType(
  'control_changed',
  field.record({
    action: field.choice([
      'strategy_quarantined',
      'strategy_enabled',
      'strategy_disabled',
      'namespace_halted',
      'refused',
    ]),
    subject: field.name,
    who: field.name,
    why: field.text,
    timestamp: field.instant.nullish(),
  }),
  (data, { broker, trace, at: takenAt }) => {
    const { action, subject, who, why } = data;
    return { type: 'control_changed', broker, trace, at: earlier(data.timestamp, takenAt), action, subject, who, why };
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
