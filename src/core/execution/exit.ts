// An exit that the engine owns: how the position of an entry ends, or what has to be closed at the session's end. Pure
// questions and steps; src/core/execution/exit-keeper.ts asks them and acts.
//
// An exit has orders for one thing at a time, so that no two of them can fill for the same units: its stop rests with the
// broker, its target is watched, and when the market reaches it the same order becomes a limit at the target. A market
// order ends what has to end at once.
import { type Price, type Quantity } from '../decimal.ts';
import { type Bracket, type OrderType, type Product, type Purpose, type Side } from '../events.ts';
import { plainTrace, type EventId, type StrategyId, type Trace } from '../ids.ts';
import { exposedQuantity, isChangeable, isChanging, openQuantity, type WorkingOrder } from './working-order.ts';

/** Guarding: the stop rests. Taking: the target has been reached. Leaving: at the market, as soon as it can be. */
export type ExitPhase = 'guarding' | 'taking' | 'leaving';

export interface OwnedExit {
  /** Numbers the exits of a namespace. */
  readonly number: number;
  readonly strategyId: StrategyId;
  readonly token: number;
  /** What its signals follow from: the entry's order, or the moment that asked for it. */
  readonly trace: Trace;
  /** Side of the orders that end the position. */
  readonly side: Side;
  readonly product: Product;
  purpose: Purpose;
  readonly bracket: Bracket | undefined;
  /** Entry orders that may still fill. */
  entries: readonly EventId[];
  /** Units that the entry brought in, and units that are out again, through this exit or another way. */
  entered: number;
  exited: number;
  phase: ExitPhase;
  /** Trigger price in force; 0 for none. */
  stop: number;
  /** Best price since the entry, for a stop that follows it; 0 before the first. */
  best: number;
  /** When the market reached the stop, or the exit began to leave; 0 before. */
  firedAt: number;
  /** Orders of this exit that may fill, or may yet appear. */
  orders: readonly EventId[];
  /** Id of the signal that is on its way through the gate, and its units; 0 without one. */
  asked: EventId | undefined;
  askedUnits: number;
  /** Signals and changes so far; numbers the next one. */
  made: number;
  /** Refusals one after another, and when to try again after the last. */
  refusals: number;
  retryAt: number;
  /** Steps up the ladder: how often the exit was priced anew without ending. */
  steps: number;
}

/** What an exit is opened with. */
export type ExitOpening = Pick<OwnedExit, 'strategyId' | 'token' | 'trace' | 'side' | 'product' | 'purpose'>;

/** An exit that has brought nothing out yet. `number` is its own among those of the namespace. */
export function openedExit(
  number: number,
  opening: ExitOpening,
  start: Pick<OwnedExit, 'bracket' | 'entries'>,
): OwnedExit {
  return {
    number,
    ...opening,
    ...start,
    entered: 0,
    exited: 0,
    phase: 'guarding',
    stop: 0,
    best: 0,
    firedAt: 0,
    orders: [],
    asked: undefined,
    askedUnits: 0,
    made: 0,
    refusals: 0,
    retryAt: 0,
    steps: 0,
  };
}

/** How patient an exit is. */
export interface ExitTerms {
  /** An exit that has not filled is priced anew after so long, and a refused one tried again. */
  readonly stepMs: number;
  /** So many steps or refusals raise an alert. */
  readonly alertAfter: number;
  /** Intraday positions are closed so long before the session's close; 0 leaves them to the broker. */
  readonly squareOffMs: number;
}

/** Units that the exit still has to bring out. */
export function wantedQuantity(exit: OwnedExit): number {
  return Math.max(0, exit.entered - exit.exited);
}

/** Nothing is left to bring out, and nothing more can come in. */
export function isOver(exit: OwnedExit): boolean {
  return (
    wantedQuantity(exit) === 0 && exit.entries.length === 0 && exit.orders.length === 0 && exit.asked === undefined
  );
}

/** A part of the entry was filled: sets the stop and the best price from where the position began. */
export function enter(exit: OwnedExit, quantity: number, price: number, tickSize: number): void {
  exit.entered += quantity;
  if (exit.best === 0) exit.best = price;
  if (exit.stop !== 0 || exit.bracket === undefined) return;
  const { stop, trail } = exit.bracket;
  exit.stop = stop ?? (trail === undefined ? 0 : Math.max(trailed(exit.side, price, trail, tickSize), tickSize, 1));
}

