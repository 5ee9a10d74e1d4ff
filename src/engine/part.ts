// A part of the pipeline: the stages that run in this process while the others run elsewhere. What those decide comes
// through the log; docs/decisions/0020-stages-in-processes-of-their-own.md.
import { type Root } from '#core/decider.ts';
import { type DomainEvent, type Out, type ValidatedSignal } from '#core/events.ts';
import { DerivedTrace } from '#core/ids.ts';
import { type StageName } from './pipeline.ts';

/** Whether each stage runs here. */
export type Part = Readonly<Record<StageName, boolean>>;

/** Every stage runs here. */
export const WHOLE: Part = {
  market_feed: true,
  strategy_runner: true,
  risk_manager: true,
  trading_engine: true,
  portfolio_manager: true,
};

export function partOf(stages: readonly StageName[]): Part {
  const here = (name: StageName): boolean => stages.includes(name);
  return {
    market_feed: here('market_feed'),
    strategy_runner: here('strategy_runner'),
    risk_manager: here('risk_manager'),
    trading_engine: here('trading_engine'),
    portfolio_manager: here('portfolio_manager'),
  };
}

const ORDER_NEWS = ['strategy_runner', 'risk_manager'] as const;
const CHANGE_NEWS = ['strategy_runner'] as const;
const NOBODY: readonly StageName[] = [];

/** The stages that an event concerns, wherever they run; `Namespace` hands it to those. */
const CONCERNS: Readonly<Record<DomainEvent['type'], readonly StageName[]>> = {
  trading_signal: ['risk_manager'],
  order_change: ['risk_manager'],
  validated_signal: ['trading_engine'],
  validated_change: ['trading_engine'],
  rejected_change: ['trading_engine'],
  rejected_signal: ['strategy_runner', 'trading_engine'],
  expired_signal: ['strategy_runner', 'risk_manager', 'trading_engine'],
  expired_change: ['risk_manager', 'trading_engine'],
  order_submitted: ORDER_NEWS,
  order_placed: ORDER_NEWS,
  order_unknown: ORDER_NEWS,
  order_failed: ORDER_NEWS,
  order_cancelled: ORDER_NEWS,
  order_expired: ORDER_NEWS,
  order_modified: ORDER_NEWS,
  change_refused: ORDER_NEWS,
  order_claimed: CHANGE_NEWS,
  modify_submitted: CHANGE_NEWS,
  cancel_submitted: CHANGE_NEWS,
  order_filled: ['portfolio_manager', 'risk_manager', 'strategy_runner'],
  ledger_adjusted: ['portfolio_manager', 'risk_manager'],
  corporate_action: ['portfolio_manager', 'risk_manager', 'trading_engine', 'strategy_runner'],
  control_changed: ['risk_manager', 'trading_engine', 'strategy_runner'],
  alert_raised: NOBODY,
  reconciliation_break: NOBODY,
  reconciliation_settled: NOBODY,
  external_position: NOBODY,
  pnl_snapshot: NOBODY,
};

/** Whether a stage of this part has to hear of the event. */
export function isOfConcern({ type }: DomainEvent, part: Part): boolean {
  return CONCERNS[type].some((stage) => part[stage]);
}

/**
 * The answer of a gate that runs elsewhere to a signal that waited for a price: it cannot be asked at once, and a signal
 * is not executed on what it found earlier. The signal ends as expired, which frees what is reserved for it.
 */
export function expireUnconfirmed(validated: ValidatedSignal, root: Root, out: Out): false {
  const { broker, strategyId, token, signal } = validated;
  const trace = new DerivedTrace(validated.trace, 'e', broker, 0);
  out.push({ type: 'expired_signal', broker, strategyId, token, trace, at: root.at, signal, code: 'EXPIRED' });
  return false;
}
