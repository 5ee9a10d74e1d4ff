// Which of the events that were committed are troubles, and which of them end one.
import { type AlertBook, type Notice, type Observation } from '#core/alerts/alert-book.ts';
import { type AlertCode } from '#core/alerts/catalogue.ts';
import { type ControlChanged, type DomainEvent } from '#core/events.ts';
import { SECOND_MS, type EpochMs } from '#core/time.ts';
import { PASSED } from '../self-test-watch.ts';

/** A broker answers within this, or the order is stuck. */
const ANSWER_MS_MAX = 10 * SECOND_MS;

/** Codes of the engine's own alerts; any other one is told as it is. */
const ENGINE_CODES: Readonly<Record<string, AlertCode>> = {
  EXIT_REFUSED: 'EXIT_TROUBLE',
  EXIT_UNFILLED: 'EXIT_TROUBLE',
  RISK_SELF_TEST: 'SELF_TEST_FAILED',
  RISK_DAY_LOSS: 'LOSS_LIMIT',
  RISK_ACCOUNT_DAY_LOSS: 'LOSS_LIMIT',
  RISK_DRAWDOWN: 'LOSS_LIMIT',
  RISK_ACCOUNT_DRAWDOWN: 'LOSS_LIMIT',
};

interface Sent {
  readonly broker: string;
  readonly orderId: string;
  readonly atMs: number;
}

export interface EventAlertOptions {
  readonly book: AlertBook;
  /** Told what ended. */
  readonly told: (notices: readonly Notice[]) => void;
  /** Whether a broker outside answers the namespace; a simulated exchange answers in the time of its market. */
  readonly hasGateway: (broker: string) => boolean;
}

export class EventAlerts {
  readonly #book: AlertBook;
  readonly #hasGateway: (broker: string) => boolean;
  readonly #told: (notices: readonly Notice[]) => void;
  /** Orders that a broker has not answered, oldest first. */
  readonly #sent = new Map<string, Sent>();

  constructor({ book, told, hasGateway }: EventAlertOptions) {
    this.#book = book;
    this.#told = told;
    this.#hasGateway = hasGateway;
  }

  /** @param nowMs on a clock that never goes back */
  take(event: DomainEvent, at: EpochMs, nowMs: number): void {
    switch (event.type) {
      case 'order_submitted':
        if (!event.queued) this.#await(event.broker, event.order.orderId, nowMs);
        return;
      case 'order_claimed':
        return this.#await(event.broker, event.order.orderId, nowMs);
      case 'order_placed':
      case 'order_filled':
      case 'order_cancelled':
      case 'order_expired':
        return this.#answered(event.broker, event.order.orderId, at);
      case 'order_unknown':
      case 'order_failed':
        this.#answered(event.broker, event.order.orderId, at);
        break;
      case 'reconciliation_settled':
        return this.#end('RECONCILIATION_BREAK', event.broker, `instrument:${event.token}`, at);
      case 'control_changed':
        return this.#onControl(event, at);
      default:
    }
    const seen = observationIn(event);
    if (seen !== undefined) this.#book.raise(seen, at);
  }

  /** Looks which orders have waited too long for an answer. */
  look(at: EpochMs, nowMs: number): void {
    for (const { broker, orderId, atMs } of this.#sent.values()) {
      if (nowMs - atMs < ANSWER_MS_MAX) return;
      const text = `no answer of the broker for ${Math.floor((nowMs - atMs) / SECOND_MS)} s`;
      this.#book.raise({ code: 'ORDER_STUCK', broker, subject: orderId, text }, at);
    }
  }

  #await(broker: string, orderId: string, atMs: number): void {
    if (this.#hasGateway(broker)) this.#sent.set(orderId, { broker, orderId, atMs });
  }

  #answered(broker: string, orderId: string, at: EpochMs): void {
    this.#sent.delete(orderId);
    this.#end('ORDER_STUCK', broker, orderId, at);
    this.#end('ORDER_UNKNOWN', broker, orderId, at);
  }

  #end(code: AlertCode, broker: string, subject: string, at: EpochMs): void {
    const notices = this.#book.end({ code, broker, subject }, at);
    if (notices.length > 0) this.#told(notices);
  }

  #onControl({ action, broker, subject, who, why }: ControlChanged, at: EpochMs): void {
    const text = `${action} by ${who}: ${why}`;
    const raise = (code: AlertCode): void => this.#book.raise({ code, broker, subject, text }, at);
    const end = (code: AlertCode): void => this.#end(code, broker, subject, at);
    switch (action) {
      case 'killed':
      case 'namespace_halted':
        end('TRADING_REDUCED');
        return raise('TRADING_HALTED');
      case 'reducing':
        return raise('TRADING_REDUCED');
      case 'released':
        end('TRADING_HALTED');
        return end('TRADING_REDUCED');
      case 'strategy_quarantined':
        return raise('STRATEGY_QUARANTINED');
      case 'strategy_enabled':
      case 'strategy_disabled':
        return end('STRATEGY_QUARANTINED');
      case 'disarmed':
        return raise('BROKER_DISARMED');
      case 'armed':
        return end('BROKER_DISARMED');
      case 'flatten':
      case 'limit_changed':
      case 'refused':
        return;
    }
  }
}

function observationIn(event: DomainEvent): Observation | undefined {
  const { broker } = event;
  switch (event.type) {
    case 'order_unknown': {
      const text = `it is not known whether the order exists: ${event.message}`;
      return { code: 'ORDER_UNKNOWN', broker, subject: event.order.orderId, text };
    }
    case 'order_failed': {
      const text = `order ${event.order.orderId} failed, ${event.rejectCode ?? event.code}: ${event.message}`;
      return { code: 'ORDER_REJECTED', broker, subject: event.strategyId, text };
    }
    case 'rejected_signal': {
      const text = `a signal was rejected: ${event.reasons.map(({ code }) => code).join(', ')}`;
      return { code: 'SIGNAL_REJECTED', broker, subject: event.strategyId, text };
    }
    case 'expired_signal': {
      const text = `a signal was too old when its turn came: ${event.code}`;
      return { code: 'SIGNAL_STALE', broker, subject: event.strategyId, text };
    }
    case 'reconciliation_break': {
      const text = `${event.ours} in the books, ${event.theirs} at the broker`;
      return { code: 'RECONCILIATION_BREAK', broker, subject: `instrument:${event.token}`, text };
    }
    case 'alert_raised': {
      const { code, subject, message } = event;
      if (code === PASSED) return undefined;
      return { code: ENGINE_CODES[code] ?? 'ENGINE_ALERT', broker, subject, text: `${code}: ${message}` };
    }
    default:
      return undefined;
  }
}
