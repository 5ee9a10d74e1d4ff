// The phases of a session as the simulated exchange needs them. Who calls the times is not its business: it is told.
import { type OrderType } from '../events.ts';

export interface ExchangePhase {
  /**
   * `continuous`: every tick matches. `opening_call` collects orders and matches them at one price, the first of the
   * continuous phase. `closing_call` collects them, with what rests already, and matches them when it ends, at the
   * last price seen. `closed` matches nothing; what rests, rests on.
   */
  readonly kind: 'closed' | 'opening_call' | 'continuous' | 'closing_call';
  /** Types of orders that are taken. With none of them, no change of an order is taken either. */
  readonly accepts: readonly OrderType[];
}
