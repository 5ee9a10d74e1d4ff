// Logs what was committed, for people: every order's steps on the trading channel, and a line of totals now and then.
import { formatDecimal } from '#core/decimal.ts';
import { type CorporateAction, type DomainEvent, type LedgerAdjusted } from '#core/events.ts';
import { type ExternalPosition } from '#core/reconciliation-events.ts';
import { type Committed } from '#engine/ingest.ts';
import { type Clock } from '#ports/clock.ts';
import { type Logger, type Telemetry } from '#ports/telemetry.ts';
import { PASSED } from './self-test-watch.ts';

/** Time between two lines of totals. */
const TOTALS_EVERY_MS = 5_000;

export class TradingLog {
  readonly #engine: Logger;
  readonly #risk: Logger;
  readonly #audit: Logger;
  readonly #feed: Logger;
  readonly #clock: Clock;
  #ticks = 0;
  #fills = 0;
  #saidAt: number;
  /** Names instruments for people, once they are known. */
  symbolOf: (token: number) => string = (token) => `${token}`;

  constructor(telemetry: Telemetry, clock: Clock) {
    this.#clock = clock;
    this.#saidAt = clock.monotonicMs();
    this.#engine = telemetry.logger('trading_engine');
    this.#risk = telemetry.logger('risk_manager');
    this.#audit = telemetry.logger('audit');
    this.#feed = telemetry.logger('market_feed');
  }

  onCommitted({ events, ticks }: Committed): void {
    for (const event of events) this.#say(event);
    this.#ticks += ticks;
    const now = this.#clock.monotonicMs();
    if (now - this.#saidAt < TOTALS_EVERY_MS) return;
    this.#saidAt = now;
    this.#feed.info(`Market ticks processed: ${this.#ticks}, fills: ${this.#fills}`);
  }

  #say(event: DomainEvent): void {
    const { broker } = event;
    switch (event.type) {
      case 'order_filled': {
        this.#fills++;
        const { side } = event.order;
        const price = formatDecimal(event.fillPrice);
        return this.#engine.info(`Order filled: ${side} ${event.quantity} ${this.symbolOf(event.token)} at ${price}`, {
          broker,
          strategy_id: event.strategyId,
          instrument_token: event.token,
          order_id: event.order.orderId,
        });
      }
      case 'order_failed':
        return this.#engine.warning(`Order failed: ${event.message}`, { broker, order_id: event.order.orderId });
      case 'order_unknown':
        return this.#engine.error(`Order unknown: ${event.message}`, { broker, order_id: event.order.orderId });
      case 'rejected_signal': {
        const codes = event.reasons.map(({ code }) => code).join(',');
        return this.#risk.debug(`Signal rejected: ${codes}`, { broker, strategy_id: event.strategyId, codes });
      }
      case 'alert_raised':
        // The self-test has said so itself.
        if (event.code === PASSED) return;
        return this.#engine.error(`${event.code}: ${event.message}`, { broker, subject: event.subject });
      case 'reconciliation_break': {
        const { token, ours, theirs } = event;
        const what = `${this.symbolOf(token)}: ${ours} in the books, ${theirs} at the broker`;
        return this.#engine.critical(`Reconciliation break in ${what}`, { broker, instrument_token: token });
      }
      case 'reconciliation_settled':
        return this.#engine.warning(`Reconciliation settled: ${event.held} of ${this.symbolOf(event.token)}`, {
          broker,
        });
      case 'control_changed':
        this.#audit.info(`${event.action}: ${event.subject}`, { broker, who: event.who, why: event.why });
        return this.#engine.warning(`${event.action}: ${event.subject}: ${event.why}`, { broker });
      case 'ledger_adjusted':
      case 'corporate_action':
      case 'external_position':
        return this.#audit.info(this.#saidBy(event), { broker, who: event.who, why: event.why });
      case 'trading_signal':
      case 'validated_signal':
      case 'expired_signal':
      case 'order_change':
      case 'validated_change':
      case 'rejected_change':
      case 'expired_change':
      case 'order_submitted':
      case 'order_claimed':
      case 'modify_submitted':
      case 'cancel_submitted':
      case 'order_modified':
      case 'change_refused':
      case 'order_placed':
      case 'order_cancelled':
      case 'order_expired':
      case 'pnl_snapshot':
        return;
    }
  }

  /** What a person said of books and accounts. */
  #saidBy(event: LedgerAdjusted | CorporateAction | ExternalPosition): string {
    if (event.type === 'ledger_adjusted') return `${event.kind} of ${formatDecimal(event.amount)}`;
    const symbol = this.symbolOf(event.token);
    if (event.type === 'corporate_action') return `${event.action} of ${symbol}`;
    return `${event.quantity} of ${symbol} are not the platform's`;
  }
}
