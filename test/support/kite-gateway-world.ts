// Our gateway and the Kite simulator, with real sockets between them and one virtual clock for both.
import { type TestContext } from 'node:test';
import { HttpClient } from '#adapters/zerodha/http.ts';
import { KiteClient } from '#adapters/zerodha/kite-client.ts';
import { KiteGateway, type KiteGatewayOptions } from '#adapters/zerodha/kite-gateway.ts';
import { RequestBudget, type BudgetLimits } from '#adapters/zerodha/budget.ts';
import { KiteSession } from '#adapters/zerodha/session.ts';
import { type OrderSubmitted } from '#core/events.ts';
import { type BrokerReport } from '#core/execution/report.ts';
import { type BrokerId } from '#core/ids.ts';
import { SIMULATOR_CREDENTIALS } from '#kite-simulator/options.ts';
import { serveKite } from '#kite-simulator/transport.ts';
import { rs, signal, submitted } from './builders.ts';
import { INFY, KITE_START, kiteWorld, SBIN, type KiteWorld } from './kite-world.ts';

/** Short, so that a test of an answer that never comes is short. */
const TIMEOUT_MS = 150;
const unlimited = [{ ms: 1_000, most: 1e6 }];
const NO_LIMITS: BudgetLimits = { order: unlimited, quote: unlimited, historical: unlimited, other: unlimited };

export interface GatewayWorld {
  readonly kite: KiteWorld;
  readonly session: KiteSession;
  readonly client: KiteClient;
  readonly gateway: KiteGateway;
  /** What the gateway told so far, without the ids of orders. */
  readonly told: BrokerReport[];
  readonly troubles: string[];
  /** Another gateway on the same account, as a process that was started anew has it. */
  readonly restarted: () => KiteGateway;
  readonly stopServer: () => Promise<void>;
  /** Orders with a tag in the simulator's own truth. */
  readonly placed: () => number;
}

export interface GatewayWorldOptions {
  readonly limits?: BudgetLimits;
  readonly gateway?: Partial<KiteGatewayOptions>;
  readonly kite?: KiteWorld;
}

export async function gatewayWorld(
  t: Pick<TestContext, 'after'>,
  options: GatewayWorldOptions = {},
): Promise<GatewayWorld> {
  const kite = options.kite ?? kiteWorld();
  const server = await serveKite(kite.simulator);
  const http = new HttpClient({ root: server.url, timeoutMs: TIMEOUT_MS, bytesMax: 1_000_000 });
  const session = new KiteSession({ ...SIMULATOR_CREDENTIALS, loginRoot: server.url });
  const client = new KiteClient({ http, session, budget: new RequestBudget(kite.clock, options.limits ?? NO_LIMITS) });
  const told: BrokerReport[] = [];
  const troubles: string[] = [];
  const newGateway = (): KiteGateway => {
    const gateway = new KiteGateway({
      client,
      clock: kite.clock,
      deployment: 'T',
      listingOf: (token) => LISTINGS.get(token),
      tell: (message) => troubles.push(message),
      ...options.gateway,
    });
    gateway.reports((report) => told.push(report));
    return gateway;
  };
  t.after(async () => {
    http.close();
    await server.close();
  });
  await client.signIn(kite.simulator.control.requestToken());
  const placed = (): number => kite.simulator.control.truth().orders.filter(({ tag }) => tag !== null).length;
  return {
    kite,
    session,
    client,
    gateway: newGateway(),
    told,
    troubles,
    restarted: newGateway,
    stopServer: () => server.close(),
    placed,
  };
}

const LISTINGS = new Map([
  [INFY, { exchange: 'NSE', tradingsymbol: 'INFY' }],
  [SBIN, { exchange: 'NSE', tradingsymbol: 'SBIN' }],
]);

/** An order to buy ten INFY for delivery at a limit of 1,490; other terms on top. */
export function buyInfy(id: string, terms: Partial<OrderSubmitted['order']> = {}): OrderSubmitted {
  const made = submitted(signal({ broker: 'zerodha' as BrokerId, token: INFY, at: KITE_START }), id, rs(1500));
  const order = { ...made.order, quantity: 10, orderType: 'limit', limitPrice: rs(1490), product: 'CNC' } as const;
  return { ...made, token: INFY, at: KITE_START, order: { ...order, ...terms } as OrderSubmitted['order'] };
}
