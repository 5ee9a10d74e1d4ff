// The trade book and the gains of a tax year, made from the log alone. Gains are those of the account: a sale takes the
// oldest lot whichever strategy bought it, as the depository sees it.
import { formatDecimal } from '#core/decimal.ts';
import type { LedgerAdjusted, OrderFilled } from '#core/events.ts';
import type { BrokerId } from '#core/ids.ts';
import type { Instrument } from '#core/market/instrument.ts';
import { type Disposal, type LotFill, Lots } from '#core/portfolio/lots.ts';
import { closedOn, type Gain, GAINS, gainOf, taxYear, taxYearOf } from '#core/portfolio/tax.ts';
import { dayOf, type DayNumber, formatDay, formatInstant } from '#core/time.ts';
import type { StoreReader } from '#ports/store.ts';
import { topic } from '#wire/topics.ts';
import { stateOf, type BooksRequest, units } from './books.ts';
import { eventsOf } from './log-events.ts';
import { checkBroker, knownBrokers, RequestError, withStore } from './open-store.ts';
import { instrumentsOf } from './symbols.ts';

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

/** Units that were bought and sold, or what a day's contract note corrected in the charges. */
export interface GainLine {
  readonly broker: string;
  readonly tax_year: string;
  readonly gain: Gain | 'contract_note';
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
}

export interface StatementRequest extends BooksRequest {
  /** Such as `2026-27`; undefined for everything. */
  readonly year: string | undefined;
}

/** The log does not add up to the books; nothing made from it can be handed to anybody. */
class StatementError extends Error {
  override readonly name = 'StatementError';
}

/** Throws `RequestError` for a broker or a year that is none, `StatementError` when log and books differ. */
export function readStatement(request: StatementRequest): Statement {
  const { dataDir, active, broker, year } = request;
  const days = year === undefined ? undefined : taxYear(year);
  if (year !== undefined && days === undefined) {
    throw new RequestError(`expected --year to be such as 2026-27, April to March, found ${JSON.stringify(year)}`);
  }
  return withStore(dataDir, (reader) => {
    checkBroker(broker, reader, active);
    const accounts = broker === undefined ? knownBrokers(reader, active) : [broker];
    const within = (day: DayNumber): boolean => days === undefined || (day >= days.from && day <= days.to);
    const parts = accounts.map((each) => statementOf(accountOf(reader, each as BrokerId), within));
    const gains = parts.flatMap((part) => part.gains);
    return { trades: parts.flatMap((part) => part.trades), gains, totals: totalsOf(gains) };
  });
}

/** Everything of one namespace that a statement is made from. */
export interface Account {
  readonly broker: string;
  readonly fills: readonly OrderFilled[];
  readonly adjustments: readonly LedgerAdjusted[];
  readonly instruments: ReadonlyMap<number, Instrument>;
}

function accountOf(reader: StoreReader, broker: BrokerId): Account {
  const fills = [...eventsOf(reader, topic(broker, 'orders.filled'), 'order_filled')];
  const adjustments = [...eventsOf(reader, topic(broker, 'pnl.snapshots'), 'ledger_adjusted')];
  checkBooks(reader, { fills, adjustments }, broker);
  return { broker, fills, adjustments, instruments: instrumentsOf(reader) };
}

/** Holds what the log says against the books that every other command shows. */
function checkBooks(reader: StoreReader, log: Pick<Account, 'fills' | 'adjustments'>, broker: string): void {
  for (const book of stateOf(reader).brokers[broker]?.books ?? []) {
    let cash = units(book.starting_cash);
    for (const { strategyId, order, quantity, fillPrice, fees } of log.fills) {
      if (strategyId !== book.strategy_id) continue;
      cash -= (order.side === 'BUY' ? quantity : -quantity) * fillPrice + fees;
    }
    for (const { strategyId, amount } of log.adjustments) if (strategyId === book.strategy_id) cash += amount;
    if (cash === units(book.cash)) continue;
    throw new StatementError(
      `the log of ${broker}/${book.strategy_id} comes to ${formatDecimal(cash)} in cash, the book has ${book.cash}. ` +
        'Run `alpha-panda verify`, and hand out no statement before they agree.',
    );
  }
}

/** The statement of one account, with what happened on the days that `within` takes. */
export function statementOf(account: Account, within: (day: DayNumber) => boolean): Omit<Statement, 'totals'> {
  const { broker, fills, adjustments, instruments } = account;
  const gains: GainLine[] = [];
  const lots = new Lots((disposal) => {
    if (within(closedOn(disposal))) gains.push(gainLine(disposal, broker, instruments));
  });
  for (const fill of fills) lots.onFill(lotFill(fill, instruments));
  lots.startDay(Number.MAX_SAFE_INTEGER as DayNumber);
  const notes = adjustments.filter(({ kind, at }) => kind === 'charges' && within(dayOf(at)));
  const trades = fills.filter(({ at }) => within(dayOf(at))).map((fill) => tradeLine(fill, instruments));
  return { trades, gains: [...gains, ...notes.map((note) => noteLine(note))] };
}

function lotFill(fill: OrderFilled, instruments: Account['instruments']): LotFill {
  const { token, order, quantity, fillPrice: price, fees, at } = fill;
  const kind = instruments.get(token)?.kind ?? 'equity';
  return { token, kind, product: order.product, day: dayOf(at), side: order.side, quantity, price, fees };
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
    const key = [line.broker, line.tax_year, [...GAINS, 'contract_note'].indexOf(line.gain)].join(' ');
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
