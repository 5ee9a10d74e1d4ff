// Books and control: snapshots of P&L, money that enters or leaves a book, and who changed what is allowed.
import { type z } from 'zod';
import { type Money } from '#core/decimal.ts';
import { type ControlChanged } from '#core/events.ts';
import { controlTrouble, limitScopeTrouble } from '#core/risk/control-check.ts';
import { readLimit } from '#core/risk/limits.ts';
import { type EpochMs } from '#core/time.ts';
import * as field from './fields.ts';
import { upcastSnapshot } from './upcasts.ts';
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
    gross_exposure: field.money,
    net_exposure: field.money,
    net_pnl: field.money,
    max_drawdown: field.money,
    timestamp: field.instant,
  }),
  (data, { broker, trace }) => {
    const { realized_pnl: realised, unrealized_pnl: unrealised, cash, fees, equity, max_drawdown: maxDrawdown } = data;
    if (data.total_pnl !== realised + unrealised) return 'data.total_pnl: expected realized_pnl + unrealized_pnl';
    const { strategy_id: strategyId, timestamp: at } = data;
    const { gross_exposure: grossExposure, net_exposure: netExposure, net_pnl: netPnl } = data;
    const exposure = { grossExposure, netExposure, netPnl };
    const amounts = { realised, unrealised, cash, fees, equity, ...exposure, maxDrawdown };
    return { type: 'pnl_snapshot', broker, strategyId, trace, at, ...amounts };
  },
  upcastSnapshot,
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

const ratio = field.record({ from: field.quantity, to: field.quantity });

/** A dividend has an amount for each share, a split and a bonus say how many shares become how many. */
export const corporateAction = wireType(
  'corporate_action',
  field.record({
    instrument_token: field.token,
    action: field.choice(['dividend', 'split', 'bonus']),
    ratio: ratio.nullish(),
    amount_per_share: field.price.nullish(),
    ex_date: field.day,
    who: field.name,
    why: field.text,
    timestamp: field.instant.nullish(),
  }),
  (data, { broker, trace, at: takenAt }) => {
    const { instrument_token: token, action, ex_date: exDay, who, why } = data;
    const problem = actionProblem(data);
    if (problem !== undefined) return problem;
    const at = earlier(data.timestamp, takenAt);
    const amount = (data.amount_per_share ?? undefined) as Money | undefined;
    return {
      type: 'corporate_action',
      broker,
      token,
      trace,
      at,
      action,
      ratio: data.ratio ?? undefined,
      amount,
      exDay,
      who,
      why,
    };
  },
);

interface ActionData {
  readonly action: 'dividend' | 'split' | 'bonus';
  readonly ratio?: z.output<typeof ratio> | null | undefined;
  readonly amount_per_share?: number | null | undefined;
}

function actionProblem({ action, ratio: shares, amount_per_share: amount }: ActionData): string | undefined {
  if (action === 'dividend') {
    if (amount == null) return 'data.amount_per_share: expected an amount because action is dividend, found nothing';
    return shares == null ? undefined : 'data.ratio: expected nothing because action is dividend';
  }
  if (amount != null) return `data.amount_per_share: expected nothing because action is ${action}`;
  if (shares == null) return `data.ratio: expected from and to because action is ${action}, found nothing`;
  if (shares.from === shares.to || (action === 'bonus' && shares.to < shares.from)) {
    const expected = action === 'bonus' ? 'more shares than before' : 'another number of shares than before';
    return `data.ratio: expected ${expected}, found ${shares.from} becoming ${shares.to}`;
  }
  return undefined;
}

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

export const reconciliationBreak = wireType(
  'reconciliation_break',
  field.record({
    instrument_token: field.token,
    our_quantity: field.signedUnits,
    broker_quantity: field.signedUnits,
    timestamp: field.instant.nullish(),
  }),
  (data, { broker, trace, at: takenAt }) => {
    const { instrument_token: token, our_quantity: ours, broker_quantity: theirs } = data;
    if (ours === theirs) return 'data.broker_quantity: expected another quantity than our_quantity, found the same';
    return { type: 'reconciliation_break', broker, trace, at: earlier(data.timestamp, takenAt), token, ours, theirs };
  },
);

export const externalPosition = wireType(
  'external_position',
  field.record({
    instrument_token: field.token,
    quantity: field.signedUnits,
    who: field.name,
    why: field.text,
    timestamp: field.instant.nullish(),
  }),
  (data, { broker, trace, at: takenAt }) => {
    const { instrument_token: token, quantity, who, why } = data;
    if (why.trim() === '') return 'data.why: expected the reason, found nothing';
    return {
      type: 'external_position',
      broker,
      trace,
      at: earlier(data.timestamp, takenAt),
      token,
      quantity,
      who,
      why,
    };
  },
);

export const reconciliationSettled = wireType(
  'reconciliation_settled',
  field.record({
    instrument_token: field.token,
    quantity: field.signedUnits,
    timestamp: field.instant.nullish(),
  }),
  (data, { broker, trace, at: takenAt }) => {
    const { instrument_token: token, quantity: held } = data;
    return { type: 'reconciliation_settled', broker, trace, at: earlier(data.timestamp, takenAt), token, held };
  },
);

/** A writer's clock may be ahead of the time of our inputs; nothing is made after it was taken. */
function earlier(given: EpochMs | null | undefined, takenAt: EpochMs): EpochMs {
  return given != null && given < takenAt ? given : takenAt;
}
