// The pure stages of one broker namespace, wired in memory: an event that one of them decides on reaches the others that
// read its topic, in order, before the next one is taken. A stage that runs in another process hears of nothing here, so it
// decides nothing; what it decides there comes as messages.
import { type Root } from '#core/decider.ts';
import {
  type CancelSubmitted,
  type CorporateAction,
  type DomainEvent,
  type ModifySubmitted,
  type OrderSubmitted,
  type Out,
} from '#core/events.ts';
import { SimulatedExchange, type ExchangeState } from '#core/exchange/exchange.ts';
import { type ExchangePhase } from '#core/exchange/phase.ts';
import { type BrokerReport } from '#core/execution/report.ts';
import { TradingEngine, type EngineContext, type EngineState } from '#core/execution/trading-engine.ts';
import { type BrokerId, type StrategyId } from '#core/ids.ts';
import { assertNever, invariant } from '#core/invariant.ts';
import { type FeedGap } from '#core/market/gap.ts';
import { type Tick } from '#core/market/tick.ts';
import { type EpochMs } from '#core/time.ts';
import { type Deployment, type NamespacePlan } from '#core/plan.ts';
import { actionTrouble, type ActionTrouble } from '#core/portfolio/corporate-actions.ts';
import { PortfolioManager, type PortfolioState } from '#core/portfolio/portfolio.ts';
import { type BookShelf } from '#core/portfolio/ledger.ts';
import { RiskManager, type RiskState } from '#core/risk/risk.ts';
import { type OwnEvent } from '#core/strategy/own-books.ts';
import { type Deciding } from '#core/strategy/deciding.ts';
import { StrategyRunner, type RunnerState, type StrategyCatalogue } from '#core/strategy/runner.ts';
import { expireUnconfirmed, WHOLE, type Part } from './part.ts';
import { ScratchList } from './scratch-list.ts';
import { type CascadeSink } from './sink.ts';
import { TIMED, type StageTiming } from './stage-timing.ts';

/** Where the books of a namespace lie that are not in memory; each of the two stages that keep books has a shelf. */
export type ShelfOf = (broker: BrokerId, stage: 'risk' | 'portfolio') => BookShelf;

/** What every namespace shares. */
export interface NamespaceContext extends Omit<EngineContext, 'confirm'> {
  /** The stages of this process; all of them when it is not said. */
  readonly part?: Part;
  /** Who measures how long the stages take; nobody when it is not said. */
  readonly timing?: StageTiming | undefined;
}

