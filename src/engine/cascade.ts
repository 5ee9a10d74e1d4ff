// The pipeline in memory: one input at a time runs through every stage of every namespace, synchronously, with no
// promise, JSON or emitter between stages. The shell decides what enters and commits what comes out.
import { type Root } from '#core/decider.ts';
import { type DomainEvent } from '#core/events.ts';
import { type BrokerReport } from '#core/execution/report.ts';
import { TickTrace, knownTrace, type BrokerId, type EventId, type Trace } from '#core/ids.ts';
import { invariant } from '#core/invariant.ts';
import { type Calendar, type Session } from '#core/market/calendar.ts';
import { type FeedGap } from '#core/market/gap.ts';
import { InstrumentTable } from '#core/market/instrument.ts';
import { DEPTH_WIDTH, NO_VOLUME, type Tick, type TickBatch } from '#core/market/tick.ts';
import { type Plan } from '#core/plan.ts';
import { type Price } from '#core/decimal.ts';
import { grown } from '#core/portfolio/book.ts';
import { BEAT, NAMESPACE, type Deciding } from '#core/strategy/deciding.ts';
import { type StrategyCatalogue } from '#core/strategy/runner.ts';
import { type EpochMs, formatInstant } from '#core/time.ts';
import { Namespace, type NamespaceState, type ShelfOf } from './namespace.ts';
import { type CascadeSink } from './sink.ts';
import { WHOLE, type Part } from './part.ts';
import { SessionTimers } from './session-timers.ts';
import { type StageTiming } from './stage-timing.ts';

export interface CascadeState {
  readonly plan: Plan;
  /** The greatest input time seen; 0 before the first. */
  readonly at: number;
  readonly volumes: readonly (readonly [number, number])[];
  readonly namespaces: Readonly<Record<string, NamespaceState>>;
}

/** What a cascade takes from outside core: the strategies by type and the calendars by name. */
export interface CascadeContext {
  readonly catalogue: StrategyCatalogue;
  readonly calendar: (name: string) => Calendar;
  readonly sink?: CascadeSink | undefined;
  /** Where it is written which strategy is deciding. */
  readonly deciding?: Deciding;
  /** The stages of this process; all of them when it is not said. */
  readonly part?: Part;
  /** Where books at rest go; without it all stay in memory. */
  readonly shelfOf?: ShelfOf;
  /** Who measures how long the stages take; nobody when it is not said. */
  readonly timing?: StageTiming | undefined;
}

/** The input at hand, one record for all inputs. */
class CurrentRoot implements Root {
  at = 0 as EpochMs;
  timers: SessionTimers | undefined;
  batch: TickBatch | undefined;
  row = 0;
  sourceOf: (instrument: number) => string = () => '';
  named: Trace | undefined;

  /** Made once for an input, when the first event follows from it. */
  get trace(): Trace {
    this.named ??= this.#nameTick();
    return this.named;
  }

  sessionOf(segment: string): Session | undefined {
    return this.timers?.sessionOf(segment);
  }

  #nameTick(): Trace {
    invariant(this.batch !== undefined, 'an event follows from a tick, but no tick is at hand');
    const instrument = this.batch.instrument[this.row] as number;
    return new TickTrace(this.sourceOf(instrument), this.batch.sequence[this.row] as number);
  }
}

const SMALL_MAX = 0x7fffffff;

/** The same number; as a machine integer where it fits, so that handing it on allocates nothing. */
function small(value: number): number {
  return value <= SMALL_MAX ? value | 0 : value;
}

export class Cascade {
  readonly instruments = new InstrumentTable();
  readonly #context: CascadeContext;
  readonly #namespaces = new Map<BrokerId, Namespace>();
  /** States of namespaces that the plan leaves out; kept, should they come back. */
  readonly #dormant = new Map<BrokerId, NamespaceState>();
  #active: Namespace[] = [];
  #plan: Plan | undefined;
  #timers: SessionTimers | undefined;
  #volumes = new Float64Array(0);
  readonly #root = new CurrentRoot();
  readonly #tick: Tick;

  constructor(context: CascadeContext) {
    this.#context = context;
    const price = 0 as Price;
    const depth = new Int32Array(0);
    this.#tick = { instrument: 0, time: 0 as EpochMs, price, volume: 0, traded: 0, depth, depthAt: -1 };
  }

