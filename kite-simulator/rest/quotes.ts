// Quotes, candles and the instruments dump.
import { DAY_MS, dayOf, IST_OFFSET_MS, MINUTE_MS, startOfDay, type EpochMs } from '#core/time.ts';
import { divideHalfUp } from '#core/decimal.ts';
import { type Broker } from '../broker.ts';
import { INDEX_SEGMENT, type Contract } from '../catalogue.ts';
import { circuitOf, totalQuantity, type Candle, type Level, type Quote } from '../exchange/market.ts';
import { candleTime, istTime, parseIst } from '../ist.ts';
import { inputError } from './kite-error.ts';
import { rupees, type Json } from './order-json.ts';

export const NAMES_MAX = { quote: 500, ohlc: 1000, ltp: 1000 } as const;

/** Minutes of a candle, and the days that one request may span. */
const INTERVALS: Readonly<Record<string, { readonly minutes: number; readonly daysMax: number }>> = {
  minute: { minutes: 1, daysMax: 60 },
  '3minute': { minutes: 3, daysMax: 100 },
  '5minute': { minutes: 5, daysMax: 100 },
  '10minute': { minutes: 10, daysMax: 100 },
  '15minute': { minutes: 15, daysMax: 200 },
  '30minute': { minutes: 30, daysMax: 200 },
  '60minute': { minutes: 60, daysMax: 400 },
  day: { minutes: 1440, daysMax: 2000 },
};
/** Candles of a day are counted from here. */
const OPEN_MINUTE = 9 * 60 + 15;

/** What is asked for by name; a name that nobody knows is simply not in the answer. */
export function quotes(broker: Broker, names: readonly string[], kind: keyof typeof NAMES_MAX): Json {
  if (names.length === 0) throw inputError('Missing `i`.');
  if (names.length > NAMES_MAX[kind]) throw inputError(`At most ${NAMES_MAX[kind]} instruments are allowed.`);
  const toJson = { quote: fullJson, ohlc: ohlcJson, ltp: ltpJson }[kind];
  const found = names.flatMap((name) => {
    const contract = broker.catalogue.byName(name) ?? broker.catalogue.byToken(Number(name));
    const quote = contract === undefined ? undefined : broker.market.quote(contract.instrument.token);
    return quote === undefined ? [] : [[name, toJson(quote)] as const];
  });
  return Object.fromEntries(found);
}

function ltpJson({ contract, last }: Quote): Json {
  return { instrument_token: contract.instrument.token, last_price: rupees(last) };
}

function ohlcJson(quote: Quote): Json {
  const { open, high, low, close } = quote;
  const ohlc = { open: rupees(open), high: rupees(high), low: rupees(low), close: rupees(close) };
  return { ...ltpJson(quote), ohlc };
}

function fullJson(quote: Quote): Json {
  const { lower, upper } = circuitOf(quote);
  return {
    instrument_token: quote.contract.instrument.token,
    timestamp: istTime(quote.time),
    last_trade_time: istTime(quote.time),
    last_price: rupees(quote.last),
    last_quantity: quote.lastQuantity,
    buy_quantity: totalQuantity(quote.bids),
    sell_quantity: totalQuantity(quote.offers),
    volume: quote.volume,
    average_price: rupees(averageTraded(quote)),
    oi: 0,
    oi_day_high: 0,
    oi_day_low: 0,
    net_change: 0,
    lower_circuit_limit: rupees(lower),
    upper_circuit_limit: rupees(upper),
    ohlc: ohlcJson(quote)['ohlc'],
    depth: { buy: quote.bids.map(levelJson), sell: quote.offers.map(levelJson) },
  };
}

export function averageTraded({ turnover, volume, last }: Quote): number {
  return volume > 0 && turnover > 0 ? divideHalfUp(turnover, volume) : last;
}

function levelJson({ price, quantity, orders }: Level): Json {
  return { price: rupees(price), quantity, orders };
}

