// The trade book and the gains of a tax year, made from the log alone. Gains are those of the account: a sale takes the
// oldest lot whichever strategy bought it, as the depository sees it.
import { loadCalendar } from '#adapters/calendar-files/calendar-files.ts';
import { formatDecimal, type Money } from '#core/decimal.ts';
import type { CorporateAction, LedgerAdjusted, OrderFilled } from '#core/events.ts';
import type { BrokerId } from '#core/ids.ts';
import type { Disposal } from '#core/portfolio/lots.ts';
import { closedOn, type Gain, GAINS, gainOf, taxYear, taxYearOf } from '#core/portfolio/tax.ts';
import { dayOf, type DayNumber, type EpochMs, formatDay, formatInstant } from '#core/time.ts';
import type { StoreReader } from '#ports/store.ts';
import { CALENDARS } from '../project.ts';
import { type Account, accountOf, lotsOf } from './account.ts';
import { type BooksRequest, units } from './books.ts';
import { type HoldingLine, holdingsOf } from './holdings.ts';
import { checkBroker, knownBrokers, RequestError, withStore } from './open-store.ts';
import { planInForce } from './symbols.ts';

export interface TradeLine {
  readonly broker: string;
  readonly traded_at: string;
  readonly strategy_id: string;
  readonly exchange: string;
  readonly symbol: string;
  readonly instrument_token: number;
  readonly product: string;
  readonly side: string;
  readonly quantity: number;
  readonly price: string;
  readonly value: string;
  readonly charges: string;
  readonly order_id: string;
  readonly fill_id: string;
}

/** Units that were bought and sold, a dividend on what was held, or what a contract note corrected in the charges. */
export interface GainLine {
  readonly broker: string;
  readonly tax_year: string;
  readonly gain: Gain | 'dividend' | 'contract_note';
  readonly symbol: string;
  readonly product: string;
  readonly quantity: number | null;
  readonly buy_date: string | null;
  readonly sell_date: string | null;
  readonly buy_value: string | null;
  readonly sell_value: string | null;
  readonly profit: string;
  readonly charges: string;
  readonly net: string;
}

export interface GainTotal {
  readonly broker: string;
  readonly tax_year: string;
  readonly gain: GainLine['gain'];
  readonly profit: string;
  readonly charges: string;
  readonly net: string;
}

export interface Statement {
  readonly trades: readonly TradeLine[];
  readonly gains: readonly GainLine[];
  readonly totals: readonly GainTotal[];
  /** At the end of the log, whatever the year. */
  readonly holdings: readonly HoldingLine[];
}

export interface StatementRequest extends BooksRequest {
  /** Such as `2026-27`; undefined for everything. */
  readonly year: string | undefined;
}

/** Throws `RequestError` for a broker or a year that is none, `StatementError` when log and books differ. */
export function readStatement(request: StatementRequest): Statement {
  const { place, active, broker, year } = request;
  const days = year === undefined ? undefined : taxYear(year);
  if (year !== undefined && days === undefined) {
    throw new RequestError(`expected --year to be such as 2026-27, April to March, found ${JSON.stringify(year)}`);
  }
  return withStore(place, (reader) => {
    checkBroker(broker, reader, active);
    const accounts = broker === undefined ? knownBrokers(reader, active) : [broker];
    const within = (day: DayNumber): boolean => days === undefined || (day >= days.from && day <= days.to);
    const read = accounts.map((each) => accountOf(reader, each as BrokerId));
    const parts = read.map((account) => statementOf(account, within));
    const gains = parts.flatMap((part) => part.gains);
    const holdings = holdingsOfAll(reader, read);
    return { trades: parts.flatMap((part) => part.trades), gains, totals: totalsOf(gains), holdings };
  });
}

function holdingsOfAll(reader: StoreReader, accounts: readonly Account[]): readonly HoldingLine[] {
  const name = planInForce(reader)?.calendar;
  const [last] = reader.inputsAfter(reader.lastSeq() - 1, 1);
  if (name === undefined || last === undefined) return [];
  const calendar = loadCalendar(name === 'nse' ? 'nse' : 'always_open', CALENDARS);
  return accounts.flatMap((account) => holdingsOf(account, dayOf(last.at as EpochMs), calendar));
}

