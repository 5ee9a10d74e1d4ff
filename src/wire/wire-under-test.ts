// What the tests of the wire share: one readable sample of every event, arbitrary events of every type, and how two
// events are compared.
import * as fc from 'fast-check';
import { type Money, type Price, type Quantity } from '#core/decimal.ts';
import { type DomainEvent, type OrderTerms, type TradingSignal } from '#core/events.ts';
import {
  DerivedTrace,
  knownTrace,
  plainTrace,
  TickTrace,
  type BrokerId,
  type EventId,
  type StrategyId,
} from '#core/ids.ts';
import { type EpochMs } from '#core/time.ts';
import { type DecodeDefaults } from './decode.ts';

/** 2021-06-11T03:45:00.000Z, a market open. */
export const OPEN = 1_623_383_100_000 as EpochMs;
/** 9999-12-31T23:59:59.999Z: the last instant that four digits of a year can say. */
const LAST_INSTANT = 253_402_300_799_999 as EpochMs;

export const DEFAULTS: DecodeDefaults = { at: LAST_INSTANT, ttlMs: 30_000, offsetId: 'paper.signals.raw:0:7' };

const paper = 'paper' as BrokerId;

/** The event with its traces, those of a signal within it too, as plain data. */
export function withPlainTraces(event: DomainEvent): unknown {
  const trace = plainTrace(event.trace);
  if (!('signal' in event)) return { ...event, trace };
  return { ...event, trace, signal: { ...event.signal, trace: plainTrace(event.signal.trace) } };
}

const tick = new TickTrace('sim-42', 118);
const signalTrace = new DerivedTrace(tick, 's', paper, 0);
const verdictTrace = new DerivedTrace(signalTrace, 'r', paper, 0);
const orderTrace = new DerivedTrace(verdictTrace, 'e', paper, 0);
const sampleBook = { broker: paper, strategyId: 'sma_crossover' as StrategyId, at: OPEN };
const sample = { ...sampleBook, token: 738_561 };
const sampleTerms = {
  side: 'BUY',
  quantity: 10 as Quantity,
  orderType: 'limit',
  validity: 'DAY',
  limitPrice: 16_505_000 as Price,
} as const;
const lastPrice = 16_500_500 as Price;
const expiresAt = (OPEN + 30_000) as EpochMs;

/** One event of each type, as a run of the platform makes them. */
export function sampleEvents(): readonly DomainEvent[] {
  return [...sampleSignals(), ...sampleOrders(), ...sampleBooks()];
}

function sampleSignals(): readonly DomainEvent[] {
  const signal: TradingSignal = {
    ...sample,
    ...sampleTerms,
    type: 'trading_signal',
    trace: signalTrace,
    price: lastPrice,
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

function sampleOrders(): readonly DomainEvent[] {
  const order: OrderTerms = { ...sampleTerms, orderId: orderTrace.id };
  const signalId = signalTrace.id;
  const fillId = `${orderTrace.id}/x.paper.0` as EventId;
  const fill = { ...sample, order, trace: knownTrace(fillId, tick.id, orderTrace.id), fillId };
  const news = (index: number) => ({ ...sample, order, trace: new DerivedTrace(orderTrace, 'e', paper, index) });
  const filledQuantity = 4 as Quantity;
  const fillPrice = 16_504_525 as Price;
  return [
    { ...sample, type: 'order_submitted', trace: orderTrace, signalId, order, referencePrice: lastPrice, expiresAt },
    { ...news(0), type: 'order_placed', brokerOrderId: 'P-1' },
    { ...news(1), type: 'order_unknown', message: 'no answer within 5000 ms' },
    { ...fill, type: 'order_filled', quantity: filledQuantity, fillPrice, fees: 66_018 as Money },
    { ...news(2), type: 'order_failed', code: 'REFUSED', message: 'insufficient funds' },
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
      type: 'control_changed',
      at: OPEN,
      action: 'strategy_disabled',
      subject: 'sma_crossover',
      why: 'rehearsal is over',
    },
  ];
}

const MAX = Number.MAX_SAFE_INTEGER;
const cleanText = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 24 })
  .filter((text) => /^[^\p{Cc}\p{Cs}]+$/u.test(text));
const anyText = fc.string({ unit: 'binary', maxLength: 24 });
const amount = fc.maxSafeInteger() as fc.Arbitrary<Money>;
const halfAmount = fc.integer({ min: -2e15, max: 2e15 }) as fc.Arbitrary<Money>;
const fees = fc.integer({ min: 0, max: MAX }) as fc.Arbitrary<Money>;
const price = fc.integer({ min: 1, max: MAX }) as fc.Arbitrary<Price>;
const quantity = fc.integer({ min: 1, max: MAX }) as fc.Arbitrary<Quantity>;
const token = fc.integer({ min: 0, max: MAX });
const instant = fc.integer({ min: 0, max: LAST_INSTANT }) as fc.Arbitrary<EpochMs>;
const side = fc.constantFrom('BUY' as const, 'SELL' as const);
const validity = fc.constantFrom('DAY' as const, 'IOC' as const);
const strategyId = cleanText as fc.Arbitrary<StrategyId>;
const eventId = cleanText as fc.Arbitrary<EventId>;
const broker = fc.constantFrom('paper', 'zerodha', 'paper_2') as fc.Arbitrary<BrokerId>;
const checks = fc.dictionary(
  cleanText.filter((key) => key !== '__proto__'),
  fc.boolean(),
  { noNullPrototype: true },
);
const trace = fc
  .tuple(eventId, eventId, fc.option(eventId, { nil: undefined }))
  .map(([id, correlationId, causationId]) => knownTrace(id, correlationId, causationId));
