// The pure stages of one broker namespace, wired in memory: an event that one of them decides on reaches the others that
// read its topic, in order, before the next one is taken.
import { type Root } from '#core/decider.ts';
import { type DomainEvent, type OrderSubmitted, type Out } from '#core/events.ts';
import { SimulatedExchange, type ExchangeState } from '#core/exchange/exchange.ts';
import { type BrokerReport } from '#core/execution/report.ts';
import { TradingEngine, type EngineContext, type EngineState } from '#core/execution/trading-engine.ts';
import { type BrokerId } from '#core/ids.ts';
import { assertNever, invariant } from '#core/invariant.ts';
import { type Tick } from '#core/market/tick.ts';
import { type EpochMs } from '#core/time.ts';
import { type Deployment, type NamespacePlan } from '#core/plan.ts';
import { type BookShelf, type LedgerState } from '#core/portfolio/ledger.ts';
import { PortfolioManager } from '#core/portfolio/portfolio.ts';
import { RiskManager, type RiskState } from '#core/risk/risk.ts';
import { type Deciding } from '#core/strategy/deciding.ts';
import { StrategyRunner, type RunnerState, type StrategyCatalogue } from '#core/strategy/runner.ts';
import { ScratchList } from './scratch-list.ts';

/** What leaves the cascade besides state: every event in order, and every intent for a gateway with real I/O. */
export interface CascadeSink {
  event(event: DomainEvent): void;
  intent(order: OrderSubmitted): void;
}

/** Where the books of a namespace lie that are not in memory; each of the two stages that keep books has a shelf. */
export type ShelfOf = (broker: BrokerId, stage: 'risk' | 'portfolio') => BookShelf;

/** What every namespace shares. */
export type NamespaceContext = Omit<EngineContext, 'confirm'>;

export interface NamespaceState {
  readonly runner: RunnerState;
  readonly risk: RiskState;
  readonly engine: EngineState;
  readonly exchange: ExchangeState;
  readonly portfolio: LedgerState;
  /** When the plan left this namespace out; undefined while it runs. */
  readonly leftAt?: EpochMs;
}

export class Namespace {
  plan: NamespacePlan;
  readonly runner: StrategyRunner;
  readonly risk: RiskManager;
  readonly engine: TradingEngine;
  readonly exchange: SimulatedExchange;
  readonly portfolio: PortfolioManager;
  readonly #sink: CascadeSink | undefined;
  #context: NamespaceContext;
  readonly #queue = new ScratchList<DomainEvent>();
  readonly #out: Out = this.#queue;
  readonly #reports = new ScratchList<BrokerReport>();