/** The statement of one account, with what happened on the days that `within` takes. */
export function statementOf(
  account: Account,
  within: (day: DayNumber) => boolean,
): Pick<Statement, 'trades' | 'gains'> {
  const { broker, fills, adjustments, instruments } = account;
  const gains: GainLine[] = [];
  const onDisposal = (disposal: Disposal): void => {
    if (within(closedOn(disposal))) gains.push(gainLine(disposal, broker, instruments));
  };
  const lots = lotsOf(account, onDisposal, (action, held) => {
    if (within(action.exDay)) gains.push(dividendLine(action, held, instruments));
  });
  lots.startDay(Number.MAX_SAFE_INTEGER as DayNumber);
  const notes = adjustments.filter(({ kind, at }) => kind === 'charges' && within(dayOf(at)));
  const trades = fills.filter(({ at }) => within(dayOf(at))).map((fill) => tradeLine(fill, instruments));
  return { trades, gains: [...gains, ...notes.map((note) => noteLine(note))] };
}

function tradeLine(fill: OrderFilled, instruments: Account['instruments']): TradeLine {
  const { broker, strategyId, token, order, quantity, fillPrice, fees, at, fillId } = fill;
  const instrument = instruments.get(token);
  return {
    broker,
    traded_at: formatInstant(at),
    strategy_id: strategyId,
    exchange: instrument?.exchange ?? '',
    symbol: instrument?.symbol ?? `${token}`,
    instrument_token: token,
    product: order.product,
    side: order.side,
    quantity,
    price: formatDecimal(fillPrice),
    value: formatDecimal(quantity * fillPrice),
    charges: formatDecimal(fees),
    order_id: order.orderId,
    fill_id: fillId,
  };
}

function gainLine(disposal: Disposal, broker: string, instruments: Account['instruments']): GainLine {
  const { token, product, quantity, buyDay, sellDay, buyValue, sellValue, fees } = disposal;
  return {
    broker,
    tax_year: taxYearOf(closedOn(disposal)),
    gain: gainOf(disposal),
    symbol: instruments.get(token)?.symbol ?? `${token}`,
    product,
    quantity,
    buy_date: formatDay(buyDay),
    sell_date: formatDay(sellDay),
    buy_value: formatDecimal(buyValue),
    sell_value: formatDecimal(sellValue),
    profit: formatDecimal(sellValue - buyValue),
    charges: formatDecimal(fees),
    net: formatDecimal(sellValue - buyValue - fees),
  };
}

function dividendLine(
  { broker, token, amount = 0 as Money, exDay }: CorporateAction,
  quantity: number,
  instruments: Account['instruments'],
): GainLine {
  return {
    broker,
    tax_year: taxYearOf(exDay),
    gain: 'dividend',
    symbol: instruments.get(token)?.symbol ?? `${token}`,
    product: '',
    quantity,
    buy_date: null,
    sell_date: formatDay(exDay),
    buy_value: null,
    sell_value: null,
    profit: formatDecimal(quantity * amount),
    charges: formatDecimal(0),
    net: formatDecimal(quantity * amount),
  };
}

function noteLine({ broker, at, amount, why }: LedgerAdjusted): GainLine {
  const none = { product: '', quantity: null, buy_date: null, buy_value: null, sell_value: null };
  return {
    broker,
    tax_year: taxYearOf(dayOf(at)),
    gain: 'contract_note',
    symbol: why,
    ...none,
    sell_date: formatDay(dayOf(at)),
    profit: formatDecimal(0),
    charges: formatDecimal(0 - amount),
    net: formatDecimal(amount),
  };
}

/** The sums by broker, year and kind of gain, in that order. */
function totalsOf(gains: readonly GainLine[]): readonly GainTotal[] {
  const sums = new Map<string, { first: GainLine; profit: number; charges: number }>();
  for (const line of gains) {
    const key = [line.broker, line.tax_year, [...GAINS, 'dividend', 'contract_note'].indexOf(line.gain)].join(' ');
    const sum = sums.get(key) ?? { first: line, profit: 0, charges: 0 };
    sum.profit += units(line.profit);
    sum.charges += units(line.charges);
    sums.set(key, sum);
  }
  return [...sums.keys()].toSorted().flatMap((key) => {
    const sum = sums.get(key);
    if (sum === undefined) return [];
    const { broker, tax_year, gain } = sum.first;
    const { profit, charges } = sum;
    const net = formatDecimal(profit - charges);
    return [{ broker, tax_year, gain, profit: formatDecimal(profit), charges: formatDecimal(charges), net }];
  });
}