export interface CandleRequest {
  readonly token: string;
  readonly interval: string;
  readonly from: string;
  readonly to: string;
  readonly oi: boolean;
}

export function candles(broker: Broker, { token, interval, from, to, oi }: CandleRequest): Json {
  const length = INTERVALS[interval];
  if (length === undefined) throw inputError('Invalid `interval`.');
  const contract = broker.catalogue.byToken(Number(token));
  if (contract === undefined) throw inputError('Invalid `token`.');
  const begin = parseIst(from);
  const end = parseIst(to);
  if (begin === undefined || end === undefined) throw inputError('Invalid `from` or `to` date.');
  if (end < begin) throw inputError('`from` date cannot be after `to` date.');
  if (end - begin > length.daysMax * DAY_MS) {
    throw inputError(`interval exceeds max limit: ${length.daysMax} days`);
  }
  const minutes = broker.market.candles(contract.instrument.token).filter(({ at }) => at >= begin && at <= end);
  const rows = joined(minutes, length.minutes).map((candle) => [
    candleTime(candle.at),
    rupees(candle.open),
    rupees(candle.high),
    rupees(candle.low),
    rupees(candle.close),
    candle.volume,
    ...(oi ? [0] : []),
  ]);
  return { candles: rows };
}

function joined(minutes: readonly Candle[], length: number): Candle[] {
  const result: Candle[] = [];
  for (const minute of minutes) {
    const at = beginningOf(minute.at, length);
    const last = result.at(-1);
    if (last === undefined || last.at !== at) result.push({ ...minute, at });
    else {
      last.high = Math.max(last.high, minute.high);
      last.low = Math.min(last.low, minute.low);
      last.close = minute.close;
      last.volume += minute.volume;
    }
  }
  return result;
}

function beginningOf(at: EpochMs, length: number): EpochMs {
  if (length >= 1440) return startOfDay(dayOf(at));
  const minute = Math.floor(((at + IST_OFFSET_MS) % DAY_MS) / MINUTE_MS);
  const since = (((minute - OPEN_MINUTE) % length) + length) % length;
  return (Math.floor(at / MINUTE_MS) * MINUTE_MS - since * MINUTE_MS) as EpochMs;
}

const COLUMNS =
  'instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,lot_size,instrument_type,segment,exchange';

/** The dump of all contracts or of one exchange, with the faults that are on. */
export function instrumentsCsv(broker: Broker, exchange: string | undefined): string {
  const contracts = broker.catalogue.contracts.filter(
    ({ instrument }) => exchange === undefined || instrument.exchange === exchange,
  );
  if (broker.faults.strikes('instruments-empty') !== undefined) return `${COLUMNS}\n`;
  const lots = broker.faults.strikes('instruments-lot-size') === undefined ? 1 : 2;
  const reused = broker.faults.strikes('instruments-reused-token') === undefined ? undefined : contracts[0];
  const rows = contracts.map((contract) => csvRow(contract, lots, reused?.instrument.token));
  const text = `${[COLUMNS, ...rows].join('\n')}\n`;
  const isCut = broker.faults.strikes('instruments-truncated') !== undefined;
  return isCut ? text.slice(0, Math.floor(text.length / 2)) : text;
}

function csvRow(contract: Contract, lots: number, token: number | undefined): string {
  const { instrument, name, kind, expiry, strike } = contract;
  const isIndex = (instrument.token & 0xff) === INDEX_SEGMENT;
  const segment = isIndex
    ? 'INDICES'
    : kind === 'EQ'
      ? instrument.exchange
      : `${instrument.exchange}-${kind === 'FUT' ? 'FUT' : 'OPT'}`;
  return [
    token ?? instrument.token,
    Math.floor(instrument.token / 256),
    instrument.symbol,
    name,
    '0.0',
    expiry,
    (strike / 10_000).toFixed(1),
    instrument.tickSize / 10_000,
    instrument.lotSize * lots,
    kind,
    segment,
    instrument.exchange,
  ].join(',');
}
