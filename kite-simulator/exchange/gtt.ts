// Orders that wait at the broker for a price, for up to a year. Funds and holdings are looked at only when one fires.
import { z } from 'zod';
import { parseDecimal, RUPEE } from '#core/decimal.ts';
import { DAY_MS, type EpochMs } from '#core/time.ts';
import { type Broker } from '../broker.ts';
import { placeOrder } from '../rest/place.ts';
import { inputError, KiteError } from '../rest/kite-error.ts';
import { istTime } from '../ist.ts';
import { type Quote } from './market.ts';

const ACTIVE_MAX = 250;
const YEAR_MS = 365 * DAY_MS;

const orderShape = z.object({
  exchange: z.string(),
  tradingsymbol: z.string(),
  product: z.string(),
  order_type: z.literal('LIMIT'),
  transaction_type: z.enum(['BUY', 'SELL']),
  quantity: z.int().positive(),
  price: z.number().positive(),
});
const conditionShape = z.object({
  exchange: z.string(),
  tradingsymbol: z.string(),
  trigger_values: z.array(z.number().positive()).min(1).max(2),
  last_price: z.number(),
});

type GttOrder = z.infer<typeof orderShape> & { result: unknown };

interface Trigger {
  readonly id: number;
  readonly type: 'single' | 'two-leg';
  readonly token: number;
  readonly condition: z.infer<typeof conditionShape> & { readonly instrument_token: number };
  readonly orders: readonly GttOrder[];
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
  readonly status: 'active' | 'triggered' | 'deleted' | 'expired';
}

export class Gtt {
  readonly #broker: Broker;
  readonly #triggers: Map<number, Trigger>;

  constructor(broker: Broker) {
    this.#broker = broker;
    const kept = (broker.book.value('gtt') as readonly Trigger[] | undefined) ?? [];
    this.#triggers = new Map(kept.map((trigger) => [trigger.id, trigger]));
  }

