// The risk manager of one namespace: every signal passes here or ends here. It keeps its own ledger, folded from the
// same fills with the same code as the portfolio manager's.
import { type Root, type Stage } from '../decider.ts';
import { type DomainEvent, type Out, type Reason, type TradingSignal, type ValidatedSignal } from '../events.ts';
import { DerivedTrace, type EventId, type StrategyId } from '../ids.ts';
import { type InstrumentTable } from '../market/instrument.ts';
import { type Tick } from '../market/tick.ts';
import { type NamespacePlan } from '../plan.ts';
import { grown } from '../portfolio/book.ts';
import { Ledger, type BookShelf, type LedgerState } from '../portfolio/ledger.ts';
import { dayOf, SECOND_MS } from '../time.ts';
import { ALL_PASSED, RISK_CODES } from './reasons.ts';
import { Reservations, type Reservation } from './reservations.ts';
import { objections, reserveFor, type AcceptedSignal, type Question } from './rules.ts';

export interface RiskState {
  readonly ledger: LedgerState;
  readonly lastTimes: readonly (readonly [number, number])[];
  readonly reservations: readonly (readonly [EventId, Reservation])[];
  /** Accepted signals by strategy on `day`. */
  readonly day: number;
  readonly trades: readonly (readonly [StrategyId, number])[];
  readonly second: number;
  readonly ordersThisSecond: number;
  readonly accepted: readonly (readonly [string, AcceptedSignal])[];
  readonly quarantined: readonly StrategyId[];
  readonly halted: boolean;
}

/** A question while it is put together. */
type Asked = { -readonly [Name in keyof Question]: Question[Name] };

