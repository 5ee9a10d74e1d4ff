// The gateways of all namespaces that have one: what leaves through them, what they report, and what a restart takes up.
import { type OrderSubmitted } from '#core/events.ts';
import { type BrokerId } from '#core/ids.ts';
import { SECOND_MS } from '#core/time.ts';
import { type ExecutionRouter } from '#core/execution/router.ts';
import { type WorkingOrder } from '#core/execution/working-order.ts';
import { type ControlState } from '#core/risk/states.ts';
import { type Ingest } from '#engine/ingest.ts';
import { type Intent } from '#engine/sink.ts';
import { OrderDesk } from '#engine/order-desk.ts';
import { type Clock } from '#ports/clock.ts';
import { type Logger } from '#ports/telemetry.ts';
import { type KiteAccount } from './kite-account.ts';

/** How often the book is asked about orders whose outcome is open. */
const SETTLE_MS = 5_000;
/** How long a clean end waits for the answers that are on their way. */
const LAST_ANSWERS_MS = 8_000;
const STEP_MS = 5;
/** How often a book that has to be read is asked for, and how long lies between. */
const TRIES_MAX = 10;
const AGAIN_MS = 500;

/**
 * While the shared log is behind by more than this, nothing that opens a position leaves: nobody else would see it.
 * `docs/guides/run-on-three-servers.md`.
 */
const BEHIND_MS_MAX = 5_000;

interface Held {
  readonly account: KiteAccount;
  readonly desk: OrderDesk;
}

export class Gateways {
  readonly #held: readonly Held[];
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #stop = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  #settledAt = 0;
  /** Turns of the pump that took reports, or found none. */
  #turns = 0;
  #failure: { readonly error: unknown } | undefined;
  /** How far the shared log is behind; where none is shared it never is. */
  behindMs: () => number = () => 0;

  constructor(accounts: readonly KiteAccount[], clock: Clock, logger: Logger) {
    this.#held = accounts.map((account) => ({ account, desk: new OrderDesk(account.gateway) }));
    this.#clock = clock;
    this.#logger = logger;
  }

  accountOf(broker: BrokerId): KiteAccount | undefined {
    return this.#held.find(({ account }) => account.broker === broker)?.account;
  }

  /** Gives each namespace the way to its own gateway. */
  addTo(router: ExecutionRouter<Intent>): void {
    for (const { account, desk } of this.#held) {
      router.add({ broker: account.broker, send: (intent) => desk.send(intent) });
    }
  }

  /** Takes up what earlier processes sent, and reads the books from now on. Nothing is sent again. */
  begin(ingest: Ingest): void {
    for (const { account, desk } of this.#held) {
      account.trouble = (order) => haltOf(ingest, order) ?? lagOf(ingest, order, this.behindMs());
      account.reduces = (order) => bringsDown(ingest, order);
      const orders = workingAt(ingest, account.broker);
      account.gateway.follow(orders);
      desk.afterRestart(orders);
    }
    const runs = this.#held.map(({ account }) => account.gateway.run(this.#stop.signal));
    this.#running = Promise.all(runs).catch((error: unknown) => (this.#failure = { error }));
  }

  /** Puts what was learned into the cascade; true when that left something to commit. To be called in every turn. */
  settle(ingest: Ingest): boolean {
    if (this.#failure !== undefined) throw this.#failure.error;
    const now = this.#clock.monotonicMs();
    const isDue = now - this.#settledAt >= SETTLE_MS;
    if (isDue) this.#settledAt = now;
    let took = false;
    for (const { account, desk } of this.#held) {
      const { broker } = account;
      if (isDue) void desk.settle(workingAt(ingest, broker)).catch((error: unknown) => (this.#failure = { error }));
      for (const report of desk.take()) {
        took = true;
        if (ingest.report(broker, report, ingest.cascade.at)) continue;
        this.#logger.warning(`${report.kind} of ${report.orderId}, which is no order at work here`, { broker });
      }
    }
    this.#turns++;
    return took;
  }

  /**
   * Reads every book; true once what it said is durable, false when the gateways are closed before. Only while something
   * calls `settle` and commits.
   */
  async readAll(): Promise<boolean> {
    await Promise.all(this.#held.map(({ account }) => this.#readWhole(account)));
    // The turn under way may have taken its reports before; the one after the next has committed them.
    const turns = this.#turns + 2;
    while (this.#turns < turns && !this.#stop.signal.aborted) await this.#clock.sleep(STEP_MS, this.#stop.signal);
    return !this.#stop.signal.aborted;
  }

  async #readWhole({ broker, gateway }: KiteAccount): Promise<void> {
    for (let tries = 0; tries < TRIES_MAX && !this.#stop.signal.aborted; tries++) {
      const trouble = await gateway.read();
      if (trouble === undefined) return;
      this.#logger.warning(`The books cannot be read: ${trouble}`, { broker });
      await this.#clock.sleep(AGAIN_MS, this.#stop.signal);
    }
  }

  /** Waits for the answers that are on their way, reads the books once more, and puts both into the cascade. */
  async close(ingest: Ingest): Promise<void> {
    this.#stop.abort();
    await this.#running;
    const until = this.#clock.monotonicMs() + LAST_ANSWERS_MS;
    const inFlight = (): boolean => this.#held.some(({ desk }) => desk.inFlight > 0);
    while (inFlight() && this.#clock.monotonicMs() < until) await this.#clock.sleep(STEP_MS);
    if (!ingest.broken && this.#failure === undefined) {
      await Promise.all(this.#held.map(({ account }) => account.gateway.read()));
      this.settle(ingest);
    }
    for (const { desk } of this.#held) desk.close();
  }
}

/** Why an order that waited must not leave: it is halted; exits and whatever else brings a position down still leave. */
export function haltOf(ingest: Ingest, { broker, strategyId, token, order }: OrderSubmitted): string | undefined {
  const risk = ingest.cascade.namespace(broker)?.risk;
  if (risk === undefined || order.purpose !== 'trade') return undefined;
  const scopes = ['global', broker, `strategy:${strategyId}`, `instrument:${token}`];
  const halted = scopes.find((scope) => HALTS.has(risk.stateOf(scope)));
  return halted === undefined ? undefined : `${halted} was ${risk.stateOf(halted)} before the order left`;
}

/** Why an order must not leave while the shared log is behind; what brings a position down still leaves. */
export function lagOf(ingest: Ingest, order: OrderSubmitted, behindMs: number): string | undefined {
  if (behindMs <= BEHIND_MS_MAX || order.order.purpose !== 'trade' || bringsDown(ingest, order)) return undefined;
  return `the log is ${Math.floor(behindMs / SECOND_MS)} s behind, and nothing new is opened until it has caught up`;
}

/** Whether an order of a strategy is against what its book holds. */
export function bringsDown({ cascade }: Ingest, { broker, strategyId, token, order }: OrderSubmitted): boolean {
  const ledger = cascade.namespace(broker)?.portfolio.ledger;
  if (ledger?.has(strategyId) !== true) return false;
  const held = ledger.book(strategyId).quantity[cascade.instruments.indexOf(token)] ?? 0;
  return order.side === 'BUY' ? held < 0 : held > 0;
}

const HALTS: ReadonlySet<ControlState> = new Set(['halted', 'disarmed']);

function workingAt(ingest: Ingest, broker: BrokerId): readonly WorkingOrder[] {
  return ingest.cascade.namespace(broker)?.engine.working() ?? [];
}