/** Where a stop at this distance from a price lies: on the price grid, and never nearer than the distance. */
function trailed(side: Side, price: number, trail: number, tickSize: number): number {
  const step = Math.max(1, tickSize);
  return side === 'SELL' ? Math.floor((price - trail) / step) * step : Math.ceil((price + trail) / step) * step;
}

/** Units that are not held any more, because they went out another way, come off the oldest exits. */
export function takeOut(exits: readonly OwnedExit[], held: number): void {
  for (const side of ['SELL', 'BUY'] as const) {
    const ours = exits.filter((exit) => exit.side === side);
    const wanted = ours.reduce((sum, exit) => sum + wantedQuantity(exit), 0);
    let gone = Math.max(0, wanted - Math.max(0, side === 'SELL' ? held : -held));
    for (const exit of ours) {
      const taken = Math.min(gone, wantedQuantity(exit));
      exit.exited += taken;
      gone -= taken;
    }
  }
}

/** Ends the exit at the market from now on. */
export function leave(exit: OwnedExit, at: number): void {
  if (exit.phase === 'leaving') return;
  exit.phase = 'leaving';
  exit.firedAt = at;
  exit.retryAt = 0;
}

/** When an exit that is leaving, or was refused, takes its next step; infinite when it waits for no time. */
export function stepAt(exit: OwnedExit, stepMs: number): number {
  if (wantedQuantity(exit) === 0) return Number.POSITIVE_INFINITY;
  if (exit.retryAt !== 0) return exit.retryAt;
  if (exit.phase !== 'leaving' || exit.orders.length === 0) return Number.POSITIVE_INFINITY;
  return exit.firedAt + (exit.steps + 1) * stepMs;
}

/** When an exit is due by time alone: its next step, or the time that its bracket sets. */
export function dueAt(exit: OwnedExit, stepMs: number): number {
  const exitAt = exit.phase === 'leaving' ? undefined : exit.bracket?.exitAt;
  return Math.min(exitAt ?? Number.POSITIVE_INFINITY, stepAt(exit, stepMs));
}

export interface WatchMeans {
  readonly stepMs: number;
  /** Whether orders of the exit rest with the broker. */
  readonly resting: boolean;
}

/** A stop that follows the price moves in steps of a tenth of its distance: brokers count modifies. */
const TRAIL_STEPS = 10;

/** Takes a price into the exit; whether anything changed that its orders must follow. */
export function watch(exit: OwnedExit, price: number, at: number, tickSize: number, means: WatchMeans): boolean {
  if (exit.phase === 'leaving' || wantedQuantity(exit) === 0) return false;
  const selling = exit.side === 'SELL';
  if (exit.stop !== 0 && (selling ? price <= exit.stop : price >= exit.stop)) return atStop(exit, at, means);
  exit.firedAt = 0;
  const target = exit.bracket?.target;
  if (exit.phase === 'guarding' && target !== undefined && (selling ? price >= target : price <= target)) {
    exit.phase = 'taking';
    return true;
  }
  return follow(exit, price, tickSize);
}

/** The stop's own order has one step's time to end the position; without one, or after it, the exit leaves. */
function atStop(exit: OwnedExit, at: number, means: WatchMeans): boolean {
  const resting = exit.phase === 'guarding' && means.resting;
  if (exit.firedAt === 0) exit.firedAt = at;
  if (resting && at - exit.firedAt < means.stepMs) return false;
  leave(exit, at);
  return true;
}

function follow(exit: OwnedExit, price: number, tickSize: number): boolean {
  const trail = exit.bracket?.trail;
  const selling = exit.side === 'SELL';
  if (trail === undefined || (selling ? price <= exit.best : price >= exit.best)) return false;
  exit.best = price;
  const step = Math.max(1, tickSize);
  const stop = trailed(exit.side, price, trail, tickSize);
  const moved = selling ? stop - exit.stop : exit.stop - stop;
  if (stop <= 0 || moved < Math.max(step, trail / TRAIL_STEPS)) return false;
  exit.stop = stop;
  return exit.phase === 'guarding';
}

