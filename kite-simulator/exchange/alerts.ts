// Alerts on a price, and those that send orders when it comes. They fire once and are then disabled.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { parseDecimal } from '#core/decimal.ts';
import { type EpochMs } from '#core/time.ts';
import { type Broker } from '../broker.ts';
import { INDEX_SEGMENT, type Contract } from '../catalogue.ts';
import { istTime } from '../ist.ts';
import { inputError, KiteError } from '../rest/kite-error.ts';
import { type Json, rupees } from '../rest/order-json.ts';
import { placeOrder } from '../rest/place.ts';
import { averageTraded } from '../rest/quotes.ts';
import { type Quote, totalQuantity } from './market.ts';
import { type Fields } from './validation.ts';

const OPERATORS = ['<=', '>=', '<', '>', '=='] as const;
type Operator = (typeof OPERATORS)[number];

const basketShape = z.object({
  items: z
    .array(
      z.object({
        exchange: z.string(),
        tradingsymbol: z.string(),
        weight: z.number().default(10_000),
        params: z.record(z.string(), z.unknown()),
      }),
    )
    .min(1),
});
type Basket = z.infer<typeof basketShape>;

interface Alert {
  readonly uuid: string;
  readonly type: 'simple' | 'ato';
  readonly name: string;
  readonly token: number;
  readonly lhsExchange: string;
  readonly lhsSymbol: string;
  readonly operator: Operator;
  readonly constant: number;
  readonly status: 'enabled' | 'disabled';
  readonly count: number;
  readonly basket: Basket | undefined;
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
  readonly history: readonly Json[];
}

export class Alerts {
  readonly #broker: Broker;
  readonly #alerts: Map<string, Alert>;

  constructor(broker: Broker) {
    this.#broker = broker;
    const kept = (broker.book.value('alerts') as readonly Alert[] | undefined) ?? [];
    this.#alerts = new Map(kept.map((alert) => [alert.uuid, alert]));
  }

  create(fields: Fields): Json {
    const number = ((this.#broker.book.value('alert_number') as number | undefined) ?? 0) + 1;
    this.#broker.book.setValue('alert_number', number);
    return this.#put(this.#read(uuidOf(number), fields, undefined));
  }

  modify(uuid: string, fields: Fields): Json {
    return this.#put(this.#read(uuid, fields, this.#find(uuid)));
  }

  remove(uuids: readonly string[]): void {
    for (const uuid of uuids) this.#alerts.delete(this.#find(uuid).uuid);
    this.#keep();
  }

  list(): readonly Json[] {
    return [...this.#alerts.values()].map((alert) => this.#json(alert));
  }

  one(uuid: string): Json {
    return this.#json(this.#find(uuid));
  }

  history(uuid: string): readonly Json[] {
    return this.#find(uuid).history;
  }

  onTick(quote: Quote): void {
    for (const alert of this.#alerts.values()) {
      if (alert.status !== 'enabled' || alert.token !== quote.contract.instrument.token) continue;
      if (holds(quote.last, alert.operator, alert.constant)) this.#fire(alert, quote);
    }
  }

  #fire(alert: Alert, quote: Quote): void {
    const at = istTime(this.#broker.now());
    const condition = `LastTradedPrice("${alert.lhsExchange}:${alert.lhsSymbol}") ${alert.operator} ${rupees(alert.constant)}`;
    const orders = alert.basket?.items.map((item) => this.#send(item)) ?? null;
    const meta = [quoteJson(quote, alert.lhsExchange)];
    const entry = { uuid: alert.uuid, type: alert.type, meta, condition, created_at: at, order_meta: orders };
    this.#put({
      ...alert,
      status: 'disabled',
      count: alert.count + 1,
      updatedAt: this.#broker.now(),
      history: [...alert.history, entry],
    });
  }

  #send({ exchange, tradingsymbol, params }: Basket['items'][number]): Json {
    const fields: Record<string, string> = { exchange, tradingsymbol };
    for (const [name, value] of Object.entries(params)) {
      if (typeof value === 'string' || typeof value === 'number') fields[name] = `${value}`;
    }
    try {
      return { ...placeOrder(this.#broker, fields['variety'] ?? 'regular', fields) };
    } catch (error) {
      if (error instanceof KiteError) return { error_type: error.errorType, message: error.message };
      throw error;
    }
  }

  #read(uuid: string, fields: Fields, before: Alert | undefined): Alert {
    const exchange = fields['lhs_exchange'] ?? '';
    const symbol = fields['lhs_tradingsymbol'] ?? '';
    const contract = this.#contract(exchange, symbol);
    const operator = OPERATORS.find((each) => each === fields['operator']);
    const constant = parseDecimal(fields['rhs_constant'] ?? '');
    const type = fields['type'] ?? 'simple';
    if (operator === undefined) throw inputError('Invalid `operator`.');
    if (constant === undefined || fields['rhs_type'] !== 'constant') throw inputError('Invalid `rhs_constant`.');
    if (type !== 'simple' && type !== 'ato') throw inputError('Invalid `type`.');
    return {
      uuid,
      type,
      name: fields['name'] ?? symbol,
      token: contract.instrument.token,
      lhsExchange: exchange,
      lhsSymbol: symbol,
      operator,
      constant,
      status: 'enabled',
      count: before?.count ?? 0,
      basket: type === 'ato' ? readBasket(fields['basket']) : undefined,
      createdAt: before?.createdAt ?? this.#broker.now(),
      updatedAt: this.#broker.now(),
      history: before?.history ?? [],
    };
  }

  /** Alerts name the exchange of an index INDICES. */
  #contract(exchange: string, symbol: string): Contract {
    const contract =
      exchange === 'INDICES'
        ? this.#broker.catalogue.contracts.find(
            ({ instrument }) => instrument.symbol === symbol && (instrument.token & 0xff) === INDEX_SEGMENT,
          )
        : this.#broker.catalogue.byName(`${exchange}:${symbol}`);
    if (contract === undefined) throw inputError('Invalid `lhs_tradingsymbol` or `lhs_exchange`.');
    return contract;
  }

