// What the broker has of a day against what the log says, for the process that watches both. Pure, and apart from the code that
// trades: what that gets wrong is to be seen here.
import { type OrderRow, type TradeRow } from '#adapters/zerodha/rows.ts';
import { hashIn } from '#adapters/zerodha/tag.ts';
import { type DayNumber, dayOf } from '#core/time.ts';

/** One fill as the log has it. */
export interface LoggedFill {
  readonly tradeId: string;
  readonly side: string;
  readonly quantity: number;
  /** 1/10,000 rupee. */
  readonly price: number;
  readonly day: DayNumber;
}

/** What was read of the log so far. */
export interface Logged {
  /** The hashes that the tags of its orders have. */
  readonly hashes: ReadonlySet<string>;
  readonly fills: ReadonlyMap<string, LoggedFill>;
}

export interface Copied {
  readonly orders: readonly OrderRow[];
  readonly trades: readonly TradeRow[];
}

/** Something that is not as it should be. `waits`: one of the two may only be late. */
export interface Discrepancy {
  readonly what: string;
  readonly waits: boolean;
}

/** Every way in which the broker and the log speak of different orders or trades of this deployment. */
export function discrepanciesIn(
  { orders, trades }: Copied,
  logged: Logged,
  deployment: string,
): readonly Discrepancy[] {
  const found: Discrepancy[] = [];
  const ours = new Map<string, string>();
  const tags = new Set<string>();
  for (const { orderId, tag } of orders) {
    const hash = hashIn(tag, deployment);
    if (hash === undefined || tag === undefined) continue;
    ours.set(orderId, hash);
    if (tags.has(tag)) found.push({ what: `two orders carry the tag ${tag}`, waits: false });
    tags.add(tag);
    if (!logged.hashes.has(hash))
      found.push({ what: `the log knows no order of the tag ${tag} (${orderId})`, waits: true });
  }
  const known = new Set<string>();
  for (const trade of trades) {
    if (!ours.has(trade.orderId)) continue;
    known.add(trade.tradeId);
    const fill = logged.fills.get(trade.tradeId);
    if (fill === undefined) found.push({ what: `the trade ${trade.tradeId} is no fill in the log`, waits: true });
    else if (!agree(trade, fill))
      found.push({ what: `the trade ${trade.tradeId} is another fill in the log`, waits: false });
  }
  const today = newestDay(orders);
  for (const fill of logged.fills.values()) {
    if (fill.day !== today || known.has(fill.tradeId)) continue;
    found.push({ what: `the fill ${fill.tradeId} in the log is no trade at the broker`, waits: true });
  }
  return found;
}

function agree({ side, quantity, price }: TradeRow, fill: LoggedFill): boolean {
  return fill.side === side && fill.quantity === quantity && fill.price === price;
}

/** The day that the broker's book is of; undefined while nothing is in it. */
function newestDay(orders: readonly OrderRow[]): DayNumber | undefined {
  const newest = Math.max(...orders.map(({ at }) => at));
  return Number.isFinite(newest) ? dayOf(newest as OrderRow['at']) : undefined;
}
