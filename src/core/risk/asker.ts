// Puts together what the rules of the gate look at, from the ledger, what is in flight, the counters and the limits in
// force, and asks them.
import { type Reason, type TradingSignal } from '../events.ts';
import { type InstrumentTable } from '../market/instrument.ts';
import { grown, type Book } from '../portfolio/book.ts';
import { type Ledger } from '../portfolio/ledger.ts';
import { type Pacing } from '../execution/order-scheduler.ts';
import { dayOf, type EpochMs } from '../time.ts';
import { type Counters } from './counters.ts';
import { addLine, withOrder, worstNet, type Exposure } from './exposure.ts';
import { type LimitsInForce } from './limits-in-force.ts';
import { accountDrawdownLimit, type Losses } from './losses.ts';
import { no, type ExposureAsked, type Question } from './question.ts';
import { type InFlight, type Reservations } from './reservations.ts';
import { isPlain, marginFor, marginReserve, objections } from './rules.ts';
import { type States } from './states.ts';
import { meetsOwn, valuedAt } from './valuation.ts';

/** What the gate remembers, each part under its own name. */
export interface Memory {
  readonly instruments: InstrumentTable;
  readonly ledger: Ledger;
  readonly reservations: Reservations;
  readonly counters: Counters;
  readonly states: States;
  readonly losses: Losses;
  readonly limits: LimitsInForce;
  readonly quarantined: ReadonlySet<string>;
  /** What the broker takes from the account. */
  pacing: readonly Pacing[];
}

/** A question while it is put together. */
type Asked = { -readonly [Name in keyof Question]: Question[Name] };

function nothingInFlight(): InFlight {
  const units = { buying: 0, selling: 0, exitBuying: 0, exitSelling: 0, peakBuying: 0, peakSelling: 0 };
  return { ...units, product: undefined, reservedOfBook: 0 };
}

export class Asker {
  readonly #memory: Memory;
  /** When each instrument was last marked, by index. */
  lastTime: Float64Array<ArrayBuffer>;
  /** One record for every question: it is asked once and never kept. */
  readonly #question = { inFlight: nothingInFlight() } as Asked;
  readonly #scratch = nothingInFlight();

  constructor(memory: Memory) {
    this.#memory = memory;
    this.lastTime = new Float64Array(memory.instruments.size);
  }

