// The budget of one account with its broker, shared by everything that is sent: so many orders, modifies and cancels a
// calendar second, minute and day. What does not fit waits in lanes, and what brings risk down goes first.
import { ExpiryHeap } from './expiry-heap.ts';
import { type DayNumber, type EpochMs, DAY_MS, dayOf, MINUTE_MS, SECOND_MS, startOfDay } from '../time.ts';

/** What a broker takes from one account from a day to a day; 0 is no limit. */
export interface Pacing {
  readonly from: DayNumber;
  readonly to: DayNumber;
  readonly perSecond: number;
  readonly perMinute: number;
  readonly perDay: number;
  /** Modifies of one order; later ones are refused. */
  readonly modifiesPerOrder: number;
  /** Parts that one signal may become. */
  readonly slices: number;
}

/** In the order in which they are served. */
export const LANES = ['exit', 'cancel', 'modify', 'entry'] as const;
export type Lane = (typeof LANES)[number];

/** Of a minute's and a day's budget, one part in ten is kept for exits and cancels. */
const KEPT_PART = 10;
/** Of every ten in a second, three: a broker's minute is less than sixty of its seconds anyway. */
const KEPT_OF_TEN = 3;

export interface SchedulerState<Item> {
  readonly waiting: readonly (readonly [Lane, Item])[];
  readonly second: number;
  readonly inSecond: number;
  readonly minute: number;
  readonly inMinute: number;
  readonly day: number;
  readonly inDay: number;
}

interface Waiting {
  readonly lane: Lane;
  /** Place in the order of arrival. */
  readonly number: number;
}

