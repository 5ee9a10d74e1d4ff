// A session told line by line: what the market did, what was asked, and what the whole pipeline made of it, in words that
// a trader can read aloud. The text is the same for every namespace.
import { formatDecimal } from '#core/decimal.ts';
import {
  type Bracket,
  type ControlChanged,
  type CorporateAction,
  type DomainEvent,
  type OrderChange,
  type OrderTerms,
  type TradingSignal,
} from '#core/events.ts';
import { type BrokerReport } from '#core/execution/report.ts';
import { knownTrace, type BrokerId, type EventId } from '#core/ids.ts';
import { type Calendar } from '#core/market/calendar.ts';
import { NO_VOLUME } from '#core/market/tick.ts';
import { type NamespacePlan, type Plan } from '#core/plan.ts';
import { formatClock, parseClock, parseDay, startOfDay, timeOfDay, type DayNumber, type EpochMs } from '#core/time.ts';
import { ALPHA, controlled, exchangeTerms, instruments, namespacePlan, plan, rs, signal, units } from './builders.ts';
import { CascadeRun } from './cascade-run.ts';
import { JUNE_2021 } from './tape-builder.ts';

export interface ScenarioOptions {
  readonly day?: string;
  readonly calendar?: Calendar;
  readonly namespace?: Partial<NamespacePlan>;
  readonly plan?: Partial<Plan>;
}

export type Asked = Partial<Omit<TradingSignal, 'quantity' | 'bracket'>> & {
  readonly quantity?: number;
  readonly bracket?: Partial<Bracket>;
};

const NO_EXITS: Bracket = { target: undefined, stop: undefined, trail: undefined, exitAt: undefined };

export class Scenario {
  readonly run: CascadeRun;
  readonly #broker: BrokerId;
  readonly #lines: string[] = [];
  /** Orders by their id, numbered as they come. */
  readonly #orders: EventId[] = [];
  #day: DayNumber;
  #asked = 0;

  constructor(broker: BrokerId, options: ScenarioOptions = {}) {
    this.#broker = broker;
    this.#day = parseDay(options.day ?? '2021-06-11') as DayNumber;
    const namespace = namespacePlan({ broker, exchange: exchangeTerms(), ...options.namespace });
    this.run = new CascadeRun(
      plan({ namespaces: [namespace], instruments: instruments(1), ...options.plan }),
      undefined,
      options.calendar ?? JUNE_2021,
    );
  }

