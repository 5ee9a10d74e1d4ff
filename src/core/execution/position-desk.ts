// The positions of a namespace on their way out: exits that the engine owns, a strategy's own exits that wait for them,
// the square-off of intraday positions, and the kill.
import { type Root } from '../decider.ts';
import {
  type ControlChanged,
  type ExpiredChange,
  type ExpiredSignal,
  type ExpiryCode,
  type OrderChange,
  type Out,
  type Purpose,
  type Side,
  type ValidatedSignal,
} from '../events.ts';
import { DerivedTrace, type StrategyId } from '../ids.ts';
import { type Calendar } from '../market/calendar.ts';
import { type InstrumentTable } from '../market/instrument.ts';
import { type NamespacePlan } from '../plan.ts';
import { ExitKeeper, type ExitDesk, type KeeperState } from './exit-keeper.ts';
import { changeOf } from './exit-signals.ts';
import { wantedQuantity } from './exit.ts';
import { Holdings, type Holding, type HoldingsState } from './holdings.ts';
import { type OrderTracker } from './order-tracker.ts';
import { plainValidated } from './plain.ts';
import { largestOrder } from './slicing.ts';
import { exposedQuantity, type WorkingOrder } from './working-order.ts';

export interface PositionsState {
  readonly heldBack: readonly ValidatedSignal[];
  readonly holdings: HoldingsState;
  readonly exits: KeeperState;
}

/** What the desk needs of the engine. */
export interface PositionsContext {
  readonly calendar: Calendar;
  readonly instruments: InstrumentTable;
  readonly tracker: OrderTracker;
  readonly lastPrice: (index: number) => number;
  /** Asks the gate again about a signal that need not wait any longer, and makes its order. */
  readonly submit: (validated: ValidatedSignal, root: Root, out: Out) => void;
  readonly expire: (validated: ValidatedSignal, code: ExpiryCode, root: Root, out: Out) => void;
}

export class PositionDesk {
  #plan: NamespacePlan;
  #context: PositionsContext;
  readonly #holdings = new Holdings();
  readonly exits: ExitKeeper;
  /** Signals of a strategy that wait until the engine's exits have given back the units that they need. */
  #heldBack: ValidatedSignal[] = [];

  constructor(plan: NamespacePlan, context: PositionsContext) {
    this.#plan = plan;
    this.#context = context;
    this.exits = new ExitKeeper(plan.broker, this.#exitDesk(), plan.exits, plan.signalTtlMs);
  }

  replan(plan: NamespacePlan, context: PositionsContext): void {
    this.#plan = plan;
    this.#context = context;
    this.exits.replan(plan.exits, plan.signalTtlMs);
  }

  #exitDesk(): ExitDesk {
    const instrumentOf = (token: number) => {
      const { instruments } = this.#context;
      return instruments.at(instruments.indexOf(token));
    };
    return {
      order: (orderId) => this.#context.tracker.order(orderId),
      held: (strategyId, token) => this.#holdings.units(strategyId, token),
      offeredElsewhere: (strategyId, token, side) =>
        this.#offered(strategyId, token, side) + this.#awaited(strategyId, token, side),
      largest: (token) => largestOrder(instrumentOf(token)),
      tickSize: (token) => instrumentOf(token).tickSize,
      lastPrice: (token) => this.#context.lastPrice(this.#context.instruments.indexOf(token)),
      isOpen: (token, at) => this.#context.calendar.phaseAt(instrumentOf(token).segment, at) === 'open',
      modifiesMax: (at) => this.#context.tracker.limitsAt(at)?.modifiesPerOrder ?? 0,
    };
  }

  split(token: number, from: number, to: number): void {
    this.#holdings.split(token, from, to);
  }

  /** Signals that wait for the engine's exits. */
  get waiting(): number {
    return this.#heldBack.length;
  }

  /** Whether an order on this side brings the strategy's position down. */
  reduces(strategyId: StrategyId, token: number, side: Side): boolean {
    return this.#holdings.reduces(strategyId, token, side);
  }

  /** Whether nothing waits and no exit is owned: then nothing can be due. */
  get idle(): boolean {
    return this.#heldBack.length === 0 && this.exits.size === 0;
  }