export class OrderScheduler<Item> {
  #pacing: readonly Pacing[];
  /** By arrival. */
  readonly #lanes: Readonly<Record<Lane, Set<Item>>> = {
    exit: new Set(),
    cancel: new Set(),
    modify: new Set(),
    entry: new Set(),
  };
  readonly #waiting = new Map<Item, Waiting>();
  /** Those that no longer wait are passed over. */
  readonly #expiries = new ExpiryHeap<Item>();
  #arrivals = 0;
  #second = 0;
  #inSecond = 0;
  #minute = 0;
  #inMinute = 0;
  #day = 0;
  #inDay = 0;

  /** @param pacing in order of their days; none paces nothing */
  constructor(pacing: readonly Pacing[]) {
    this.#pacing = pacing;
  }

  replan(pacing: readonly Pacing[]): void {
    this.#pacing = pacing;
  }

  /** Items that wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** The limits in force at an instant; undefined when there are none. */
  limitsAt(at: EpochMs): Pacing | undefined {
    if (this.#pacing.length === 0) return undefined;
    const day = dayOf(at);
    return this.#pacing.findLast((row) => row.from <= day);
  }

  /** Takes from the budget for something that would be sent now; false when it has to wait. */
  admit(lane: Lane, at: EpochMs): boolean {
    const limits = this.limitsAt(at);
    if (limits === undefined) return true;
    if (this.#isBehind(lane)) return false;
    return this.#spend(limits, lane, at);
  }

  /** @param expiresAt from when on it is no more to be taken; infinite for never */
  wait(lane: Lane, item: Item, expiresAt: number = Number.POSITIVE_INFINITY): void {
    this.#lanes[lane].add(item);
    this.#waiting.set(item, { lane, number: this.#arrivals++ });
    this.#expiries.push(expiresAt, item);
  }

  /** The next item whose turn has come, its budget taken; undefined when none may go now. */
  take(at: EpochMs): Item | undefined {
    const lane = this.#nextLane();
    if (lane === undefined) return undefined;
    const limits = this.limitsAt(at);
    if (limits !== undefined && !this.#spend(limits, lane, at)) return undefined;
    const [item] = this.#lanes[lane];
    if (item !== undefined) this.#drop(item);
    return item;
  }

  #drop(item: Item): Waiting | undefined {
    const waiting = this.#waiting.get(item);
    if (waiting === undefined) return undefined;
    this.#waiting.delete(item);
    this.#lanes[waiting.lane].delete(item);
    return waiting;
  }

  /** When the first of what waits expires; infinite when nothing does. */
  get nextExpiry(): number {
    let next = this.#expiries.peek();
    while (next !== undefined && !this.#waiting.has(next.item)) {
      this.#expiries.pop();
      next = this.#expiries.peek();
    }
    return next?.at ?? Number.POSITIVE_INFINITY;
  }

  /** Takes out what has expired, in the order of the lanes. */
  takeExpired(at: EpochMs): readonly Item[] {
    const expired: (readonly [Waiting, Item])[] = [];
    while (this.nextExpiry <= at) {
      const { item } = this.#expiries.pop() as { readonly item: Item };
      const waiting = this.#drop(item);
      if (waiting !== undefined) expired.push([waiting, item]);
    }
    expired.sort(([a], [b]) => LANES.indexOf(a.lane) - LANES.indexOf(b.lane) || a.number - b.number);
    return expired.map(([, item]) => item);
  }

  /** The first lane in which something waits. */
  #nextLane(): Lane | undefined {
    return this.size === 0 ? undefined : LANES.find((lane) => this.#lanes[lane].size > 0);
  }

  /** Takes out the waiting items that `where` says of, in the order of their lanes. */
  remove(where: (item: Item) => boolean): readonly Item[] {
    if (this.size === 0) return [];
    const removed = this.list().filter(where);
    for (const item of removed) this.#drop(item);
    return removed;
  }

  list(): readonly Item[] {
    return LANES.flatMap((lane) => [...this.#lanes[lane]]);
  }

  /** When the budget may allow the next item; infinite when none waits. */
  nextAt(at: EpochMs): number {
    const lane = this.#nextLane();
    if (lane === undefined) return Number.POSITIVE_INFINITY;
    const limits = this.limitsAt(at);
    if (limits === undefined) return at;
    this.#turn(at);
    if (isSpent(limits.perDay, this.#inDay, lane)) return startOfDay(dayOf(at)) + DAY_MS;
    if (isSpent(limits.perMinute, this.#inMinute, lane)) return (this.#minute + 1) * MINUTE_MS;
    if (isSecondSpent(limits.perSecond, this.#inSecond, lane)) return (this.#second + 1) * SECOND_MS;
    return at;
  }

  /** Whether something of the same lane, or of one that is served before it, waits already. */
  #isBehind(lane: Lane): boolean {
    const next = this.#nextLane();
    return next !== undefined && LANES.indexOf(next) <= LANES.indexOf(lane);
  }

  #spend(limits: Pacing, lane: Lane, at: EpochMs): boolean {
    this.#turn(at);
    const { perSecond, perMinute, perDay } = limits;
    if (isSecondSpent(perSecond, this.#inSecond, lane)) return false;
    if (isSpent(perMinute, this.#inMinute, lane) || isSpent(perDay, this.#inDay, lane)) return false;
    this.#inSecond++;
    this.#inMinute++;
    this.#inDay++;
    return true;
  }

  /** Calendar seconds, minutes and days, as the broker counts them. */
  #turn(at: EpochMs): void {
    const second = Math.floor(at / SECOND_MS);
    if (second !== this.#second) [this.#second, this.#inSecond] = [second, 0];
    const minute = Math.floor(at / MINUTE_MS);
    if (minute !== this.#minute) [this.#minute, this.#inMinute] = [minute, 0];
    const day = dayOf(at);
    if (day !== this.#day) [this.#day, this.#inDay] = [day, 0];
  }

  snapshot(plain: (item: Item) => Item): SchedulerState<Item> {
    return {
      waiting: LANES.flatMap((lane) => Array.from(this.#lanes[lane], (item) => [lane, plain(item)] as const)),
      second: this.#second,
      inSecond: this.#inSecond,
      minute: this.#minute,
      inMinute: this.#inMinute,
      day: this.#day,
      inDay: this.#inDay,
    };
  }

  restore(state: SchedulerState<Item>, expiryOf: (item: Item) => number = () => Number.POSITIVE_INFINITY): void {
    for (const [lane, item] of state.waiting) this.wait(lane, item, expiryOf(item));
    this.#second = state.second;
    this.#inSecond = state.inSecond;
    this.#minute = state.minute;
    this.#inMinute = state.inMinute;
    this.#day = state.day;
    this.#inDay = state.inDay;
  }
}

/** Whether a lane may use no more of a second's budget. */
function isSecondSpent(limit: number, used: number, lane: Lane): boolean {
  return limit > 0 && used >= limit - (isUrgent(lane) ? 0 : Math.floor(limit / 10) * KEPT_OF_TEN);
}

/** Whether a lane may use no more of a minute's or a day's budget. */
function isSpent(limit: number, used: number, lane: Lane): boolean {
  return limit > 0 && used >= limit - (isUrgent(lane) ? 0 : Math.ceil(limit / KEPT_PART));
}

function isUrgent(lane: Lane): boolean {
  return lane === 'exit' || lane === 'cancel';
}
