// The strategy runner of one namespace: every deployment that runs here, in the order of their ids.
import { type Root, type Stage } from '../decider.ts';
import { type CorporateAction, type DomainEvent, type OrderFilled, type Out } from '../events.ts';
import { DerivedTrace, type BrokerId, type StrategyId } from '../ids.ts';
import { type InstrumentTable } from '../market/instrument.ts';
import { type Tick } from '../market/tick.ts';
import { type Deployment, type NamespacePlan } from '../plan.ts';
import { DECIDING_LENGTH, DEPLOYMENT, type Deciding } from './deciding.ts';
import { keptAfterFill, keptAfterSplit, StrategyHost, type HostState } from './host.ts';
import { type Strategy } from './strategy.ts';

/** Characters of a strategy's error that are kept. */
const WHY_MAX = 500;

export interface RunnerState {
  readonly hosts: readonly HostState[];
  readonly stopped: readonly StrategyId[];
}

/** Finds a strategy by its type; throws when there is none. */
export type StrategyCatalogue = (type: string) => Strategy;

export class StrategyRunner implements Stage<RunnerState> {
  readonly #broker: BrokerId;
  readonly #instruments: InstrumentTable;
  #hosts: StrategyHost[] = [];
  readonly #all = new Map<StrategyId, StrategyHost>();
  /** States of deployments that the plan does not run here, and positions of others; kept, should they come. */
  readonly #retired = new Map<StrategyId, HostState>();
  readonly #stopped = new Set<StrategyId>();
  readonly #deciding: Deciding;

  constructor(broker: BrokerId, instruments: InstrumentTable, deciding: Deciding = new Int32Array(DECIDING_LENGTH)) {
    this.#broker = broker;
    this.#deciding = deciding;
    this.#instruments = instruments;
  }

  /** Takes the deployments of a plan; those that go on keep their positions, and their state when nothing changed. */
  replan(plan: NamespacePlan, deployments: readonly Deployment[], catalogue: StrategyCatalogue): void {
    for (const [strategyId, host] of this.#all) this.#retired.set(strategyId, host.snapshot());
    this.#all.clear();
    const mine = deployments.filter(({ brokers }) => brokers.includes(this.#broker));
    for (const deployment of mine.toSorted((a, b) => (a.strategyId < b.strategyId ? -1 : 1))) {
      const strategy = catalogue(deployment.strategyType);
      const host = new StrategyHost(deployment, strategy, this.#broker, plan.signalTtlMs, this.#instruments);
      const before = this.#retired.get(deployment.strategyId);
      if (before !== undefined) host.restore(before);
      this.#retired.delete(deployment.strategyId);
      this.#all.set(deployment.strategyId, host);
    }
    this.#select();
  }

  /** Ids of the deployments that run, in the order in which they are asked. */
  get strategyIds(): readonly StrategyId[] {
    return this.#hosts.map((host) => host.strategyId);
  }

  onTick(tick: Tick, root: Root, out: Out): void {
    const hosts = this.#hosts;
    let signals = 0;
    for (let k = 0; k < hosts.length; k++) {
      const host = hosts[k] as StrategyHost;
      this.#deciding[DEPLOYMENT] = k + 1;
      try {
        if (host.onTick(tick, root, signals, out)) signals++;
      } catch (error) {
        this.#quarantine(host, error, root, signals++, out);
      }
    }
    this.#deciding[DEPLOYMENT] = 0;
  }

  onEvent(event: DomainEvent): void {
    if (event.type === 'order_filled') {
      this.#onFill(event);
    } else if (event.type === 'corporate_action') {
      this.#onCorporateAction(event);
    } else if (event.type === 'control_changed') {
      const strategyId = event.subject as StrategyId;
      if (event.action === 'strategy_quarantined' || event.action === 'strategy_disabled')
        this.#stopped.add(strategyId);
      else if (event.action === 'strategy_enabled') this.#stopped.delete(strategyId);
      else return;
      this.#select();
    }
  }

  #onFill(fill: OrderFilled): void {
    const { strategyId } = fill;
    const index = this.#instruments.indexOf(fill.token);
    const host = this.#all.get(strategyId);
    if (host === undefined) this.#retired.set(strategyId, keptAfterFill(this.#retired.get(strategyId), fill, index));
    else host.onFill(fill, index);
  }

  #onCorporateAction({ token, ratio }: CorporateAction): void {
    if (ratio === undefined) return;
    const { from, to } = ratio;
    const index = this.#instruments.indexOf(token);
    for (const host of this.#all.values()) host.split(index, from, to);
    for (const [strategyId, kept] of this.#retired) {
      this.#retired.set(strategyId, keptAfterSplit(kept, index, from, to));
    }
  }

  #quarantine(host: StrategyHost, error: unknown, root: Root, index: number, out: Out): void {
    const said = error instanceof Error ? `${error.name}: ${error.message}` : `threw ${String(error)}`;
    const why = said.length > WHY_MAX ? `${said.slice(0, WHY_MAX)}…` : said;
    const trace = new DerivedTrace(root.trace, 's', this.#broker, index);
    const { strategyId: subject } = host;
    const who = 'strategy_runner';
    const action = 'strategy_quarantined';
    out.push({ type: 'control_changed', broker: this.#broker, trace, at: root.at, action, subject, who, why });
  }

  #select(): void {
    this.#hosts = [...this.#all.values()].filter((host) => !this.#stopped.has(host.strategyId));
  }

  snapshot(): RunnerState {
    const running = [...this.#all.values()].map((host) => host.snapshot());
    return { hosts: [...running, ...this.#retired.values()], stopped: [...this.#stopped] };
  }

  restore(state: RunnerState): void {
    for (const kept of state.hosts) {
      const host = this.#all.get(kept.strategyId);
      if (host === undefined) this.#retired.set(kept.strategyId, kept);
      else host.restore(kept);
    }
    for (const strategyId of state.stopped) this.#stopped.add(strategyId);
    this.#select();
  }
}
