// Positions, holdings and funds in Kite's fields.
import { type Broker } from '../broker.ts';
import { type Holding } from '../account/book.ts';
import { PRODUCTS, SIDES } from '../account/order.ts';
import { type Pool } from '../account/margins.ts';
import { averageOf, quantityOf, totalsOf, type Position } from '../account/positions.ts';
import { choice, wholeNumber, type Fields } from '../exchange/validation.ts';
import { inputError } from './kite-error.ts';
import { rupees, type Json } from './order-json.ts';
import { istTime } from '../ist.ts';

export function positions(broker: Broker): Json {
  const rows = broker.book.positions.list();
  const traded = rows.filter(({ dayBuyQuantity, daySellQuantity }) => dayBuyQuantity + daySellQuantity > 0);
  return {
    net: rows.filter((row) => row.overnight !== 0 || traded.includes(row)).map((row) => positionJson(broker, row)),
    day: traded.map((row) => positionJson(broker, { ...row, overnight: 0 })),
  };
}

function positionJson(broker: Broker, row: Position): Json {
  const quote = broker.market.quote(row.token);
  const instrument = broker.catalogue.byToken(row.token)?.instrument;
  const last = quote?.last ?? 0;
  const close = row.overnight === 0 ? 0 : (quote?.close ?? 0);
  const cost = totalsOf(row, row.overnightPrice);
  const marked = totalsOf(row, close);
  const quantity = quantityOf(row);
  const open = quantity * last * row.multiplier;
  const each = (value: number, units: number): number => (units === 0 ? 0 : rupees(value) / (units * row.multiplier));
  return {
    tradingsymbol: instrument?.symbol ?? '',
    exchange: instrument?.exchange ?? '',
    instrument_token: row.token,
    product: row.product,
    quantity,
    overnight_quantity: row.overnight,
    multiplier: row.multiplier,
    average_price: rupees(averageOf(row)),
    close_price: rupees(close),
    last_price: rupees(last),
    value: rupees(cost.sellValue - cost.buyValue),
    pnl: rupees(cost.sellValue - cost.buyValue + open),
    m2m: rupees(marked.sellValue - marked.buyValue + open),
    unrealised: rupees(cost.sellValue - cost.buyValue + open),
    realised: 0,
    buy_quantity: cost.buyQuantity,
    buy_price: each(cost.buyValue, cost.buyQuantity),
    buy_value: rupees(cost.buyValue),
    buy_m2m: rupees(marked.buyValue),
    sell_quantity: cost.sellQuantity,
    sell_price: each(cost.sellValue, cost.sellQuantity),
    sell_value: rupees(cost.sellValue),
    sell_m2m: rupees(marked.sellValue),
    day_buy_quantity: row.dayBuyQuantity,
    day_buy_price: each(row.dayBuyValue, row.dayBuyQuantity),
    day_buy_value: rupees(row.dayBuyValue),
    day_sell_quantity: row.daySellQuantity,
    day_sell_price: each(row.daySellValue, row.daySellQuantity),
    day_sell_value: rupees(row.daySellValue),
  };
}

export function convertPosition(broker: Broker, fields: Fields): boolean {
  const contract = broker.catalogue.byName(`${fields['exchange'] ?? ''}:${fields['tradingsymbol'] ?? ''}`);
  if (contract === undefined) throw inputError('Invalid `tradingsymbol` or `exchange`.');
  const { token } = contract.instrument;
  const side = choice('transaction_type', fields['transaction_type'], SIDES);
  const from = choice('old_product', fields['old_product'], PRODUCTS);
  const to = choice('new_product', fields['new_product'], PRODUCTS);
  choice('position_type', fields['position_type'], ['day', 'overnight']);
  const quantity = wholeNumber('quantity', fields['quantity'] ?? '');
  const position = broker.book.positions.of(token, from);
  const open = side === 'BUY' ? quantityOf(position) : -quantityOf(position);
  if (quantity < 1 || quantity > open || from === to) throw inputError('Invalid `quantity` for the position.');
  const { account } = broker.book;
  const conversion = { token, side, quantity, price: averageOf(position), from, to };
  broker.book.setAccount({ ...account, conversions: [...account.conversions, conversion] });
  broker.exchange.settle();
  return true;
}