const limitTerms = fc.oneof(
  fc.record({ orderType: fc.constant('market' as const), limitPrice: fc.constant(undefined) }),
  fc.record({ orderType: fc.constant('limit' as const), limitPrice: price }),
);
/** What JSON can carry: a minus before a zero it cannot. */
const metadata = fc
  .dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true })
  .map((value) => JSON.stringify(value))
  .filter((text) => !text.includes('__proto__'))
  .map((text) => JSON.parse(text) as Readonly<Record<string, unknown>>);

const about = { broker, strategyId, token, trace, at: instant };

const signal: fc.Arbitrary<TradingSignal> = fc
  .record({
    type: fc.constant('trading_signal' as const),
    ...about,
    side,
    quantity,
    validity,
    price: fc.option(price, { nil: undefined }),
    expiresAt: instant,
    confidence: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
    metadata: fc.option(metadata, { nil: undefined }),
    terms: limitTerms,
  })
  .map(({ terms, ...rest }) => ({ ...rest, ...terms }));

const order: fc.Arbitrary<OrderTerms> = fc
  .record({ orderId: eventId, side, quantity, validity, terms: limitTerms })
  .map(({ terms, ...rest }) => ({ ...rest, ...terms }));

/** What was decided about a signal names the same broker, strategy and instrument. */
const verdict = fc
  .record({ signal, trace, at: instant })
  .map((it) => ({ ...it, broker: it.signal.broker, strategyId: it.signal.strategyId, token: it.signal.token }));

const reason = fc.record({ code: anyText, limit: anyText, found: anyText }, { noNullPrototype: true });
const reasons = fc.array(reason, { maxLength: 3 });

function ended(type: 'order_cancelled' | 'order_expired'): fc.Arbitrary<DomainEvent> {
  return fc
    .record({ ...about, order, message: anyText, part: fc.double({ min: 0, max: 1, noNaN: true }) })
    .map(({ part, ...rest }) => ({
      ...rest,
      type,
      filledQuantity: Math.floor(rest.order.quantity * part) as Quantity,
    }));
}

/** Any event of any type, with amounts up to the edges of what is exact. */
export const anyEvent: fc.Arbitrary<DomainEvent> = fc.oneof(
  signal,
  fc.record({ verdict, checks }).map((it) => ({ type: 'validated_signal' as const, ...it.verdict, checks: it.checks })),
  fc
    .record({ verdict, checks, reasons })
    .map((it) => ({ type: 'rejected_signal' as const, ...it.verdict, checks: it.checks, reasons: it.reasons })),
  fc
    .record({ verdict, code: fc.constantFrom('EXPIRED' as const, 'SUPERSEDED' as const, 'SESSION_CLOSED' as const) })
    .map((it) => ({ type: 'expired_signal' as const, ...it.verdict, code: it.code })),
  fc.record({
    type: fc.constant('order_submitted' as const),
    ...about,
    signalId: eventId,
    order,
    referencePrice: price,
    expiresAt: instant,
  }),
  fc.record({ type: fc.constant('order_placed' as const), ...about, order, brokerOrderId: cleanText }),
  fc.record({ type: fc.constant('order_unknown' as const), ...about, order, message: anyText }),
  fc
    .record({
      ...about,
      order,
      fillId: eventId,
      fillPrice: price,
      fees,
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    .map(({ part, ...rest }) => ({
      ...rest,
      type: 'order_filled' as const,
      quantity: Math.max(1, Math.floor(rest.order.quantity * part)) as Quantity,
    })),
  fc.record({
    type: fc.constant('order_failed' as const),
    ...about,
    order,
    code: fc.constantFrom('REFUSED' as const, 'NOT_SENT' as const, 'ABSENT' as const),
    message: anyText,
  }),
  ended('order_cancelled'),
  ended('order_expired'),
  fc.record({
    type: fc.constant('pnl_snapshot' as const),
    broker,
    strategyId,
    trace,
    at: instant,
    realised: halfAmount,
    unrealised: halfAmount,
    cash: amount,
    fees,
    equity: amount,
    maxDrawdown: amount,
  }),
  fc
    .record({ broker, strategyId, trace, at: instant, amount, who: cleanText, why: anyText })
    .filter((it) => it.amount !== 0)
    .map((it) => ({
      ...it,
      type: 'ledger_adjusted' as const,
      kind: it.amount > 0 ? ('deposit' as const) : ('withdrawal' as const),
    })),
  fc.record({
    type: fc.constant('control_changed' as const),
    broker,
    trace,
    at: instant,
    action: fc.constantFrom('strategy_quarantined' as const, 'strategy_enabled' as const, 'namespace_halted' as const),
    subject: cleanText,
    who: cleanText,
    why: anyText,
  }),
);
