// The budget of one account with its broker, shared by everything that is sent: so many orders, modifies and cancels a
// calendar second, minute and day. What does not fit waits in lanes, and what brings risk down goes first.
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

export interface SchedulerState<Item> {
  readonly waiting: readonly (readonly [Lane, Item])[];
  readonly second: number;
  readonly inSecond: number;
  readonly minute: number;
  readonly inMinute: number;
  readonly day: number;
  readonly inDay: number;
}

export class OrderScheduler<Item> {
  #pacing: readonly Pacing[];
  readonly #lanes: Readonly<Record<Lane, Item[]>> = { exit: [], cancel: [], modify: [], entry: [] };
  #second = 0;
  #inSecond = 0;
  #minute = 0;
  #inMinute = 0;
  #day = 0;
  #inDay = 0;
  #size = 0;

  /** @param pacing in order of their days; none paces nothing */
  constructor(pacing: readonly Pacing[]) {
    this.#pacing = pacing;
  }

  replan(pacing: readonly Pacing[]): void {
    this.#pacing = pacing;
  }

  /** Items that wait. */
  get size(): number {
    return this.#size;
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

  wait(lane: Lane, item: Item): void {
    this.#lanes[lane].push(item);
    this.#size++;
  }

  /** The next item whose turn has come, its budget taken; undefined when none may go now. */
  take(at: EpochMs): Item | undefined {
    const lane = this.#nextLane();
    if (lane === undefined) return undefined;
    const limits = this.limitsAt(at);
    if (limits !== undefined && !this.#spend(limits, lane, at)) return undefined;
    this.#size--;
    return this.#lanes[lane].shift();
  }

  /** The first lane in which something waits. */
  #nextLane(): Lane | undefined {
    return this.#size === 0 ? undefined : LANES.find((lane) => this.#lanes[lane].length > 0);
  }

  /** Takes out the waiting items that `where` says of, in the order of their lanes. */
  remove(where: (item: Item) => boolean): readonly Item[] {
    if (this.#size === 0) return [];
    const removed: Item[] = [];
    for (const lane of LANES) {
      const items = this.#lanes[lane];
      const kept = items.filter((item) => !where(item));
      if (kept.length === items.length) continue;
      removed.push(...items.filter(where));
      items.splice(0, items.length, ...kept);
    }
    this.#size -= removed.length;
    return removed;
  }

  list(): readonly Item[] {
    return LANES.flatMap((lane) => this.#lanes[lane]);
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
    if (limits.perSecond > 0 && this.#inSecond >= limits.perSecond) return (this.#second + 1) * SECOND_MS;
    return at;
  }

  /** Whether something of the same lane, or of one that is served before it, waits already. */
  #isBehind(lane: Lane): boolean {
    const next = this.#nextLane();
    return next !== undefined && LANES.indexOf(next) <= LANES.indexOf(lane);
  }

  #spend(limits: Pacing, lane: Lane, at: EpochMs): boolean {
    this.#turn(at);
    if (limits.perSecond > 0 && this.#inSecond >= limits.perSecond) return false;
    if (isSpent(limits.perMinute, this.#inMinute, lane) || isSpent(limits.perDay, this.#inDay, lane)) return false;
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
      waiting: LANES.flatMap((lane) => this.#lanes[lane].map((item) => [lane, plain(item)] as const)),
      second: this.#second,
      inSecond: this.#inSecond,
      minute: this.#minute,
      inMinute: this.#inMinute,
      day: this.#day,
      inDay: this.#inDay,
    };
  }

  restore(state: SchedulerState<Item>): void {
    for (const [lane, item] of state.waiting) this.wait(lane, item);
    this.#second = state.second;
    this.#inSecond = state.inSecond;
    this.#minute = state.minute;
    this.#inMinute = state.inMinute;
    this.#day = state.day;
    this.#inDay = state.inDay;
  }
}

/** Whether a lane may use no more of a minute's or a day's budget. */
function isSpent(limit: number, used: number, lane: Lane): boolean {
  if (limit === 0) return false;
  const forLane = lane === 'exit' || lane === 'cancel' ? limit : limit - Math.ceil(limit / KEPT_PART);
  return used >= forLane;
}
