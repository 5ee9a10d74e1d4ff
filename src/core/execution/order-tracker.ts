// Follows every order of a namespace from its intent to its end: the account's budget before it, its changes, and what
// the broker says of it. What is told of an order is told once.
import { type Root } from '../decider.ts';
import { type Money } from '../decimal.ts';
import {
  type ExpiryCode,
  type OrderChange,
  type OrderSubmitted,
  type Out,
  type ValidatedChange,
  type ValidatedSignal,
} from '../events.ts';
import { DerivedTrace, type EventId } from '../ids.ts';
import { invariant } from '../invariant.ts';
import {
  fillOf,
  tellChange,
  tellChangeRefused,
  tellClaimed,
  tellModified,
  tellState,
  type StateReport,
} from './order-news.ts';
import { OrderList } from './order-list.ts';
import { OrderScheduler, type Lane, type Pacing, type SchedulerState } from './order-scheduler.ts';
import { afterNews, isTerminal, type OrderState } from './order.ts';
import { plainValidated } from './plain.ts';
import { type BrokerReport } from './report.ts';
import { changedTerms, isInForce, isKnown, newOrder, plainOrder, type WorkingOrder } from './working-order.ts';

/** What waits for the account's budget; a change is the order's next one. */
export type Queued =
  | { readonly kind: 'order'; readonly orderId: EventId; readonly validated: ValidatedSignal }
  | { readonly kind: 'change'; readonly orderId: EventId };

export interface TrackerState {
  readonly orders: readonly WorkingOrder[];
  readonly scheduler: SchedulerState<Queued>;
}

/** Who is told what happens to an order, after it is told to the log. */
export interface TrackerListener {
  filled(order: WorkingOrder, quantity: number, price: number, root: Root, out: Out): void;
  /** The order is in another state, or a change of it is answered. */
  changed(order: WorkingOrder, root: Root, out: Out): void;
  /** The order, or a change of it, did not do what it was made for; told before the end of the order is. */
  refused(order: WorkingOrder, why: string, root: Root, out: Out): void;
}

export interface TrackerTerms {
  readonly pacing: readonly Pacing[];
  /** A settled order of the simulated exchange is forgotten at once; of a gateway at the close, for late reports. */
  readonly forgetAtOnce: boolean;
  /** What is charged for a fill, which is counted in the order already. */
  readonly feesOf: (order: WorkingOrder, fill: Extract<BrokerReport, { kind: 'fill' }>, root: Root) => Money;
}

export class OrderTracker {
  #terms: TrackerTerms;
  readonly #listener: TrackerListener;
  readonly #orders = new OrderList();
  readonly #scheduler: OrderScheduler<Queued>;

  constructor(terms: TrackerTerms, listener: TrackerListener) {
    this.#terms = terms;
    this.#listener = listener;
    this.#scheduler = new OrderScheduler(terms.pacing);
  }

  replan(terms: TrackerTerms): void {
    this.#terms = terms;
    this.#scheduler.replan(terms.pacing);
  }

  order(orderId: EventId): WorkingOrder | undefined {
    return this.#orders.get(orderId);
  }

  /** Orders that are not settled. */
  working(): readonly WorkingOrder[] {
    return this.#orders.all().filter((order) => !isTerminal(order.state));
  }

  /** Orders of an instrument that are followed, settled ones among them. */
  ordersOf(token: number): readonly WorkingOrder[] {
    return this.#orders.of(token);
  }

  limitsAt(at: Root['at']): Pacing | undefined {
    return this.#scheduler.limitsAt(at);
  }

  /** Takes from the budget for an order; false when it has to wait. */
  admit(lane: Lane, at: Root['at']): boolean {
    return this.#scheduler.admit(lane, at);
  }

  /** Follows an order from its intent on. */
  submit(submitted: OrderSubmitted, lane: Lane, validated: ValidatedSignal, out: Out): void {
    const { orderId } = submitted.order;
    // The intent of an order that need not wait is written already claimed: it leaves in the same commit, at most once.
    this.#orders.add(newOrder(submitted));
    if (submitted.queued) this.#scheduler.wait(lane, { kind: 'order', orderId, validated }, submitted.expiresAt);
    out.push(submitted);
  }

  /** Whether nothing waits for the budget. */
  get idle(): boolean {
    return this.#scheduler.size === 0;
  }

