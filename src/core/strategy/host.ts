// Runs one deployment in one namespace: its parameters, its state for each instrument, its bars and timers. A strategy
// that throws is quarantined, and the others go on.
import { type Root } from '../decider.ts';
import { type Price } from '../decimal.ts';
import { type OrderFilled, type Out } from '../events.ts';
import { DerivedTrace, type StrategyId } from '../ids.ts';
import { type Bar } from '../market/bar.ts';
import { type FeedGap } from '../market/gap.ts';
import { type Instrument, type InstrumentTable } from '../market/instrument.ts';
import { type Tick } from '../market/tick.ts';
import { type Deployment } from '../plan.ts';
import { type OwnBook } from './own-book.ts';
import { type OwnBooks } from './own-books.ts';
import { type ParameterTable, type ParameterValues } from './parameters.ts';
import { Schedule, type ScheduleListener, type ScheduleState, type TimerDue } from './schedule.ts';
import { changeOf, notOwn, signalOf, type Speaker } from './speaking.ts';
import { type Models, type Strategy } from './strategy.ts';
import { towards } from './target.ts';
import { checkWanted, type Wanted, type Wants } from './wanted.ts';

export interface HostState {
  readonly strategyId: StrategyId;
  /** Strategy kind, version and parameters that made the states; other ones start a new warm-up. */
  readonly fingerprint: string;
  /** [index, state] of every instrument that the deployment runs on. */
  readonly states: readonly (readonly [number, unknown])[];
  /** [segment, bars and timers] */
  readonly schedules: readonly (readonly [string, ScheduleState])[];
  /** [index, price] of the last tick, while there is a schedule. */
  readonly prices: readonly (readonly [number, number])[];
}

interface SegmentSchedule {
  readonly segment: string;
  readonly schedule: Schedule;
}

/** What is said at one input: to whom, after what, and how much already, which numbers what follows. */
export interface Saying {
  root: Root;
  out: Out;
  said: number;
}

export class StrategyHost implements ScheduleListener {
  readonly strategyId: StrategyId;
  readonly #strategy: Strategy;
  readonly #parameters: ParameterValues<ParameterTable>;
  readonly #models: Models;
  readonly #fingerprint: string;
  readonly #speaker: Speaker;
  /** By instrument index; undefined where the deployment does not run. */
  readonly #instruments: (Instrument | undefined)[] = [];
  readonly #states: unknown[] = [];
  readonly #own: OwnBook[] = [];
  /** One for each segment that its instruments trade in; none without bars and timers. */
  readonly #schedules: readonly SegmentSchedule[];
  readonly #prices: number[] = [];
  /** What the schedule's answers are said in. */
  #saying: Saying | undefined;

  constructor(deployment: Deployment, strategy: Strategy, speaker: Speaker, table: InstrumentTable, books: OwnBooks) {
    this.strategyId = deployment.strategyId;
    this.#strategy = strategy;
    this.#parameters = deployment.parameters;
    this.#models = speaker.models;
    this.#fingerprint = fingerprintOf(strategy, deployment);
    this.#speaker = speaker;
    for (const [index, instrument] of table.list().entries()) {
      const runs = deployment.tokens === 'all' ? instrument.tradable : deployment.tokens.includes(instrument.token);
      this.#instruments.push(runs ? instrument : undefined);
      this.#states.push(runs ? strategy.start(this.#parameters, instrument) : undefined);
      this.#own.push(books.at(index));
      this.#prices.push(0);
    }
    this.#schedules = schedulesOf(strategy, this.#parameters, this.#instruments);
  }

