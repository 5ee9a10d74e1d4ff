// The fills of the day by book, kept until the close turns them into what each book's contract note corrects. A book is
// charged as if the account were its own, so that its numbers do not depend on who trades beside it.
import { formatDecimal, type Money } from '../decimal.ts';
import { type OrderFilled } from '../events.ts';
import { type StrategyId } from '../ids.ts';
import { type Instrument } from '../market/instrument.ts';
import { dayOf, type DayNumber, formatDay } from '../time.ts';
import { type ChargeTable } from './charge-table.ts';
import { type NotedFill, noteCorrections } from './contract-note.ts';

export type DayNotesState = readonly (readonly [StrategyId, DayNumber, readonly NotedFill[]])[];

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
  readonly #days = new Map<string, { strategyId: StrategyId; day: DayNumber; fills: NotedFill[] }>();

  onFill(event: OrderFilled, { token, exchange, kind = 'equity' }: Instrument): void {
    const { strategyId, order, quantity, fillPrice: price } = event;
    const { orderId, product, side } = order;
    const fill = { orderId, token, exchange, kind, product, side, quantity, price };
    this.#fillsOf(strategyId, dayOf(event.at)).push(fill);
  }

  /** The corrections of every book and day since the last call; without a table there is nothing to correct. */
  take(table: ChargeTable | undefined): readonly DayNote[] {
    const notes: DayNote[] = [];
    for (const { strategyId, day, fills } of this.#days.values()) {
      for (const { why, amount } of table === undefined ? [] : noteCorrections(table, day, fills)) {
        const text = `contract note of ${formatDay(day)}: ${WORDS[why]} ${formatDecimal(amount)}`;
        notes.push({ strategyId, amount: (0 - amount) as Money, why: text });
      }
    }
    this.#days.clear();
    return notes;
  }

  #fillsOf(strategyId: StrategyId, day: DayNumber): NotedFill[] {
    const key = `${strategyId} ${day}`;
    let noted = this.#days.get(key);
    if (noted === undefined) this.#days.set(key, (noted = { strategyId, day, fills: [] }));
    return noted.fills;
  }

  snapshot(): DayNotesState {
    return [...this.#days.values()].map(({ strategyId, day, fills }) => [strategyId, day, [...fills]] as const);
  }

  restore(state: DayNotesState): void {
    this.#days.clear();
    for (const [strategyId, day, fills] of state) this.#fillsOf(strategyId, day).push(...fills);
  }
}
