// What the tests of the wire share: one readable sample of every event, and how two events are compared.
import { type Money, type Price, type Quantity } from '#core/decimal.ts';
import { type DomainEvent, type OrderChange, type OrderTerms, type TradingSignal } from '#core/events.ts';
import {
  DerivedTrace,
  knownTrace,
  plainTrace,
  TickTrace,
  type BrokerId,
  type EventId,
  type StrategyId,
} from '#core/ids.ts';
import { dayOf, type EpochMs } from '#core/time.ts';
import { type DecodeDefaults } from './decode.ts';

/** 2021-06-11T03:45:00.000Z, a market open. */
export const OPEN = 1_623_383_100_000 as EpochMs;
/** 9999-12-31T23:59:59.999Z: the last instant that four digits of a year can say. */
export const LAST_INSTANT = 253_402_300_799_999 as EpochMs;

export const DEFAULTS: DecodeDefaults = { at: LAST_INSTANT, ttlMs: 30_000, offsetId: 'paper.signals.raw:0:7' };

const paper = 'paper' as BrokerId;

/** The event with its traces, those of a signal within it too, as plain data. */
export function withPlainTraces(event: DomainEvent): unknown {
  const trace = plainTrace(event.trace);
  if ('change' in event) return { ...event, trace, change: { ...event.change, trace: plainTrace(event.change.trace) } };
  if (!('signal' in event)) return { ...event, trace };
  return { ...event, trace, signal: { ...event.signal, trace: plainTrace(event.signal.trace) } };
}

const tick = new TickTrace('sim-42', 118);
const signalTrace = new DerivedTrace(tick, 's', paper, 0);
const verdictTrace = new DerivedTrace(signalTrace, 'r', paper, 0);
const orderTrace = new DerivedTrace(verdictTrace, 'e', paper, 0);
const changeTrace = new DerivedTrace(tick, 's', paper, 1);
const sampleBook = { broker: paper, strategyId: 'sma_crossover' as StrategyId, at: OPEN };
const sample = { ...sampleBook, token: 738_561 };
const sampleTerms = {
  side: 'BUY',
  quantity: 10 as Quantity,
  orderType: 'limit',
  validity: 'DAY',
  limitPrice: 16_505_000 as Price,
  triggerPrice: undefined,
  product: 'CNC',
  purpose: 'trade',
} as const;
const lastPrice = 16_500_500 as Price;
const expiresAt = (OPEN + 30_000) as EpochMs;

/** One event of each type, as a run of the platform makes them. */
export function sampleEvents(): readonly DomainEvent[] {
  return [...sampleSignals(), ...sampleChanges(), ...sampleOrders(), ...sampleBooks(), ...sampleBreaks()];
}

function sampleSignals(): readonly DomainEvent[] {
  const signal: TradingSignal = {
    ...sample,
    ...sampleTerms,
    type: 'trading_signal',
    trace: signalTrace,
    price: lastPrice,
    bracket: undefined,
    expiresAt,
    confidence: 0.75,
    metadata: { fast: 10, slow: 30 },
  };
  const verdict = { ...sample, trace: verdictTrace, signal };
  const reasons = [{ code: 'RISK_MAX_POSITION', limit: '1000', found: '1010' }];
  return [
    signal,
    { ...verdict, type: 'validated_signal', checks: { RISK_MAX_POSITION: true } },
    { ...verdict, type: 'rejected_signal', checks: { RISK_MAX_POSITION: false }, reasons },
    { ...verdict, type: 'expired_signal', code: 'EXPIRED' },
  ];
}

function sampleChanges(): readonly DomainEvent[] {
  const change: OrderChange = {
    ...sample,
    type: 'order_change',
    trace: changeTrace,
    action: 'modify',
    orderId: orderTrace.id,
    purpose: 'trade',
    quantity: 8 as Quantity,
    orderType: undefined,
    limitPrice: 16_510_000 as Price,
    triggerPrice: undefined,
    expiresAt,
  };
  const verdict = { ...sample, trace: new DerivedTrace(changeTrace, 'r', paper, 0), change };
  const reasons = [{ code: 'RISK_CASH', limit: '100.00', found: '1651.00' }];
  return [
    change,
    { ...verdict, type: 'validated_change' },
    { ...verdict, type: 'rejected_change', reasons },
    { ...verdict, type: 'expired_change', code: 'EXPIRED' },
  ];
}