  /** When something that waits may go, or becomes too old; infinite when nothing waits. */
  wakeAt(at: Root['at']): number {
    if (this.#scheduler.size === 0) return Number.POSITIVE_INFINITY;
    return Math.min(this.#scheduler.nextAt(at), this.#scheduler.nextExpiry);
  }

  #expiryOf(item: Queued): number {
    const order = this.#following(item.orderId);
    if (item.kind === 'order') return order.submitted.expiresAt;
    const { action, expiresAt } = (order.next as ValidatedChange).change;
    // Whoever asked for a cancel still wants it, however long it had to wait.
    return action === 'cancel' ? Number.POSITIVE_INFINITY : expiresAt;
  }

  /** Ends what became too old while it waited for the budget, then lets go what the budget allows. */
  onTime(root: Root, out: Out): void {
    if (this.#scheduler.size === 0) return;
    for (const item of this.#scheduler.takeExpired(root.at)) this.#expireQueued(item, root, out);
    for (let item = this.#scheduler.take(root.at); item !== undefined; item = this.#scheduler.take(root.at)) {
      this.#release(item, root, out);
    }
  }

  #release(item: Queued, root: Root, out: Out): void {
    const order = this.#following(item.orderId);
    if (item.kind === 'change') {
      const { change } = order.next as ValidatedChange;
      order.next = undefined;
      return this.#sendChange(order, change, root, out);
    }
    order.state = 'sending';
    tellClaimed(order, root, out);
  }

  /** Whatever waits is taken out before its order is let go of. */
  #following(orderId: EventId): WorkingOrder {
    const order = this.#orders.get(orderId);
    invariant(order !== undefined, `something of the order ${orderId} waits, but nobody follows it`);
    return order;
  }

  /** Cancels the queued orders that `where` says of: they were never sent. */
  dropQueued(where: (order: WorkingOrder) => boolean, why: string, root: Root, out: Out): void {
    const dropped = this.#scheduler.remove((item) => item.kind === 'order' && where(this.#following(item.orderId)));
    for (const { orderId } of dropped) {
      this.#end(this.#following(orderId), { kind: 'cancelled', orderId, message: why }, root, out);
    }
  }

  /** The third time that a signal's age is tested: its order would leave now. */
  #expireQueued(item: Queued, root: Root, out: Out): void {
    const order = this.#following(item.orderId);
    if (item.kind === 'change') {
      const validated = order.next as ValidatedChange;
      order.next = undefined;
      return this.#expireChange(validated, 'EXPIRED', root, out);
    }
    const message = 'it became too old while it waited for the account’s budget';
    this.#end(order, { kind: 'expired', orderId: item.orderId, message }, root, out);
    // A signal in parts has expired when its first part has.
    if ((order.submitted.slice?.index ?? 0) > 0) return;
    const { broker, strategyId, token, signal } = item.validated;
    const trace = new DerivedTrace(order.submitted.trace, 'e', broker, order.told++);
    out.push({ type: 'expired_signal', broker, strategyId, token, trace, at: root.at, signal, code: 'EXPIRED' });
  }

