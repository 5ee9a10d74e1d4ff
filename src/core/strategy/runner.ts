// The strategy runner of one namespace: every deployment that runs here, in the order of their ids.
import { type Root, type Stage } from '../decider.ts';
import { type CorporateAction, type DomainEvent, type OrderFilled, type Out } from '../events.ts';
import { DerivedTrace, type BrokerId, type StrategyId } from '../ids.ts';
import { invariant } from '../invariant.ts';
import { type FeedGap } from '../market/gap.ts';
import { type InstrumentTable } from '../market/instrument.ts';
import { type Tick } from '../market/tick.ts';
import { type Deployment, type NamespacePlan } from '../plan.ts';
import { DEPLOYMENT, type Deciding } from './deciding.ts';
import { StrategyHost, type HostState, type Saying } from './host.ts';
import { type Model } from './models/model.ts';
import { OwnBooks, type OwnBooksState, type OwnEvent } from './own-books.ts';
import { type Models, type Strategy } from './strategy.ts';

/** Characters of a strategy's error that are kept. */
const WHY_MAX = 500;

export interface RunnerState {
  readonly hosts: readonly HostState[];
  /** Own books of every deployment that ever had something, whether it runs or not. */
  readonly books: readonly (readonly [StrategyId, OwnBooksState])[];
  readonly stopped: readonly StrategyId[];
}

/** Finds a strategy by its type, and a model by its name and hash; throws when there is none. */
export interface StrategyCatalogue {
  (type: string): Strategy;
  readonly model?: (reference: string) => Model;
}

export class StrategyRunner implements Stage<RunnerState> {
  readonly #broker: BrokerId;
  readonly #instruments: InstrumentTable;
  #hosts: StrategyHost[] = [];
  readonly #all = new Map<StrategyId, StrategyHost>();
  readonly #books = new Map<StrategyId, OwnBooks>();
  /** Those that were asked for last. */
  #lastId: StrategyId | undefined;
  #lastBooks = new OwnBooks();
  /** States of deployments that the plan does not run here; kept, should they come back. */
  readonly #retired = new Map<StrategyId, HostState>();
  readonly #stopped = new Set<StrategyId>();
  /** Where a watchdog reads who decides; undefined where none watches. */
  readonly #deciding: Deciding | undefined;
  #nextDue = Infinity;
  /** Whether anything is ever due: without it a tick need not compare times. */
  #isTimed = false;

  constructor(broker: BrokerId, instruments: InstrumentTable, deciding?: Deciding) {
    this.#broker = broker;
    this.#deciding = deciding;
    this.#instruments = instruments;
  }

