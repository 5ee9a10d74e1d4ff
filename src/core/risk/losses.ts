// What books lost since the day began, and how far the account fell from its peak; and which scopes have to go down for
// it. Money put in or taken out is neither gain nor loss.
import { formatDecimal, multiplyDivideFloor, type Ppm } from '../decimal.ts';
import { type StrategyId } from '../ids.ts';
import { type RiskLimits } from '../plan.ts';
import { type Book } from '../portfolio/book.ts';
import { type ControlState } from './states.ts';

export interface LossesState {
  /** Equity of each book when the day began, moved by what was put in since. */
  readonly dayStart: readonly (readonly [StrategyId, number])[];
  readonly peak: number;
}

/** A limit that was passed, and how far down its scope has to go. */
export interface Breach {
  readonly code: 'RISK_DAY_LOSS' | 'RISK_ACCOUNT_DAY_LOSS' | 'RISK_DRAWDOWN' | 'RISK_ACCOUNT_DRAWDOWN';
  /** Undefined: the whole account. */
  readonly strategyId: StrategyId | undefined;
  readonly state: Extract<ControlState, 'reducing' | 'halted'>;
  readonly limit: string;
  readonly found: string;
}

const PPM = 1_000_000;

export class Losses {
  readonly #dayStart = new Map<StrategyId, number>();
  #peak = 0;

  startDay(books: readonly Book[]): void {
    for (const book of books) this.#dayStart.set(book.strategyId, book.equity);
  }

  /** Money was put into a book, or taken out of it. */
  onAdjusted(book: Book, amount: number): void {
    this.#dayStart.set(book.strategyId, this.#startOf(book) + amount);
  }

  dayLossOf(book: Book): number {
    return this.#startOf(book) - book.equity;
  }

  dayLoss(books: readonly Book[]): number {
    return books.reduce((sum, book) => sum + this.dayLossOf(book), 0);
  }

  /** How far the P&L of all books lies below its peak. */
  drawdown(books: readonly Book[]): number {
    return this.#peak - profitOf(books);
  }

  /** Takes the present P&L into the peak. */
  measure(books: readonly Book[]): void {
    this.#peak = Math.max(this.#peak, profitOf(books));
  }

  /** What is past its limit now. */
  breaches(books: readonly Book[], limitsOf: (strategyId: StrategyId) => RiskLimits, account: RiskLimits): Breach[] {
    const found: Breach[] = [];
    const look = (
      code: Breach['code'],
      strategyId: StrategyId | undefined,
      loss: number,
      limit: number,
      haltAt: Ppm,
    ): void => {
      if (limit === 0 || loss <= limit) return;
      const state = loss > multiplyDivideFloor(limit, haltAt, PPM) ? 'halted' : 'reducing';
      found.push({ code, strategyId, state, limit: formatDecimal(limit), found: formatDecimal(loss) });
    };
    for (const book of books) {
      const { strategyId } = book;
      const limits = limitsOf(strategyId);
      look('RISK_DAY_LOSS', strategyId, this.dayLossOf(book), limits.maxDayLoss, limits.haltAt);
      if (limits.drawdownAction === 'stop' && limits.maxDrawdown > 0) {
        look('RISK_DRAWDOWN', strategyId, book.drawdown, book.drawdownLimit(limits.maxDrawdown), limits.haltAt);
      }
    }
    look('RISK_ACCOUNT_DAY_LOSS', undefined, this.dayLoss(books), account.maxAccountDayLoss, account.haltAt);
    const most = accountDrawdownLimit(books, account);
    look('RISK_ACCOUNT_DRAWDOWN', undefined, this.drawdown(books), most, account.haltAt);
    return found;
  }

  #startOf(book: Book): number {
    return this.#dayStart.get(book.strategyId) ?? book.startingCash;
  }

  snapshot(): LossesState {
    return { dayStart: [...this.#dayStart], peak: this.#peak };
  }

  restore(state: LossesState): void {
    for (const [strategyId, equity] of state.dayStart) this.#dayStart.set(strategyId, equity);
    this.#peak = state.peak;
  }
}

/** Whether any limit of these asks for books to be watched at every tick. */
export function watches(limits: RiskLimits): boolean {
  const { maxDayLoss, maxAccountDayLoss, maxAccountDrawdown, drawdownAction, maxDrawdown } = limits;
  return (
    maxDayLoss > 0 || maxAccountDayLoss > 0 || maxAccountDrawdown > 0 || (drawdownAction === 'stop' && maxDrawdown > 0)
  );
}

/** The fall that is allowed to all books together; 0 when the limit is off. */
export function accountDrawdownLimit(books: readonly Book[], { maxAccountDrawdown }: RiskLimits): number {
  const start = books.reduce((sum, book) => sum + book.startingCash, 0);
  return multiplyDivideFloor(start, maxAccountDrawdown, PPM);
}

function profitOf(books: readonly Book[]): number {
  return books.reduce((sum, book) => sum + book.equity - book.startingCash - book.adjustments, 0);
}