  place(fields: Readonly<Record<string, string | undefined>>): number {
    if ([...this.#triggers.values()].filter(({ status }) => status === 'active').length >= ACTIVE_MAX) {
      throw inputError(`Maximum allowed active triggers (${ACTIVE_MAX}) exceeded.`);
    }
    const id = ((this.#broker.book.value('gtt_number') as number | undefined) ?? 100_000) + 1;
    this.#broker.book.setValue('gtt_number', id);
    this.#put(this.#read(id, fields, this.#broker.now()));
    return id;
  }

  modify(id: number, fields: Readonly<Record<string, string | undefined>>): number {
    const before = this.#active(id);
    this.#put(this.#read(id, fields, before.createdAt));
    return id;
  }

  remove(id: number): number {
    this.#put({ ...this.#active(id), status: 'deleted', updatedAt: this.#broker.now() });
    return id;
  }

  list(): readonly unknown[] {
    return [...this.#triggers.values()].filter(({ status }) => status !== 'deleted').map((each) => this.#json(each));
  }

  one(id: number): unknown {
    const trigger = this.#triggers.get(id);
    if (trigger === undefined) throw new KiteError(404, 'GeneralException', 'Trigger not found.');
    return this.#json(trigger);
  }

  onTick(quote: Quote): void {
    for (const trigger of this.#triggers.values()) {
      if (trigger.status !== 'active' || trigger.token !== quote.contract.instrument.token) continue;
      if (this.#broker.now() >= trigger.createdAt + YEAR_MS) this.#put({ ...trigger, status: 'expired' });
      else {
        const leg = firedLeg(trigger, quote.last);
        if (leg !== undefined) this.#fire(trigger, leg, quote.last);
      }
    }
  }

  /** Makes the triggers part of the next commit. */
  keep(): void {
    this.#broker.book.setValue('gtt', [...this.#triggers.values()]);
  }

  #fire(trigger: Trigger, leg: number, last: number): void {
    const orders = trigger.orders.map((order, k) =>
      k === leg ? { ...order, result: this.#send(trigger, order, last) } : order,
    );
    this.#put({ ...trigger, orders, status: 'triggered', updatedAt: this.#broker.now() });
  }

  #send(trigger: Trigger, order: GttOrder, last: number): unknown {
    const { result: _none, ...fields } = order;
    let outcome: { status: string; order_id: string; rejection_reason: string };
    try {
      const asked = { ...fields, quantity: `${order.quantity}`, price: `${order.price}`, validity: 'DAY' };
      const { order_id: orderId } = placeOrder(this.#broker, 'regular', asked);
      outcome = { status: 'success', order_id: orderId, rejection_reason: '' };
    } catch (error) {
      if (!(error instanceof KiteError)) throw error;
      outcome = { status: 'failed', order_id: '', rejection_reason: error.message };
    }
    return {
      account_id: this.#broker.sessions.credentials.userId,
      exchange: order.exchange,
      tradingsymbol: order.tradingsymbol,
      validity: 'DAY',
      product: order.product,
      order_type: order.order_type,
      transaction_type: order.transaction_type,
      quantity: order.quantity,
      price: order.price,
      meta: JSON.stringify({ gtt: trigger.id }),
      timestamp: istTime(this.#broker.now()),
      triggered_at: last / RUPEE,
      order_result: outcome,
    };
  }

  #read(id: number, fields: Readonly<Record<string, string | undefined>>, createdAt: EpochMs): Trigger {
    const type = fields['type'];
    if (type !== 'single' && type !== 'two-leg') throw inputError('Invalid `type`.');
    const condition = parseJson('condition', fields['condition'], conditionShape);
    const orders = parseJson('orders', fields['orders'], z.array(orderShape));
    const legs = type === 'single' ? 1 : 2;
    if (condition.trigger_values.length !== legs || orders.length !== legs) {
      throw inputError(`A ${type} trigger has ${legs} trigger value and order for each leg.`);
    }
    const contract = this.#broker.catalogue.byName(`${condition.exchange}:${condition.tradingsymbol}`);
    if (contract === undefined) throw inputError('Invalid `tradingsymbol` or `exchange`.');
    const { token } = contract.instrument;
    return {
      id,
      type,
      token,
      condition: { ...condition, instrument_token: token },
      orders: orders.map((order) => ({ ...order, result: null })),
      createdAt,
      updatedAt: this.#broker.now(),
      status: 'active',
    };
  }

  #active(id: number): Trigger {
    const trigger = this.#triggers.get(id);
    if (trigger?.status === 'active') return trigger;
    throw inputError('Trigger is not active.');
  }

  #put(trigger: Trigger): void {
    this.#triggers.set(trigger.id, trigger);
    this.keep();
    this.#broker.exchange.settle();
  }

  #json({ id, type, condition, orders, createdAt, updatedAt, status }: Trigger): unknown {
    return {
      id,
      user_id: this.#broker.sessions.credentials.userId,
      parent_trigger: null,
      type,
      created_at: istTime(createdAt),
      updated_at: istTime(updatedAt),
      expires_at: istTime((createdAt + YEAR_MS) as EpochMs),
      status,
      condition,
      orders,
      meta: status === 'active' ? {} : null,
    };
  }
}

/** Which leg a price fires: a single one from the side on which it was set, of two the lower or the upper. */
function firedLeg({ type, condition }: Trigger, last: number): number | undefined {
  const [first = 0, second = 0] = condition.trigger_values.map(unitsOf);
  if (type === 'two-leg') return last <= first ? 0 : last >= second ? 1 : undefined;
  const isBelow = first <= unitsOf(condition.last_price);
  return (isBelow ? last <= first : last >= first) ? 0 : undefined;
}

function unitsOf(rupees: number): number {
  return parseDecimal(rupees.toFixed(4)) ?? 0;
}

function parseJson<T>(name: string, text: string | undefined, shape: z.ZodType<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(text ?? '');
  } catch (cause) {
    throw Object.assign(inputError(`Invalid \`${name}\`: it is no JSON.`), { cause });
  }
  const parsed = shape.safeParse(json);
  if (!parsed.success) throw inputError(`Invalid \`${name}\`.`);
  return parsed.data;
}
