// One account at Kite as a namespace uses it: its session, its calls and its gateway. Where Kite lies is handed in, so that
// the real one and the simulator are spoken to by the same code.
import { RequestBudget } from '#adapters/zerodha/budget.ts';
import { KiteClient } from '#adapters/zerodha/kite-client.ts';
import { KiteGateway, type Listing } from '#adapters/zerodha/kite-gateway.ts';
import { type KiteSession } from '#adapters/zerodha/session.ts';
import { type OrderSubmitted } from '#core/events.ts';
import { type BrokerId } from '#core/ids.ts';
import { type EpochMs } from '#core/time.ts';
import { type Clock } from '#ports/clock.ts';
import { type Logger } from '#ports/telemetry.ts';
import { kiteHttp } from './kite-http.ts';

export interface KiteAccountOptions {
  readonly broker: BrokerId;
  /** Where requests go. */
  readonly root: string;
  readonly session: KiteSession;
  /** In every tag, so that two deployments on one account never take each other's orders. */
  readonly deployment: string;
  /** How Kite names an instrument; undefined for one that it does not list. */
  readonly listingOf: (token: number) => Listing | undefined;
  readonly clock: Clock;
  /** The market's time, by whose days the broker keeps its books. */
  readonly marketNow: () => EpochMs;
  readonly logger: Logger;
  /** Why the session is not that of the account; nothing is sent with it then. */
  readonly stranger?: () => string | undefined;
}

export interface KiteAccount {
  readonly broker: BrokerId;
  readonly session: KiteSession;
  readonly client: KiteClient;
  readonly gateway: KiteGateway;
  /** Why an order must not leave any more although it was decided; asked right before it does. */
  trouble: (order: OrderSubmitted) => string | undefined;
  /** Whether an order brings a position down. */
  reduces: (order: OrderSubmitted) => boolean;
  close(): void;
}

export function openKiteAccount(options: KiteAccountOptions): KiteAccount {
  const { broker, root, session, deployment, listingOf, clock, marketNow, logger, stranger } = options;
  const http = kiteHttp(root);
  const client = new KiteClient({ http, session, budget: new RequestBudget(clock) });
  // Replaced by whoever knows what is halted, and what is held.
  const leaving: Pick<KiteAccount, 'trouble' | 'reduces'> = { trouble: () => undefined, reduces: () => false };
  const gateway = new KiteGateway({
    client,
    clock,
    marketNow,
    deployment,
    listingOf,
    reduces: (order) => leaving.reduces(order),
    trouble: (order) =>
      stranger?.() ??
      (marketNow() < order.expiresAt ? leaving.trouble(order) : 'it expired while it waited for the budget'),
    tell: (message) => logger.warning(message, { broker }),
  });
  return Object.assign(leaving, { broker, session, client, gateway, close: () => http.close() });
}
