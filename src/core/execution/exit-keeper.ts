// Keeps the exits that the engine owns in one namespace: takes fills, ends and prices into them, and asks the gate for
// what they need. Whatever an exit sends passes the gate like every other signal.
import { type Root } from '../decider.ts';
import { type Out, type Purpose, type Side, type ValidatedSignal } from '../events.ts';
import { type BrokerId, type EventId, type StrategyId, type Trace } from '../ids.ts';
import { type Tick } from '../market/tick.ts';
import { type EpochMs } from '../time.ts';
import { isTerminal } from './order.ts';
import { coverOf, Covers, type CoverMeans } from './exit-cover.ts';
import { DueTimes } from './due-times.ts';
import { changeOf, exitAlert, exitSignal, exitTrace } from './exit-signals.ts';
import {
  dueAt,
  enter,
  exitSteps,
  isOver,
  leave,
  openedExit,
  plainExit,
  stepAt,
  takeOut,
  wantedQuantity,
  watch,
  type ExitOpening,
  type ExitStep,
  type ExitTerms,
  type OwnedExit,
} from './exit.ts';
import { exposedQuantity, openQuantity, type WorkingOrder } from './working-order.ts';

/** What the keeper asks of the engine. */
export interface ExitDesk {
  order(orderId: EventId): WorkingOrder | undefined;
  /** Units held, and units that other orders of the strategy offer or wait to offer on that side. */
  held(strategyId: StrategyId, token: number): number;
  offeredElsewhere(strategyId: StrategyId, token: number, side: Side): number;
  /** The largest quantity of one order, and its price step. */
  largest(token: number): number;
  tickSize(token: number): number;
  lastPrice(token: number): number;
  /** Whether orders for the instrument are taken now. */
  isOpen(token: number, at: EpochMs): boolean;
  modifiesMax(at: EpochMs): number;
}

export interface KeeperState {
  readonly made: number;
  readonly exits: readonly OwnedExit[];
}

export class ExitKeeper {
  readonly #broker: BrokerId;
  readonly #desk: ExitDesk;
  #terms: ExitTerms;
  #ttlMs: number;
  readonly #byToken = new Map<number, OwnedExit[]>();
  readonly #byEntry = new Map<EventId, OwnedExit>();
  readonly #byOrder = new Map<EventId, OwnedExit>();
  readonly #clock = new DueTimes<OwnedExit>((exit) => dueAt(exit, this.#terms.stepMs));
  #size = 0;
  #made = 0;

  constructor(broker: BrokerId, desk: ExitDesk, terms: ExitTerms, ttlMs: number) {
    this.#broker = broker;
    this.#desk = desk;
    this.#terms = terms;
    this.#ttlMs = ttlMs;
  }

  replan(terms: ExitTerms, ttlMs: number): void {
    this.#terms = terms;
    this.#ttlMs = ttlMs;
    for (const exit of this.all()) this.#clock.set(exit);
  }

  get size(): number {
    return this.#size;
  }

  has(token: number): boolean {
    return this.#size > 0 && this.#byToken.has(token);
  }

