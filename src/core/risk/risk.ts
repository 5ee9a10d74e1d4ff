// The risk manager of one namespace: every signal and every change of an order passes here or ends here. It keeps its own
// ledger, folded from the same fills with the same code as the portfolio manager's.
import { type Root, type Stage } from '../decider.ts';
import {
  type ControlAction,
  type ControlChanged,
  type DomainEvent,
  type OrderChange,
  type OrderFilled,
  type OrderPlaced,
  type OrderSubmitted,
  type Out,
  type Reason,
  type TradingSignal,
  type ValidatedSignal,
} from '../events.ts';
import { DerivedTrace, type EventId, type StrategyId } from '../ids.ts';
import { type InstrumentTable } from '../market/instrument.ts';
import { type Tick } from '../market/tick.ts';
import { type Deployment, type NamespacePlan } from '../plan.ts';
import { Ledger, type BookShelf, type LedgerState } from '../portfolio/ledger.ts';
import { Asker, type Memory } from './asker.ts';
import { Changes } from './changes.ts';
import { Counters, type CountersState } from './counters.ts';
import { LimitsInForce, type LimitsState } from './limits-in-force.ts';
import { limitUses, type LimitUse } from './usage.ts';
import { Losses, type LossesState } from './losses.ts';
import { ALL_PASSED, RISK_CODES } from './reasons.ts';
import { Repeats, type RepeatsState } from './repeats.ts';
import { Reservations, type Reservation } from './reservations.ts';
import { CONTROL_STATES, States, type ControlState, type StatesState } from './states.ts';
import { cashFor, valuedAt } from './valuation.ts';

export interface RiskState {
  readonly ledger: LedgerState;
  readonly lastTimes: readonly (readonly [number, number])[];
  readonly reservations: readonly (readonly [EventId, Reservation])[];
  readonly counters: CountersState;
  readonly quarantined: readonly StrategyId[];
  readonly states: StatesState;
  readonly losses: LossesState;
  readonly repeats: RepeatsState;
  readonly limits: LimitsState;
  /** Events that the gate decided by itself; numbers the next one. */
  readonly told: number;
}

/** A scope that goes down by itself, with the numbers that decided it. */
interface Down {
  readonly subject: string;
  readonly state: Extract<ControlState, 'reducing' | 'halted'>;
  readonly code: string;
  readonly why: string;
}

export class RiskManager implements Stage<RiskState> {
  #plan: NamespacePlan;
  readonly ledger: Ledger;
  readonly #memory: Memory;
  readonly #asker: Asker;
  readonly #changes: Changes;
  readonly #quarantined = new Set<StrategyId>();
  readonly #repeats = new Repeats();
  #told = 0;
  /** Beside the parts that own them, for the hot path. */
  #lastTime: Float64Array<ArrayBuffer>;
  #watching: boolean;
  #dayEnds = 0;