  /** Takes a change that passed the gate. */
  change(validated: ValidatedChange, root: Root, out: Out): void {
    const { change } = validated;
    const order = this.#orders.get(change.orderId);
    this.answered(change.orderId, change.trace.id);
    if (order === undefined || isTerminal(order.state)) return this.#expireChange(validated, 'SUPERSEDED', root, out);
    if (change.action === 'modify' && root.at >= change.expiresAt)
      return this.#expireChange(validated, 'EXPIRED', root, out);
    if (order.state === 'pending_new') return this.#changeQueued(order, validated, root, out);
    if (!this.#isNext(order, validated, root, out)) return;
    if (order.changing !== undefined || !isKnown(order)) return;
    const lane = change.action === 'cancel' ? 'cancel' : change.purpose === 'trade' ? 'modify' : 'exit';
    if (!this.#scheduler.admit(lane, root.at)) {
      const item = { kind: 'change', orderId: change.orderId } as const;
      return this.#scheduler.wait(lane, item, this.#expiryOf(item));
    }
    order.next = undefined;
    this.#sendChange(order, change, root, out);
  }

  /** A change of an order that is followed is not sent; the order stays as it is. */
  refuse({ change }: ValidatedChange, why: string, root: Root, out: Out): void {
    tellChangeRefused(this.#following(change.orderId), change.action, why, root, out);
  }

  /** The gate has answered a change that the engine asked for. */
  answered(orderId: EventId, changeId: EventId): void {
    const order = this.#orders.get(orderId);
    if (order?.asked?.changeId === changeId) order.asked = undefined;
  }

  /** An order that was never sent is changed here. */
  #changeQueued(order: WorkingOrder, { change }: ValidatedChange, root: Root, out: Out): void {
    const { orderId } = order.terms;
    if (change.action === 'cancel') {
      this.#scheduler.remove((item) => item.kind === 'order' && item.orderId === orderId);
      this.#end(order, { kind: 'cancelled', orderId, message: 'cancelled before it was sent' }, root, out);
      return;
    }
    order.terms = { ...order.terms, ...changedTerms(order, change) };
    tellModified(order, root, out);
    this.#listener.changed(order, root, out);
  }

  /**
   * One change waits at a time: the newest, but a modify never takes the place of a cancel. False when the change lost
   * its place at once.
   */
  #isNext(order: WorkingOrder, validated: ValidatedChange, root: Root, out: Out): boolean {
    const before = order.next;
    const keeps = before?.change.action === 'cancel' && validated.change.action === 'modify';
    if (keeps) {
      this.#expireChange(validated, 'SUPERSEDED', root, out);
      return false;
    }
    order.next = validated;
    if (before === undefined) return true;
    this.#dequeueChange(order);
    this.#expireChange(before, 'SUPERSEDED', root, out);
    return true;
  }

