// An account as its log tells it: every fill, adjustment and corporate action of one namespace, held against the books.
import { formatDecimal } from '#core/decimal.ts';
import type { CorporateAction, LedgerAdjusted, OrderFilled } from '#core/events.ts';
import type { BrokerId } from '#core/ids.ts';
import type { Instrument } from '#core/market/instrument.ts';
import { type Disposal, type LotFill, Lots } from '#core/portfolio/lots.ts';
import { dayOf } from '#core/time.ts';
import type { StoreReader } from '#ports/store.ts';
import { topic } from '#wire/topics.ts';
import { stateOf, units } from './books.ts';
import { eventsOf } from './log-events.ts';
import { instrumentsOf } from './symbols.ts';

/** The log does not add up to the books; nothing made from it can be handed to anybody. */
class StatementError extends Error {
  override readonly name = 'StatementError';
}

/** Everything of one namespace that a statement is made from. */
export interface Account {
  readonly broker: string;
  readonly fills: readonly OrderFilled[];
  readonly adjustments: readonly LedgerAdjusted[];
  readonly actions: readonly CorporateAction[];
  readonly instruments: ReadonlyMap<number, Instrument>;
}

/** Reads an account; throws `StatementError` when its log and its books differ. */
export function accountOf(reader: StoreReader, broker: BrokerId): Account {
  const fills = [...eventsOf(reader, topic(broker, 'orders.filled'), 'order_filled')];
  const adjustments = [...eventsOf(reader, topic(broker, 'pnl.snapshots'), 'ledger_adjusted')];
  const actions = [...eventsOf(reader, topic(broker, 'pnl.snapshots'), 'corporate_action')];
  const account = { broker, fills, adjustments, actions, instruments: instrumentsOf(reader) };
  checkBooks(reader, account);
  return account;
}

/** Holds what the log says against the books that every other command shows. */
function checkBooks(reader: StoreReader, account: Account): void {
  const { broker } = account;
  for (const book of stateOf(reader).brokers[broker]?.books ?? []) {
    const cash = units(book.starting_cash) + cashFlow(account, book.strategy_id);
    if (cash === units(book.cash)) continue;
    throw new StatementError(
      `the log of ${broker}/${book.strategy_id} comes to ${formatDecimal(cash)} in cash, the book has ${book.cash}. ` +
        'Run `alpha-panda verify`, and hand out no statement before they agree.',
    );
  }
}

/** What the log says that one book paid and received. */
function cashFlow(account: Account, strategyId: string): number {
  const held = new Map<number, number>();
  let cash = 0;
  for (const event of inTime(account)) {
    const before = held.get(event.token) ?? 0;
    if (event.type === 'order_filled') {
      if (event.strategyId !== strategyId) continue;
      const signed = event.order.side === 'BUY' ? event.quantity : -event.quantity;
      cash -= signed * event.fillPrice + event.fees;
      held.set(event.token, before + signed);
    } else if (event.ratio === undefined) cash += before * (event.amount ?? 0);
    else held.set(event.token, (before * event.ratio.to) / event.ratio.from);
  }
  for (const adjusted of account.adjustments) if (adjusted.strategyId === strategyId) cash += adjusted.amount;
  return cash;
}

/** Fills and corporate actions in the order in which they happened; an action is booked while nothing trades. */
function inTime({ fills, actions }: Account): readonly (OrderFilled | CorporateAction)[] {
  return [...actions, ...fills].toSorted((a, b) => a.at - b.at);
}

/** The lots of an account after everything in its log; whoever asks is told of disposals and dividends as they happen. */
export function lotsOf(
  account: Account,
  onDisposal: (disposal: Disposal) => void,
  onDividend: (action: CorporateAction, held: number) => void = () => undefined,
): Lots {
  const lots = new Lots(onDisposal);
  for (const event of inTime(account)) {
    if (event.type === 'order_filled') {
      lots.onFill(lotFill(event, account.instruments));
      continue;
    }
    const { token, ratio, exDay } = event;
    lots.startDay(exDay);
    if (ratio !== undefined) lots.split(token, ratio.from, ratio.to);
    else onDividend(event, heldOf(lots, token));
  }
  return lots;
}

function heldOf(lots: Lots, token: number): number {
  return lots.positions().reduce((sum, it) => sum + (it.token === token ? it.overnightQuantity : 0), 0);
}

function lotFill(fill: OrderFilled, instruments: Account['instruments']): LotFill {
  const { token, order, quantity, fillPrice: price, fees, at } = fill;
  const kind = instruments.get(token)?.kind ?? 'equity';
  return { token, kind, product: order.product, day: dayOf(at), side: order.side, quantity, price, fees };
}
