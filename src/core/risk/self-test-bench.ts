// A gate for trying controls: fresh, in memory, with the limits of a plan, and with the means to put it into any state.
import { type Money, type Ppm, type Price, type Quantity } from '../decimal.ts';
import {
  type ControlChanged,
  type DomainEvent,
  type OrderChange,
  type OrderFilled,
  type TradingSignal,
} from '../events.ts';
import { knownTrace, type EventId, type StrategyId } from '../ids.ts';
import { InstrumentTable, type Instrument } from '../market/instrument.ts';
import { type NamespacePlan, type RiskLimits } from '../plan.ts';
import { type BookState } from '../portfolio/book.ts';
import { type Pacing } from '../execution/order-scheduler.ts';
import { type EpochMs } from '../time.ts';
import { LIMITS_OFF } from './limits.ts';
import { type Reservation } from './reservations.ts';
import { RiskManager, type RiskState } from './risk.ts';

export const TRIED = 'self_test' as StrategyId;
const AT = 1_000_000_000_000 as EpochMs;
const PRICE = 1_000_000 as Price;
const ORDER = 'order' as EventId;

const STOCK: Instrument = {
  token: 1,
  symbol: 'STOCK',
  exchange: 'NSE',
  segment: 'NSE',
  tickSize: 500 as Price,
  lotSize: 2 as Quantity,
  tradable: true,
  priceBand: 200_000 as Ppm,
  previousClose: PRICE,
};
const INDEX: Instrument = { ...STOCK, token: 2, symbol: 'INDEX', tradable: false };
const SLICED: Instrument = { ...STOCK, token: 3, symbol: 'SLICED', freezeQuantity: 2 as Quantity };

/** A gate with the limits of a plan, and the means to put it into any state and to ask it. */
export class Bench {
  readonly limits: RiskLimits;
  readonly pacing: readonly Pacing[];
  readonly #gate: RiskManager;
  readonly #plan: NamespacePlan;
  readonly #said: DomainEvent[] = [];
  readonly #base: RiskState;

  constructor(plan: NamespacePlan) {
    this.limits = { ...LIMITS_OFF, ...plan.limits };
    this.pacing = plan.pacing;
    // A simulated broker starts armed, and its book has cash for whatever a trial asks.
    this.#plan = { ...plan, answeredBy: 'simulated', startingCash: 0 as Money };
    this.#gate = new RiskManager(this.#plan, new InstrumentTable([STOCK, INDEX, SLICED]));
    const tick = { instrument: 0, time: AT, price: PRICE, volume: 0, traded: 0, depth: new Int32Array(0), depthAt: -1 };
    this.#gate.onTick(tick, this.#root(0), { push: () => undefined });
    this.#base = this.#gate.snapshot();
  }

  /** A gate in a state that differs from a fresh one. */
  static in(plan: NamespacePlan, differs: (base: RiskState, limits: RiskLimits) => Partial<RiskState>): Bench {
    const bench = new Bench(plan);
    bench.#gate.restore({ ...bench.#base, ...differs(bench.#base, bench.limits) });
    return bench;
  }

  #root(afterMs: number) {
    return { at: (AT + afterMs) as EpochMs, trace: knownTrace('self-test' as EventId) };
  }

  /** Hands an event to the gate; the codes with which it refuses or alerts. */
  ask(event: DomainEvent, afterMs = 0): readonly string[] {
    this.#said.length = 0;
    this.#gate.onEvent(event, this.#root(afterMs), { push: (said) => this.#said.push(said) });
    return this.#said.flatMap((said) => {
      if (said.type === 'rejected_signal' || said.type === 'rejected_change')
        return said.reasons.map(({ code }) => code);
      return said.type === 'alert_raised' ? [said.code] : [];
    });
  }

  /** As `ask`, at an instant. */
  askAt(event: DomainEvent, at: EpochMs): readonly string[] {
    return this.ask(event, at - AT);
  }

  signal(wanted: Partial<TradingSignal> = {}): TradingSignal {
    return {
      type: 'trading_signal',
      ...this.#about(),
      side: 'BUY',
      quantity: STOCK.lotSize,
      orderType: wanted.limitPrice === undefined ? 'market' : 'limit',
      validity: 'DAY',
      price: undefined,
      limitPrice: undefined,
      triggerPrice: undefined,
      product: 'CNC',
      purpose: 'trade',
      bracket: undefined,
      expiresAt: Number.MAX_SAFE_INTEGER as EpochMs,
      confidence: undefined,
      metadata: undefined,
      ...wanted,
    };
  }

  change(wanted: Partial<OrderChange> = {}): OrderChange {
    const terms = { quantity: undefined, orderType: undefined, limitPrice: undefined, triggerPrice: undefined };
    const about = { ...this.#about(), orderId: ORDER, purpose: 'trade', action: 'modify', ...terms } as const;
    return { type: 'order_change', ...about, expiresAt: Number.MAX_SAFE_INTEGER as EpochMs, ...wanted };
  }

  control(action: ControlChanged['action'], subject: string = this.#plan.broker): ControlChanged {
    const { broker, trace, at } = this.#about();
    return { type: 'control_changed', broker, trace, at, action, subject, who: 'self-test', why: 'self-test' };
  }

  fill(): OrderFilled {
    const { side, quantity, orderType, validity, limitPrice, triggerPrice, product, purpose } = this.signal();
    const order = { side, quantity, orderType, validity, limitPrice, triggerPrice, product, purpose, orderId: ORDER };
    const fill = { fillId: 'fill' as EventId, quantity, fillPrice: PRICE, fees: 0 as Money };
    return { type: 'order_filled', ...this.#about(), order, ...fill };
  }

  #about() {
    const trace = knownTrace('self-test' as EventId);
    return { broker: this.#plan.broker, strategyId: TRIED, token: STOCK.token, trace, at: AT };
  }
}

/** An order at work of the strategy that is tried. */
export function working(overrides: Partial<Reservation> = {}): RiskState['reservations'] {
  const reservation: Reservation = {
    strategyId: TRIED,
    token: STOCK.token,
    side: 'BUY',
    product: 'CNC',
    purpose: 'trade',
    orderType: 'limit',
    limitPrice: PRICE,
    triggerPrice: undefined,
    price: PRICE,
    quantity: STOCK.lotSize,
    base: 0,
    cash: 0,
    filled: 0,
    working: true,
    unknown: false,
    pending: undefined,
    ...overrides,
  };
  return [[ORDER, reservation]];
}

/** A ledger with one book of the strategy that is tried. */
export function bookOf(overrides: Partial<BookState>): RiskState['ledger'] {
  const nothing = { realised: 0, fees: 0, adjustments: 0, marketValue: 0, peak: 0, maxDrawdown: 0, unsettled: false };
  const book = { strategyId: TRIED, startingCash: 0, cash: 0, ...nothing, positions: [], ...overrides };
  return { marks: [[0, PRICE]], books: [book] };
}