/** Terms of the orders that an exit should have at work now; undefined when it only waits for its time. */
export interface ExitPrices {
  readonly orderType: OrderType;
  readonly limitPrice: Price | undefined;
  readonly triggerPrice: Price | undefined;
}

const AT_MARKET: ExitPrices = { orderType: 'market', limitPrice: undefined, triggerPrice: undefined };

export function wantedPrices(exit: OwnedExit): ExitPrices | undefined {
  if (exit.phase === 'leaving') return AT_MARKET;
  const target = exit.bracket?.target;
  if (exit.phase === 'guarding' && exit.stop !== 0) {
    return { orderType: 'stop', limitPrice: undefined, triggerPrice: exit.stop as Price };
  }
  if (target === undefined) return undefined;
  return { orderType: 'limit', limitPrice: target, triggerPrice: undefined };
}

/** What the engine has to do for an exit. */
export type ExitStep =
  | { readonly kind: 'place'; readonly quantity: Quantity; readonly prices: ExitPrices }
  | {
      readonly kind: 'modify';
      readonly order: WorkingOrder;
      readonly quantity: Quantity | undefined;
      readonly prices: ExitPrices | undefined;
    }
  | { readonly kind: 'cancel'; readonly order: WorkingOrder };

export interface ExitMeans {
  /** The exit's orders, in the order in which they were made. */
  readonly orders: readonly WorkingOrder[];
  /** Units that may be offered: what is held and not offered elsewhere. */
  readonly cover: number;
  /** The largest quantity of one order. */
  readonly largest: number;
  /** Modifies that the broker takes of one order; 0 is any number. */
  readonly modifiesMax: number;
  /** Price the orders anew although their terms are the same. */
  readonly reprice: boolean;
}

/**
 * The steps from the orders at work to those that should be. Terms first; then too much is taken back, from the newest
 * order on; what is missing is added to an order that has room, else placed. An order with a change on its way waits, and
 * nothing is placed before it is answered: until then the order counts with the most that it may fill.
 */
export function exitSteps(exit: OwnedExit, means: ExitMeans): readonly ExitStep[] {
  const prices = wantedPrices(exit);
  const cover = Math.min(wantedQuantity(exit), means.cover);
  let offered = means.orders.reduce((sum, order) => sum + exposedQuantity(order), 0);
  let settled = exit.asked === undefined && !means.orders.some(isChanging);
  const steps: ExitStep[] = [];
  for (const order of means.orders.toReversed()) {
    if (!isChangeable(order)) continue;
    const open = openQuantity(order);
    const excess = Math.min(open, Math.max(0, offered - cover));
    const worn = means.modifiesMax > 0 && order.modifies >= means.modifiesMax;
    const room = offered < cover ? Math.min(cover - offered, means.largest - order.terms.quantity) : 0;
    const reterm = prices !== undefined && (means.reprice || !hasPrices(order, prices));
    if (excess === open || (worn && (excess > 0 || reterm))) {
      offered -= open;
      settled = false;
      steps.push({ kind: 'cancel', order });
    } else if (excess > 0 || room > 0 || reterm) {
      const change = room > 0 && !worn ? room : -excess;
      offered += change;
      const quantity = change === 0 ? undefined : ((order.terms.quantity + change) as Quantity);
      if (quantity === undefined && !reterm) continue;
      steps.push({ kind: 'modify', order, quantity, prices: reterm ? prices : undefined });
    }
  }
  if (prices !== undefined && offered < cover && settled) {
    steps.push({ kind: 'place', quantity: (cover - offered) as Quantity, prices });
  }
  return steps;
}

/** A stop that the broker has set off is the market or limit order that it became, and no stop any more. */
function hasPrices({ terms }: WorkingOrder, prices: ExitPrices): boolean {
  if (prices.orderType === 'stop' && (terms.orderType === 'limit' || terms.orderType === 'market')) return true;
  return (
    terms.orderType === prices.orderType &&
    terms.limitPrice === prices.limitPrice &&
    terms.triggerPrice === prices.triggerPrice
  );
}

export function plainExit(exit: OwnedExit): OwnedExit {
  return { ...exit, trace: plainTrace(exit.trace), entries: [...exit.entries], orders: [...exit.orders] };
}