  /** Exits of one strategy in one instrument, the oldest first. */
  of(strategyId: StrategyId, token: number): readonly OwnedExit[] {
    return (this.#byToken.get(token) ?? []).filter((exit) => exit.strategyId === strategyId);
  }

  all(): readonly OwnedExit[] {
    return [...this.#byToken.values()].flat().toSorted((a, b) => a.number - b.number);
  }

  /** An entry with a bracket was ordered. */
  guard(validated: ValidatedSignal, orders: readonly EventId[], trace: Trace): void {
    const { strategyId, token, signal } = validated;
    const side = signal.side === 'BUY' ? 'SELL' : 'BUY';
    const opening = { strategyId, token, trace, side, product: signal.product, purpose: 'bracket' } as const;
    const exit = this.#open(opening, { bracket: signal.bracket, entries: orders });
    for (const orderId of orders) this.#byEntry.set(orderId, exit);
  }

  /** A position has to be closed at the market, so many units of it. */
  close(opening: ExitOpening, quantity: number, root: Root, out: Out): void {
    const exit = this.#open(opening, { bracket: undefined, entries: [] });
    exit.entered = quantity;
    leave(exit, root.at);
    this.tend(exit, root, out);
  }

  #open(opening: ExitOpening, start: Pick<OwnedExit, 'bracket' | 'entries'>): OwnedExit {
    const exit = openedExit(this.#made++, opening, start);
    this.#add(exit);
    return exit;
  }

  #add(exit: OwnedExit): void {
    const exits = this.#byToken.get(exit.token);
    if (exits === undefined) this.#byToken.set(exit.token, [exit]);
    else exits.push(exit);
    this.#clock.set(exit);
    this.#size++;
  }

  /** Ends an exit's position at the market from now on, under another purpose when that is given. */
  leaveNow(exit: OwnedExit, purpose: Purpose, root: Root, out: Out): void {
    exit.purpose = purpose;
    leave(exit, root.at);
    this.tend(exit, root, out);
  }

  /** A signal of an exit passed the gate and became orders; what the exit wants may have changed on the way. */
  ordered(signalId: EventId, token: number, orders: readonly EventId[], root: Root, out: Out): void {
    const exit = this.#byToken.get(token)?.find(({ asked }) => asked === signalId);
    if (exit === undefined) return;
    [exit.asked, exit.askedUnits] = [undefined, 0];
    exit.orders = [...exit.orders, ...orders];
    for (const orderId of orders) this.#byOrder.set(orderId, exit);
    this.tendAll(exit.strategyId, token, root, out);
  }

  /** A signal of an exit did not become an order; the exit tries again after a step. */
  notOrdered(signalId: EventId, token: number, why: string, root: Root, out: Out): void {
    const exit = this.#byToken.get(token)?.find(({ asked }) => asked === signalId);
    if (exit === undefined) return;
    [exit.asked, exit.askedUnits] = [undefined, 0];
    this.#refused(exit, why, root, out);
  }

  /** Something of an exit was refused: a signal, an order or a change. */
  refused(orderId: EventId, why: string, root: Root, out: Out): void {
    const exit = this.#byOrder.get(orderId);
    if (exit !== undefined) this.#refused(exit, why, root, out);
  }

  #refused(exit: OwnedExit, why: string, root: Root, out: Out): void {
    // What ends with its session is asked for again in the next one.
    if (!this.#desk.isOpen(exit.token, root.at)) return;
    exit.refusals++;
    exit.retryAt = root.at + this.#terms.stepMs;
    if (exit.refusals % this.#terms.alertAfter === 1 || this.#terms.alertAfter === 1) {
      const what = `${why}; it is tried again every ${this.#terms.stepMs} ms`;
      out.push(exitAlert(exit, 'EXIT_REFUSED', what, this.#broker, root));
    }
    // The units that it does not offer now may be another one's to offer.
    this.tendAll(exit.strategyId, exit.token, root, out);
  }

  /** A fill of any order of the namespace. */
  onFill(order: WorkingOrder, quantity: number, price: number, root: Root, out: Out): void {
    const { orderId } = order.terms;
    const { strategyId, token } = order.submitted;
    const entered = this.#byEntry.get(orderId);
    if (entered !== undefined) {
      enter(entered, quantity, price, this.#desk.tickSize(token));
    }
    const own = this.#byOrder.get(orderId);
    if (own !== undefined) {
      own.exited += quantity;
      own.refusals = 0;
    }
    takeOut(this.of(strategyId, token), this.#desk.held(strategyId, token));
    this.tendAll(strategyId, token, root, out);
  }

  /** Brings the orders of all exits of a strategy in an instrument to what they want. */
  tendAll(strategyId: StrategyId, token: number, root: Root, out: Out): void {
    const exits = this.of(strategyId, token);
    const covers = exits.length > 1 ? new Covers(exits, this.#coverMeans(strategyId, token)) : undefined;
    for (const exit of exits) {
      this.tend(exit, root, out, false, covers?.next(exit));
      covers?.tended(exit, isOver(exit));
    }
  }

  /** An order is in another state, or a change of it is answered. An absent one may yet appear, and is kept. */
  onOrder(order: WorkingOrder, root: Root, out: Out): void {
    const { orderId } = order.terms;
    const { strategyId, token } = order.submitted;
    if (isTerminal(order.state)) this.#forgetOrder(orderId);
    this.tendAll(strategyId, token, root, out);
  }

  #forgetOrder(orderId: EventId): void {
    const entered = this.#byEntry.get(orderId);
    if (entered !== undefined) {
      entered.entries = entered.entries.filter((id) => id !== orderId);
      this.#byEntry.delete(orderId);
    }
    const own = this.#byOrder.get(orderId);
    if (own !== undefined) {
      own.orders = own.orders.filter((id) => id !== orderId);
      this.#byOrder.delete(orderId);
    }
  }

  onTick(tick: Tick, token: number, root: Root, out: Out): void {
    const exits = this.#byToken.get(token);
    if (exits === undefined || !this.#desk.isOpen(token, root.at)) return;
    for (const exit of exits.slice()) {
      const before = exit.phase;
      const means = { stepMs: this.#terms.stepMs, resting: this.#atWork(exit) > 0 };
      const moved = watch(exit, tick.price, root.at, this.#desk.tickSize(token), means);
      if (exit.phase === 'leaving' && before !== 'leaving') this.#cancelEntries(exit, root, out);
      if (moved || this.#isUncovered(exit)) this.tend(exit, root, out);
    }
  }

  /** Whether an exit has less at work than it should, and nothing on its way: refused, or ended with the day. */
  #isUncovered(exit: OwnedExit): boolean {
    return exit.asked === undefined && wantedQuantity(exit) > 0 && this.#atWork(exit) === 0;
  }

  /** Nothing more comes in through an exit that leaves. */
  #cancelEntries(exit: OwnedExit, root: Root, out: Out): void {
    for (const orderId of exit.entries) this.#askChange(exit, this.#desk.order(orderId), undefined, root, out);
  }

  /** Ends what its time has come for, and prices anew what does not fill. */
  onTime(root: Root, out: Out): void {
    if (root.at < this.#clock.next) return;
    for (const exit of this.all()) {
      const exitAt = exit.bracket?.exitAt;
      if (exit.phase !== 'leaving' && exitAt !== undefined && root.at >= exitAt) {
        this.#cancelEntries(exit, root, out);
        leave(exit, root.at);
        this.tend(exit, root, out);
      } else if (root.at >= stepAt(exit, this.#terms.stepMs) && this.#desk.isOpen(exit.token, root.at)) {
        this.#step(exit, root, out);
      }
    }
  }

  /** When something is due next by time alone; infinite when nothing is. */
  get wakeAt(): number {
    return this.#clock.next;
  }

  /** One step up the ladder: what was refused is tried again, what did not fill is priced anew. */
  #step(exit: OwnedExit, root: Root, out: Out): void {
    const again = exit.retryAt !== 0;
    exit.retryAt = 0;
    if (!again) {
      const before = exit.steps;
      exit.steps = Math.max(before + 1, Math.floor((root.at - exit.firedAt) / this.#terms.stepMs));
      const { alertAfter } = this.#terms;
      if (Math.floor(exit.steps / alertAfter) > Math.floor(before / alertAfter)) {
        const what = `${wantedQuantity(exit)} units are left after ${exit.steps} prices`;
        out.push(exitAlert(exit, 'EXIT_UNFILLED', what, this.#broker, root));
      }
    }
    this.tend(exit, root, out, !again);
  }

  /** Brings the orders of an exit to what it wants; asks for nothing while its market is closed. */
  tend(exit: OwnedExit, root: Root, out: Out, reprice = false, cover = this.#coverOf(exit)): void {
    const orders = this.#ordersOf(exit);
    if (orders.length !== exit.orders.length) exit.orders = orders.map(({ terms }) => terms.orderId);
    if (exit.entries.length > 0) exit.entries = exit.entries.filter((id) => this.#desk.order(id) !== undefined);
    if (isOver(exit)) return this.#end(exit);
    this.#clock.set(exit);
    if (exit.retryAt > root.at || !this.#desk.isOpen(exit.token, root.at)) return;
    const means = {
      orders,
      cover,
      largest: this.#desk.largest(exit.token),
      modifiesMax: this.#desk.modifiesMax(root.at),
      reprice,
    };
    for (const step of exitSteps(exit, means)) this.#ask(exit, step, root, out);
  }

  #end(exit: OwnedExit): void {
    const left = (this.#byToken.get(exit.token) as OwnedExit[]).filter((other) => other !== exit);
    this.#clock.delete(exit);
    this.#size--;
    if (left.length === 0) this.#byToken.delete(exit.token);
    else this.#byToken.set(exit.token, left);
  }

  #coverOf(exit: OwnedExit): number {
    const { strategyId, token } = exit;
    return coverOf(exit, this.of(strategyId, token), this.#coverMeans(strategyId, token));
  }

  #coverMeans(strategyId: StrategyId, token: number): CoverMeans {
    const held = this.#desk.held(strategyId, token);
    return {
      room: (side) => (side === 'SELL' ? held : -held) - this.#desk.offeredElsewhere(strategyId, token, side),
      exposed: (exit) => this.#exposed(exit),
    };
  }

  /** Units that all exits of a strategy in an instrument may bring out on a side with what they have asked for. */
  offered(strategyId: StrategyId, token: number, side: Side): number {
    return this.of(strategyId, token).reduce((sum, exit) => sum + (exit.side === side ? this.#exposed(exit) : 0), 0);
  }

  #exposed(exit: OwnedExit): number {
    return this.#sum(exit, exposedQuantity) + exit.askedUnits;
  }

  #atWork(exit: OwnedExit): number {
    return this.#sum(exit, openQuantity);
  }

  #sum(exit: OwnedExit, unitsOf: (order: WorkingOrder) => number): number {
    let sum = 0;
    for (const orderId of exit.orders) {
      const order = this.#desk.order(orderId);
      if (order !== undefined) sum += unitsOf(order);
    }
    return sum;
  }

  /** Its orders that are still followed. */
  #ordersOf(exit: OwnedExit): readonly WorkingOrder[] {
    const orders: WorkingOrder[] = [];
    for (const orderId of exit.orders) {
      const order = this.#desk.order(orderId);
      if (order !== undefined) orders.push(order);
    }
    return orders;
  }

  #ask(exit: OwnedExit, step: ExitStep, root: Root, out: Out): void {
    if (step.kind === 'place') {
      const lastPrice = this.#desk.lastPrice(exit.token);
      const signal = exitSignal(exit, step.quantity, step.prices, lastPrice, this.#broker, root, this.#ttlMs);
      exit.asked = signal.trace.id;
      exit.askedUnits = step.quantity;
      return out.push(signal);
    }
    const terms = step.kind === 'cancel' ? undefined : { quantity: step.quantity, ...step.prices };
    this.#askChange(exit, step.order, terms, root, out);
  }

  #askChange(
    exit: OwnedExit,
    order: WorkingOrder | undefined,
    terms: Parameters<typeof changeOf>[1],
    root: Root,
    out: Out,
  ): void {
    if (order === undefined || order.asked !== undefined) return;
    const change = changeOf(order, terms, exit.purpose, exitTrace(exit, this.#broker), root, this.#ttlMs);
    order.asked = { changeId: change.trace.id, quantity: change.quantity ?? 0 };
    out.push(change);
  }

  snapshot(): KeeperState {
    return { made: this.#made, exits: this.all().map(plainExit) };
  }

  restore(state: KeeperState): void {
    this.#made = state.made;
    for (const kept of state.exits) {
      const exit = plainExit(kept);
      this.#add(exit);
      for (const orderId of exit.entries) this.#byEntry.set(orderId, exit);
      for (const orderId of exit.orders) this.#byOrder.set(orderId, exit);
    }
  }
}