export interface NamespaceState {
  readonly runner: RunnerState;
  readonly risk: RiskState;
  readonly engine: EngineState;
  readonly exchange: ExchangeState;
  readonly portfolio: PortfolioState;
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
  readonly #part: Part;
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
    this.#part = context.part ?? WHOLE;
    this.#sink = sink;
    this.runner = new StrategyRunner(plan.broker, context.instruments, deciding);
    this.risk = new RiskManager(plan, context.instruments, shelfOf?.(plan.broker, 'risk'));
    this.engine = new TradingEngine(plan, this.#gated(context));
    this.exchange = new SimulatedExchange(plan.exchange, context.instruments);
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
    const part = this.#part;
    this.runner.replan(plan, part.strategy_runner ? all : [], catalogue);
    this.risk.replan(plan, all);
    this.engine.replan(plan, this.#gated(context));
    this.exchange.replan(plan.exchange);
    const strategyIds = part.strategy_runner ? this.runner.strategyIds : deployedIn(plan, all);
    this.portfolio.replan(plan, part.portfolio_manager ? strategyIds : [], context.charges);
  }

  /** What the engine needs, with this namespace's own gate. */
  #gated(context: NamespaceContext): EngineContext {
    if (!this.#part.risk_manager) return { ...context, confirm: expireUnconfirmed };
    return { ...context, confirm: (validated, root, out) => this.risk.confirm(validated, root, out) };
  }

  /**
   * Takes one tick through every stage. The order is fixed: the exchange matches; fills reach the ledgers; marks; the
   * strategies, by deployment id; risk; the engine. `open`: the market trades, and prices are not all that counts.
   */
  onTick(tick: Tick, open: boolean, root: Root): void {
    if (this.exchange.rests(tick.instrument) && (open || this.exchange.isInClosingCall(tick.instrument))) {
      this.exchange.onTick(tick, this.#context.instruments.at(tick.instrument), root.at, this.#reports);
      this.#takeReports(root);
      this.#drain(root);
    }
    this.portfolio.onTick(tick);
    this.risk.onTick(tick, root, this.#out);
    if (open) this.runner.onTick(tick, root, this.#out);
    else if (root.at >= this.runner.nextDue) this.runner.onTime(root, this.#out);
    this.engine.onTick(tick, root, this.#out);
    if (this.#queue.length > 0) this.#drain(root);
  }

  /** Applies an event that came from outside and is in the log already. */
  onMessage(event: DomainEvent, root: Root): void {
    this.#dispatch(event, root);
    this.#drain(root);
  }

  /** Why a corporate action cannot be booked here at this time; undefined when it can. */
  troubleWith(action: CorporateAction, at: EpochMs): ActionTrouble | undefined {
    const { calendar, instruments } = this.#context;
    const index = instruments.indexOf(action.token);
    if (index === -1) {
      return { code: 'NOT_AN_EQUITY', message: `expected an instrument of the feed, found the token ${action.token}` };
    }
    const { books } = this.portfolio.ledger;
    const atWork = this.engine.isAtWork(action.token);
    return actionTrouble(action, { calendar, instrument: instruments.at(index), at, books, index, atWork });
  }

  /** Takes what a gateway said of an order; false when the engine does not follow that order. */
  onReport(report: BrokerReport, root: Root): boolean {
    const followed = this.engine.onReport(report, root, this.#out);
    this.#drain(root);
    return followed;
  }

  /** From when on something is due by time alone; infinite when nothing waits. */
  wakeAt(at: EpochMs): number {
    return this.engine.wakeAt(at);
  }

  onTime(root: Root): void {
    this.engine.onTime(root, this.#out);
    this.#drain(root);
  }

  /** Bars and timers of strategies are due, and no tick brought them. */
  onTimers(root: Root): void {
    this.runner.onTime(root, this.#out);
    this.#drain(root);
  }

  /** The feed missed ticks, or what it missed is known now. */
  onGap(gap: FeedGap, root: Root): void {
    this.runner.onGap(gap, root, this.#out);
    this.#drain(root);
  }

  /** The plan leaves this namespace out from here on. */
  leave(): void {
    this.runner.leave();
  }

  onSnapshotDue(root: Root): void {
    this.portfolio.report(root, this.#out);
    this.#drain(root);
  }

  /** Intraday positions of a segment are closed before its session ends. */
  onSquareOff(segment: string, root: Root): void {
    if (this.plan.exits.squareOffMs === 0) return;
    this.engine.onSquareOff(segment, root, this.#out);
    this.#drain(root);
  }

  /** The exchange is in another phase of a segment's session from here on. */
  onPhase(segment: string, phase: ExchangePhase, root: Root): void {
    this.exchange.onPhase(segment, phase, root.at, this.#reports);
    this.#takeReports(root);
    this.#drain(root);
  }

  /** The session of a segment has closed: its orders of the day end, then the books are reported when it is the plan's. */
  onClose(segment: string, report: boolean, root: Root): void {
    this.onMissedClose(segment, root);
    if (report) this.onSnapshotDue(root);
  }

  /** The day turns in a market that does not close: bars and books end it, and orders rest on. */
  onTurn(segment: string, report: boolean, root: Root): void {
    this.engine.onTurn(segment);
    this.#endDay(segment, root);
    if (report) this.onSnapshotDue(root);
  }

  /** Orders of a session that closed while this namespace was left out end now; there is no book to report of then. */
  onMissedClose(segment: string, root: Root): void {
    this.exchange.onClose(segment, root.at, this.#reports);
    this.#takeReports(root);
    this.#drain(root);
    this.engine.onClose(segment, root, this.#out);
    this.#drain(root);
    this.#endDay(segment, root);
  }

  #endDay(segment: string, root: Root): void {
    this.runner.onClose(segment, root, this.#out);
    this.#drain(root);
    this.portfolio.onClose(segment, root, this.#out);
    this.#drain(root);
  }

  #drain(root: Root): void {
    const queue = this.#queue;
    for (let k = 0; k < queue.length; k++) {
      const event = queue.at(k);
      if (this.#sink !== undefined) this.#sink.event(event);
      this.#hand(event, root);
    }
    queue.clear();
  }

  #hand(event: DomainEvent, root: Root): void {
    const { timing } = this.#context;
    const stage = timing === undefined ? undefined : TIMED[event.type];
    if (timing === undefined || stage === undefined) return this.#dispatch(event, root);
    const from = timing.now();
    this.#dispatch(event, root);
    timing.took(stage, event, timing.now() - from);
  }

  /** Hands an event to the stages of this process that read its topic. */
  #dispatch(event: DomainEvent, root: Root): void {
    switch (event.type) {
      case 'trading_signal':
      case 'order_change':
        return this.#toRisk(event, root);
      case 'validated_signal':
      case 'validated_change':
      case 'rejected_change':
        return this.#toEngine(event, root);
      case 'rejected_signal':
        this.#toRunner(event, root);
        return this.#toEngine(event, root);
      case 'expired_signal':
        this.#toRunner(event, root);
        this.#toRisk(event, root);
        return this.#toEngine(event, root);
      case 'expired_change':
        this.#toRisk(event, root);
        return this.#toEngine(event, root);
      case 'order_submitted':
        if (this.#part.risk_manager) this.risk.onSubmitted(event);
        this.#toRunner(event, root);
        return event.queued ? undefined : this.#send(event, root);
      case 'order_claimed':
        this.#toRunner(event, root);
        if (!this.#part.trading_engine) return;
        return this.#send(this.engine.submittedOf(event.order.orderId), root);
      case 'modify_submitted':
      case 'cancel_submitted':
        this.#toRunner(event, root);
        return this.#sendChange(event, root);
      case 'control_changed':
        this.#toRisk(event, root);
        this.#toEngine(event, root);
        if (this.#part.strategy_runner) this.runner.onEvent(event, root, this.#out);
        return;
      case 'order_placed':
        if (this.#part.risk_manager) this.risk.onPlaced(event);
        return this.#toRunner(event, root);
      case 'order_filled':
        if (this.#part.portfolio_manager) this.portfolio.onEvent(event);
        if (this.#part.risk_manager) this.risk.onFill(event, root, this.#out);
        return this.#toRunner(event, root);
      case 'ledger_adjusted':
        if (this.#part.portfolio_manager) this.portfolio.onEvent(event);
        return this.#toRisk(event, root);
      case 'corporate_action':
        if (this.#part.portfolio_manager) this.portfolio.onEvent(event);
        this.#toRisk(event, root);
        this.#toEngine(event, root);
        if (this.#part.strategy_runner) this.runner.onEvent(event, root, this.#out);
        return;
      case 'order_failed':
      case 'order_cancelled':
      case 'order_expired':
      case 'order_modified':
      case 'change_refused':
      case 'order_unknown':
        this.#toRisk(event, root);
        return this.#toRunner(event, root);
      case 'alert_raised':
      case 'reconciliation_break':
      case 'reconciliation_settled':
      case 'external_position':
      case 'pnl_snapshot':
        return;
      default:
        assertNever(event);
    }
  }

  #toRisk(event: DomainEvent, root: Root): void {
    if (this.#part.risk_manager) this.risk.onEvent(event, root, this.#out);
  }

  #toEngine(event: DomainEvent, root: Root): void {
    if (this.#part.trading_engine) this.engine.onEvent(event, root, this.#out);
  }

  #toRunner(event: OwnEvent, root: Root): void {
    if (this.#part.strategy_runner) this.runner.onOwn(event, root, this.#out);
  }

  #send(order: OrderSubmitted, root: Root): void {
    if (!this.#part.trading_engine) return;
    if (this.plan.answeredBy === 'gateway') {
      this.#sink?.intent(order);
      return;
    }
    const index = this.#context.instruments.indexOf(order.token);
    this.exchange.submit(order, index, this.#context.instruments.at(index), root.at, this.#reports);
    this.#takeReports(root);
  }

  #sendChange(change: ModifySubmitted | CancelSubmitted, root: Root): void {
    if (!this.#part.trading_engine) return;
    if (this.plan.answeredBy === 'gateway') {
      this.#sink?.intent(change);
      return;
    }
    const index = this.#context.instruments.indexOf(change.token);
    if (change.type === 'modify_submitted') this.exchange.modify(change, index, root.at, this.#reports);
    else this.exchange.cancel(change, index, root.at, this.#reports);
    this.#takeReports(root);
  }

  #takeReports(root: Root): void {
    const reports = this.#reports;
    for (let k = 0; k < reports.length; k++) {
      const report = reports.at(k);
      const followed = this.engine.onReport(report, root, this.#out);
      // A change may come too late for an order that has ended, and whose end is told.
      if (!followed && report.kind !== 'change_refused')
        invariant(false, `the exchange speaks of the order ${report.orderId}, which nobody follows`);
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

/** Ids of the deployments that a plan runs in a namespace, in the order in which they are asked. */
function deployedIn({ broker }: NamespacePlan, all: readonly Deployment[]): readonly StrategyId[] {
  return all
    .filter(({ brokers }) => brokers.includes(broker))
    .map(({ strategyId }) => strategyId)
    .toSorted();
}