  /** From this instant on a bar or a timer is due; infinity without any. */
  get nextDue(): number {
    let next = Infinity;
    for (const { schedule } of this.#schedules) next = Math.min(next, schedule.nextDue);
    return next;
  }

  /** Whether the strategy asks for its fills. */
  get followsFills(): boolean {
    return this.#strategy.onFill !== undefined;
  }

  /** Asks the strategy for everything that came due by the input. Throws as `onTick` does. */
  onTime(saying: Saying): void {
    const { root } = saying;
    this.#saying = saying;
    for (const { segment, schedule } of this.#schedules) {
      if (root.at >= schedule.nextDue) schedule.moveTo(root.at, root.sessionOf?.(segment), this);
    }
  }

  /** The session of a segment has closed: its bars end. Throws as `onTick` does. */
  onClose(closed: string, saying: Saying): void {
    this.#saying = saying;
    for (const { segment, schedule } of this.#schedules) {
      if (segment === closed) schedule.close(saying.root.at, this);
    }
  }

  /**
   * Hands the tick to the strategy and says what it wants, numbered from `said` on; returns the number that comes next.
   * Throws what the strategy throws, and when what it wants makes no sense; then nothing of it is said.
   */
  onTick(tick: Tick, root: Root, said: number, out: Out): number {
    const index = tick.instrument;
    const instrument = this.#instruments[index];
    if (instrument === undefined) return said;
    if (this.#schedules.length > 0) this.#see(tick, root);
    const own = this.#own[index] as OwnBook;
    const wants = this.#strategy.onTick(this.#parameters, this.#states[index], tick, own, instrument, this.#models);
    if (wants === undefined) return said;
    const saying = { root, out, said };
    this.#say(wants, index, tick.price, saying);
    return saying.said;
  }

  /** The strategy begins anew with an instrument. */
  startAnew(index: number): void {
    const instrument = this.#instruments[index];
    if (instrument !== undefined) this.#states[index] = this.#strategy.start(this.#parameters, instrument);
  }

  #see(tick: Tick, root: Root): void {
    for (const { schedule } of this.#schedules) schedule.onTick(tick, root.at);
    this.#prices[tick.instrument] = tick.price;
  }

  /** Hands an own fill, which the book has already, to a strategy that asks for it. Throws as `onTick` does. */
  onFill(event: OrderFilled, index: number, saying: Saying): void {
    const instrument = this.#instruments[index];
    if (instrument === undefined || this.#strategy.onFill === undefined) return;
    const { order, quantity, fillPrice: price, at } = event;
    const fill = { orderId: order.orderId, side: order.side, quantity, price, at };
    const own = this.#own[index] as OwnBook;
    const wants = this.#strategy.onFill(this.#parameters, this.#states[index], fill, own, instrument, this.#models);
    if (wants !== undefined) this.#say(wants, index, price, saying);
  }

  onBar(index: number, bar: Bar): void {
    const instrument = this.#instruments[index] as Instrument;
    const own = this.#own[index] as OwnBook;
    const wants = this.#strategy.onBar?.(this.#parameters, this.#states[index], bar, own, instrument, this.#models);
    if (wants !== undefined) this.#say(wants, index, bar.close, this.#saying as Saying);
  }

  onTimer(index: number, due: TimerDue): void {
    const instrument = this.#instruments[index] as Instrument;
    const own = this.#own[index] as OwnBook;
    const wants = this.#strategy.onTimer?.(this.#parameters, this.#states[index], due, own, instrument, this.#models);
    const price = this.#prices[index] as Price;
    if (wants !== undefined) this.#say(wants, index, price === 0 ? undefined : price, this.#saying as Saying);
  }

  /** The deployment stops for a while; the bars that run then will not be complete. */
  leave(): void {
    for (const { schedule } of this.#schedules) schedule.leave();
  }

  /** Ticks of an instrument were missed, or what was missed is known now. Throws as `onTick` does. */
  onGap(gap: FeedGap, index: number, saying: Saying): void {
    const instrument = this.#instruments[index];
    if (instrument === undefined) return;
    if (gap.candles === undefined) for (const { schedule } of this.#schedules) schedule.interrupt(gap.to, index);
    const own = this.#own[index] as OwnBook;
    const wants = this.#strategy.onGap?.(this.#parameters, this.#states[index], gap, own, instrument, this.#models);
    const price = this.#prices[index] as Price;
    if (wants !== undefined) this.#say(wants, index, price === 0 ? undefined : price, saying);
  }

  #say(wants: Exclude<Wants, undefined>, index: number, price: Price | undefined, saying: Saying): void {
    if (!isList(wants)) {
      checkWanted(wants);
      return this.#sayOne(wants, index, price, saying);
    }
    for (const wanted of wants) checkWanted(wanted);
    for (const wanted of wants) this.#sayOne(wanted, index, price, saying);
  }

  #sayOne(wanted: Wanted, index: number, price: Price | undefined, saying: Saying): void {
    const own = this.#own[index] as OwnBook;
    if ('target' in wanted) {
      for (const each of towards(wanted, own)) this.#sayOne(each, index, price, saying);
      return;
    }
    const { root, out } = saying;
    const { strategyId } = this;
    const { token } = this.#instruments[index] as Instrument;
    const trace = new DerivedTrace(root.trace, 's', this.#speaker.broker, saying.said++);
    if ('side' in wanted) {
      const signal = signalOf(wanted, this.#speaker, { strategyId, token, trace, root, price });
      own.onSignal(signal);
      out.push(signal);
      return;
    }
    const occasion = { strategyId, token, trace, root, price };
    const orderId = 'cancel' in wanted ? wanted.cancel : wanted.modify;
    const isOwn = own.orders.some((order) => order.orderId === orderId);
    out.push(isOwn ? changeOf(wanted, this.#speaker, occasion) : notOwn(orderId, this.#speaker, occasion));
  }

  snapshot(): HostState {
    const states: [number, unknown][] = [];
    const prices: [number, number][] = [];
    for (let k = 0; k < this.#states.length; k++) {
      if (this.#states[k] !== undefined) states.push([k, this.#states[k]]);
      if (this.#prices[k] !== 0) prices.push([k, this.#prices[k] as number]);
    }
    const schedules = this.#schedules.map(({ segment, schedule }) => [segment, schedule.snapshot()] as const);
    return { strategyId: this.strategyId, fingerprint: this.#fingerprint, states, schedules, prices };
  }

  /** Takes over the states when the same strategy with the same parameters made them. */
  restore(state: HostState): void {
    if (state.fingerprint !== this.#fingerprint) return;
    for (const [index, kept] of state.states) {
      if (this.#instruments[index] !== undefined) this.#states[index] = kept;
    }
    for (const [index, price] of state.prices) this.#prices[index] = price;
    for (const [segment, kept] of state.schedules) {
      this.#schedules.find((each) => each.segment === segment)?.schedule.restore(kept);
    }
  }
}

function schedulesOf(
  strategy: Strategy,
  parameters: ParameterValues<ParameterTable>,
  instruments: readonly (Instrument | undefined)[],
): readonly SegmentSchedule[] {
  const bars = strategy.bars?.(parameters) ?? [];
  const timers = strategy.timers?.(parameters) ?? [];
  if (bars.length === 0 && timers.length === 0) return [];
  const segments = new Set(instruments.flatMap((instrument) => instrument?.segment ?? []));
  return [...segments].map((segment) => {
    const runs = instruments.map((instrument) => instrument?.segment === segment);
    return { segment, schedule: new Schedule(bars, timers, runs) };
  });
}

function isList(wants: Exclude<Wants, undefined>): wants is readonly Wanted[] {
  return Array.isArray(wants);
}

function fingerprintOf(strategy: Strategy, deployment: Deployment): string {
  const parameters = Object.entries(deployment.parameters).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `${strategy.type}@${strategy.version}${JSON.stringify(parameters)}`;
}
