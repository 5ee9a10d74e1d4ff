// What the books hold against what the simulated broker holds, over real sockets and on a virtual clock.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { MemoryDisk } from '#adapters/memory/disk.ts';
import { openMemoryStore } from '#adapters/memory/store.ts';
import { Reconciliation } from '#app/reconciliation.ts';
import { knownTrace, type BrokerId, type EventId, type StrategyId } from '#core/ids.ts';
import { alwaysOpen } from '#core/market/always-open.ts';
import { NO_VOLUME, TickBatch } from '#core/market/tick.ts';
import { Ingest } from '#engine/ingest.ts';
import { OrderDesk } from '#engine/order-desk.ts';
import { groupsReading } from '#engine/pipeline.ts';
import { recover } from '#engine/recovery.ts';
import { silentLogger } from '#ports/telemetry.ts';
import { encodeEvent } from '#wire/encode.ts';
import {
  catalogueOf,
  controlled,
  inr,
  instrument,
  limits,
  namespacePlan,
  plan,
  rs,
  signal,
  units,
} from '../support/builders.ts';
import { gatewayWorld, type GatewayWorld } from '../support/kite-gateway-world.ts';
import { INFY, KITE_START, SBIN } from '../support/kite-world.ts';
import { settingsOf } from '../settings/settings-run.ts';

const BROKER = 'zerodha' as BrokerId;
const MINE = 'mine' as StrategyId;
const AGAIN_MS = 5_000;
const HOUR_MS = 3_600_000;

/** A platform without its pump: the test makes every turn. */
class Platform {
  readonly disk = new MemoryDisk();
  readonly store = openMemoryStore(this.disk);
  readonly ingest: Ingest;
  readonly #world: GatewayWorld;
  readonly #desk: OrderDesk;
  reconciliation: Reconciliation;

  constructor(world: GatewayWorld) {
    this.#world = world;
    this.#desk = new OrderDesk(world.gateway);
    this.ingest = new Ingest({
      store: this.store,
      context: { catalogue: catalogueOf(), calendar: () => alwaysOpen() },
      groupsOf: groupsReading('alpha-panda'),
      send: (intent) => this.#desk.send(intent),
      committed: () => undefined,
    });
    recover(this.store, this.ingest);
    const instruments = [instrument({ token: INFY, symbol: 'INFY' }), instrument({ token: SBIN, symbol: 'SBIN' })];
    const terms = { broker: BROKER, answeredBy: 'gateway', funds: inr(1_000_000), limits: limits() } as const;
    this.ingest.plan(plan({ calendar: 'always_open', instruments, namespaces: [namespacePlan(terms)] }));
    this.put(controlled('armed', { broker: BROKER, at: KITE_START }));
    this.reconciliation = this.restarted();
  }

  /** Another process on the same log. */
  restarted(intervalMs = HOUR_MS): Reconciliation {
    const { client, kite } = this.#world;
    const accounts = [{ broker: BROKER, client }];
    const reconciliation = new Reconciliation({ accounts, clock: kite.clock, intervalMs, logger: silentLogger });
    reconciliation.resume(this.store);
    return reconciliation;
  }

  put(event: Parameters<typeof encodeEvent>[0]): void {
    const { topic, key, value, id } = encodeEvent(event);
    this.ingest.message({ topic, value, offsetId: id }, event, key, event.at);
    this.ingest.commit(false);
  }

