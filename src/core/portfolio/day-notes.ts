// The fills of the day by book and segment, kept until the segment's close turns them into what the contract note of each
// book corrects. A book is charged as if the account were its own, so that it does not depend on who trades beside it.
import { formatDecimal, type Money } from '../decimal.ts';
import { type OrderFilled } from '../events.ts';
import { type StrategyId } from '../ids.ts';
import { type Instrument } from '../market/instrument.ts';
import { dayOf, type DayNumber, formatDay } from '../time.ts';
import { type ChargeTable } from './charge-table.ts';
import { type NotedFill, noteCorrections } from './contract-note.ts';

/** The fills of one book in one segment on one day. */
export interface OpenNote {
  readonly strategyId: StrategyId;
  readonly segment: string;
  readonly day: DayNumber;
  readonly fills: readonly NotedFill[];
}

/** What is posted to a book; below zero when there is more to pay. */
export interface DayNote {
  readonly strategyId: StrategyId;
  readonly amount: Money;
  readonly why: string;
}

const WORDS = {
  intraday: 'bought and sold on one day',
  depository: 'depository',
  rounding: 'rounding',
} as const;

export class DayNotes {
  readonly #open = new Map<string, OpenNote & { readonly fills: NotedFill[] }>();

  onFill(event: OrderFilled, { token, exchange, segment, kind = 'equity' }: Instrument): void {
    const { strategyId, order, quantity, fillPrice: price } = event;
    const { orderId, product, side } = order;
    const fill = { orderId, token, exchange, kind, product, side, quantity, price };
    this.#fillsOf({ strategyId, segment, day: dayOf(event.at) }).push(fill);
  }

  /** The corrections of every book in the segment since the last call; without a table there is nothing to correct. */
  take(segment: string, table: ChargeTable | undefined): readonly DayNote[] {
    const notes: DayNote[] = [];
    for (const [key, open] of this.#open) {
      if (open.segment !== segment) continue;
      this.#open.delete(key);
      const { strategyId, day, fills } = open;
      for (const { why, amount } of table === undefined ? [] : noteCorrections(table, day, fills)) {
        const text = `contract note of ${formatDay(day)}, ${segment}: ${WORDS[why]} ${formatDecimal(amount)}`;
        notes.push({ strategyId, amount: (0 - amount) as Money, why: text });
      }
    }
    return notes;
  }

  #fillsOf(of: Omit<OpenNote, 'fills'>): NotedFill[] {
    const key = `${of.strategyId} ${of.segment} ${of.day}`;
    let open = this.#open.get(key);
    if (open === undefined) this.#open.set(key, (open = { ...of, fills: [] }));
    return open.fills;
  }

  snapshot(): readonly OpenNote[] {
    return [...this.#open.values()].map((open) => ({ ...open, fills: [...open.fills] }));
  }

  restore(state: readonly OpenNote[]): void {
    this.#open.clear();
    for (const { fills, ...of } of state) this.#fillsOf(of).push(...fills);
  }
}