  /** The transcript so far. */
  get text(): string {
    return `${this.#lines.join('\n')}\n`.replaceAll(this.#broker, '{b}');
  }

  say(words: string): this {
    this.#lines.push(`# ${words}`);
    return this;
  }

  /** Goes on with another day. */
  day(day: string): this {
    this.#day = parseDay(day) as DayNumber;
    this.#lines.push(`--- ${day}`);
    return this;
  }

  at(clock: string): EpochMs {
    return (startOfDay(this.#day) + (parseClock(clock) as number)) as EpochMs;
  }

  tick(clock: string, rupees: number, traded?: number): this {
    const volume = traded === undefined ? '' : `, ${traded} traded in all`;
    this.#lines.push(`${clock} market at ${formatDecimal(rs(rupees))}${volume}`);
    return this.#tell(this.run.tick(0, rupees, this.at(clock), traded ?? NO_VOLUME));
  }

  /** A strategy, or a service outside, asks. */
  ask(clock: string, { quantity = 10, bracket, ...wanted }: Asked = {}): this {
    const at = this.at(clock);
    const exits = bracket === undefined ? undefined : { ...NO_EXITS, ...bracket };
    const id = `s${++this.#asked}`;
    const about = { id, broker: this.#broker, at, quantity: units(quantity), bracket: exits };
    const orderType = wanted.orderType ?? (wanted.limitPrice === undefined ? 'market' : 'limit');
    const asked = signal({ ...about, ...wanted, orderType });
    this.#lines.push(`${clock} asked: ${wantedText(asked)}`);
    return this.#tell(this.run.message(asked, at));
  }

  /** Asks for a change of the order with this number; without terms it is cancelled. */
  change(
    clock: string,
    number: number,
    terms?: Partial<Pick<OrderChange, 'quantity' | 'limitPrice' | 'triggerPrice'>>,
  ): this {
    const at = this.at(clock);
    const change: OrderChange = {
      type: 'order_change',
      broker: this.#broker,
      strategyId: ALPHA,
      token: 1,
      trace: knownTrace(`c${++this.#asked}` as EventId),
      at,
      action: terms === undefined ? 'cancel' : 'modify',
      orderId: this.order(number),
      purpose: 'trade',
      quantity: undefined,
      orderType: undefined,
      limitPrice: undefined,
      triggerPrice: undefined,
      expiresAt: (at + 30_000) as EpochMs,
      ...terms,
    };
    this.#lines.push(`${clock} asked: ${changeText(change, number)}`);
    return this.#tell(this.run.message(change, at));
  }

  control(clock: string, action: ControlChanged['action'], subject: string = this.#broker): this {
    this.#lines.push(`${clock} a person: ${action} ${subject}`);
    const at = this.at(clock);
    const id = `k${++this.#asked}`;
    return this.#tell(this.run.message(controlled(action, { id, broker: this.#broker, at, subject }), at).slice());
  }

  corporateAction(clock: string, action: Omit<CorporateAction, 'type' | 'broker' | 'token' | 'trace' | 'at'>): this {
    this.#lines.push(`${clock} a person: ${action.action} of S1`);
    const at = this.at(clock);
    const trace = knownTrace(`a${++this.#asked}` as EventId);
    const event = { type: 'corporate_action', broker: this.#broker, token: 1, trace, at, ...action } as const;
    return this.#tell(this.run.message(event, at));
  }

  /** The broker behind a gateway says something of the order with this number. */
  report(
    clock: string,
    number: number,
    report: Record<string, unknown> & { readonly kind: BrokerReport['kind'] },
  ): this {
    const { kind, ...more } = report;
    const words = Object.entries(more).map(
      ([name, value]) => ` ${name} ${name === 'price' ? formatDecimal(value as number) : String(value)}`,
    );
    this.#lines.push(`${clock} the broker: order ${number} ${kind}${words.join(',')}`);
    this.run.cascade.pause = false;
    this.run.cascade.onReport(this.#broker, { orderId: this.order(number), ...report } as BrokerReport, this.at(clock));
    return this.#tell(this.run.take());
  }

  /** Time passes without a tick. */
  pass(clock: string): this {
    this.#lines.push(`${clock} time passes`);
    return this.#tell(this.run.clock(this.at(clock)));
  }

  /** What is held, and the money. */
  book(): this {
    const [book] = this.run.namespace(this.#broker).portfolio.ledger.books;
    if (book === undefined) this.#lines.push('         no book yet');
    else {
      const [cash, realised] = [book.cash, book.realised].map(formatDecimal);
      this.#lines.push(`         holds ${book.quantity[0]}, cash ${cash}, realised ${realised}`);
    }
    return this;
  }

  order(number: number): EventId {
    return this.#orders[number - 1] ?? (`no order ${number}` as EventId);
  }

  #tell(events: readonly DomainEvent[]): this {
    for (const event of events) {
      const text = this.#textOf(event);
      if (text !== undefined) this.#lines.push(`${formatClock(timeOfDay(event.at)).slice(0, 8)}   ${text}`);
    }
    return this;
  }

  #numberOf(orderId: EventId): number {
    const known = this.#orders.indexOf(orderId);
    return known === -1 ? this.#orders.push(orderId) : known + 1;
  }

  #textOf(event: DomainEvent): string | undefined {
    const order = 'order' in event ? `order ${this.#numberOf(event.order.orderId)}` : '';
    switch (event.type) {
      case 'trading_signal':
        return `the engine (${event.purpose}) asks: ${wantedText(event)}`;
      case 'order_change':
        return `the engine (${event.purpose}) asks: ${changeText(event, this.#numberOf(event.orderId))}`;
      case 'validated_signal':
      case 'validated_change':
        return 'the gate lets it pass';
      case 'rejected_signal':
      case 'rejected_change':
        return `the gate refuses: ${event.reasons.map((each) => `${each.code} (${each.limit} / ${each.found})`).join(', ')}`;
      case 'expired_signal':
      case 'expired_change':
        return `ends unused: ${event.code}`;
      case 'order_submitted': {
        const part = event.slice === undefined ? '' : `, part ${event.slice.index + 1} of ${event.slice.count}`;
        return `${order} ${event.queued ? 'waits for the budget' : 'is sent'}: ${termsText(event.order)}${part}`;
      }
      case 'order_claimed':
        return `${order} is sent`;
      case 'order_placed':
        return `${order} is accepted`;
      case 'order_unknown':
        return `${order} is unknown: ${event.message}`;
      case 'modify_submitted':
        return `${order}: modify to ${termsText(event.order)} is sent`;
      case 'cancel_submitted':
        return `${order}: cancel is sent`;
      case 'order_modified':
        return `${order} is now ${termsText(event.order)}`;
      case 'change_refused':
        return `${order}: ${event.action} refused, ${event.message}`;
      case 'order_filled':
        return `${order} fills ${event.order.side} ${event.quantity} at ${formatDecimal(event.fillPrice)}, fees ${formatDecimal(event.fees)}`;
      case 'order_failed':
        return `${order} fails: ${event.code} ${event.rejectCode ?? ''} ${event.message}`.replaceAll('  ', ' ');
      case 'order_cancelled':
        return `${order} is cancelled with ${event.filledQuantity} filled: ${event.message}`;
      case 'order_expired':
        return `${order} expires with ${event.filledQuantity} filled: ${event.message}`;
      case 'alert_raised':
        return `ALERT ${event.code}: ${event.message}`;
      case 'control_changed':
        return `control: ${event.action} ${event.subject}`;
      case 'ledger_adjusted':
        return `ledger: ${event.kind} ${formatDecimal(event.amount)}`;
      case 'reconciliation_break':
        return `BREAK: ${event.ours} held here, ${event.theirs} at the broker`;
      case 'reconciliation_settled':
        return `settled: ${event.held} held here and at the broker`;
      case 'external_position':
        return `external: ${event.quantity} units`;
      case 'corporate_action':
      case 'pnl_snapshot':
        return undefined;
    }
  }
}

function prices(terms: Pick<OrderTerms, 'orderType' | 'limitPrice' | 'triggerPrice'>): string {
  const { limitPrice, triggerPrice } = terms;
  const stop = triggerPrice === undefined ? [] : [`stop ${formatDecimal(triggerPrice)}`];
  const limit = limitPrice === undefined ? [] : [`limit ${formatDecimal(limitPrice)}`];
  return [...stop, ...limit].join(' ') || 'at market';
}

function termsText(terms: OrderTerms): string {
  return `${terms.side} ${terms.quantity} ${prices(terms)} ${terms.validity} ${terms.product}`;
}

function wantedText(wanted: TradingSignal): string {
  const { side, quantity, validity, product, bracket } = wanted;
  return `${side} ${quantity} ${prices(wanted)} ${validity} ${product}${bracket === undefined ? '' : bracketText(bracket)}`;
}

function bracketText({ target, stop, trail, exitAt }: Bracket): string {
  const parts = [
    ['target', target],
    ['stop', stop],
    ['trail', trail],
  ].flatMap(([name, price]) => (price === undefined ? [] : [`${name} ${formatDecimal(price as number)}`]));
  const until = exitAt === undefined ? [] : [`exit at ${formatClock(timeOfDay(exitAt)).slice(0, 8)}`];
  return `, with ${[...parts, ...until].join(', ')}`;
}

function changeText(change: OrderChange, number: number): string {
  if (change.action === 'cancel') return `cancel order ${number}`;
  const { quantity, orderType, limitPrice, triggerPrice } = change;
  const parts = [
    ...(quantity === undefined ? [] : [`quantity ${quantity}`]),
    ...(orderType === undefined ? [] : [`type ${orderType}`]),
    ...(limitPrice === undefined ? [] : [`limit ${formatDecimal(limitPrice)}`]),
    ...(triggerPrice === undefined ? [] : [`trigger ${formatDecimal(triggerPrice)}`]),
  ];
  return `change order ${number} to ${parts.join(', ')}`;
}