  get plan(): Plan {
    invariant(this.#plan !== undefined, 'a cascade needs a plan before its first input');
    return this.#plan;
  }

  /** The greatest input time seen. */
  get at(): EpochMs {
    return this.#root.at;
  }

  get session(): SessionTimers['session'] {
    return this.#timers?.session;
  }

  /** From this instant on something is due by time alone. */
  get nextDue(): number {
    const at = this.#root.at;
    const due = this.#active.map((namespace) => Math.min(namespace.wakeAt(at), namespace.runner.nextDue));
    return Math.min(this.#timers?.nextDue ?? Infinity, ...due);
  }

  namespaces(): readonly Namespace[] {
    return this.#active;
  }

  namespace(broker: BrokerId): Namespace | undefined {
    return this.#namespaces.get(broker);
  }

  /** Goes on under another plan. Namespaces and deployments that it leaves out keep their state. */
  replan(plan: Plan): void {
    this.#plan = plan;
    for (const [index, instrument] of plan.instruments.entries()) {
      const given = this.instruments.add(instrument);
      invariant(given === index, `the instrument ${instrument.symbol} has index ${given}, the plan says ${index}`);
    }
    this.#volumes = grown(this.#volumes, this.instruments.size);
    const calendar = this.#context.calendar(plan.calendar);
    const { part = WHOLE, timing } = this.#context;
    const { freshMs, charges } = plan;
    const context = { calendar, instruments: this.instruments, freshMs, charges, part, timing };
    for (const [broker, namespace] of this.#namespaces) {
      if (plan.namespaces.some((terms) => terms.broker === broker)) continue;
      namespace.leave();
      this.#dormant.set(broker, { ...namespace.snapshot(), leftAt: this.#root.at });
      this.#namespaces.delete(broker);
    }
    const joined: Namespace[] = [];
    for (const terms of plan.namespaces) {
      const known = this.#namespaces.get(terms.broker);
      const { sink, deciding, shelfOf } = this.#context;
      const namespace = known ?? new Namespace(terms, context, sink, deciding, shelfOf);
      const kept = this.#dormant.get(terms.broker);
      if (kept !== undefined) namespace.restore(kept);
      this.#dormant.delete(terms.broker);
      namespace.replan(terms, context, plan.deployments, this.#context.catalogue);
      this.#namespaces.set(terms.broker, namespace);
      if (known === undefined && (kept === undefined || kept.leftAt !== undefined)) joined.push(namespace);
      if (kept?.leftAt !== undefined) this.#catchUp(namespace, calendar, plan, kept.leftAt);
    }
    this.#active = [...this.#namespaces.values()];
    const from = this.#root.at === 0 ? undefined : this.#root.at;
    this.#timers = new SessionTimers(calendar, plan, this.instruments.list(), from);
    this.#root.timers = this.#timers;
    if (from !== undefined) for (const namespace of joined) this.#tellPhases(namespace, this.#timers);
  }

  /** A namespace that joins in the middle of a closing auction has missed that it began. */
  #tellPhases(namespace: Namespace, timers: SessionTimers): void {
    for (const [segment, step] of timers.auctionsAt(this.#root.at)) namespace.onPhase(segment, step, this.#root);
  }

  /** A namespace that comes back after the close of a session that it left in has missed that close. */
  #catchUp(namespace: Namespace, calendar: Calendar, plan: Plan, leftAt: EpochMs): void {
    if (leftAt === 0) return;
    for (const segment of new Set([plan.segment, ...this.instruments.list().map((each) => each.segment)])) {
      if (calendar.nextSession(segment, leftAt).close <= this.#root.at) namespace.onMissedClose(segment, this.#root);
    }
  }

  /** Set from outside, while a tick is taken, to stop `onTicks` after it. */
  pause = false;

  /**
   * Takes rows `from` to `to` (excluded) of a batch whose instruments are indices of this cascade's table. Returns the
   * row after the last one that it took.
   */
  onTicks(batch: TickBatch, from: number, to: number, sourceOf: (instrument: number) => string): number {
    this.#root.batch = batch;
    this.#root.sourceOf = sourceOf;
    this.#tick.depth = batch.depth;
    for (let k = from; k < to; k++) {
      this.#onRow(batch, k);
      if (this.pause) return k + 1;
    }
    return to;
  }

  /** The hot path: nothing is allocated here, and what is handed on is a small integer wherever it can be. */
  #onRow(batch: TickBatch, k: number): void {
    const root = this.#root;
    const tick = this.#tick;
    const time = batch.time[k] as EpochMs;
    const at = time > root.at ? time : root.at;
    const timers = this.#timers as SessionTimers;
    if (at >= timers.nextDue) this.#fireDue(at);
    root.at = at;
    root.row = k;
    root.named = undefined;
    const instrument = batch.instrument[k] as number;
    const volume = small(batch.volume[k] as number);
    tick.instrument = instrument;
    tick.time = time;
    tick.price = small(batch.price[k] as number) as Price;
    tick.volume = volume;
    tick.traded = volume === NO_VOLUME ? NO_VOLUME : this.#traded(instrument, volume);
    tick.depthAt = batch.hasDepth ? k * DEPTH_WIDTH : -1;
    const open = timers.isOpen(instrument, at);
    const namespaces = this.#active;
    const deciding = this.#context.deciding;
    for (let n = 0; n < namespaces.length; n++) {
      const namespace = namespaces[n] as Namespace;
      if (deciding !== undefined) {
        deciding[NAMESPACE] = n + 1;
        deciding[BEAT] = ((deciding[BEAT] as number) + 1) | 0;
      }
      if (namespace.engine.waits && at >= namespace.wakeAt(at)) namespace.onTime(root);
      namespace.onTick(tick, open, root);
    }
  }

  /** Volume since the tick before of the instrument; a day's first tick brings the day's volume so far. */
  #traded(instrument: number, volume: number): number {
    const before = this.#volumes[instrument] as number;
    this.#volumes[instrument] = volume;
    return volume >= before ? volume - before : volume;
  }

  /** Applies an event from outside that the log holds already; false when its namespace is not active. */
  onMessage(event: DomainEvent, at: EpochMs): boolean {
    const namespace = this.namespace(event.broker);
    if (namespace === undefined) return false;
    this.#moveTo(at > this.#root.at ? at : this.#root.at);
    this.#enter(namespace);
    this.#root.named = event.trace;
    namespace.onMessage(event, this.#root);
    return true;
  }

  /** Applies what a gateway said; false when its namespace is not active or does not follow the order. */
  onReport(broker: BrokerId, report: BrokerReport, at: EpochMs): boolean {
    const namespace = this.namespace(broker);
    if (namespace === undefined) return false;
    this.#moveTo(at > this.#root.at ? at : this.#root.at);
    this.#root.named = knownTrace(report.orderId);
    return namespace.onReport(report, this.#root);
  }

  /** Takes a gap of the feed, which concerns every namespace. */
  onGap(gap: FeedGap): void {
    for (const namespace of this.#active) {
      this.#enter(namespace);
      this.#root.named = knownTrace(gap.id);
      namespace.onGap(gap, this.#root);
    }
  }

  /** Lets time pass without another input, so that what is due by `at` happens. */
  onClock(at: EpochMs): void {
    if (at > this.#root.at) this.#moveTo(at);
  }

  /** Moves the time to `at`, and lets everything happen that is due by then. */
  #moveTo(at: EpochMs): void {
    if (at >= (this.#timers as SessionTimers).nextDue) this.#fireDue(at);
    this.#root.at = at;
    for (const namespace of this.#active) {
      if (at >= namespace.wakeAt(at)) namespace.onTime(this.#root);
    }
    this.#askTimers(at);
  }

  /** Bars and timers of strategies that are due by a time that came without a tick. */
  #askTimers(at: EpochMs): void {
    for (const namespace of this.#active) {
      if (at < namespace.runner.nextDue) continue;
      this.#root.named = knownTrace(`clock@${formatInstant(at)}` as EventId);
      this.#enter(namespace);
      namespace.onTimers(this.#root);
    }
  }

  /** Says which namespace decides from here on. */
  #enter(namespace: Namespace): void {
    const { deciding } = this.#context;
    if (deciding !== undefined) deciding[NAMESPACE] = this.#active.indexOf(namespace) + 1;
  }

  /** Fires every timer that is due by `at`, each at its own time. */
  #fireDue(at: EpochMs): void {
    const timers = this.#timers as SessionTimers;
    const root = this.#root;
    for (let due = timers.take(at); due !== undefined; due = timers.take(at)) {
      root.at = due.at;
      root.named = knownTrace(due.name as EventId);
      for (const namespace of this.#active) {
        this.#enter(namespace);
        namespace.onTime(root);
        if (due.kind === 'close') namespace.onClose(due.segment, due.segment === this.plan.segment, root);
        else if (due.kind === 'turn') namespace.onTurn(due.segment, due.segment === this.plan.segment, root);
        else if (due.kind === 'square_off') namespace.onSquareOff(due.segment, root);
        else if (due.kind === 'phase') namespace.onPhase(due.segment, due.phase, root);
        else namespace.onSnapshotDue(root);
      }
    }
  }

  snapshot(): CascadeState {
    const volumes: [number, number][] = [];
    this.#volumes.forEach((volume, index) => {
      if (volume !== 0) volumes.push([index, volume]);
    });
    const kept = [...this.#namespaces].map(([broker, namespace]) => [broker, namespace.snapshot()] as const);
    const sorted = [...kept, ...this.#dormant].toSorted(([a], [b]) => (a < b ? -1 : 1));
    const namespaces = Object.fromEntries(sorted);
    return { plan: this.plan, at: this.#root.at, volumes, namespaces };
  }

  /** Rebuilds the state that a snapshot holds; the cascade must be new. */
  restore(state: CascadeState): void {
    this.#root.at = state.at as EpochMs;
    for (const [broker, kept] of Object.entries(state.namespaces)) this.#dormant.set(broker as BrokerId, kept);
    this.replan(state.plan);
    for (const [index, volume] of state.volumes) this.#volumes[index] = volume;
  }
}
