// How much of each limit is used, for whoever watches: of those that the gate counts or measures all the time. It decides
// nothing; a rule asks with the order in hand, which may find more.
import { type StrategyId } from '../ids.ts';
import { type RiskLimits } from '../plan.ts';
import { type Memory } from './asker.ts';
import { LIMIT_ROWS, type LimitName, type LimitRow } from './limits.ts';
import { accountDrawdownLimit } from './losses.ts';

export interface LimitUse {
  readonly row: LimitRow;
  readonly value: RiskLimits[LimitName];
  /** What is used and the most of it, both in units of the limit or both in 1/10,000 rupee; undefined when it is off or not kept. */
  readonly use: { readonly kind: 'count' | 'rupees'; readonly used: number; readonly most: number } | undefined;
}

/** Every limit that holds for the strategy, those of the account with it. */
export function limitUses(memory: Memory, strategyId: StrategyId): readonly LimitUse[] {
  const limits = memory.limits.of(strategyId);
  return LIMIT_ROWS.map((row) => ({
    row,
    value: limits[row.field],
    use: useOf(row.field, limits, memory, strategyId),
  }));
}

function useOf(
  field: LimitName,
  limits: RiskLimits,
  { counters, ledger, losses }: Memory,
  strategyId: StrategyId,
): LimitUse['use'] {
  const { books } = ledger;
  const book = books.find((each) => each.strategyId === strategyId);
  const most = limits[field];
  if (typeof most !== 'number' || most === 0) return undefined;
  switch (field) {
    case 'maxTradesPerDay':
      return { kind: 'count', used: counters.tradesOf(strategyId), most };
    case 'maxOrdersPerSecond':
      return { kind: 'count', used: counters.ordersThisSecond, most };
    case 'maxMessagesPerMinute':
      return { kind: 'count', used: counters.messagesThisMinute, most };
    case 'maxPositionUnits':
      return (
        book && { kind: 'count', used: book.quantity.reduce((all, held) => Math.max(all, Math.abs(held)), 0), most }
      );
    case 'maxDayLoss':
      return book && { kind: 'rupees', used: Math.max(0, losses.dayLossOf(book)), most };
    case 'maxAccountDayLoss':
      return { kind: 'rupees', used: Math.max(0, losses.dayLoss(books)), most };
    case 'maxDrawdown':
      return book && { kind: 'rupees', used: Math.max(0, book.drawdown), most: book.drawdownLimit(limits.maxDrawdown) };
    case 'maxAccountDrawdown':
      return {
        kind: 'rupees',
        used: Math.max(0, losses.drawdown(books)),
        most: accountDrawdownLimit(books, limits),
      };
    default:
      return undefined;
  }
}
