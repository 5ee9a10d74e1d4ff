// What a day came to in each namespace, told once its last session is over. Counted is what this process committed.
import { type Notice } from '#core/alerts/alert-book.ts';
import { formatDecimal, type Money } from '#core/decimal.ts';
import { type DomainEvent, type PnlSnapshot } from '#core/events.ts';
import { dayOf, formatDay, type DayNumber } from '#core/time.ts';

interface Day {
  readonly day: DayNumber;
  orders: number;
  fills: number;
  /** By code. */
  readonly rejected: Map<string, number>;
  readonly books: Map<string, PnlSnapshot>;
  readonly alerts: Map<string, number>;
}

export class DaySummaries {
  readonly #days = new Map<string, Day>();

  take(event: DomainEvent): void {
    switch (event.type) {
      case 'order_submitted':
        this.#on(event).orders++;
        return;
      case 'order_filled':
        this.#on(event).fills++;
        return;
      case 'order_failed':
        return count(this.#on(event).rejected, event.rejectCode ?? event.code);
      case 'rejected_signal':
        for (const { code } of event.reasons) count(this.#on(event).rejected, code);
        return;
      case 'pnl_snapshot':
        this.#on(event).books.set(event.strategyId, event);
        return;
      default:
        return;
    }
  }

  /** Of a namespace; one of none concerns each of them. */
  onAlert({ kind, alert: { broker, code } }: Notice): void {
    if (kind !== 'fired') return;
    for (const [each, { alerts }] of this.#days) if ((broker ?? each) === each) count(alerts, code);
  }

  /** The summaries of the days that are over, each once. */
  due(isOver: (day: DayNumber) => boolean): readonly { readonly broker: string; readonly text: string }[] {
    const over = [...this.#days].filter(([, { day }]) => isOver(day));
    for (const [broker] of over) this.#days.delete(broker);
    return over.map(([broker, day]) => ({ broker, text: textOf(day) }));
  }

  #on({ broker, at }: DomainEvent): Day {
    const day = dayOf(at);
    const known = this.#days.get(broker);
    if (known?.day === day) return known;
    const begun = { day, orders: 0, fills: 0, rejected: new Map(), books: new Map(), alerts: new Map() };
    this.#days.set(broker, begun);
    return begun;
  }
}

function textOf({ day, orders, fills, rejected, books, alerts }: Day): string {
  const sum = (valueOf: (book: PnlSnapshot) => Money): string => {
    return formatDecimal([...books.values()].reduce((total, book) => total + valueOf(book), 0) as Money);
  };
  return [
    `${formatDay(day)}: ${orders} orders, ${fills} fills, rejected ${listOf(rejected)}`,
    `since the books were opened: realised ${sum((book) => book.realised)}, unrealised ${sum((book) => book.unrealised)}, charges ${sum((book) => book.fees)}, net ${sum((book) => book.netPnl)}`,
    `largest drawdown of a book ${formatDecimal(Math.max(0, ...[...books.values()].map((book) => book.maxDrawdown)))}`,
    `alerts ${listOf(alerts)}`,
  ].join('; ');
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function listOf(counts: ReadonlyMap<string, number>): string {
  if (counts.size === 0) return 'none';
  return [...counts].map(([name, times]) => `${name} ${times}`).join(', ');
}