  #sendChange(order: WorkingOrder, change: OrderChange, root: Root, out: Out): void {
    const { action } = change;
    const most = this.#scheduler.limitsAt(root.at)?.modifiesPerOrder ?? 0;
    if (action === 'modify' && most > 0 && order.modifies >= most) {
      const why = `the broker takes ${most} modifies of an order, and had them`;
      return this.#refuseChange(order, action, why, root, out);
    }
    if (action === 'modify') order.modifies++;
    order.changing = { action, changeId: change.trace.id, terms: changedTerms(order, change) };
    tellChange(order, order.changing, root, out);
  }

  #dequeueChange({ terms }: WorkingOrder): void {
    this.#scheduler.remove((item) => item.kind === 'change' && item.orderId === terms.orderId);
  }

  #expireChange({ change, trace }: ValidatedChange, code: ExpiryCode, root: Root, out: Out): void {
    const { broker, strategyId, token } = change;
    const expired = new DerivedTrace(trace, 'e', broker, 0);
    out.push({ type: 'expired_change', broker, strategyId, token, trace: expired, at: root.at, change, code });
  }

  /**
   * Takes what the broker says of an order; false when this engine does not follow it. News that changes nothing, such
   * as a duplicate, is not told again.
   */
  onReport(report: BrokerReport, root: Root, out: Out): boolean {
    const order = this.#orders.get(report.orderId);
    if (order === undefined) return false;
    if (report.kind === 'fill') this.#onFill(order, report, root, out);
    else if (report.kind === 'modified') this.#onModified(order, report.terms, root, out);
    else if (report.kind === 'change_refused') {
      if (isTerminal(order.state)) return true;
      if (order.changing?.action === report.action) this.#refuseChange(order, report.action, report.message, root, out);
    } else {
      const state = afterNews(order.state, report.kind);
      if (state === undefined) return true;
      if (report.kind !== 'accepted' && isTerminal(state)) this.#end(order, report, root, out);
      else {
        order.state = state;
        tellState(order, report, root, out);
        this.#sendNext(order, root, out);
        this.#listener.changed(order, root, out);
      }
    }
    return true;
  }

  #onFill(order: WorkingOrder, report: Extract<BrokerReport, { kind: 'fill' }>, root: Root, out: Out): void {
    if (order.trades.includes(report.tradeId)) return;
    // Mostly the only one: growing a list would take room for many.
    order.trades = order.trades.length === 0 ? [report.tradeId] : [...order.trades, report.tradeId];
    order.filled += report.quantity;
    const { changing } = order;
    // A modify that raises the quantity may be in force before the broker says so.
    const raised = changing?.action === 'modify' ? changing.terms.quantity : 0;
    const ordered = Math.max(order.terms.quantity, raised);
    if (order.filled > ordered) {
      invariant(false, `the order ${report.orderId} is filled ${order.filled} of ${ordered}`);
    }
    order.state = afterNews(order.state, order.filled === ordered ? 'full' : 'partial') ?? order.state;
    out.push(fillOf(order, report, this.#terms.feesOf(order, report, root), root));
    this.#listener.filled(order, report.quantity, report.price, root, out);
    if (isTerminal(order.state)) this.#settle(order, root, out);
    // A fill tells as well as an acknowledgement that the broker has the order.
    else this.#sendNext(order, root, out);
  }

  /** A broker that fills more than a modify left in force before it confirms the modify has the greater quantity. */
  #onModified(
    order: WorkingOrder,
    terms: Extract<BrokerReport, { kind: 'modified' }>['terms'],
    root: Root,
    out: Out,
  ): void {
    if (isTerminal(order.state) || (order.changing === undefined && isInForce(order, terms))) return;
    order.changing = undefined;
    const quantity = Math.max(terms.quantity, order.filled) as typeof terms.quantity;
    // Spelled out: a report that was read back from the log has no key for a price that there is none of.
    const { orderType, limitPrice, triggerPrice } = terms;
    order.terms = { ...order.terms, orderType, limitPrice, triggerPrice, quantity };
    tellModified(order, root, out);
    if (order.filled === quantity) {
      order.state = afterNews(order.state, 'full') ?? order.state;
      this.#settle(order, root, out);
      return;
    }
    this.#listener.changed(order, root, out);
    this.#sendNext(order, root, out);
  }

  #refuseChange(order: WorkingOrder, action: 'modify' | 'cancel', message: string, root: Root, out: Out): void {
    order.changing = undefined;
    tellChangeRefused(order, action, message, root, out);
    if (order.filled === order.terms.quantity) {
      order.state = 'filled';
      return this.#settle(order, root, out);
    }
    this.#listener.refused(order, message, root, out);
    this.#listener.changed(order, root, out);
    this.#sendNext(order, root, out);
  }

  #sendNext(order: WorkingOrder, root: Root, out: Out): void {
    const { next } = order;
    if (next === undefined || order.changing !== undefined || !isKnown(order)) return;
    this.#dequeueChange(order);
    order.next = undefined;
    this.change(next, root, out);
  }

  /** Tells how an order ended, and lets go of it. */
  #end(order: WorkingOrder, report: Exclude<StateReport, { kind: 'accepted' }>, root: Root, out: Out): void {
    const asked = report.kind === 'cancelled' && order.changing?.action === 'cancel';
    const sent = order.state !== 'pending_new';
    order.state = afterNews(order.state, report.kind) as OrderState;
    tellState(order, report, root, out);
    // What asks again at once for an order that is taken from it would ask for ever.
    if (sent && !asked) this.#listener.refused(order, report.message, root, out);
    this.#settle(order, root, out, sent);
  }

  /** A modify that is not answered stays with the order: fills that it brought may still be told. */
  #settle(order: WorkingOrder, root: Root, out: Out, sent = true): void {
    const { next } = order;
    if (next !== undefined) this.#dequeueChange(order);
    order.next = undefined;
    if (next !== undefined) this.#expireChange(next, 'SUPERSEDED', root, out);
    // Of one that never left, nothing more can be told.
    if (this.#terms.forgetAtOnce || !sent) this.#orders.delete(order.terms.orderId);
    this.#listener.changed(order, root, out);
  }

  /** The session has closed: what was never sent ends, and nothing settled needs following. */
  onClose(ofSegment: (token: number) => boolean, root: Root, out: Out): void {
    this.dropQueued((order) => ofSegment(order.submitted.token), 'the session closed', root, out);
    this.forgetSettled(ofSegment);
  }

  /** A day is over: of what has settled nothing more is told. */
  forgetSettled(ofSegment: (token: number) => boolean): void {
    for (const { terms, submitted, state } of this.#orders.all()) {
      if ((isTerminal(state) || state === 'absent') && ofSegment(submitted.token)) this.#orders.delete(terms.orderId);
    }
  }

  snapshot(): TrackerState {
    const plain = (item: Queued): Queued =>
      item.kind === 'order' ? { ...item, validated: plainValidated(item.validated) } : item;
    return { orders: this.#orders.all().map(plainOrder), scheduler: this.#scheduler.snapshot(plain) };
  }

  restore(state: TrackerState): void {
    for (const order of state.orders) this.#orders.add(plainOrder(order));
    this.#scheduler.restore(state.scheduler, (item) => this.#expiryOf(item));
  }
}
