// Arbitrary events of every type, with amounts up to the edges of what is exact, for the property tests of the wire.
import * as fc from 'fast-check';
import { type Money, type Price, type Quantity } from '#core/decimal.ts';
import {
  type DomainEvent,
  type LimitChange,
  type OrderChange,
  type OrderTerms,
  type TradingSignal,
} from '#core/events.ts';
import { knownTrace, type BrokerId, type EventId, type StrategyId } from '#core/ids.ts';
import { DAY_MS, dayOf, type EpochMs } from '#core/time.ts';
import { LIMIT_ROWS } from '#core/risk/limits.ts';
import { LAST_INSTANT } from './wire-under-test.ts';

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
/** The last instant lies in the next year in India. */
const day = instant.map((at) => dayOf(Math.max(0, at - DAY_MS) as EpochMs));
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
const none = fc.constant(undefined);
const priceTerms = fc.oneof(
  fc.record({ orderType: fc.constant('market' as const), limitPrice: none, triggerPrice: none }),
  fc.record({ orderType: fc.constant('limit' as const), limitPrice: price, triggerPrice: none }),
  fc.record({ orderType: fc.constant('stop' as const), limitPrice: none, triggerPrice: price }),
  fc.record({ orderType: fc.constant('stop_limit' as const), limitPrice: price, triggerPrice: price }),
);
const purpose = fc.constantFrom('trade' as const, 'bracket' as const, 'square_off' as const, 'flatten' as const);
const product = fc.constantFrom('CNC' as const, 'MIS' as const, 'NRML' as const);
const terms = fc.record({ prices: priceTerms, product }).map(({ prices, ...rest }) => ({ ...prices, ...rest }));
const optional = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const bracket = fc
  .record(
    { target: optional(price), stop: optional(price), trail: optional(price), exitAt: optional(instant) },
    { noNullPrototype: true },
  )
  .filter((it) => Object.values(it).some((exit) => exit !== undefined));
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
    bracket: optional(bracket),
    terms,
  })
  .map((it) => ({ ...it, ...it.terms }))
  .map(({ terms: _terms, ...rest }) => ({ ...rest, purpose: 'trade' as const }));

const order: fc.Arbitrary<OrderTerms> = fc
  .record({ orderId: eventId, side, quantity, validity, purpose, prices: terms })
  .map(({ prices, ...rest }) => ({ ...rest, ...prices }));

/** A cancel has no new terms, a modify at least one. */
const change: fc.Arbitrary<OrderChange> = fc
  .record({
    ...about,
    orderId: eventId,
    quantity,
    limitPrice: optional(price),
    expiresAt: instant,
    cancel: fc.boolean(),
  })
  .map(({ cancel, ...it }) => ({
    type: 'order_change' as const,
    ...it,
    action: cancel ? ('cancel' as const) : ('modify' as const),
    purpose: 'trade' as const,
    quantity: cancel ? undefined : it.quantity,
    orderType: undefined,
    limitPrice: cancel ? undefined : it.limitPrice,
    triggerPrice: undefined,
  }));
const changeVerdict = fc
  .record({ change, trace, at: instant })
  .map((it) => ({ ...it, broker: it.change.broker, strategyId: it.change.strategyId, token: it.change.token }));

/** What was decided about a signal names the same broker, strategy and instrument. */
const verdict = fc
  .record({ signal, trace, at: instant })
  .map((it) => ({ ...it, broker: it.signal.broker, strategyId: it.signal.strategyId, token: it.signal.token }));

/** A dividend, or shares that become more or fewer. */
const anyGift = fc.oneof(
  price.map((each) => ({ action: 'dividend' as const, ratio: undefined, amount: each as number as Money })),
  fc
    .record({ from: quantity, to: quantity }, { noNullPrototype: true })
    .filter(({ from, to }) => from !== to)
    .map((ratio) => ({
      action: ratio.to > ratio.from ? ('bonus' as const) : ('split' as const),
      ratio,
      amount: undefined,
    })),
);
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

