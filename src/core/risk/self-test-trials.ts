// How each control of the gate is fired once: the state in which it must answer, and what is asked.
import { type Price, type Quantity } from '../decimal.ts';
import { type EventId, type StrategyId } from '../ids.ts';
import { type Pacing } from '../execution/order-scheduler.ts';
import { type RiskLimits } from '../plan.ts';
import { type EpochMs, startOfDay } from '../time.ts';
import { type ChangeCode, type RiskCode } from './reasons.ts';
import { type RiskState } from './risk.ts';
import { bookOf, TRIED, working, type Bench } from './self-test-bench.ts';

export interface Trial {
  readonly control: RiskCode | ChangeCode | 'RISK_REPEATED_FILLS';
  /** Whether its limit is off, so that it has nothing to say. */
  readonly off?: (limits: RiskLimits, bench: Bench) => boolean;
  readonly state?: (base: RiskState, limits: RiskLimits) => Partial<RiskState>;
  /** The codes that the gate answers with. */
  readonly fire: (bench: Bench) => readonly string[];
}

const PRICE = 1_000_000;
const many = (limit: number): Quantity => (2 * (limit + 1)) as Quantity;
/** So many units that they are worth more than a limit. */
const worthMore = (limit: number): Quantity => (2 * (Math.floor(limit / PRICE) + 1)) as Quantity;
const buy = (bench: Bench): readonly string[] => bench.ask(bench.signal());

const terms: readonly Trial[] = [
  { control: 'UNKNOWN_INSTRUMENT', fire: (bench) => bench.ask(bench.signal({ token: 9 })) },
  { control: 'NOT_TRADABLE', fire: (bench) => bench.ask(bench.signal({ token: 2 })) },
  {
    control: 'RISK_PRICE_OFF_TICK',
    fire: (bench) => bench.ask(bench.signal({ limitPrice: (PRICE + 1) as Price })),
  },
  { control: 'RISK_LOT_SIZE', fire: (bench) => bench.ask(bench.signal({ quantity: 1 as Quantity })) },
  {
    control: 'RISK_STOP_LIMIT',
    fire(bench) {
      const prices = { triggerPrice: PRICE as Price, limitPrice: (PRICE - 500) as Price };
      return bench.ask(bench.signal({ orderType: 'stop_limit', ...prices }));
    },
  },
  {
    control: 'RISK_BRACKET',
    fire(bench) {
      const bracket = { target: (PRICE - 500) as Price, stop: undefined, trail: undefined, exitAt: undefined };
      return bench.ask(bench.signal({ bracket }));
    },
  },
  { control: 'RISK_PRICE_BAND', fire: (bench) => bench.ask(bench.signal({ limitPrice: (2 * PRICE) as Price })) },
  {
    control: 'RISK_SLICES',
    off: (_limits, { pacing }) => (pacing.at(-1)?.slices ?? 0) === 0,
    fire(bench) {
      const row = bench.pacing.at(-1) as Pacing;
      const at = startOfDay(row.from);
      return bench.askAt(
        bench.signal({
          token: 3,
          quantity: (2 * (row.slices + 1)) as Quantity,
          expiresAt: Number.MAX_SAFE_INTEGER as EpochMs,
        }),
        at,
      );
    },
  },
  { control: 'RISK_NO_POSITION', fire: (bench) => bench.ask(bench.signal({ side: 'SELL' })) },
  { control: 'RISK_REDUCE_ONLY', fire: (bench) => bench.ask(bench.signal({ side: 'SELL', purpose: 'flatten' })) },
  {
    control: 'RISK_PRODUCT_MIXED',
    state: () => ({ reservations: working() }),
    fire: (bench) => bench.ask(bench.signal({ product: 'MIS' })),
  },
];

function after(action: 'killed' | 'disarmed' | 'reducing' | 'strategy_quarantined', subject?: string): Trial['fire'] {
  return (bench) => {
    bench.ask(bench.control(action, subject));
    return buy(bench);
  };
}

const states: readonly Trial[] = [
  { control: 'NAMESPACE_HALTED', fire: after('killed') },
  { control: 'RISK_HALTED', fire: after('killed', `strategy:${TRIED}`) },
  { control: 'RISK_DISARMED', fire: after('disarmed') },
  { control: 'RISK_REDUCING', fire: after('reducing') },
  { control: 'STRATEGY_QUARANTINED', fire: after('strategy_quarantined', TRIED) },
];

const sizes: readonly Trial[] = [
  {
    control: 'RISK_MAX_QUANTITY',
    off: ({ maxOrderQuantity }) => maxOrderQuantity === 0,
    fire: (bench) => bench.ask(bench.signal({ quantity: many(bench.limits.maxOrderQuantity) })),
  },
  {
    control: 'RISK_MAX_VALUE',
    off: ({ maxOrderValue }) => maxOrderValue === 0,
    fire: (bench) => bench.ask(bench.signal({ quantity: worthMore(bench.limits.maxOrderValue) })),
  },
  {
    control: 'RISK_MAX_POSITION',
    off: ({ maxPositionUnits }) => maxPositionUnits === 0,
    fire: (bench) => bench.ask(bench.signal({ quantity: many(bench.limits.maxPositionUnits) })),
  },
  ...(
    [
      ['RISK_GROSS_EXPOSURE', 'maxGrossExposure'],
      ['RISK_NET_EXPOSURE', 'maxNetExposure'],
      ['RISK_ACCOUNT_GROSS_EXPOSURE', 'maxAccountGrossExposure'],
      ['RISK_ACCOUNT_NET_EXPOSURE', 'maxAccountNetExposure'],
    ] as const
  ).map(([control, field]): Trial => ({
    control,
    off: (limits) => limits[field] === 0,
    fire: (bench) => bench.ask(bench.signal({ quantity: worthMore(bench.limits[field]) })),
  })),
  {
    control: 'RISK_PRICE_COLLAR',
    off: ({ priceCollar }) => priceCollar === 0,
    fire(bench) {
      // A percentage of a price of 100 rupees is as many units as the share has parts per million.
      const limitPrice = (PRICE + bench.limits.priceCollar + 500) as Price;
      return bench.ask(bench.signal({ limitPrice }));
    },
  },
  { control: 'RISK_CASH', fire: buy },
  { control: 'RISK_MARGIN', fire: (bench) => bench.ask(bench.signal({ product: 'MIS' })) },
];