  constructor(
    plan: NamespacePlan,
    context: NamespaceContext,
    sink: CascadeSink | undefined,
    deciding?: Deciding,
    shelfOf?: ShelfOf,
  ) {
    this.plan = plan;
    this.#context = context;
    this.#sink = sink;
    this.runner = new StrategyRunner(plan.broker, context.instruments, deciding);
    this.risk = new RiskManager(plan, context.instruments, shelfOf?.(plan.broker, 'risk'));
    this.engine = new TradingEngine(plan, this.#gated(context));
    this.exchange = new SimulatedExchange(plan.exchange);
    this.portfolio = new PortfolioManager(plan, context.instruments, shelfOf?.(plan.broker, 'portfolio'));
  }

  replan(
    plan: NamespacePlan,
    context: NamespaceContext,
    all: readonly Deployment[],
    catalogue: StrategyCatalogue,
  ): void {
    this.plan = plan;
    this.#context = context;
    this.runner.replan(plan, all, catalogue);
    this.risk.replan(plan);
    this.engine.replan(plan, this.#gated(context));
    this.exchange.replan(plan.exchange);
    this.portfolio.replan(plan, this.runner.strategyIds);
  }

  /** What the engine needs, with this namespace's own gate. */
  #gated(context: NamespaceContext): EngineContext {
    return { ...context, confirm: (validated, root, out) => this.risk.confirm(validated, root, out) };
  }

  /**
   * Takes one tick through every stage. The order is fixed: the exchange matches; fills reach the ledgers; marks; the
   * strategies, by deployment id; risk; the engine. `open`: the market trades, and prices are not all that counts.
   */
  onTick(tick: Tick, open: boolean, root: Root): void {
    if (open && this.exchange.rests(tick.instrument)) {
      this.exchange.onTick(tick, this.#context.instruments.at(tick.instrument), root.at, this.#reports);
      this.#takeReports(root);
      this.#drain(root);
    }
    this.portfolio.onTick(tick);
    this.risk.onTick(tick, root);
    if (open) this.runner.onTick(tick, root, this.#out);
    this.engine.onTick(tick, root, this.#out);
    if (this.#queue.length > 0) this.#drain(root);
  }

  /** Applies an event that came from outside and is in the log already. */
  onMessage(event: DomainEvent, root: Root): void {
    this.#dispatch(event, root);
    this.#drain(root);
  }

  /** Takes what a gateway said of an order; false when the engine does not follow that order. */
  onReport(report: BrokerReport, root: Root): boolean {
    const followed = this.engine.onReport(report, root, this.#out);
    this.#drain(root);
    return followed;
  }

  onTime(root: Root): void {
    this.engine.onTime(root, this.#out);
    this.#drain(root);
  }

  onSnapshotDue(root: Root): void {
    this.portfolio.report(root, this.#out);
    this.#drain(root);
  }

  /** The session has closed: orders of the day end, then the books are reported. */
  onClose(root: Root): void {
    this.onMissedClose(root);
    this.onSnapshotDue(root);
  }

  /** Orders of a session that closed while this namespace was left out end now; there is no book to report of then. */
  onMissedClose(root: Root): void {
    this.exchange.onClose(this.#reports);
    this.#takeReports(root);
    this.engine.onClose(root, this.#out);
    this.#drain(root);
  }

  #drain(root: Root): void {
    const queue = this.#queue;
    for (let k = 0; k < queue.length; k++) {
      const event = queue.at(k);
      if (this.#sink !== undefined) this.#sink.event(event);
      this.#dispatch(event, root);
    }
    queue.clear();
  }

  /** Hands an event to the stages that read its topic. */
  #dispatch(event: DomainEvent, root: Root): void {
    switch (event.type) {
      case 'trading_signal':
        return this.risk.onEvent(event, root, this.#out);
      case 'validated_signal':
        return this.engine.onEvent(event, root, this.#out);
      case 'order_submitted':
        this.risk.onEvent(event, root, this.#out);
        return this.#send(event, root);
      case 'order_filled':
      case 'control_changed':
        this.portfolio.onEvent(event);
        this.risk.onEvent(event, root, this.#out);
        return this.runner.onEvent(event);
      case 'ledger_adjusted':
        this.portfolio.onEvent(event);
        return this.risk.onEvent(event, root, this.#out);
      case 'expired_signal':
      case 'order_failed':
      case 'order_cancelled':
      case 'order_expired':
        return this.risk.onEvent(event, root, this.#out);
      case 'rejected_signal':
      case 'order_placed':
      case 'order_unknown':
      case 'pnl_snapshot':
        return;
      default:
        assertNever(event);
    }
  }

  #send(order: OrderSubmitted, root: Root): void {
    if (this.plan.answeredBy === 'gateway') {
      this.#sink?.intent(order);
      return;
    }
    const index = this.#context.instruments.indexOf(order.token);
    this.exchange.submit(order, index, this.#context.instruments.at(index), root.at, this.#reports);
    this.#takeReports(root);
  }

  #takeReports(root: Root): void {
    const reports = this.#reports;
    for (let k = 0; k < reports.length; k++) {
      const report = reports.at(k);
      const followed = this.engine.onReport(report, root, this.#out);
      if (!followed) invariant(false, `the exchange speaks of the order ${report.orderId}, which nobody follows`);
    }
    reports.clear();
  }

  snapshot(): NamespaceState {
    return {
      runner: this.runner.snapshot(),
      risk: this.risk.snapshot(),
      engine: this.engine.snapshot(),
      exchange: this.exchange.snapshot(),
      portfolio: this.portfolio.snapshot(),
    };
  }

  restore(state: NamespaceState): void {
    this.runner.restore(state.runner);
    this.risk.restore(state.risk);
    this.engine.restore(state.engine);
    this.exchange.restore(state.exchange);
    this.portfolio.restore(state.portfolio);
  }
}