/** A limit with any value that it can have. */
const limit: fc.Arbitrary<LimitChange> = fc
  .constantFrom(...LIMIT_ROWS)
  .chain(({ field, accepts, least }): fc.Arbitrary<LimitChange> => {
    if (typeof accepts !== 'string') return fc.constantFrom(...accepts).map((value) => ({ name: field, value }));
    const units = { count: 1, rupees: 10_000, percent: 10_000, seconds: 1_000 }[accepts];
    return fc.integer({ min: least * units, max: 1e14 }).map((value) => ({ name: field, value }));
  });

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
    slice: optional(fc.constant({ index: 1, count: 3 })),
    queued: fc.boolean(),
  }),
  fc.record({ type: fc.constant('order_claimed' as const), ...about, order }),
  fc.record({ type: fc.constant('modify_submitted' as const), ...about, order, changeId: eventId }),
  fc.record({ type: fc.constant('cancel_submitted' as const), ...about, order, changeId: eventId }),
  fc.record({ type: fc.constant('order_modified' as const), ...about, order }),
  fc.record({
    type: fc.constant('change_refused' as const),
    ...about,
    order,
    action: fc.constantFrom('modify' as const, 'cancel' as const),
    message: anyText,
  }),
  change,
  changeVerdict.map((it) => ({ type: 'validated_change' as const, ...it })),
  fc.record({ it: changeVerdict, reasons }).map((both) => ({
    type: 'rejected_change' as const,
    ...both.it,
    reasons: both.reasons,
  })),
  changeVerdict.map((it) => ({ type: 'expired_change' as const, ...it, code: 'SESSION_CLOSED' as const })),
  fc.record({
    type: fc.constant('alert_raised' as const),
    broker,
    trace,
    at: instant,
    code: cleanText,
    subject: cleanText,
    message: anyText,
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
    rejectCode: optional(fc.constantFrom('FUNDS' as const, 'OTHER' as const)),
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
    grossExposure: amount,
    netExposure: amount,
    netPnl: amount,
    maxDrawdown: amount,
  }),
  fc
    .record({ broker, strategyId, trace, at: instant, amount, charges: fc.boolean(), who: cleanText, why: anyText })
    .filter((it) => it.amount !== 0)
    .map(({ charges, ...it }) => ({
      ...it,
      type: 'ledger_adjusted' as const,
      kind: charges ? ('charges' as const) : it.amount > 0 ? ('deposit' as const) : ('withdrawal' as const),
    })),
  fc
    .record({ broker, token, trace, at: instant, exDay: day, who: cleanText, why: anyText, gift: anyGift })
    .map(({ gift, ...it }) => ({ ...it, type: 'corporate_action' as const, ...gift })),
  fc
    .record({
      broker,
      trace,
      at: instant,
      action: fc.constantFrom(
        'strategy_quarantined' as const,
        'strategy_enabled' as const,
        'namespace_halted' as const,
      ),
      subject: cleanText,
      who: cleanText,
      why: anyText,
    })
    .map((it) => ({ type: 'control_changed' as const, ...it })),
  fc
    .record({
      broker,
      trace,
      at: instant,
      action: fc.constantFrom('disarmed' as const, 'killed' as const, 'flatten' as const, 'reducing' as const),
      subject: fc.oneof(
        fc.constantFrom('global', 'instrument:7'),
        strategyId.map((id) => `strategy:${id}`),
      ),
      who: cleanText,
      why: anyText,
    })
    .map((it) => ({ type: 'control_changed' as const, ...it })),
  fc
    .record({ broker, trace, at: instant, who: cleanText, why: cleanText.filter((why) => why.trim() !== '') })
    .chain((it) =>
      fc.oneof(
        fc.constant({ type: 'control_changed' as const, ...it, action: 'armed' as const, subject: it.broker }),
        fc.constant({ type: 'control_changed' as const, ...it, action: 'released' as const, subject: 'global' }),
        limit.map((of) => ({
          type: 'control_changed' as const,
          ...it,
          action: 'limit_changed' as const,
          subject: it.broker,
          limit: of,
        })),
      ),
    ),
);