  #slicesMax(at: EpochMs): number {
    const day = dayOf(at);
    return this.#memory.pacing.findLast(({ from }) => from <= day)?.slices ?? 0;
  }

  grow(): Float64Array<ArrayBuffer> {
    this.lastTime = grown(this.lastTime, this.#memory.instruments.size);
    return this.lastTime;
  }

  /**
   * `counted`: how often this signal is in the counters already; one that is, is no duplicate of itself. `before`: what
   * the order has at work that the signal would change.
   */
  objections(signal: TradingSignal, at: EpochMs, counted: 0 | 1, before?: AtWork): readonly Reason[] {
    const { instruments, ledger, reservations, counters, states, quarantined } = this.#memory;
    const index = instruments.indexOf(signal.token);
    if (index === -1) return [no('UNKNOWN_INSTRUMENT', 'a token of the instrument table', `${signal.token}`)];
    const { strategyId, token, side } = signal;
    const limits = this.#memory.limits.of(strategyId);
    const book = ledger.book(strategyId);
    const question = this.#question;
    const state = states.worst(strategyId, token);
    question.state = state;
    question.scope = state === 'active' ? '' : states.worstScope(strategyId, token);
    question.plain = state === 'active' && this.#memory.limits.plain && isPlain(signal);
    question.signal = signal;
    question.at = at;
    question.limits = limits;
    question.instrument = instruments.at(index);
    question.held = book.quantity[index] as number;
    question.slicesMax = question.instrument.freezeQuantity === undefined ? 0 : this.#slicesMax(at);
    question.heldProduct = book.productOf(index);
    question.book = book;
    reservations.inFlight(strategyId, token, question.inFlight);
    question.onMargin = this.#onMargin(book);
    question.lastPrice = ledger.markOf(index);
    question.lastTime = this.lastTime[index] as number;
    question.price = valuedAt(signal, question.lastPrice);
    question.units = signal.quantity;
    question.eased = false;
    if (before !== undefined) weigh(question, before);
    question.tradesToday = Math.max(0, counters.tradesOf(strategyId) - counted);
    question.ordersThisSecond = Math.max(0, counters.ordersThisSecond - counted);
    question.messagesThisMinute = Math.max(0, counters.messagesThisMinute - counted);
    question.previous = counted === 0 && limits.duplicateWindowMs > 0 ? counters.previous(signal) : undefined;
    question.quarantined = quarantined.has(strategyId);
    question.unresolved = reservations.unresolved(token, side);
    question.unresolvedTrades = question.unresolved === 0 ? 0 : reservations.unresolved(token, side, strategyId);
    if (!question.plain) this.#askMore(question, index);
    return objections(question);
  }

  /** What only the rules look at that a plain signal is not asked. */
  #askMore(question: Asked, index: number): void {
    const { ledger, losses } = this.#memory;
    const { signal, limits, book, lastPrice } = question;
    question.meets = limits.selfTrade === 'allow' ? 0 : this.#meets(signal, lastPrice);
    question.exposure = this.#exposure(question, index);
    question.dayLoss = losses.dayLossOf(book);
    const { maxAccountDayLoss, maxAccountDrawdown } = limits;
    question.accountDayLoss = maxAccountDayLoss === 0 ? 0 : losses.dayLoss(ledger.books);
    question.accountDrawdown = maxAccountDrawdown === 0 ? 0 : losses.drawdown(ledger.books);
    question.accountDrawdownLimit = maxAccountDrawdown === 0 ? 0 : accountDrawdownLimit(ledger.books, limits);
  }

  /** What the book's positions and orders on margin add to its free cash, or take from it. */
  #onMargin(book: Book): number {
    const { instruments, ledger, reservations } = this.#memory;
    if (book.margined.size === 0 && reservations.margined === 0) return 0;
    const lines = reservations.marginLines(book.strategyId);
    const limits = this.#memory.limits.of(book.strategyId);
    let sum = 0;
    for (const [index, product] of book.margined) {
      const value = (book.quantity[index] as number) * ledger.markOf(index);
      sum += value - marginFor(Math.abs(value), product, limits);
    }
    for (const { token, product, inFlight } of lines) {
      const held = book.quantity[instruments.indexOf(token)] as number;
      sum -= marginReserve(held, inFlight, product, limits);
    }
    return sum;
  }

  #meets(signal: TradingSignal, lastPrice: number): number {
    for (const order of this.#memory.reservations.inInstrument(signal.token)) {
      const price = meetsOwn(signal, order, lastPrice);
      if (price > 0) return price;
    }
    return 0;
  }

  /** The worst exposures before the order and with it; only when a limit asks for them. */
  #exposure(
    { limits, signal, units, price, inFlight, held, book, lastPrice }: Asked,
    index: number,
  ): ExposureAsked | undefined {
    const { maxGrossExposure, maxNetExposure, maxAccountGrossExposure, maxAccountNetExposure } = limits;
    if (maxGrossExposure + maxNetExposure + maxAccountGrossExposure + maxAccountNetExposure === 0) return undefined;
    const own: Exposure = { gross: 0, long: 0, short: 0 };
    const account: Exposure = { gross: 0, long: 0, short: 0 };
    for (const each of this.#memory.ledger.books) this.#addBook(each, each === book ? own : account);
    account.gross += own.gross;
    account.long += own.long;
    account.short += own.short;
    const before = [own.gross, worstNet(own), account.gross, worstNet(account)] as const;
    const after = withOrder(inFlight, signal.side, units, price);
    for (const into of [own, account]) {
      addLine(into, held, inFlight, this.#memory.ledger.markOf(index), -1);
      addLine(into, held, after, lastPrice, 1);
    }
    return {
      bookGross: [before[0], own.gross],
      bookNet: [before[1], worstNet(own)],
      accountGross: [before[2], account.gross],
      accountNet: [before[3], worstNet(account)],
    };
  }

  #addBook(book: Book, into: Exposure): void {
    const { instruments, ledger, reservations } = this.#memory;
    const line = this.#scratch;
    for (let index = 0; index < book.quantity.length; index++) {
      const held = book.quantity[index] as number;
      reservations.inFlight(book.strategyId, instruments.at(index).token, line);
      if (held !== 0 || line.buying !== 0 || line.selling !== 0) addLine(into, held, line, ledger.markOf(index), 1);
    }
  }
}

/** Units and price of an order that a change would alter. */
interface AtWork {
  readonly units: number;
  readonly price: number;
}

/** Until a change is answered the worse of both terms may come: it is weighed as that, unless it can only free money. */
function weigh(question: Asked, { units, price }: AtWork): void {
  const { inFlight, signal } = question;
  question.eased = signal.quantity <= units && question.price <= price;
  question.units = Math.max(signal.quantity, units);
  if (signal.side === 'BUY') inFlight.peakBuying = Math.max(inFlight.peakBuying, price);
  else inFlight.peakSelling = Math.max(inFlight.peakSelling, price);
}
