// One account at Kite and one deployment of ours over a stretch of trading in which things go wrong: a seed decides what is
// traded, which faults strike and when our process dies. What Kite really has is the simulator's own truth.
import { MemoryDisk } from '#adapters/memory/disk.ts';
import { openMemoryStore } from '#adapters/memory/store.ts';
import { VirtualClock } from '#adapters/clock/virtual-clock.ts';
import { KITE_LIMITS, RequestBudget } from '#adapters/zerodha/budget.ts';
import { type HttpRequest } from '#adapters/zerodha/http.ts';
import { KiteClient } from '#adapters/zerodha/kite-client.ts';
import { KiteGateway } from '#adapters/zerodha/kite-gateway.ts';
import { KiteSession, type Token } from '#adapters/zerodha/session.ts';
import { quantity, type Price } from '#core/decimal.ts';
import { type DomainEvent, type OrderChange, type TradingSignal } from '#core/events.ts';
import { type WorkingOrder } from '#core/execution/working-order.ts';
import { knownTrace, type BrokerId, type EventId } from '#core/ids.ts';
import { alwaysOpen } from '#core/market/always-open.ts';
import { NO_VOLUME, TickBatch } from '#core/market/tick.ts';
import { dayNumber, type EpochMs } from '#core/time.ts';
import { kill } from '#engine/control.ts';
import { Ingest } from '#engine/ingest.ts';
import { OrderDesk } from '#engine/order-desk.ts';
import { groupsReading } from '#engine/pipeline.ts';
import { recover } from '#engine/recovery.ts';
import { contract } from '#kite-simulator/catalogue.ts';
import { SIMULATOR_CREDENTIALS } from '#kite-simulator/options.ts';
import { KiteSimulator } from '#kite-simulator/simulator.ts';
import { bringsDown, haltOf } from '#app/gateways.ts';
import { type Store } from '#ports/store.ts';
import { encodeEvent } from '#wire/encode.ts';
import { catalogueOf, controlled, inr, instrument, limits, namespacePlan, plan, signal } from '../support/builders.ts';
import { ist } from '../support/tape-builder.ts';
import { Crash, Dice, fragileStore, Steps } from '../simulation/world.ts';
import { type Family } from './families.ts';
import { kiteWire } from './wire.ts';

export const BROKER = 'zerodha' as BrokerId;
export const DEPLOYMENT = 'C';
const START = ist('2026-01-05T09:20:00');
const ROUNDS = 14;
const PLENTY = inr(100_000_000);
const INSTRUMENTS = [1, 2, 3, 4, 5].map((token) => instrument({ token, symbol: `S${token}` }));
/** Rupees. */
const FIRST_PRICE = 1_000;
const RUPEE = 10_000;
/** How long the end of the world waits for what is still open: the quiet time, and the readings after it. */
const PATIENCE_MS = 600_000;
/** The longest rest after a 429, and the slowest pace of reading. */
const CALM_MS = 65_000;
const STEP_MS = 10_000;

/** What a run left behind. */
export interface Aftermath {
  readonly simulator: KiteSimulator;
  readonly disk: MemoryDisk;
  readonly ingest: Ingest;
  readonly deaths: number;
  /** Orders that left although the kill was applied before; exits and cancels may. */
  readonly afterKill: number;
  readonly killed: boolean;
  /** Intents of which the answer was open at some time. */
  readonly unknowns: number;
}

/** Runs one world to its end: every fault is over, and whatever could be settled has been. */
export async function runWorld(family: Family, seed: number): Promise<Aftermath> {
  return new World(family, seed).run();
}

/** Our process: everything that dies with it. */
interface Life {
  readonly store: Store;
  readonly ingest: Ingest;
  readonly desk: OrderDesk;
  readonly gateway: KiteGateway;
  readonly session: KiteSession;
  readonly stop: AbortController;
}