  #find(uuid: string): Alert {
    const alert = this.#alerts.get(uuid);
    if (alert === undefined) throw new KiteError(404, 'GeneralException', 'Alert not found.');
    return alert;
  }

  #put(alert: Alert): Json {
    this.#alerts.set(alert.uuid, alert);
    this.#keep();
    return this.#json(alert);
  }

  #keep(): void {
    this.#broker.book.setValue('alerts', [...this.#alerts.values()]);
    this.#broker.exchange.settle();
  }

  #json(alert: Alert): Json {
    return {
      type: alert.type,
      user_id: this.#broker.sessions.credentials.userId,
      uuid: alert.uuid,
      name: alert.name,
      status: alert.status,
      disabled_reason: '',
      lhs_attribute: 'LastTradedPrice',
      lhs_exchange: alert.lhsExchange,
      lhs_tradingsymbol: alert.lhsSymbol,
      operator: alert.operator,
      rhs_type: 'constant',
      rhs_attribute: '',
      rhs_exchange: '',
      rhs_tradingsymbol: '',
      rhs_constant: rupees(alert.constant),
      alert_count: alert.count,
      created_at: istTime(alert.createdAt),
      updated_at: istTime(alert.updatedAt),
    };
  }
}

function holds(last: number, operator: Operator, constant: number): boolean {
  switch (operator) {
    case '<=':
      return last <= constant;
    case '>=':
      return last >= constant;
    case '<':
      return last < constant;
    case '>':
      return last > constant;
    case '==':
      return last === constant;
  }
}

function readBasket(text: string | undefined): Basket {
  let json: unknown;
  try {
    json = JSON.parse(text ?? '');
  } catch (cause) {
    throw Object.assign(inputError('Invalid `basket`: it is no JSON.'), { cause });
  }
  const parsed = basketShape.safeParse(json);
  if (!parsed.success) throw inputError('Invalid `basket`.');
  return parsed.data;
}

function quoteJson(quote: Quote, exchange: string): Json {
  const { open, high, low, close, contract } = quote;
  return {
    instrument_token: contract.instrument.token,
    tradingsymbol: contract.instrument.symbol,
    timestamp: istTime(quote.time),
    last_price: rupees(quote.last),
    ohlc: { open: rupees(open), high: rupees(high), low: rupees(low), close: rupees(close) },
    net_change: rupees(quote.last - close),
    exchange,
    last_trade_time: istTime(quote.time),
    last_quantity: quote.lastQuantity,
    buy_quantity: totalQuantity(quote.bids),
    sell_quantity: totalQuantity(quote.offers),
    volume: quote.volume,
    volume_tick: 0,
    average_price: rupees(averageTraded(quote)),
    oi: 0,
    oi_day_high: 0,
    oi_day_low: 0,
    lower_circuit_limit: 0,
    upper_circuit_limit: 0,
  };
}

/** The form of a UUID, the same for the same number. */
function uuidOf(number: number): string {
  const hex = createHash('sha256').update(`alert ${number}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}