  /** From when on something is due by time alone; infinite when nothing is. */
  get wakeAt(): number {
    let wake = this.exits.size > 0 ? this.exits.wakeAt : Number.POSITIVE_INFINITY;
    for (const { signal } of this.#heldBack) wake = Math.min(wake, signal.expiresAt);
    return wake;
  }

  /** Takes out the waiting signals that `where` says of. */
  takeHeldBack(where: (validated: ValidatedSignal) => boolean): readonly ValidatedSignal[] {
    if (this.#heldBack.length === 0) return this.#heldBack;
    const taken = this.#heldBack.filter(where);
    this.#heldBack = this.#heldBack.filter((each) => !where(each));
    return taken;
  }

  /** Holds back a strategy's own exit until the engine's exits have given back what it needs; false when they need not. */
  holdBack(validated: ValidatedSignal, root: Root, out: Out): boolean {
    const { strategyId, token } = validated;
    if (!this.exits.has(token) || !this.#needsExits(validated)) return false;
    this.#heldBack.push(validated);
    this.exits.tendAll(strategyId, token, root, out);
    return true;
  }

  onFill(order: WorkingOrder, quantity: number, price: number, root: Root, out: Out): void {
    const { strategyId, token } = order.submitted;
    this.#holdings.fill(strategyId, token, order.terms.side, quantity, order.terms.product);
    if (this.exits.has(token)) this.exits.onFill(order, quantity, price, root, out);
  }

  /** An order is in another state, or a change of it is answered. */
  onChanged(order: WorkingOrder, root: Root, out: Out): void {
    const { strategyId, token } = order.submitted;
    if (this.exits.has(token)) this.exits.onOrder(order, root, out);
    if (this.#heldBack.length > 0) this.#releaseHeldBack(strategyId, token, root, out);
  }

  /** An exit that became too old while its position stays open is asked for again, on fresh prices, and told of. */
  onExpired(event: ExpiredSignal, root: Root, out: Out): void {
    const { signal, strategyId, token, broker, trace } = event;
    if (signal.purpose !== 'trade') return this.exits.notOrdered(signal.trace.id, token, event.code, root, out);
    // Exits that gave units back for it take them again.
    this.exits.tendAll(strategyId, token, root, out);
    const { side, product } = signal;
    if (event.code !== 'EXPIRED' || !this.reduces(strategyId, token, side)) return;
    const held = Math.abs(this.#holdings.units(strategyId, token));
    const spoken = this.#wantedOut(strategyId, token, side) + this.#offered(strategyId, token, side);
    const quantity = Math.max(0, Math.min(signal.quantity, held - spoken));
    const again = `${quantity} units are asked for again, the rest stays with the exits that there are`;
    const message = `an exit of ${signal.quantity} units of ${token} became too old; ${again}`;
    const about = { trace: new DerivedTrace(trace, 'e', broker, 'alert'), at: root.at };
    out.push({ type: 'alert_raised', broker, ...about, code: 'EXIT_EXPIRED', subject: strategyId, message });
    if (quantity === 0) return;
    this.exits.close({ strategyId, token, trace, side, product, purpose: 'exit_again' }, quantity, root, out);
  }

  /** A change that an exit asked for came to nothing: what it needs is asked for anew. */
  onChangeExpired({ strategyId, token }: ExpiredChange, root: Root, out: Out): void {
    this.exits.tendAll(strategyId, token, root, out);
  }

  /** Whether a strategy's change would offer units that the engine's exits offer already. */
  offersTwice({ strategyId, token, orderId, purpose, quantity }: OrderChange): boolean {
    const order = this.#context.tracker.order(orderId);
    if (purpose !== 'trade' || quantity === undefined || order === undefined) return false;
    const { side } = order.terms;
    const exits = this.exits.offered(strategyId, token, side);
    if (exits === 0 || quantity - order.filled <= exposedQuantity(order)) return false;
    const others = exits + this.#offered(strategyId, token, side) - exposedQuantity(order);
    return others + quantity - order.filled > Math.abs(this.#holdings.units(strategyId, token));
  }

  /** A strategy's own exit needs units that the engine's exits offer: they give them back first. */
  #needsExits({ signal, strategyId, token }: ValidatedSignal): boolean {
    const { side, quantity, purpose } = signal;
    if (purpose !== 'trade' || !this.reduces(strategyId, token, side)) return false;
    const held = Math.abs(this.#holdings.units(strategyId, token));
    const exits = this.exits.offered(strategyId, token, side);
    if (exits === 0) return false;
    const room = held - exits - this.#offered(strategyId, token, side);
    return room < Math.min(quantity, held);
  }

  #releaseHeldBack(strategyId: StrategyId, token: number, root: Root, out: Out): void {
    for (const validated of this.#heldBack) {
      if (validated.strategyId !== strategyId || validated.token !== token) continue;
      if (this.#needsExits(validated)) return;
      this.#heldBack = this.#heldBack.filter((other) => other !== validated);
      this.#context.submit(validated, root, out);
      this.exits.tendAll(strategyId, token, root, out);
    }
  }

  /** Signals that wait are not executed after what was said since. */
  #dropHeldBack(where: (validated: ValidatedSignal) => boolean, root: Root, out: Out): void {
    for (const validated of this.takeHeldBack(where)) this.#context.expire(validated, 'SUPERSEDED', root, out);
  }

  /** Units that orders of the strategy itself offer on a side. */
  #offered(strategyId: StrategyId, token: number, side: Side): number {
    let sum = 0;
    for (const order of this.#context.tracker.ordersOf(token)) {
      const { submitted, terms } = order;
      if (submitted.strategyId !== strategyId || terms.side !== side) continue;
      if (terms.purpose === 'trade') sum += exposedQuantity(order);
    }
    return sum;
  }

  /** Units that signals of the strategy wait to offer. */
  #awaited(strategyId: StrategyId, token: number, side: Side): number {
    let sum = 0;
    for (const { strategyId: of, token: on, signal } of this.#heldBack) {
      if (of === strategyId && on === token && signal.side === side) sum += signal.quantity;
    }
    return sum;
  }

  #wantedOut(strategyId: StrategyId, token: number, side: Side): number {
    const exits = this.exits.of(strategyId, token).filter((exit) => exit.side === side);
    return exits.reduce((sum, exit) => sum + wantedQuantity(exit), 0);
  }

  /** Intraday positions of a segment are closed, and its intraday orders cancelled, before the session ends. */
  squareOff(ofSegment: (token: number) => boolean, root: Root, out: Out): void {
    const mine = ({ submitted, terms }: WorkingOrder): boolean => terms.product === 'MIS' && ofSegment(submitted.token);
    this.#dropHeldBack(({ token, signal }) => signal.product === 'MIS' && ofSegment(token), root, out);
    this.#cancelTrades(mine, 'square_off', root, out);
    for (const exit of this.exits.all()) {
      if (exit.product === 'MIS' && ofSegment(exit.token)) this.exits.leaveNow(exit, 'square_off', root, out);
    }
    for (const holding of this.#holdings.open()) {
      if (holding.product === 'MIS' && ofSegment(holding.token)) this.#close(holding, 'square_off', root, out);
    }
  }

  /** Kill: nothing of a strategy stays at work in the scope; protective exits do. Flatten: every position goes too. */
  onControl(event: ControlChanged, root: Root, out: Out): void {
    if (event.action !== 'killed' && event.action !== 'flatten') return;
    const inScope = scopeOf(event.subject);
    this.#dropHeldBack(({ strategyId, token }) => inScope(strategyId, token), root, out);
    this.#cancelTrades(({ submitted }) => inScope(submitted.strategyId, submitted.token), 'flatten', root, out);
    if (event.action === 'killed') return;
    for (const exit of this.exits.all()) {
      if (inScope(exit.strategyId, exit.token)) this.exits.leaveNow(exit, 'flatten', root, out);
    }
    for (const holding of this.#holdings.open()) {
      if (inScope(holding.strategyId, holding.token)) this.#close(holding, 'flatten', root, out);
    }
  }

  /** Cancels the orders of strategies that `where` says of, those that were never sent too. */
  #cancelTrades(where: (order: WorkingOrder) => boolean, purpose: Purpose, root: Root, out: Out): void {
    const { tracker } = this.#context;
    const ours = (order: WorkingOrder): boolean => order.terms.purpose === 'trade' && where(order);
    tracker.dropQueued(ours, 'cancelled before it was sent', root, out);
    for (const order of tracker.working()) {
      if (!ours(order) || order.asked !== undefined || order.changing?.action === 'cancel') continue;
      const trace = new DerivedTrace(order.submitted.trace, 'e', this.#plan.broker, `c${order.told++}`);
      order.asked = { changeId: trace.id, quantity: 0 };
      out.push(changeOf(order, undefined, purpose, trace, root, this.#plan.signalTtlMs));
    }
  }

  /** Ends a position at the market: the exits that there are leave already, and a new one takes the rest. */
  #close({ strategyId, token, units, product }: Holding, purpose: Purpose, root: Root, out: Out): void {
    const side = units > 0 ? 'SELL' : 'BUY';
    const rest = Math.abs(units) - this.#wantedOut(strategyId, token, side);
    if (rest <= 0) return;
    this.exits.close({ strategyId, token, trace: root.trace, side, product, purpose }, rest, root, out);
  }

  snapshot(): PositionsState {
    return {
      heldBack: this.#heldBack.map(plainValidated),
      holdings: this.#holdings.snapshot(),
      exits: this.exits.snapshot(),
    };
  }

  restore(state: PositionsState): void {
    this.#heldBack = [...state.heldBack];
    this.#holdings.restore(state.holdings);
    this.exits.restore(state.exits);
  }
}

/** Which positions and orders a control event speaks of: `strategy:ID`, `instrument:TOKEN`, or all of the namespace. */
function scopeOf(subject: string): (strategyId: StrategyId, token: number) => boolean {
  if (subject.startsWith('strategy:')) return (strategyId) => strategyId === subject.slice('strategy:'.length);
  if (subject.startsWith('instrument:')) return (_, token) => `${token}` === subject.slice('instrument:'.length);
  return () => true;
}
