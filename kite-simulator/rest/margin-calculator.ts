// Kite's calculators: what an order or a basket would block, and what trading it would cost.
import { z } from 'zod';
import { parseDecimal } from '#core/decimal.ts';
import { chargesOf, NO_CHARGES, type Charges } from '../account/charges.ts';
import { PRODUCTS, SIDES } from '../account/order.ts';
import { type Broker } from '../broker.ts';
import { type Contract } from '../catalogue.ts';
import { inputError } from './kite-error.ts';
import { rupees, type Json } from './order-json.ts';

const asked = z.object({
  exchange: z.string(),
  tradingsymbol: z.string(),
  transaction_type: z.enum(SIDES),
  variety: z.string().default('regular'),
  product: z.enum(PRODUCTS),
  order_type: z.string(),
  quantity: z.coerce.number().int().positive(),
  price: z.coerce.number().min(0).default(0),
  average_price: z.coerce.number().min(0).optional(),
});

type Asked = z.infer<typeof asked>;

interface Row {
  readonly type: string;
  readonly tradingsymbol: string;
  readonly exchange: string;
  readonly span: number;
  readonly exposure: number;
  readonly option_premium: number;
  readonly additional: number;
  readonly bo: number;
  readonly cash: number;
  readonly var: number;
  readonly pnl: { readonly realised: number; readonly unrealised: number };
  readonly leverage: number;
  readonly charges: Charges;
  readonly total: number;
}

export function orderMargins(broker: Broker, body: string): readonly Json[] {
  return readAll(body).map((each) => ({ ...marginRow(broker, each) }));
}

export function basketMargins(broker: Broker, body: string): Json {
  const rows = readAll(body).map((each) => marginRow(broker, each));
  const sum = (of: (row: Row) => number): number => rows.reduce((total, row) => total + of(row), 0);
  const total: Row = {
    type: '',
    tradingsymbol: '',
    exchange: '',
    span: sum((row) => row.span),
    exposure: sum((row) => row.exposure),
    option_premium: sum((row) => row.option_premium),
    additional: 0,
    bo: 0,
    cash: 0,
    var: sum((row) => row.var),
    pnl: { realised: 0, unrealised: 0 },
    leverage: 0,
    charges: NO_CHARGES,
    total: sum((row) => row.total),
  };
  const charges: Charges = {
    transaction_tax: sum((row) => row.charges.transaction_tax),
    transaction_tax_type: '',
    exchange_turnover_charge: sum((row) => row.charges.exchange_turnover_charge),
    sebi_turnover_charge: sum((row) => row.charges.sebi_turnover_charge),
    brokerage: sum((row) => row.charges.brokerage),
    stamp_duty: sum((row) => row.charges.stamp_duty),
    gst: { igst: sum((row) => row.charges.gst.igst), cgst: 0, sgst: 0, total: sum((row) => row.charges.gst.total) },
    total: sum((row) => row.charges.total),
  };
  return { initial: total, final: total, orders: rows, charges };
}

export function contractNote(broker: Broker, body: string): readonly Json[] {
  return readAll(body).map((each) => {
    const price = each.average_price ?? each.price;
    if (price <= 0) throw inputError('Invalid `average_price`.');
    return {
      transaction_type: each.transaction_type,
      tradingsymbol: each.tradingsymbol,
      exchange: each.exchange,
      variety: each.variety,
      product: each.product,
      order_type: each.order_type,
      quantity: each.quantity,
      price,
      charges: charge(contractOf(broker, each), each, price),
    };
  });
}

function marginRow(broker: Broker, each: Asked): Row {
  const contract = contractOf(broker, each);
  const { token, symbol, exchange } = contract.instrument;
  const last = broker.market.lastPrice(token);
  const price = each.price > 0 ? (parseDecimal(each.price.toFixed(4)) ?? last) : last;
  const { transaction_type: side, product, quantity } = each;
  const required = rupees(broker.margins.required({ token, side, product, quantity, price }));
  const isOption = contract.kind === 'CE' || contract.kind === 'PE';
  const isShare = contract.kind === 'EQ';
  const isPremium = isOption && side === 'BUY';
  const isBlocked = !isShare && !isPremium;
  return {
    type: exchange === 'MCX' ? 'commodity' : 'equity',
    tradingsymbol: symbol,
    exchange,
    span: isBlocked ? required * 0.75 : 0,
    exposure: isBlocked ? required * 0.25 : 0,
    option_premium: isPremium ? required : 0,
    additional: 0,
    bo: 0,
    cash: 0,
    var: isShare ? required : 0,
    pnl: { realised: 0, unrealised: 0 },
    leverage: isShare && product === 'MIS' ? 5 : 1,
    charges: charge(contract, each, rupees(price)),
    total: required,
  };
}

function charge(contract: Contract, { product, transaction_type: side, quantity }: Asked, price: number): Charges {
  return chargesOf({ contract, product, side, quantity, price });
}

function readAll(body: string): readonly Asked[] {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (cause) {
    throw Object.assign(inputError('Invalid JSON in the request body.'), { cause });
  }
  const parsed = z.array(asked).min(1).safeParse(json);
  if (!parsed.success) throw inputError(`Invalid \`${parsed.error.issues[0]?.path.at(-1)?.toString() ?? 'body'}\`.`);
  return parsed.data;
}

function contractOf(broker: Broker, { exchange, tradingsymbol }: Asked): Contract {
  const contract = broker.catalogue.byName(`${exchange}:${tradingsymbol}`);
  if (contract === undefined) throw inputError('Invalid `tradingsymbol` or `exchange`.');
  return contract;
}