  tick(rupees: number): void {
    this.#world.kite.tick(INFY, rupees);
    const batch = new TickBatch(1, false);
    batch.push(0, this.#world.kite.clock.now(), rs(rupees), NO_VOLUME, 1);
    this.ingest.ticks(batch, 0, () => `tick@${this.#world.kite.clock.now()}`);
    this.ingest.commit(false);
  }

  /** Buys at the market and sees the fill. */
  async buy(quantity: number): Promise<void> {
    const { at } = this.ingest.cascade;
    this.put(signal({ broker: BROKER, strategyId: MINE, token: INFY, at, quantity: units(quantity), id: `buy@${at}` }));
    while (this.#desk.inFlight > 0) await new Promise((resolve) => setImmediate(resolve));
    await this.#world.gateway.read();
    for (const report of this.#desk.take()) this.ingest.report(BROKER, report, this.ingest.cascade.at);
    this.ingest.commit(false);
  }

  /** Asks the broker, and takes the answer. */
  async compare(afterMs: number): Promise<void> {
    await this.#world.kite.clock.advance(afterMs);
    const before = this.#world.kite.simulator.control.truth().counts.requests['positions'] ?? 0;
    this.reconciliation.settle(this.ingest);
    const asked = (): number => this.#world.kite.simulator.control.truth().counts.requests['positions'] ?? 0;
    for (let turns = 0; turns < 200 && (turns < 20 || asked() > before); turns++) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (this.reconciliation.settle(this.ingest)) break;
    }
    this.ingest.commit(false);
  }

  /** What was told so far on the topic of breaks, and what was halted. */
  told(): readonly string[] {
    const values = [...(this.disk.contents.topics.get('zerodha.reconciliation.breaks') ?? [])].map(
      ({ value }) => value,
    );
    return values.map((value) => {
      const { type, data } = JSON.parse(value) as { type: string; data: Record<string, unknown> };
      return type === 'reconciliation_break'
        ? `break ${String(data['our_quantity'])} ${String(data['broker_quantity'])}`
        : `settled ${String(data['quantity'])}`;
    });
  }

  get state(): string | undefined {
    return this.ingest.cascade.namespace(BROKER)?.risk.stateOf(`strategy:${MINE}`);
  }
}

async function started(t: TestContext): Promise<{ world: GatewayWorld; platform: Platform }> {
  const world = await gatewayWorld(t);
  const platform = new Platform(world);
  platform.tick(1_500);
  await platform.buy(10);
  return { world, platform };
}

function elsewhere(world: GatewayWorld, side: 'BUY' | 'SELL', quantity: number): void {
  const fields = { exchange: 'NSE', tradingsymbol: 'INFY', transaction_type: side, product: 'CNC', validity: 'DAY' };
  const order = { ...fields, quantity: `${quantity}`, order_type: 'MARKET', market_protection: '-1' };
  world.kite.simulator.control.placeElsewhere('regular', order);
  world.kite.tick(INFY, 1_500);
}

test('equal books are not spoken of', async (t) => {
  const { platform } = await started(t);
  await platform.compare(0);
  await platform.compare(HOUR_MS);
  assert.deepEqual(platform.told(), []);
  assert.equal(platform.state, 'active');
});

test('a trade from elsewhere is a break, halts who holds the instrument, books nothing, and settles when it is undone', async (t) => {
  const { world, platform } = await started(t);
  elsewhere(world, 'BUY', 3);
  await platform.compare(0);
  assert.deepEqual(platform.told(), [], 'one comparison is none');
  await platform.compare(AGAIN_MS);
  assert.deepEqual(platform.told(), ['break 10 13']);
  assert.equal(platform.state, 'halted');
  const book = platform.ingest.cascade.namespace(BROKER)?.portfolio.ledger.book(MINE);
  assert.equal(book?.quantity[0], 10);
  await platform.compare(HOUR_MS);
  assert.deepEqual(platform.told(), ['break 10 13'], 'it is told once');
  platform.reconciliation = platform.restarted();
  for (const ms of [0, AGAIN_MS]) await platform.compare(ms);
  assert.deepEqual(platform.told(), ['break 10 13'], 'after a restart too');
  elsewhere(world, 'SELL', 3);
  await platform.compare(HOUR_MS);
  assert.deepEqual(platform.told(), ['break 10 13', 'settled 10']);
  assert.equal(platform.state, 'halted', 'only a person releases it');
});

test('units that a person says are not the platform’s are left out, after a restart too, until that is taken back', async (t) => {
  const { world, platform } = await started(t);
  elsewhere(world, 'BUY', 3);
  for (const ms of [0, AGAIN_MS]) await platform.compare(ms);
  assert.deepEqual(platform.told(), ['break 10 13']);
  const external = (quantity: number, id: string): void => {
    const { at } = platform.ingest.cascade;
    const said = { trace: knownTrace(id as EventId), at, token: INFY, quantity, who: 'asha', why: 'mine' };
    platform.put({ type: 'external_position', broker: BROKER, ...said });
  };
  external(3, 'first');
  await platform.compare(1);
  assert.deepEqual(platform.told(), ['break 10 13', 'settled 10'], 'it is looked at once more, at once');
  platform.reconciliation = platform.restarted();
  for (const ms of [0, AGAIN_MS, HOUR_MS]) await platform.compare(ms);
  assert.equal(platform.told().length, 2);
  external(0, 'second');
  for (const ms of [1, AGAIN_MS]) await platform.compare(ms);
  assert.deepEqual(platform.told(), ['break 10 13', 'settled 10', 'break 10 13']);
});

test('PORTFOLIO_MANAGER__RECONCILIATION_INTERVAL_SECONDS is how often holdings are compared with the broker’s', async (t) => {
  const { world, platform } = await started(t);
  const asked = (): number => world.kite.simulator.control.truth().counts.requests['positions'] ?? 0;
  for (const [seconds, times] of [
    ['60', 4],
    ['120', 2],
  ] as const) {
    const { reconciliationIntervalSeconds } = settingsOf({
      PORTFOLIO_MANAGER__RECONCILIATION_INTERVAL_SECONDS: seconds,
    }).portfolioManager;
    platform.reconciliation = platform.restarted(reconciliationIntervalSeconds * 1_000);
    await platform.compare(0);
    const before = asked();
    for (let k = 0; k < 4; k++) await platform.compare(60_000);
    assert.equal(asked() - before, times);
  }
});

test('books that cannot be read are asked for again, and a lost connection asks at once', async (t) => {
  const { world, platform } = await started(t);
  world.kite.simulator.control.arm('refuse-502', { route: 'positions', count: 1 });
  elsewhere(world, 'BUY', 1);
  await platform.compare(0);
  for (const ms of [AGAIN_MS, AGAIN_MS]) await platform.compare(ms);
  assert.deepEqual(platform.told(), ['break 10 11']);
  elsewhere(world, 'SELL', 1);
  await platform.compare(1_000);
  assert.deepEqual(platform.told(), ['break 10 11'], 'its time has not come');
  platform.reconciliation.ask();
  await platform.compare(0);
  assert.deepEqual(platform.told(), ['break 10 11', 'settled 10']);

  const asked = (): number => world.kite.simulator.control.truth().counts.requests['positions'] ?? 0;
  const before = asked();
  await world.kite.clock.advance(HOUR_MS);
  platform.reconciliation.settle(platform.ingest);
  platform.reconciliation.ask();
  await platform.compare(0);
  await platform.compare(0);
  assert.equal(asked() - before, 2, 'what is asked while an answer is on its way is asked after it');
});