function sampleOrders(): readonly DomainEvent[] {
  const order: OrderTerms = { ...sampleTerms, orderId: orderTrace.id };
  const signalId = signalTrace.id;
  const fillId = `${orderTrace.id}/x.paper.0` as EventId;
  const fill = { ...sample, order, trace: knownTrace(fillId, tick.id, orderTrace.id), fillId };
  const news = (index: number) => ({ ...sample, order, trace: new DerivedTrace(orderTrace, 'e', paper, index) });
  const filledQuantity = 4 as Quantity;
  const fillPrice = 16_504_525 as Price;
  return [
    {
      ...sample,
      type: 'order_submitted',
      trace: orderTrace,
      signalId,
      order,
      referencePrice: lastPrice,
      expiresAt,
      slice: undefined,
      queued: false,
    },
    { ...news(5), type: 'order_claimed' },
    { ...news(6), type: 'modify_submitted', changeId: changeTrace.id },
    { ...news(7), type: 'cancel_submitted', changeId: changeTrace.id },
    { ...news(8), type: 'order_modified' },
    { ...news(9), type: 'change_refused', action: 'modify', message: 'the order is being processed' },
    { ...news(0), type: 'order_placed', brokerOrderId: 'P-1' },
    { ...news(1), type: 'order_unknown', message: 'no answer within 5000 ms' },
    { ...fill, type: 'order_filled', quantity: filledQuantity, fillPrice, fees: 66_018 as Money },
    { ...news(2), type: 'order_failed', code: 'REFUSED', rejectCode: 'OTHER', message: 'insufficient funds' },
    { ...news(3), type: 'order_cancelled', filledQuantity, message: 'cancelled by the user' },
    { ...news(4), type: 'order_expired', filledQuantity, message: 'the session closed' },
  ];
}

function sampleBooks(): readonly DomainEvent[] {
  const command = { trace: knownTrace('request-1' as EventId), who: 'asha' };
  return [
    {
      ...sampleBook,
      type: 'pnl_snapshot',
      trace: new DerivedTrace(tick, 'p', paper, 0),
      realised: -123_400 as Money,
      unrealised: 5_000_000 as Money,
      cash: 9_934_000_000 as Money,
      fees: 66_018 as Money,
      equity: 10_004_876_600 as Money,
      grossExposure: 70_876_600 as Money,
      netExposure: 70_876_600 as Money,
      netPnl: 4_810_582 as Money,
      maxDrawdown: 123_400 as Money,
    },
    {
      ...sampleBook,
      ...command,
      type: 'ledger_adjusted',
      amount: -25_000_000 as Money,
      kind: 'withdrawal',
      why: 'profit taken out',
    },
    {
      ...command,
      broker: paper,
      type: 'corporate_action',
      token: 738_561,
      at: OPEN,
      action: 'split',
      ratio: { from: 1, to: 5 },
      amount: undefined,
      exDay: dayOf(OPEN),
      why: 'face value from 10 to 2',
    },
    {
      ...command,
      broker: paper,
      type: 'control_changed',
      at: OPEN,
      action: 'strategy_disabled',
      subject: 'sma_crossover',
      why: 'rehearsal is over',
    },
    {
      type: 'alert_raised',
      broker: paper,
      trace: new DerivedTrace(tick, 'e', paper, 9),
      at: OPEN,
      code: 'EXIT_REFUSED',
      subject: 'sma_crossover',
      message: 'the exit of 10 units was refused',
    },
  ];
}

function sampleBreaks(): readonly DomainEvent[] {
  return [
    {
      type: 'reconciliation_break',
      broker: paper,
      trace: knownTrace('reconciliation:paper:738561:1' as EventId),
      at: OPEN,
      token: 738_561,
      ours: 10,
      theirs: -5,
    },
    {
      type: 'external_position',
      broker: paper,
      trace: knownTrace('external-1' as EventId),
      at: OPEN,
      token: 738_561,
      quantity: 25,
      who: 'asha',
      why: 'held before',
    },
    {
      type: 'reconciliation_settled',
      broker: paper,
      trace: knownTrace('reconciliation:paper:738561:2' as EventId),
      at: OPEN,
      token: 738_561,
      held: 10,
    },
  ];
}