export function holdings(broker: Broker): readonly Json[] {
  return broker.book.account.holdings.map((holding) => holdingJson(broker, holding));
}

function holdingJson(broker: Broker, holding: Holding): Json {
  const { token, quantity, t1, averagePrice } = holding;
  const contract = broker.catalogue.byToken(token);
  const quote = broker.market.quote(token);
  const last = quote?.last ?? 0;
  const close = quote?.close ?? 0;
  const sold = Math.min(quantity, Math.max(0, -quantityOf(broker.book.positions.of(token, 'CNC'))));
  return {
    tradingsymbol: contract?.instrument.symbol ?? '',
    exchange: contract?.instrument.exchange ?? '',
    instrument_token: token,
    isin: contract?.isin ?? '',
    product: 'CNC',
    price: 0,
    quantity: quantity - sold,
    used_quantity: sold,
    t1_quantity: t1,
    realised_quantity: quantity - sold,
    authorised_quantity: 0,
    authorised_date: istTime(broker.now()),
    authorisation: {},
    opening_quantity: quantity,
    short_quantity: 0,
    collateral_quantity: 0,
    collateral_type: '',
    discrepancy: false,
    average_price: rupees(averagePrice),
    last_price: rupees(last),
    close_price: rupees(close),
    pnl: rupees((last - averagePrice) * (quantity - sold + t1)),
    day_change: rupees(last - close),
    day_change_percentage: close === 0 ? 0 : ((last - close) * 100) / close,
    mtf: { quantity: 0, used_quantity: 0, average_price: 0, value: 0, initial_margin: 0 },
  };
}

/** Holdings that could be offered in the auction session, under a number that the simulator makes up. */
export function auctions(broker: Broker): readonly Json[] {
  return holdings(broker).map((row, k) => {
    const { used_quantity: _used, authorisation: _who, short_quantity: _short, mtf: _mtf, ...rest } = row;
    return { ...rest, auction_number: `${k + 1}` };
  });
}

export function holdingsCompact(broker: Broker): readonly Json[] {
  return broker.book.account.holdings.map(({ token, quantity, t1 }) => {
    const instrument = broker.catalogue.byToken(token)?.instrument;
    return {
      exchange: instrument?.exchange ?? '',
      tradingsymbol: instrument?.symbol ?? '',
      instrument_token: token,
      t1_quantity: t1,
      quantity,
    };
  });
}

export function holdingsSummary(broker: Broker): Json {
  let [invested, value, before] = [0, 0, 0];
  for (const { token, quantity, t1, averagePrice } of broker.book.account.holdings) {
    invested += (quantity + t1) * averagePrice;
    value += (quantity + t1) * broker.market.lastPrice(token);
    before += (quantity + t1) * (broker.market.quote(token)?.close ?? 0);
  }
  return {
    total_pnl: rupees(value - invested),
    total_pnl_percent: invested === 0 ? 0 : ((value - invested) * 100) / invested,
    today_pnl: rupees(value - before),
    today_pnl_percent: before === 0 ? 0 : ((value - before) * 100) / before,
    invested_amount: rupees(invested),
    current_value: rupees(value),
  };
}

export function userMargins(broker: Broker): Json {
  return { equity: poolJson(broker, 'equity'), commodity: poolJson(broker, 'commodity') };
}

export function poolJson(broker: Broker, pool: Pool): Json {
  const margins = broker.margins.of(pool);
  return {
    enabled: true,
    net: rupees(margins.net),
    available: {
      adhoc_margin: 0,
      cash: rupees(margins.opening),
      opening_balance: rupees(margins.opening),
      live_balance: rupees(margins.net),
      collateral: 0,
      intraday_payin: 0,
    },
    utilised: {
      debits: rupees(margins.opening - margins.net),
      exposure: rupees(margins.exposure),
      m2m_realised: rupees(margins.realised),
      m2m_unrealised: rupees(margins.unrealised),
      option_premium: rupees(margins.optionPremium),
      payout: 0,
      span: rupees(margins.span),
      holding_sales: 0,
      turnover: 0,
      liquid_collateral: 0,
      stock_collateral: 0,
      delivery: rupees(margins.delivery),
    },
  };
}