export class RiskManager implements Stage<RiskState> {
  #plan: NamespacePlan;
  readonly #instruments: InstrumentTable;
  readonly ledger: Ledger;
  #lastTime: Float64Array<ArrayBuffer>;
  readonly #reservations = new Reservations();
  #day = 0;
  readonly #trades = new Map<StrategyId, number>();
  #second = 0;
  #ordersThisSecond = 0;
  readonly #accepted = new Map<string, AcceptedSignal>();
  readonly #quarantined = new Set<StrategyId>();
  #halted = false;
  /** One record for every question: it is asked once and never kept. */
  readonly #question = {
    inFlight: { buying: 0, selling: 0, reservedOfBook: 0 },
    quarantined: false,
    halted: false,
  } as Asked;

  constructor(plan: NamespacePlan, instruments: InstrumentTable, shelf?: BookShelf) {
    this.#plan = plan;
    this.#instruments = instruments;
    this.ledger = new Ledger(plan.startingCash, instruments.size, shelf);
    this.#lastTime = new Float64Array(instruments.size);
  }

  /** Goes on under another plan: other limits, more instruments. */
  replan(plan: NamespacePlan): void {
    this.#plan = plan;
    this.ledger.replan(plan.startingCash, this.#instruments.size);
    this.#lastTime = grown(this.#lastTime, this.#instruments.size);
  }

  onTick(tick: Tick, root: Root): void {
    this.ledger.mark(tick.instrument, tick.price);
    this.#lastTime[tick.instrument] = root.at;
  }

  onEvent(event: DomainEvent, root: Root, out: Out): void {
    switch (event.type) {
      case 'trading_signal':
        this.#onSignal(event, root, out);
        break;
      case 'expired_signal':
        this.#reservations.release(event.signal.trace.id);
        break;
      case 'order_submitted':
        this.#reservations.rename(event.signalId, event.order.orderId);
        break;
      case 'order_filled':
        this.ledger.onFill(event, this.#instruments.indexOf(event.token));
        this.#reservations.fill(event.order.orderId, event.quantity);
        break;
      case 'order_failed':
      case 'order_cancelled':
      case 'order_expired':
        this.#reservations.release(event.order.orderId);
        break;
      case 'ledger_adjusted':
        this.ledger.onAdjusted(event);
        break;
      case 'control_changed':
        this.#onControl(event.action, event.subject);
        break;
      case 'validated_signal':
      case 'rejected_signal':
      case 'order_placed':
      case 'order_unknown':
      case 'pnl_snapshot':
        break;
    }
  }

  #onSignal(signal: TradingSignal, root: Root, out: Out): void {
    const { broker, strategyId, token } = signal;
    const at = root.at;
    const trace = new DerivedTrace(signal.trace, 'r', broker, 0);
    if (at >= signal.expiresAt) {
      out.push({ type: 'expired_signal', broker, strategyId, token, trace, at, signal, code: 'EXPIRED' });
      return;
    }
    const reasons = this.#objections(signal, root, 0);
    if (reasons.length > 0) {
      const checks = failed(reasons);
      out.push({ type: 'rejected_signal', broker, strategyId, token, trace, at, signal, checks, reasons });
      return;
    }
    this.#accept(signal, root);
    out.push({ type: 'validated_signal', broker, strategyId, token, trace, at, signal, checks: ALL_PASSED });
  }

  /**
   * Asks again about a signal that waited for a price: what was let pass without one, or at an older one, must pass at
   * this one. False when it does not; then it is rejected and holds nothing any more.
   */
  confirm(validated: ValidatedSignal, root: Root, out: Out): boolean {
    const { broker, strategyId, token, signal } = validated;
    this.#reservations.release(signal.trace.id);
    const reasons = this.#objections(signal, root, 1);
    if (reasons.length > 0) {
      const trace = new DerivedTrace(validated.trace, 'r', broker, 0);
      const checks = failed(reasons);
      out.push({ type: 'rejected_signal', broker, strategyId, token, trace, at: root.at, signal, checks, reasons });
      return false;
    }
    this.#reserve(signal);
    return true;
  }

  /** `counted`: how often this signal is in the counters already; one that is, is no duplicate of itself. */
  #objections(signal: TradingSignal, root: Root, counted: 0 | 1): readonly Reason[] {
    const index = this.#instruments.indexOf(signal.token);
    if (index === -1)
      return [{ code: 'UNKNOWN_INSTRUMENT', limit: 'a token of the instrument table', found: `${signal.token}` }];
    this.#turn(root.at);
    const book = this.ledger.book(signal.strategyId);
    const lastPrice = this.ledger.markOf(index);
    const question = this.#question;
    question.signal = signal;
    question.at = root.at;
    question.limits = this.#plan.limits;
    question.instrument = this.#instruments.at(index);
    question.held = book.quantity[index] as number;
    question.book = book;
    this.#reservations.inFlight(signal.strategyId, signal.token, question.inFlight);
    question.lastPrice = lastPrice;
    question.lastTime = this.#lastTime[index] as number;
    question.price = priceOf(signal, lastPrice);
    question.tradesToday = Math.max(0, (this.#trades.get(signal.strategyId) ?? 0) - counted);
    question.ordersThisSecond = Math.max(0, this.#ordersThisSecond - counted);
    const fresh = counted === 0 && this.#plan.limits.duplicateWindowMs > 0;
    question.previous = fresh ? this.#accepted.get(placeOf(signal)) : undefined;
    question.quarantined = this.#quarantined.has(signal.strategyId);
    question.halted = this.#halted;
    return objections(question);
  }

  #accept(signal: TradingSignal, root: Root): void {
    const { strategyId, side, quantity } = signal;
    this.#reserve(signal);
    this.#trades.set(strategyId, (this.#trades.get(strategyId) ?? 0) + 1);
    this.#ordersThisSecond++;
    if (this.#plan.limits.duplicateWindowMs > 0) {
      this.#accepted.set(placeOf(signal), { side, quantity, limitPrice: signal.limitPrice ?? 0, at: root.at });
    }
  }

  #reserve(signal: TradingSignal): void {
    const { strategyId, token, side, quantity } = signal;
    const lastPrice = this.ledger.markOf(this.#instruments.indexOf(token));
    const cash = side === 'BUY' ? reserveFor(quantity * priceOf(signal, lastPrice), this.#plan.limits) : 0;
    this.#reservations.reserve(signal.trace.id, { strategyId, token, side, quantity, cash, filled: 0 });
  }

  /** Starts the counters anew when the day or the second has turned. */
  #turn(at: number): void {
    const day = dayOf(at as never);
    if (day !== this.#day) {
      this.#day = day;
      this.#trades.clear();
      this.#accepted.clear();
    }
    const second = Math.floor(at / SECOND_MS);
    if (second !== this.#second) {
      this.#second = second;
      this.#ordersThisSecond = 0;
    }
  }

  #onControl(action: string, subject: string): void {
    if (action === 'strategy_quarantined' || action === 'strategy_disabled')
      this.#quarantined.add(subject as StrategyId);
    else if (action === 'strategy_enabled') this.#quarantined.delete(subject as StrategyId);
    else if (action === 'namespace_halted') this.#halted = true;
  }

  snapshot(): RiskState {
    const lastTimes: [number, number][] = [];
    this.#lastTime.forEach((time, index) => {
      if (time !== 0) lastTimes.push([index, time]);
    });
    return {
      ledger: this.ledger.snapshot(),
      lastTimes,
      reservations: this.#reservations.snapshot(),
      day: this.#day,
      trades: [...this.#trades],
      second: this.#second,
      ordersThisSecond: this.#ordersThisSecond,
      accepted: [...this.#accepted],
      quarantined: [...this.#quarantined],
      halted: this.#halted,
    };
  }

  restore(state: RiskState): void {
    this.ledger.restore(state.ledger);
    for (const [index, time] of state.lastTimes) this.#lastTime[index] = time;
    this.#reservations.restore(state.reservations);
    this.#day = state.day;
    for (const [strategyId, count] of state.trades) this.#trades.set(strategyId, count);
    this.#second = state.second;
    this.#ordersThisSecond = state.ordersThisSecond;
    for (const [place, signal] of state.accepted) this.#accepted.set(place, signal);
    for (const strategyId of state.quarantined) this.#quarantined.add(strategyId);
    this.#halted = state.halted;
  }
}

/** What a signal is valued at: its limit, else the last price, else its own; 0 when there is none. */
function priceOf(signal: TradingSignal, lastPrice: number): number {
  return signal.limitPrice ?? (lastPrice === 0 ? (signal.price ?? 0) : lastPrice);
}

/** Strategy and instrument, by which the accepted signal before is found. */
function placeOf(signal: TradingSignal): string {
  return `${signal.strategyId}:${signal.token}`;
}

/** The checks of a signal that some rules object to; made once for each combination, because there are few. */
const FAILED = new Map<string, Readonly<Record<string, boolean>>>();

function failed(reasons: readonly Reason[]): Readonly<Record<string, boolean>> {
  const key = reasons.map(({ code }) => code).join();
  let checks = FAILED.get(key);
  if (checks === undefined) {
    const codes = reasons.map(({ code }) => code);
    checks = Object.freeze(Object.fromEntries(RISK_CODES.map((code) => [code, !codes.includes(code)])));
    FAILED.set(key, checks);
  }
  return checks;
}