const rates: readonly Trial[] = [
  {
    control: 'RISK_STALE_PRICE',
    off: ({ staleAfterMs }) => staleAfterMs === 0,
    fire: (bench) => bench.ask(bench.signal(), bench.limits.staleAfterMs + 1),
  },
  {
    control: 'RISK_MAX_TRADES',
    off: ({ maxTradesPerDay }) => maxTradesPerDay === 0,
    state: ({ counters }, { maxTradesPerDay }) => ({
      counters: { ...counters, trades: [[TRIED, maxTradesPerDay]] },
    }),
    fire: buy,
  },
  {
    control: 'RISK_ORDER_RATE',
    off: ({ maxOrdersPerSecond }) => maxOrdersPerSecond === 0,
    state: ({ counters }, { maxOrdersPerSecond }) => ({
      counters: { ...counters, second: 1_000_000_000, ordersThisSecond: maxOrdersPerSecond },
    }),
    fire: buy,
  },
  {
    control: 'RISK_MESSAGE_RATE',
    off: ({ maxMessagesPerMinute }) => maxMessagesPerMinute === 0,
    state: ({ counters }, { maxMessagesPerMinute }) => ({
      counters: { ...counters, minute: 16_666_666, messagesThisMinute: maxMessagesPerMinute },
    }),
    fire: buy,
  },
  {
    control: 'RISK_DUPLICATE',
    off: ({ duplicateWindowMs }) => duplicateWindowMs === 0,
    state: ({ counters }) => ({
      counters: {
        ...counters,
        accepted: [[`${TRIED}:1`, { side: 'BUY', quantity: 2, limitPrice: 0, at: 1_000_000_000_000 }]],
      },
    }),
    fire: buy,
  },
  {
    control: 'RISK_REPEATED_FILLS',
    off: ({ repeatedFills }) => repeatedFills === 0,
    state: (_base, { repeatedFills }) => ({
      repeats: [[`${TRIED}:1`, 'BUY', Array.from({ length: repeatedFills }, () => 1_000_000_000_000)]],
    }),
    fire: (bench) => bench.ask(bench.fill()),
  },
];

const others: readonly Trial[] = [
  {
    control: 'RISK_SELF_TRADE',
    off: ({ selfTrade }) => selfTrade === 'allow',
    state: () => ({ reservations: working({ side: 'SELL', strategyId: 'other' as StrategyId }) }),
    fire: buy,
  },
  { control: 'RISK_UNRESOLVED', state: () => ({ reservations: working({ unknown: true }) }), fire: buy },
  {
    control: 'RISK_UNKNOWN_ORDER',
    fire: (bench) => bench.ask(bench.change({ quantity: 4 as Quantity })),
  },
  {
    control: 'RISK_NOT_OWN_ORDER',
    state: () => ({ reservations: working({ strategyId: 'other' as StrategyId }) }),
    fire: (bench) => bench.ask(bench.change({ quantity: 4 as Quantity })),
  },
  {
    control: 'RISK_CHANGE_PENDING',
    state() {
      const [[, order]] = working() as readonly [RiskState['reservations'][number]];
      return { reservations: working({ pending: { ...order, changeId: 'change' as EventId } }) };
    },
    fire: (bench) => bench.ask(bench.change({ quantity: 4 as Quantity })),
  },
  {
    control: 'RISK_BELOW_FILLED',
    state: () => ({ reservations: working({ quantity: 4, filled: 2 }) }),
    fire: (bench) => bench.ask(bench.change({ quantity: 2 as Quantity })),
  },
];

/** More than any share of it that a limit can be. */
const FALL = 20_000_000;

const losses: readonly Trial[] = [
  {
    control: 'RISK_DRAWDOWN',
    off: ({ maxDrawdown }) => maxDrawdown === 0,
    state: () => ({ ledger: bookOf({ startingCash: 10_000_000, peak: FALL }) }),
    fire: buy,
  },
  {
    control: 'RISK_DAY_LOSS',
    off: ({ maxDayLoss }) => maxDayLoss === 0,
    state: ({ losses: base }, { maxDayLoss }) => ({ losses: { ...base, dayStart: [[TRIED, maxDayLoss + 1]] } }),
    fire: buy,
  },
  {
    control: 'RISK_ACCOUNT_DAY_LOSS',
    off: ({ maxAccountDayLoss }) => maxAccountDayLoss === 0,
    state: ({ losses: base }, { maxAccountDayLoss }) => ({
      ledger: bookOf({}),
      losses: { ...base, dayStart: [[TRIED, maxAccountDayLoss + 1]] },
    }),
    fire: buy,
  },
  {
    control: 'RISK_ACCOUNT_DRAWDOWN',
    off: ({ maxAccountDrawdown }) => maxAccountDrawdown === 0,
    state: () => ({
      ledger: bookOf({ startingCash: 10_000_000, cash: 10_000_000 }),
      losses: { dayStart: [], peak: FALL },
    }),
    fire: buy,
  },
];

export const TRIALS: readonly Trial[] = [...terms, ...states, ...sizes, ...rates, ...others, ...losses];
