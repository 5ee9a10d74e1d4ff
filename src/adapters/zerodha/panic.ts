// The last resort for an account: ends its orders, and its positions when a person says so twice. It needs a session and
// nothing else: no log, no database, no running platform.
import { type Clock } from '#ports/clock.ts';
import { hasEnded } from './followed-order.ts';
import { type KiteClient } from './kite-client.ts';
import { type OrderRow, type PositionRow } from './rows.ts';

export interface PanicOptions {
  readonly client: Pick<KiteClient, 'orders' | 'cancel' | 'positions' | 'place'>;
  readonly clock: Clock;
  /** Also orders that this platform did not make. */
  readonly everything: boolean;
  /** Also ends every position, at market. */
  readonly flatten: boolean;
  readonly tell: (text: string) => void;
}

/** What is left when it ends; undefined where it could not be read. */
export interface Aftermath {
  readonly orders: readonly OrderRow[] | undefined;
  readonly positions: readonly PositionRow[] | undefined;
}

/** Every tag of ours begins so, whatever the deployment (tag.ts). */
const MARK = /^A[A-Z].{18}$/;
const ROUNDS = 5;
const BETWEEN_MS = 1_000;

/** Cancels, looks, and cancels again what still works; then ends positions once none is left, and looks again. Never throws. */
export async function panic(options: PanicOptions): Promise<Aftermath> {
  const { client, flatten, tell } = options;
  const orders = await cancelAll(options);
  const before = await client.positions();
  if (before.kind === 'failed') tell(`the positions cannot be read: ${before.message}`);
  const positions = before.kind === 'read' ? held(before.value) : undefined;
  if (!flatten || positions === undefined) return { orders, positions };
  // An exit that still works may end the position too: both together would turn it round.
  if (orders?.length !== 0) {
    tell('no position is ended, because orders may still work; run it again, or end them at the broker');
    return { orders, positions };
  }
  for (const position of positions) await end(position, options);
  await options.clock.sleep(BETWEEN_MS);
  const after = await client.positions();
  return { orders, positions: after.kind === 'read' ? held(after.value) : undefined };
}

async function cancelAll(options: PanicOptions): Promise<readonly OrderRow[] | undefined> {
  const { client, clock, tell } = options;
  let working: readonly OrderRow[] | undefined;
  for (let round = 0; round < ROUNDS; round++) {
    if (round > 0) await clock.sleep(BETWEEN_MS);
    const found = await client.orders();
    if (found.kind === 'failed') {
      tell(`the orders cannot be read: ${found.message}`);
      continue;
    }
    working = found.value.filter((row) => concerns(row, options));
    if (working.length === 0) return working;
    await Promise.all(working.map((row) => cancel(row, options)));
  }
  return working;
}

function concerns({ status, tag }: OrderRow, { everything }: PanicOptions): boolean {
  return !hasEnded(status) && (everything || (tag !== undefined && MARK.test(tag)));
}

async function cancel(row: OrderRow, { client, tell }: PanicOptions): Promise<void> {
  const what = `${row.side} ${row.quantity} ${row.symbol} (${row.orderId})`;
  const outcome = await client.cancel(row.orderId, row.variety);
  if (outcome.kind === 'accepted') tell(`cancel is asked: ${what}`);
  else tell(`not cancelled: ${what}: ${outcome.message}`);
}

/** At market with the broker's protection, in the product in which it is held. */
async function end(
  { exchange, symbol, product, quantity }: PositionRow,
  { client, tell }: PanicOptions,
): Promise<void> {
  const side = quantity > 0 ? 'SELL' : 'BUY';
  const terms = { exchange, tradingsymbol: symbol, transaction_type: side, quantity: Math.abs(quantity), product };
  const fields = { ...terms, order_type: 'MARKET', market_protection: '-1', validity: 'DAY', tag: 'PANIC' };
  const outcome = await client.place(fields, { rank: 'exit' });
  const what = `${side} ${Math.abs(quantity)} ${symbol} ${product}`;
  // It was sent once and is not sent again: the last look at the positions shows what it did.
  tell(outcome.kind === 'accepted' ? `ordered: ${what}` : `${outcome.kind}: ${what}: ${outcome.message}`);
}

function held(positions: readonly PositionRow[]): readonly PositionRow[] {
  return positions.filter(({ quantity }) => quantity !== 0);
}
