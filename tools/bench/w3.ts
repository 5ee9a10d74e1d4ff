// `npm run bench -- w3`: an order storm. On every tenth tick of an instrument a limit order is placed, moved or cancelled,
// through strategy, gate, engine, exchange and books; the invariants of orders and books are checked before the time counts.
import { parseArgs } from 'node:util';
import { readFileSync } from 'node:fs';
import { loadSettings } from '#app/config/load-settings.ts';
import { makePlan } from '#app/plan.ts';
import { type Price } from '#core/decimal.ts';
import { type DomainEvent } from '#core/events.ts';
import { type BrokerId, type EventId, type StrategyId } from '#core/ids.ts';
import { alwaysOpen } from '#core/market/always-open.ts';
import { defineStrategy, type Strategy } from '#core/strategy/strategy.ts';
import { Cascade } from '#engine/cascade.ts';
import { type CascadeSink } from '#engine/sink.ts';
import { readBinaryTape } from './binary-tape.ts';
import { medianOf } from './paired.ts';
import { W1_SETTINGS } from './paths.ts';
import { inFolder, tapeFor, W1_SHAPE } from './work.ts';

const EVERY = 10;
const STEP = 500;
const BROKER = 'paper' as BrokerId;

/** Places a limit order a little off the market, moves it to the market, or cancels it, in turn. */
const storm = defineStrategy({
  type: 'storm',
  version: 1,
  summary: 'Places, moves and cancels limit orders.',
  parameters: {},
  warmUpTicks: () => 0,
  start: () => ({ seen: 0, turns: 0 }),
  onTick(_parameters, state, tick, own) {
    if (++state.seen % EVERY !== 0) return undefined;
    const turn = state.turns++ % 3;
    const [order] = own.orders;
    if (order === undefined) {
      const side = own.quantity > 0 ? 'SELL' : 'BUY';
      const off = side === 'BUY' ? -4 * STEP : 4 * STEP;
      const quantity = own.quantity > 0 ? own.quantity : 10;
      return { side, quantity, orderType: 'limit', limitPrice: onStep(tick.price + off) };
    }
    if (turn === 2) return { cancel: order.orderId };
    return { modify: order.orderId, limitPrice: onStep(tick.price + (order.side === 'BUY' ? STEP : -STEP)) };
  },
}) as Strategy;

function onStep(units: number): Price {
  return (Math.max(1, Math.round(units / STEP)) * STEP) as Price;
}

interface Followed {
  ordered: number;
  filled: number;
  ended: boolean;
}

/** Follows every order by its events alone. */
class Follower implements CascadeSink {
  readonly orders = new Map<EventId, Followed>();
  placed = 0;
  modified = 0;
  cancelled = 0;
  fills = 0;
  cash = 0;
  readonly held = new Map<number, number>();

  event(event: DomainEvent): void {
    switch (event.type) {
      case 'order_submitted':
        this.placed++;
        this.orders.set(event.order.orderId, { ordered: event.order.quantity, filled: 0, ended: false });
        return;
      case 'order_modified':
        this.modified++;
        this.#of(event.order.orderId).ordered = event.order.quantity;
        return;
      case 'order_filled': {
        this.fills++;
        const order = this.#of(event.order.orderId);
        order.filled += event.quantity;
        if (order.filled > order.ordered) throw new Error(`${event.order.orderId} is filled beyond its quantity`);
        order.ended = order.filled === order.ordered;
        const signed = event.order.side === 'BUY' ? event.quantity : -event.quantity;
        this.cash -= signed * event.fillPrice + event.fees;
        this.held.set(event.token, (this.held.get(event.token) ?? 0) + signed);
        return;
      }
      case 'order_cancelled':
      case 'order_expired':
      case 'order_failed':
        if (event.type === 'order_cancelled') this.cancelled++;
        this.#of(event.order.orderId).ended = true;
        return;
      default:
    }
  }

  #of(orderId: EventId): Followed {
    const order = this.orders.get(orderId);
    if (order === undefined || order.ended) throw new Error(`${orderId} was never submitted, or has ended`);
    return order;
  }

  intent(): void {
    throw new Error('the storm has no gateway, yet an order was meant for one');
  }
}

export async function benchW3(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      tape: { type: 'string' },
      passes: { type: 'string', default: '6' },
      json: { type: 'boolean', default: false },
    },
  });
  return inFolder((folder) => measure(tapeFor(values.tape, W1_SHAPE, folder), Number(values.passes), values.json));
}

function measure(tape: string, many: number, asJson: boolean): number {
  const run = stormOf(tape);
  const passes = Array.from({ length: Math.max(2, many) }, run);
  const [cold, ...warm] = passes.map(({ seconds, actions }) => actions / seconds);
  const { seconds: _, ...last } = passes.at(-1) as (typeof passes)[number];
  const figures = { ...last, cold_orders_per_s: Math.round(cold as number), orders_per_s: Math.round(medianOf(warm)) };
  if (!asJson) {
    console.log(
      `W3: invariants hold; ${figures.orders_per_s} orders, modifies and cancels a second ` +
        `(${figures.placed} placed, ${figures.modified} modified, ${figures.cancelled} cancelled, ${figures.fills} fills)`,
    );
  }
  console.log(JSON.stringify(figures));
  return 0;
}

function stormOf(path: string) {
  const loaded = loadSettings({ env: {}, envFileText: readFileSync(W1_SETTINGS, 'utf8'), overrides: {} });
  if (!loaded.ok) throw new Error(`the settings file of W1 is refused: ${JSON.stringify(loaded.error)}`);
  const { batch, instruments } = readBinaryTape(path);
  batch.count = batch.capacity;
  const strategyId = 'storm' as StrategyId;
  const deployment = { strategyId, strategyType: 'storm', parameters: {}, tokens: 'all', brokers: [BROKER] } as const;
  const plan = makePlan(loaded.value.settings, instruments, [deployment], undefined);
  return () => {
    const follower = new Follower();
    const cascade = new Cascade({ catalogue: () => storm, calendar: () => alwaysOpen(), sink: follower });
    cascade.replan(plan);
    const from = performance.now();
    cascade.onTicks(batch, 0, batch.capacity, () => 'w3');
    const seconds = (performance.now() - from) / 1_000;
    check(follower, cascade);
    const { placed, modified, cancelled, fills } = follower;
    return {
      seconds,
      ticks: batch.capacity,
      actions: placed + modified + cancelled,
      placed,
      modified,
      cancelled,
      fills,
    };
  };
}

/** Every order has ended or is at work, and the book is the fold of the fills. */
function check(follower: Follower, cascade: Cascade): void {
  const namespace = cascade.namespace(BROKER);
  const [book] = namespace?.portfolio.ledger.books ?? [];
  if (namespace === undefined || book === undefined) throw new Error('the storm has no book');
  const working = new Set(namespace.engine.working().map(({ terms }) => terms.orderId));
  for (const [orderId, { ended }] of follower.orders) {
    if (ended === working.has(orderId)) throw new Error(`${orderId} is neither ended nor at work, or both`);
  }
  if (book.cash !== book.startingCash + follower.cash) throw new Error('the cash of the book is not that of its fills');
  for (const [token, held] of follower.held) {
    const index = cascade.instruments.indexOf(token);
    if (book.quantity[index] !== held)
      throw new Error(`the book holds ${book.quantity[index]} of ${token}, not ${held}`);
  }
}