  /** Takes the deployments of a plan; those that go on keep their books, and their state when nothing changed. */
  replan(plan: NamespacePlan, deployments: readonly Deployment[], catalogue: StrategyCatalogue): void {
    const mine = deployments.filter(({ brokers }) => brokers.includes(this.#broker));
    for (const [strategyId, host] of this.#all) {
      if (!mine.some((deployment) => deployment.strategyId === strategyId)) host.leave();
      this.#retired.set(strategyId, host.snapshot());
    }
    this.#all.clear();
    for (const deployment of mine.toSorted((a, b) => (a.strategyId < b.strategyId ? -1 : 1))) {
      const { strategyId } = deployment;
      const strategy = catalogue(deployment.strategyType);
      const models = modelsOf(strategy, deployment, catalogue);
      const speaker = { broker: this.#broker, ttlMs: plan.signalTtlMs, models };
      const host = new StrategyHost(deployment, strategy, speaker, this.#instruments, this.#booksOf(strategyId));
      const before = this.#retired.get(strategyId);
      if (before !== undefined) host.restore(before);
      this.#retired.delete(strategyId);
      this.#all.set(strategyId, host);
    }
    this.#select();
  }

  /** Ids of the deployments that run, in the order in which they are asked. */
  get strategyIds(): readonly StrategyId[] {
    return this.#hosts.map((host) => host.strategyId);
  }

  /** From this instant on a bar or a timer of some deployment is due. */
  get nextDue(): number {
    return this.#nextDue;
  }

  onTick(tick: Tick, root: Root, out: Out): void {
    let said = this.#isTimed && root.at >= this.#nextDue ? this.#askEach({ root, out, said: 0 }, onTime) : 0;
    const hosts = this.#hosts;
    const deciding = this.#deciding;
    for (let k = 0; k < hosts.length; k++) {
      const host = hosts[k] as StrategyHost;
      if (deciding !== undefined) deciding[DEPLOYMENT] = k + 1;
      try {
        said = host.onTick(tick, root, said, out);
      } catch (error) {
        this.#quarantine(host, error, { root, out, said: said++ });
      }
    }
    if (deciding !== undefined) deciding[DEPLOYMENT] = 0;
  }

  /** Time has passed without a tick that strategies see: what is due by then is asked for. */
  onTime(root: Root, out: Out): void {
    this.#askEach({ root, out, said: 0 }, onTime);
  }

  /** The session of a segment has closed: its bars that were still running end. */
  onClose(segment: string, root: Root, out: Out): void {
    this.#askEach({ root, out, said: 0 }, (host, saying) => host.onClose(segment, saying));
  }

  onEvent(event: DomainEvent, root: Root, out: Out): void {
    if (event.type === 'corporate_action') return this.#onCorporateAction(event);
    if (event.type === 'control_changed') {
      const strategyId = event.subject as StrategyId;
      if (event.action === 'strategy_quarantined' || event.action === 'strategy_disabled') this.#stop(strategyId);
      else if (event.action === 'strategy_enabled') this.#stopped.delete(strategyId);
      else return;
      return this.#select();
    }
    if ('order' in event || event.type === 'rejected_signal' || event.type === 'expired_signal') {
      this.onOwn(event, root, out);
    }
  }

  /** Takes what became of a signal or an order; beside `onEvent`, because it happens several times to every order. */
  onOwn(event: OwnEvent, root: Root, out: Out): void {
    const index = this.#instruments.indexOf(event.token);
    if (index === -1) return;
    this.#booksOf(event.strategyId).onEvent(event, index);
    if (event.type === 'order_filled') this.#onFill(event, index, root, out);
  }

  /** Ticks of an instrument were missed: its bars that ran then are not complete. */
  onGap(gap: FeedGap, root: Root, out: Out): void {
    const index = this.#instruments.indexOf(gap.token);
    if (index !== -1) this.#askEach({ root, out, said: 0 }, (host, saying) => host.onGap(gap, index, saying));
  }

  /** Prices from before a split are of other shares, so strategies begin anew with the instrument. */
  #onCorporateAction({ token, ratio }: CorporateAction): void {
    if (ratio === undefined) return;
    const index = this.#instruments.indexOf(token);
    if (index === -1) return;
    for (const books of this.#books.values()) books.at(index).split(ratio.from, ratio.to);
    for (const host of this.#all.values()) host.startAnew(index);
    for (const [strategyId, kept] of this.#retired) {
      this.#retired.set(strategyId, { ...kept, states: kept.states.filter(([at]) => at !== index) });
    }
  }

  /** The namespace stops for a while. */
  leave(): void {
    for (const host of this.#all.values()) host.leave();
  }

  /** What follows from a fill bears the fill's id, because a tick at which it happens names its own signals. */
  #onFill(fill: OrderFilled, index: number, root: Root, out: Out): void {
    const host = this.#all.get(fill.strategyId);
    if (host === undefined || !host.followsFills || this.#stopped.has(fill.strategyId)) return;
    const saying = { root: { at: root.at, trace: fill.trace }, out, said: 0 };
    this.#say(this.#hosts.indexOf(host) + 1);
    try {
      host.onFill(fill, index, saying);
    } catch (error) {
      this.#quarantine(host, error, saying);
    }
    this.#say(0);
  }

  /**
   * Asks every deployment, and returns how much was said; one that throws is not asked again, not even at the tick that
   * is at hand.
   */
  #askEach(saying: Saying, ask: (host: StrategyHost, saying: Saying) => void): number {
    const hosts = this.#hosts;
    for (let k = 0; k < hosts.length; k++) {
      const host = hosts[k] as StrategyHost;
      this.#say(k + 1);
      try {
        ask(host, saying);
      } catch (error) {
        this.#quarantine(host, error, saying);
        this.#stop(host.strategyId);
      }
    }
    this.#say(0);
    this.#select();
    return saying.said;
  }

  /** Says to the watchdog which host decides, counted from 1; 0 for none. */
  #say(number: number): void {
    if (this.#deciding !== undefined) this.#deciding[DEPLOYMENT] = number;
  }

  #quarantine(host: StrategyHost, error: unknown, saying: Saying): void {
    const { root, out } = saying;
    const said = error instanceof Error ? `${error.name}: ${error.message}` : `threw ${String(error)}`;
    const why = said.length > WHY_MAX ? `${said.slice(0, WHY_MAX)}…` : said;
    const trace = new DerivedTrace(root.trace, 's', this.#broker, saying.said++);
    const { strategyId: subject } = host;
    const who = 'strategy_runner';
    const action = 'strategy_quarantined';
    out.push({ type: 'control_changed', broker: this.#broker, trace, at: root.at, action, subject, who, why });
  }

  #stop(strategyId: StrategyId): void {
    this.#stopped.add(strategyId);
    this.#all.get(strategyId)?.leave();
  }

  #select(): void {
    this.#hosts = [...this.#all.values()].filter((host) => !this.#stopped.has(host.strategyId));
    this.#nextDue = Math.min(Infinity, ...this.#hosts.map((host) => host.nextDue));
    this.#isTimed = this.#nextDue !== Infinity;
  }

  #booksOf(strategyId: StrategyId): OwnBooks {
    if (strategyId === this.#lastId) return this.#lastBooks;
    let books = this.#books.get(strategyId);
    if (books === undefined) this.#books.set(strategyId, (books = new OwnBooks()));
    this.#lastId = strategyId;
    this.#lastBooks = books;
    return books;
  }

  snapshot(): RunnerState {
    const running = [...this.#all.values()].map((host) => host.snapshot());
    const books = [...this.#books].map(([strategyId, each]) => [strategyId, each.snapshot()] as const);
    const kept = books.filter(([, each]) => each.length > 0).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return { hosts: [...running, ...this.#retired.values()], books: kept, stopped: [...this.#stopped] };
  }

  restore(state: RunnerState): void {
    for (const kept of state.hosts) {
      const host = this.#all.get(kept.strategyId);
      if (host === undefined) this.#retired.set(kept.strategyId, kept);
      else host.restore(kept);
    }
    for (const [strategyId, books] of state.books) this.#booksOf(strategyId).restore(books);
    for (const strategyId of state.stopped) this.#stopped.add(strategyId);
    this.#select();
  }
}

function onTime(host: StrategyHost, saying: Saying): void {
  if (saying.root.at >= host.nextDue) host.onTime(saying);
}

/** The models that the deployment's parameters name. */
function modelsOf(strategy: Strategy, { parameters }: Deployment, catalogue: StrategyCatalogue): Models {
  const models: Record<string, Model> = {};
  for (const [name, { kind }] of Object.entries(strategy.parameters)) {
    if (kind !== 'model') continue;
    const { model } = catalogue;
    invariant(model !== undefined, `the strategy ${strategy.type} needs a model, and this catalogue has none`);
    models[name] = model(String(parameters[name]));
  }
  return models;
}