  constructor(plan: NamespacePlan, instruments: InstrumentTable, shelf?: BookShelf) {
    this.#plan = plan;
    this.ledger = new Ledger(plan.startingCash, instruments.size, shelf);
    this.#memory = {
      instruments,
      ledger: this.ledger,
      reservations: new Reservations(),
      counters: new Counters(),
      states: new States(plan),
      losses: new Losses(),
      limits: new LimitsInForce(plan.limits),
      quarantined: this.#quarantined,
      pacing: plan.pacing,
    };
    this.#asker = new Asker(this.#memory);
    this.#changes = new Changes(this.#memory, this.#asker);
    this.#lastTime = this.#asker.lastTime;
    this.#watching = this.#memory.limits.watching;
  }

  /** The state of one scope, named as in control events. */
  stateOf(subject: string): ControlState {
    return this.#memory.states.of(subject);
  }

  /** Every limit that holds for a strategy, and what is used of those that are kept count of. */
  limitsOf(strategyId: StrategyId): readonly LimitUse[] {
    return limitUses(this.#memory, strategyId);
  }

  /** Goes on under another plan: other limits, more instruments. */
  replan(plan: NamespacePlan, deployments: readonly Deployment[] = []): void {
    const { states, limits, instruments } = this.#memory;
    const becomesReal = plan.answeredBy === 'gateway' && this.#plan.answeredBy === 'simulated';
    if (becomesReal) states.onControl({ action: 'disarmed', subject: plan.broker });
    this.#plan = plan;
    limits.replan(plan.limits, deployments);
    this.#memory.pacing = plan.pacing;
    this.ledger.replan(plan.startingCash, instruments.size);
    this.#lastTime = this.#asker.grow();
    this.#watching = limits.watching;
  }

  /** The hot path: a tick costs two comparisons beside its mark. */
  onTick(tick: Tick, root: Root, out: Out): void {
    if (root.at >= this.#dayEnds) this.#turnDay(root);
    this.ledger.mark(tick.instrument, tick.price);
    this.#lastTime[tick.instrument] = root.at;
    if (this.#watching) this.#watch(root, out);
  }

  // What happens to every order has ways of its own beside `onEvent`, which meets events of more shapes than are quick.

  onSubmitted({ signalId, order }: OrderSubmitted): void {
    this.#memory.reservations.submit(signalId, order.orderId, order.quantity);
  }

  onPlaced(event: OrderPlaced): void {
    this.#changes.onPlaced(event);
  }

  onFill(event: OrderFilled, root: Root, out: Out): void {
    const { instruments, reservations, limits } = this.#memory;
    const { strategyId, token, order, quantity } = event;
    const first = !limits.counting || (reservations.get(order.orderId)?.filled ?? 0) === 0;
    this.ledger.onFill(event, instruments.indexOf(token));
    reservations.fill(order.orderId, quantity);
    if (!limits.counting || order.purpose !== 'trade' || !first) return;
    const own = limits.of(strategyId);
    if (own.repeatedFills === 0) return;
    const found = this.#repeats.onFill(event, root.at, own);
    if (found === undefined) return;
    const window = `${own.repeatedFillsWindowMs} ms`;
    const why = `${found} ${order.side} orders in ${token} were filled within ${window}, at most ${own.repeatedFills}`;
    this.#goDown({ subject: `strategy:${strategyId}`, state: 'halted', code: 'RISK_REPEATED_FILLS', why }, root, out);
  }

  onEvent(event: DomainEvent, root: Root, out: Out): void {
    const { reservations } = this.#memory;
    switch (event.type) {
      case 'trading_signal':
        return this.#onSignal(event, root, out);
      case 'order_change':
        return this.#onChange(event, root, out);
      case 'expired_signal':
        return reservations.release(event.signal.trace.id);
      case 'order_submitted':
        return this.onSubmitted(event);
      case 'order_placed':
        return this.onPlaced(event);
      case 'order_unknown':
        return reservations.setUnknown(event.order.orderId, true);
      case 'order_filled':
        return this.onFill(event, root, out);
      case 'order_failed':
      case 'order_cancelled':
      case 'order_expired':
        return reservations.release(event.order.orderId);
      case 'order_modified':
        return this.#changes.onModified(event);
      case 'change_refused':
        if (event.action === 'modify') reservations.withdraw(event.order.orderId);
        return;
      case 'expired_change':
        return reservations.withdraw(event.change.orderId, event.change.trace.id);
      case 'ledger_adjusted':
        this.ledger.onAdjusted(event);
        return this.#memory.losses.onAdjusted(this.ledger.book(event.strategyId), event.amount);
      case 'corporate_action':
        return this.ledger.onCorporateAction(event, this.#memory.instruments.indexOf(event.token));
      case 'control_changed':
        return this.#onControl(event);
      case 'validated_change':
      case 'rejected_change':
      case 'order_claimed':
      case 'modify_submitted':
      case 'cancel_submitted':
      case 'alert_raised':
      case 'reconciliation_break':
      case 'reconciliation_settled':
      case 'external_position':
      case 'validated_signal':
      case 'rejected_signal':
      case 'pnl_snapshot':
        return;
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
    const reasons = this.#ask(signal, root, 0);
    if (reasons.length > 0) {
      const checks = failed(reasons);
      out.push({ type: 'rejected_signal', broker, strategyId, token, trace, at, signal, checks, reasons });
      return;
    }
    this.#reserve(signal);
    const remember = this.#memory.limits.of(strategyId).duplicateWindowMs > 0;
    if (signal.purpose === 'trade') this.#memory.counters.accept(signal, at, remember);
    else this.#memory.counters.message();
    out.push({ type: 'validated_signal', broker, strategyId, token, trace, at, signal, checks: ALL_PASSED });
  }

  /**
   * Asks again about a signal that waited for a price: what was let pass without one, or at an older one, must pass at
   * this one. False when it does not; then it is rejected and holds nothing any more.
   */
  confirm(validated: ValidatedSignal, root: Root, out: Out): boolean {
    const { broker, strategyId, token, signal } = validated;
    this.#memory.reservations.release(signal.trace.id);
    const reasons = this.#ask(signal, root, 1);
    if (reasons.length > 0) {
      const trace = new DerivedTrace(validated.trace, 'r', broker, 0);
      const checks = failed(reasons);
      out.push({ type: 'rejected_signal', broker, strategyId, token, trace, at: root.at, signal, checks, reasons });
      return false;
    }
    this.#reserve(signal);
    return true;
  }

  #ask(signal: TradingSignal, root: Root, counted: 0 | 1): readonly Reason[] {
    this.#turn(root);
    return this.#asker.objections(signal, root.at, counted);
  }

  #turn(root: Root): void {
    this.#turnDay(root);
    this.#memory.counters.turn(root.at);
  }

  #onChange(change: OrderChange, root: Root, out: Out): void {
    const { broker, strategyId, token } = change;
    const at = root.at;
    const trace = new DerivedTrace(change.trace, 'r', broker, 0);
    // A cancel is never too old: it can only take risk away.
    if (change.action === 'modify' && at >= change.expiresAt) {
      out.push({ type: 'expired_change', broker, strategyId, token, trace, at, change, code: 'EXPIRED' });
      return;
    }
    this.#turn(root);
    const reasons = this.#changes.decide(change, at);
    if (reasons.length > 0) {
      out.push({ type: 'rejected_change', broker, strategyId, token, trace, at, change, reasons });
      return;
    }
    this.#memory.counters.message();
    out.push({ type: 'validated_change', broker, strategyId, token, trace, at, change });
  }

  #reserve(signal: TradingSignal): void {
    const { strategyId, token, side, quantity, product, purpose, orderType, limitPrice, triggerPrice } = signal;
    const { ledger, instruments, reservations, limits } = this.#memory;
    const price = valuedAt(signal, ledger.markOf(instruments.indexOf(token)));
    const cash = cashFor(signal, quantity * price, limits.of(strategyId));
    reservations.reserve(signal.trace.id, {
      strategyId,
      token,
      side,
      product,
      purpose,
      orderType,
      limitPrice,
      triggerPrice,
      price,
      quantity,
      base: 0,
      cash,
      filled: 0,
      unknown: false,
      working: false,
      pending: undefined,
    });
  }

  #turnDay(root: Root): void {
    const { counters, losses } = this.#memory;
    if (!counters.turnDay(root.at)) return;
    losses.startDay(this.ledger.books);
    this.#dayEnds = counters.dayEnds;
  }

  /** Looks whether a loss has gone past a limit; then its scope goes down until a person releases it. */
  #watch(root: Root, out: Out): void {
    const { losses, limits } = this.#memory;
    const { books } = this.ledger;
    losses.measure(books);
    for (const breach of losses.breaches(books, (strategyId) => limits.of(strategyId), limits.account)) {
      const { strategyId, state, code, limit, found } = breach;
      const subject = strategyId === undefined ? this.#plan.broker : `strategy:${strategyId}`;
      this.#goDown({ subject, state, code, why: `${code}: ${found} of at most ${limit}` }, root, out);
    }
  }

  #goDown({ subject, state, code, why }: Down, root: Root, out: Out): void {
    const { states } = this.#memory;
    if (CONTROL_STATES.indexOf(states.of(subject)) >= CONTROL_STATES.indexOf(state)) return;
    const action: ControlAction = state === 'halted' ? 'killed' : 'reducing';
    const { broker } = this.#plan;
    // At once, not when the event comes round: a signal may lie before it.
    states.onControl({ action, subject });
    const name = (): DerivedTrace => new DerivedTrace(root.trace, 'r', broker, `down${this.#told++}`);
    const { at } = root;
    out.push({ type: 'control_changed', broker, trace: name(), at, action, subject, who: 'risk', why });
    const message = `${subject} is ${state} until a person releases it: ${why}`;
    out.push({ type: 'alert_raised', broker, trace: name(), at, code, subject, message });
  }

  #onControl(event: ControlChanged): void {
    const { action, subject } = event;
    if (action === 'strategy_quarantined' || action === 'strategy_disabled') {
      this.#quarantined.add(subject as StrategyId);
    } else if (action === 'strategy_enabled') this.#quarantined.delete(subject as StrategyId);
    else if (action === 'limit_changed') {
      this.#memory.limits.onControl(event);
      this.#watching = this.#memory.limits.watching;
    } else this.#memory.states.onControl(event);
  }

  snapshot(): RiskState {
    const { reservations, counters, states, losses, limits } = this.#memory;
    const lastTimes: [number, number][] = [];
    this.#lastTime.forEach((time, index) => {
      if (time !== 0) lastTimes.push([index, time]);
    });
    return {
      ledger: this.ledger.snapshot(),
      lastTimes,
      reservations: reservations.snapshot(),
      counters: counters.snapshot(),
      quarantined: [...this.#quarantined],
      states: states.snapshot(),
      losses: losses.snapshot(),
      repeats: this.#repeats.snapshot(),
      limits: limits.snapshot(),
      told: this.#told,
    };
  }

  restore(state: RiskState): void {
    const { reservations, counters, states, losses, limits } = this.#memory;
    this.ledger.restore(state.ledger);
    for (const [index, time] of state.lastTimes) this.#lastTime[index] = time;
    reservations.restore(state.reservations);
    counters.restore(state.counters);
    for (const strategyId of state.quarantined) this.#quarantined.add(strategyId);
    states.restore(state.states);
    losses.restore(state.losses);
    this.#repeats.restore(state.repeats);
    limits.restore(state.limits);
    this.#watching = limits.watching;
    this.#dayEnds = counters.dayEnds;
    this.#told = state.told;
  }
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