class World {
  readonly #family: Family;
  readonly #dice: Dice;
  readonly #clock = new VirtualClock(START);
  readonly #disk = new MemoryDisk();
  readonly #simulator: KiteSimulator;
  readonly #steps: Steps;
  readonly #prices = INSTRUMENTS.map(() => FIRST_PRICE);
  readonly #batch = new TickBatch(INSTRUMENTS.length, false);
  readonly #seed: number;
  #token: Token | undefined;
  #signals = 0;
  #ticks = 0;
  #deaths = 0;
  #killed = false;
  #isClosed = false;
  #afterKill = 0;
  #life: Life | undefined;

  constructor(family: Family, seed: number) {
    this.#family = family;
    this.#seed = seed;
    this.#dice = new Dice(seed, family.name);
    this.#steps = new Steps(Array.from({ length: this.#dice.below(4) }, () => this.#dice.below(70)));
    this.#simulator = new KiteSimulator({
      contracts: INSTRUMENTS.map((each) => contract(each, { previousClose: (FIRST_PRICE * RUPEE) as Price })),
      clock: this.#clock,
      seed,
      opening: { cash: { equity: PLENTY, commodity: 0 } },
      marginRefusal: this.#dice.below(2) === 0 ? 'answer' : 'book',
      secondLogin: 'new',
    });
  }

  async run(): Promise<Aftermath> {
    const killRound = this.#dice.below(4) === 0 ? ROUNDS - 1 - this.#dice.below(6) : ROUNDS;
    this.#signIn();
    for (let round = 0; round < ROUNDS; round++) {
      await this.#alive(() => this.#round(round === killRound));
    }
    this.#simulator.control.clear();
    this.#simulator.control.registerIps(undefined);
    // Longer than anything hides or rests, and then as long as anything is open.
    const calmMs = CALM_MS + (this.#family.msMax ?? 0);
    for (let waited = 0; waited < calmMs || (waited < PATIENCE_MS && this.#isOpen()); waited += STEP_MS) {
      await this.#alive(async () => {
        this.#signIn();
        await this.#pass(STEP_MS);
      });
    }
    // The market stands still until the last trade has been read.
    this.#isClosed = true;
    for (let k = 0; k < 4; k++) await this.#alive(() => this.#pass(STEP_MS));
    const { ingest } = this.#life ?? this.#begin();
    this.#end();
    const unknowns = (this.#disk.contents.topics.get(`${BROKER}.orders.submitted`) ?? []).filter(({ value }) =>
      value.includes('"type":"order_unknown"'),
    ).length;
    return {
      simulator: this.#simulator,
      disk: this.#disk,
      ingest,
      deaths: this.#deaths,
      afterKill: this.#afterKill,
      killed: this.#killed,
      unknowns,
    };
  }

  /** Works on a process that is there; one that died on the way is replaced at the next call. */
  async #alive(work: () => Promise<void>): Promise<void> {
    try {
      this.#life ??= this.#begin();
      await work();
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      this.#deaths++;
      this.#end();
      this.#disk.crash();
      this.#life = undefined;
    }
  }

  #begin(): Life {
    const stop = new AbortController();
    const store = fragileStore(openMemoryStore(this.#disk), this.#steps);
    const session = new KiteSession({
      ...SIMULATOR_CREDENTIALS,
      loginRoot: 'http://kite',
      store: { load: () => this.#token, save: (token) => (this.#token = token) },
    });
    const wire = kiteWire({
      simulator: this.#simulator,
      clock: this.#clock,
      dice: this.#dice,
      leaves: (request) => !stop.signal.aborted && this.#leaves(request),
    });
    const budget = new RequestBudget(this.#clock, KITE_LIMITS);
    const gateway = new KiteGateway({
      client: new KiteClient({ http: wire, session, budget }),
      clock: this.#clock,
      deployment: DEPLOYMENT,
      listingOf: (token) => ({ exchange: 'NSE', tradingsymbol: `S${token}` }),
      trouble: (order) => haltOf(ingest, order),
      reduces: (order) => bringsDown(ingest, order),
    });
    const desk = new OrderDesk(gateway);
    const ingest = new Ingest({
      store,
      context: { catalogue: catalogueOf(), calendar: () => alwaysOpen() },
      groupsOf: groupsReading('alpha-panda'),
      send: (intent) => this.#steps.take(() => desk.send(intent)),
      committed: () => undefined,
    });
    const life = { store, ingest, desk, gateway, session, stop };
    this.#life = life;
    recover(store, ingest);
    if (store.lastSeq() === 0) {
      ingest.plan(this.#plan());
      this.#put(ingest, controlled('armed', { broker: BROKER, at: START }));
      ingest.commit(false);
    }
    const orders = this.#working(ingest);
    gateway.follow(orders);
    desk.afterRestart(orders);
    this.#listen(life);
    void gateway.run(life.stop.signal);
    return life;
  }

  /** Pushes are hints to go and read; a connection outlives the session that it began with. */
  #listen({ gateway, stop, session }: Life): void {
    const { accessToken } = session;
    if (accessToken === undefined) return;
    const nothing = (): void => undefined;
    const sink = { binary: nothing, text: () => gateway.hint(), cut: nothing };
    const connection = this.#simulator.ticker.connect(session.apiKey, accessToken, sink);
    if (typeof connection === 'object') stop.signal.addEventListener('abort', () => connection.closed());
  }

  #end(): void {
    this.#life?.stop.abort();
    this.#life?.desk.close();
  }

  #plan(): ReturnType<typeof plan> {
    const slow = { perSecond: 2, perMinute: 200, perDay: 3_000, modifiesPerOrder: 5, slices: 1 };
    const days = { from: dayNumber(2020, 1, 1), to: dayNumber(2030, 1, 1) };
    const pacing = this.#seed % 2 === 0 ? [] : [{ ...days, ...slow }];
    const terms = { broker: BROKER, startingCash: inr(10_000_000), answeredBy: 'gateway', pacing } as const;
    const namespaces = [namespacePlan({ ...terms, funds: PLENTY, limits: limits(), signalTtlMs: 30_000 })];
    return plan({ calendar: 'always_open', instruments: INSTRUMENTS, namespaces });
  }

  /** Trades, changes its mind, breaks something, and lets time pass. */
  async #round(kills: boolean): Promise<void> {
    const { ingest } = this.#life as Life;
    this.#breakSomething();
    this.#tick(ingest);
    if (this.#dice.below(16) > 0) this.#ask(ingest);
    for (const change of this.#changes(this.#working(ingest))) this.#put(ingest, change);
    if (kills) {
      kill(ingest, { broker: BROKER, flatten: false, who: 'test', why: 'test', id: 'kill', at: ingest.cascade.at });
      this.#killed = true;
    }
    ingest.commit(false);
    if (this.#dice.below(4) === 0) this.#signIn();
    await this.#pass(this.#dice.below(3) === 0 ? this.#dice.below(50) : this.#dice.below(6_000));
  }

  async #pass(ms: number): Promise<void> {
    const { ingest, desk } = this.#life as Life;
    await this.#clock.advance(ms);
    for (const report of desk.take()) ingest.report(BROKER, report, ingest.cascade.at);
    // What waits for the account's budget in the engine leaves when time has passed.
    if (!this.#isClosed) this.#tick(ingest);
    ingest.commit(false);
    void desk.settle(this.#working(ingest));
    await this.#clock.settle();
  }

  #tick(ingest: Ingest): void {
    const at = this.#clock.now();
    this.#batch.clear();
    INSTRUMENTS.forEach(({ token }, k) => {
      const price = Math.max(100, (this.#prices[k] ?? FIRST_PRICE) + (this.#dice.below(9) - 4) / 2);
      this.#prices[k] = price;
      this.#simulator.onTicks([{ token, price: price * RUPEE, time: at, volume: NO_VOLUME }]);
      this.#batch.push(k, at, price * RUPEE, NO_VOLUME, ++this.#ticks);
    });
    for (let from = 0; from < this.#batch.count;) {
      from = ingest.ticks(this.#batch, from, () => 'campaign');
      ingest.commit(false);
    }
  }

  #ask(ingest: Ingest): void {
    const k = this.#dice.below(INSTRUMENTS.length);
    const last = this.#prices[k] ?? FIRST_PRICE;
    const at = ingest.cascade.at;
    const limited = this.#dice.below(3) > 0;
    const limitPrice = (Math.round((last + (this.#dice.below(9) - 4) / 2) * 20) * 500) as Price;
    const wanted: Partial<TradingSignal> = {
      broker: BROKER,
      token: k + 1,
      at,
      side: this.#dice.below(2) === 0 ? 'BUY' : 'SELL',
      quantity: quantity(1 + this.#dice.below(20)),
      product: 'MIS',
      expiresAt: (at + 30_000) as EpochMs,
      ...(limited ? { limitPrice } : {}),
    };
    this.#put(ingest, signal({ id: `s${++this.#signals}`, ...wanted }));
  }

  /** Another limit, or the end, for some orders at work. */
  #changes(orders: readonly WorkingOrder[]): readonly OrderChange[] {
    return orders.flatMap(({ submitted, state, terms }): readonly OrderChange[] => {
      if (state === 'sending' || this.#dice.below(6) > 0) return [];
      const { strategyId, token, order, referencePrice } = submitted;
      const { at } = this.#life?.ingest.cascade ?? { at: START };
      const trace = knownTrace(`change-${++this.#signals}` as EventId);
      const action = terms.orderType === 'limit' && this.#dice.below(2) === 0 ? 'modify' : 'cancel';
      const moved = action === 'modify' ? { limitPrice: referencePrice } : {};
      const about = { broker: BROKER, strategyId, token, trace, at, orderId: order.orderId, purpose: 'trade' } as const;
      const none = { quantity: undefined, orderType: undefined, limitPrice: undefined, triggerPrice: undefined };
      return [{ type: 'order_change', action, ...about, ...none, expiresAt: (at + 60_000) as EpochMs, ...moved }];
    });
  }

  #breakSomething(): void {
    const { faults, msMax } = this.#family;
    if (faults.length === 0 || this.#dice.below(3) > 0) return;
    const kind = faults[this.#dice.below(faults.length)] ?? 'no-answer';
    const ms = msMax === undefined ? {} : { ms: 1 + this.#dice.below(msMax) };
    this.#simulator.control.arm(kind, { count: 1 + this.#dice.below(2), skip: this.#dice.below(3), ...ms });
  }

  /** A person signs in when the session is dead. */
  #signIn(): void {
    const alive = this.#simulator.broker.sessions.current?.accessToken === this.#token?.accessToken;
    if (alive && this.#token !== undefined && this.#life?.session.state !== 'dead') return;
    const token = { userId: SIMULATOR_CREDENTIALS.userId, accessToken: this.#simulator.control.login() };
    this.#token = token;
    this.#life?.session.begin(token);
    this.#life?.gateway.hint();
  }

  #leaves({ method, path }: HttpRequest): boolean {
    if (this.#killed && method === 'POST' && path.startsWith('/orders')) this.#afterKill++;
    return true;
  }

  #put(ingest: Ingest, event: DomainEvent): void {
    const { topic, key, value } = encodeEvent(event);
    ingest.message({ topic, value, offsetId: `${topic}:0:${event.trace.id}` }, event, key, event.at);
  }

  #working(ingest: Ingest): readonly WorkingOrder[] {
    return ingest.cascade.namespace(BROKER)?.engine.working() ?? [];
  }

  /** Whether the outcome of anything is open. */
  #isOpen(): boolean {
    const { ingest } = this.#life ?? this.#begin();
    return this.#working(ingest).some(({ state, changing }) => OPEN.has(state) || changing !== undefined);
  }
}

const OPEN: ReadonlySet<WorkingOrder['state']> = new Set(['pending_new', 'sending', 'unknown']);
