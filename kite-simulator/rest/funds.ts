// Mutual funds, so far that a client's calls are understood: orders and SIPs are kept and can be cancelled, but no fund
// ever allots a unit. The platform trades none.
import { createHash } from 'node:crypto';
import { dayOf, formatDay } from '#core/time.ts';
import { type Broker } from '../broker.ts';
import { type Fields } from '../exchange/validation.ts';
import { istTime } from '../ist.ts';
import { inputError, KiteError } from './kite-error.ts';
import { type Json } from './order-json.ts';

/** Made up. */
const FUNDS: Readonly<Record<string, { readonly name: string; readonly price: number }>> = {
  INF000S01AA1: { name: 'Simulated Index Fund - Direct Plan', price: 100 },
  INF000S01AB9: { name: 'Simulated Liquid Fund - Direct Plan', price: 1000 },
};
const COLUMNS =
  'tradingsymbol,amc,name,purchase_allowed,redemption_allowed,minimum_purchase_amount,purchase_amount_multiplier,' +
  'minimum_additional_purchase_amount,minimum_redemption_quantity,redemption_quantity_multiplier,dividend_type,' +
  'scheme_type,plan,settlement_type,last_price,last_price_date';

export class Funds {
  readonly #broker: Broker;
  readonly #orders: Map<string, Json>;
  readonly #sips: Map<string, Json>;

  constructor(broker: Broker) {
    this.#broker = broker;
    const kept = broker.book.value('funds') as { orders: [string, Json][]; sips: [string, Json][] } | undefined;
    this.#orders = new Map(kept?.orders);
    this.#sips = new Map(kept?.sips);
  }

  orders(): readonly Json[] {
    return [...this.#orders.values()];
  }

  order(id: string): Json {
    return found(this.#orders.get(id), 'order');
  }

  place(fields: Fields): Json {
    const { symbol, name, price } = this.#fund(fields);
    const side = fields['transaction_type'] ?? '';
    if (side !== 'BUY' && side !== 'SELL') throw inputError('Invalid `transaction_type`.');
    const amount = Number(fields['amount'] ?? 0);
    const quantity = Number(fields['quantity'] ?? 0);
    if (!(side === 'BUY' ? amount > 0 : quantity > 0)) throw inputError('Invalid `amount` or `quantity`.');
    const id = this.#newId('order');
    this.#orders.set(id, {
      status: 'OPEN',
      purchase_type: 'FRESH',
      folio: null,
      order_timestamp: istTime(this.#broker.now()),
      average_price: 0,
      exchange_order_id: null,
      last_price: price,
      tradingsymbol: symbol,
      settlement_id: null,
      transaction_type: side,
      order_id: id,
      amount,
      tag: fields['tag'] ?? null,
      placed_by: this.#broker.sessions.credentials.userId,
      exchange_timestamp: null,
      variety: 'regular',
      last_price_date: this.#today(),
      status_message: 'The simulator allots no units.',
      fund: name,
      quantity,
    });
    this.#keep();
    return { order_id: id };
  }

  cancel(id: string): Json {
    this.#orders.set(id, { ...this.order(id), status: 'CANCELLED', status_message: 'Cancelled.' });
    this.#keep();
    return { order_id: id };
  }

  sips(): readonly Json[] {
    return [...this.#sips.values()];
  }

  sip(id: string): Json {
    return { ...found(this.#sips.get(id), 'SIP'), fund_source: 'pool' };
  }

  placeSip(fields: Fields): Json {
    const { symbol, name } = this.#fund(fields);
    const amount = Number(fields['amount'] ?? 0);
    if (!(amount > 0)) throw inputError('Invalid `amount`.');
    const id = `${Number.parseInt(this.#newId('sip').replace(/-/g, '').slice(0, 11), 16)}`.padStart(15, '1');
    const at = istTime(this.#broker.now());
    this.#sips.set(id, {
      status: 'ACTIVE',
      sip_reg_num: null,
      created: at,
      dividend_type: 'growth',
      instalment_amount: amount,
      fund: name,
      instalments: Number(fields['instalments'] ?? -1),
      next_instalment: this.#today(),
      transaction_type: 'BUY',
      trigger_price: 0,
      step_up: { [at.slice(8, 10) + at.slice(4, 7)]: 0 },
      tradingsymbol: symbol,
      tag: fields['tag'] ?? '',
      frequency: fields['frequency'] ?? 'monthly',
      last_instalment: at,
      pending_instalments: -1,
      instalment_day: Number(fields['instalment_day'] ?? 0),
      sip_type: 'sip',
      completed_instalments: 0,
      sip_id: id,
    });
    this.#keep();
    return { sip_id: id };
  }

  modifySip(id: string, fields: Fields): Json {
    const before = found(this.#sips.get(id), 'SIP');
    const { status, frequency, instalments } = fields;
    this.#sips.set(id, {
      ...before,
      ...(status === undefined ? {} : { status: status.toUpperCase() }),
      ...(frequency === undefined ? {} : { frequency }),
      ...(instalments === undefined ? {} : { instalments: Number(instalments) }),
    });
    this.#keep();
    return { sip_id: id };
  }

  cancelSip(id: string): Json {
    found(this.#sips.get(id), 'SIP');
    this.#sips.delete(id);
    this.#keep();
    return { sip_id: id };
  }

  /** One folio of a made-up past, so that a client has something to read. */
  holdings(): readonly Json[] {
    const [symbol = '', fund] = Object.entries(FUNDS)[0] ?? [];
    const row = { folio: '1000000001', average_price: 90, last_price: fund?.price ?? 0, last_price_date: '' };
    return [{ ...row, pledged_quantity: 0, fund: fund?.name ?? '', tradingsymbol: symbol, pnl: 0, quantity: 10.5 }];
  }

  csv(): string {
    const rows = Object.entries(FUNDS).map(([symbol, { name, price }]) =>
      [symbol, 'Simulated_MF', name, 1, 1, '1000.0', '1.0', '1000.0', 0.001, 0.001, 'growth', 'equity', 'direct', 'T3']
        .concat([price, this.#today()])
        .join(','),
    );
    return `${[COLUMNS, ...rows].join('\n')}\n`;
  }

  #fund(fields: Fields): { readonly symbol: string; readonly name: string; readonly price: number } {
    const symbol = fields['tradingsymbol'] ?? '';
    const fund = Object.hasOwn(FUNDS, symbol) ? FUNDS[symbol] : undefined;
    if (fund === undefined) throw inputError('Invalid `tradingsymbol`.');
    return { symbol, ...fund };
  }

  #newId(purpose: string): string {
    const number = ((this.#broker.book.value('fund_number') as number | undefined) ?? 0) + 1;
    this.#broker.book.setValue('fund_number', number);
    const hex = createHash('sha256').update(`${purpose} ${number}`).digest('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
  }

  #today(): string {
    return formatDay(dayOf(this.#broker.now()));
  }

  #keep(): void {
    this.#broker.book.setValue('funds', { orders: [...this.#orders], sips: [...this.#sips] });
    this.#broker.exchange.settle();
  }
}

function found(row: Json | undefined, what: string): Json {
  if (row === undefined) throw new KiteError(404, 'GeneralException', `No such mutual fund ${what}.`);
  return row;
}
