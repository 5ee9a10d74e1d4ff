// Everything that was told of one order, in the order in which it happened.
import { type Place } from '../place.ts';
import type { OrderEvent } from '#core/events.ts';
import type { BrokerId } from '#core/ids.ts';
import { formatDecimal } from '#core/decimal.ts';
import { formatInstant } from '#core/time.ts';
import type { StoreReader } from '#ports/store.ts';
import { topic, type Stream } from '#wire/topics.ts';
import { eventsOf } from './log-events.ts';
import { RequestError, withStore } from './open-store.ts';
import { ordersOf } from './orders.ts';

/** One step of an order's life. */
export interface OrderStep {
  readonly at: string;
  readonly event: OrderEvent['type'];
  /** Of the fill, or of the terms that are in force or asked for. */
  readonly quantity: number;
  readonly order_type: string;
  readonly limit_price: string | null;
  readonly trigger_price: string | null;
  /** Of a fill. */
  readonly fill_price: string | null;
  readonly message: string | null;
}

/** Where the steps lie, in the order in which those of one instant happen. */
export const STEPS: readonly (readonly [Stream, readonly OrderEvent['type'][]])[] = [
  [
    'orders.submitted',
    [
      'order_submitted',
      'order_claimed',
      'order_placed',
      'order_unknown',
      'modify_submitted',
      'cancel_submitted',
      'order_modified',
      'change_refused',
    ],
  ],
  ['orders.filled', ['order_filled']],
  ['orders.failed', ['order_failed']],
  ['orders.cancelled', ['order_cancelled', 'order_expired']],
];

/** The steps of an order. Throws `RequestError` when there is no order of that id. */
export function readOrderHistory(place: Place, orderId: string): readonly OrderStep[] {
  return withStore(
    place,
    (reader) => {
      const order = ordersOf(reader, undefined).find((each) => each.order_id === orderId);
      if (order === undefined) {
        throw new RequestError(
          `expected the id of an order, as \`orders --json\` shows it; found ${JSON.stringify(orderId)}`,
        );
      }
      return stepsOf(reader, order.broker as BrokerId, orderId);
    },
    'trading_engine',
  );
}

function stepsOf(reader: StoreReader, broker: BrokerId, orderId: string): readonly OrderStep[] {
  const events = STEPS.flatMap(([stream, types]) =>
    types.flatMap((type) => [...eventsOf(reader, topic(broker, stream), type)]),
  );
  return stepsFrom(events.filter(({ order }) => order.orderId === orderId));
}

/** The steps that the events of one order are. */
export function stepsFrom(events: readonly OrderEvent[]): readonly OrderStep[] {
  return events.toSorted((a, b) => a.at - b.at || toldAs(a) - toldAs(b)).map(stepOf);
}

/** The number under which the engine told a step; fills have none, and stand where their instant puts them. */
function toldAs(event: OrderEvent): number {
  const told = /\/e\.[^/.]+\.(\d+)$/.exec(event.trace.id.slice(event.order.orderId.length));
  if (event.type === 'order_submitted') return -1;
  return told === null ? Number.MAX_SAFE_INTEGER / 2 : Number(told[1]);
}

function stepOf(event: OrderEvent): OrderStep {
  const { order } = event;
  return {
    at: formatInstant(event.at),
    event: event.type,
    quantity: event.type === 'order_filled' ? event.quantity : order.quantity,
    order_type: order.orderType,
    limit_price: order.limitPrice === undefined ? null : formatDecimal(order.limitPrice),
    trigger_price: order.triggerPrice === undefined ? null : formatDecimal(order.triggerPrice),
    fill_price: event.type === 'order_filled' ? formatDecimal(event.fillPrice) : null,
    message: 'message' in event ? event.message : null,
  };
}
