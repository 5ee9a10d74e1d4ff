// A strategy that wants a thousand orders a second, all day, at a broker that counts strictly: what leaves keeps within the
// account's limits, and what brings a position down does not wait behind what opens one. On a virtual clock.
import { VirtualClock } from '#adapters/clock/virtual-clock.ts';
import { loadBrokerLimits } from '#adapters/rule-files/rule-files.ts';
import { KITE_LIMITS, RequestBudget } from '#adapters/zerodha/budget.ts';
import { type HttpRequest } from '#adapters/zerodha/http.ts';
import { KiteClient } from '#adapters/zerodha/kite-client.ts';
import { KiteGateway } from '#adapters/zerodha/kite-gateway.ts';
import { KiteSession } from '#adapters/zerodha/session.ts';
import { hashIn, hashOf } from '#adapters/zerodha/tag.ts';
import { ORDER_LIMITS } from '#app/project.ts';
import { type Price } from '#core/decimal.ts';
import { type DomainEvent } from '#core/events.ts';
import { type BrokerId } from '#core/ids.ts';
import { alwaysOpen } from '#core/market/always-open.ts';
import { NO_VOLUME, TickBatch } from '#core/market/tick.ts';
import { defineStrategy } from '#core/strategy/strategy.ts';
import { Cascade } from '#engine/cascade.ts';
import { type CascadeSink, type Intent } from '#engine/sink.ts';
import { OrderDesk } from '#engine/order-desk.ts';
import { contract } from '#kite-simulator/catalogue.ts';
import { SIMULATOR_CREDENTIALS } from '#kite-simulator/options.ts';
import { KiteSimulator } from '#kite-simulator/simulator.ts';
import { controlled, deployment, inr, instrument, limits, namespacePlan, plan } from '../support/builders.ts';
import { ist } from '../support/tape-builder.ts';
import { Dice } from '../simulation/world.ts';
import { kiteWire } from './wire.ts';

const BROKER = 'zerodha' as BrokerId;
const DEPLOYMENT = 'C';
const START = ist('2026-01-05T09:15:00');
const INSTRUMENTS = Array.from({ length: 200 }, (_, k) => instrument({ token: k + 1, symbol: `S${k + 1}` }));
/** Five times a second every instrument ticks, and every tick is a signal. */
const STEP_MS = 200;
const PRICE = 1_000_000 as Price;
const PLENTY = inr(1_000_000_000);

/** Buys at every tick, and sells what it holds of an instrument every 80 s, one instrument after another. */
const eager = defineStrategy({
  type: 'eager',
  version: 1,
  summary: 'Wants an order at every tick.',
  parameters: {},
  warmUpTicks: () => 1,
  start: () => ({ ticks: 0 }),
  onTick(_, state: { ticks: number }, tick, own) {
    state.ticks++;
    const sells = own.quantity > 0 && (state.ticks + tick.instrument * 37) % 400 === 0;
    return { side: sells ? 'SELL' : 'BUY', quantity: 1 };
  },
});

export interface Storm {
  signals: number;
  /** Requests to place an order that left. */
  orders: number;
  exits: number;
  /** Answers with 429. */
  refused: number;
  /** The longest time from the intent of an order that brings a position down to its leaving, in milliseconds. */
  longestExitMs: number;
  /** Signals that became too old before the budget had room for them. */
  expired: number;
}

/** Runs the storm for so many virtual seconds; `told` hears how many are over, each time that another one is. */
export async function storm(seconds: number, told: (second: number) => void = () => undefined): Promise<Storm> {
  const counts: Storm = { signals: 0, orders: 0, exits: 0, refused: 0, longestExitMs: 0, expired: 0 };
  const clock = new VirtualClock(START);
  const simulator = new KiteSimulator({
    contracts: INSTRUMENTS.map((each) => contract(each, { previousClose: PRICE })),
    clock,
    opening: { cash: { equity: PLENTY, commodity: 0 } },
  });
  const exits = new Map<string, number>();
  const leaves = ({ method, path, fields }: HttpRequest): boolean => {
    if (method !== 'POST' || !path.startsWith('/orders')) return true;
    counts.orders++;
    const decided = exits.get(hashIn(String(fields?.['tag']), DEPLOYMENT) ?? '');
    if (decided === undefined) return true;
    counts.exits++;
    counts.longestExitMs = Math.max(counts.longestExitMs, clock.now() - decided);
    return true;
  };
  const intents: Intent[] = [];
  const isExit = (event: DomainEvent): boolean => event.type === 'order_submitted' && event.order.side === 'SELL';
  const sink: CascadeSink = {
    event: (event) => {
      if (event.type === 'trading_signal') counts.signals++;
      else if (event.type === 'expired_signal') counts.expired++;
      else if (event.type === 'order_submitted' && isExit(event)) exits.set(hashOf(event.order.orderId), clock.now());
    },
    intent: (intent) => intents.push(intent),
  };
  const cascade = new Cascade({ catalogue: () => eager, calendar: () => alwaysOpen(), sink });
  cascade.replan(stormPlan());
  cascade.onMessage(controlled('armed', { broker: BROKER, at: START }), START);
  const session = new KiteSession({ ...SIMULATOR_CREDENTIALS, loginRoot: 'http://kite' });
  session.begin({ userId: SIMULATOR_CREDENTIALS.userId, accessToken: simulator.control.login() });
  const http = kiteWire({ simulator, clock, dice: new Dice(1, 'storm'), leaves });
  const client = new KiteClient({ http, session, budget: new RequestBudget(clock, KITE_LIMITS) });
  const gateway = new KiteGateway({
    client,
    clock,
    deployment: DEPLOYMENT,
    listingOf: (token) => ({ exchange: 'NSE', tradingsymbol: `S${token}` }),
    reduces: ({ order }) => order.side === 'SELL',
  });
  const desk = new OrderDesk(gateway);
  const stop = new AbortController();
  void gateway.run(stop.signal);
  const batch = new TickBatch(INSTRUMENTS.length, false);
  for (let step = 0; step < (seconds * 1_000) / STEP_MS; step++) {
    const at = clock.now();
    if ((step * STEP_MS) % 1_000 === 0) told((step * STEP_MS) / 1_000);
    batch.clear();
    INSTRUMENTS.forEach((_, k) => batch.push(k, at, PRICE, NO_VOLUME, step * INSTRUMENTS.length + k + 1));
    simulator.onTicks(INSTRUMENTS.map(({ token }) => ({ token, price: PRICE, time: at, volume: NO_VOLUME })));
    cascade.onTicks(batch, 0, batch.count, () => 'storm');
    for (const intent of intents.splice(0)) desk.send(intent);
    await clock.advance(STEP_MS);
    for (const report of desk.take()) cascade.onReport(BROKER, report, clock.now());
    for (const intent of intents.splice(0)) desk.send(intent);
  }
  stop.abort();
  desk.close();
  counts.refused = simulator.control.truth().counts.tooMany;
  await simulator.close();
  return counts;
}

function stormPlan(): ReturnType<typeof plan> {
  const terms = { broker: BROKER, startingCash: PLENTY, answeredBy: 'gateway', funds: PLENTY } as const;
  const pacing = loadBrokerLimits(ORDER_LIMITS);
  const namespaces = [namespacePlan({ ...terms, limits: limits(), signalTtlMs: 10_000, pacing })];
  const deployments = [deployment({ strategyType: 'eager', brokers: [BROKER] })];
  return plan({ calendar: 'always_open', instruments: INSTRUMENTS, namespaces, deployments });
}
