// The life of an order as one table. States are FIX words plus honest ones for what the answer of a broker can leave
// open: an order may be unknown, proved absent, or resurrected.

export type OrderState =
  | 'pending_new'
  | 'sending'
  | 'new'
  | 'partially_filled'
  | 'filled'
  | 'cancelled'
  | 'rejected'
  | 'expired'
  | 'unknown'
  | 'absent'
  | 'resurrected';

/** What can be learned of an order. `partial` and `full` are fills. */
export type OrderNews =
  | 'claimed'
  | 'accepted'
  | 'refused'
  | 'not_sent'
  | 'unanswered'
  | 'proved_absent'
  | 'partial'
  | 'full'
  | 'cancelled'
  | 'expired';

/** Nothing more can come of an order in these states, except that `absent` is final only at the session's end. */
export const TERMINAL_STATES: readonly OrderState[] = ['filled', 'cancelled', 'rejected', 'expired'];

type Row = Partial<Record<OrderNews, OrderState>>;

/**
 * Every transition there is. News that is not in a state's row changes nothing: a late acknowledgement after a fill, a
 * duplicate. There is no edge back to `sending`: an intent is sent at most once in its life.
 */
export const ORDER_TRANSITIONS: Readonly<Record<OrderState, Row>> = {
  pending_new: { claimed: 'sending', not_sent: 'rejected', cancelled: 'cancelled', expired: 'expired' },
  sending: {
    accepted: 'new',
    refused: 'rejected',
    not_sent: 'rejected',
    unanswered: 'unknown',
    partial: 'partially_filled',
    full: 'filled',
    cancelled: 'cancelled',
    expired: 'expired',
  },
  new: { partial: 'partially_filled', full: 'filled', cancelled: 'cancelled', expired: 'expired', refused: 'rejected' },
  partially_filled: { partial: 'partially_filled', full: 'filled', cancelled: 'cancelled', expired: 'expired' },
  unknown: {
    accepted: 'new',
    refused: 'rejected',
    proved_absent: 'absent',
    partial: 'partially_filled',
    full: 'filled',
    cancelled: 'cancelled',
    expired: 'expired',
  },
  absent: {
    accepted: 'resurrected',
    refused: 'rejected',
    partial: 'partially_filled',
    full: 'filled',
    cancelled: 'cancelled',
    expired: 'expired',
  },
  resurrected: { partial: 'partially_filled', full: 'filled', cancelled: 'cancelled', expired: 'expired' },
  filled: {},
  cancelled: {},
  rejected: {},
  expired: {},
};

/** The state after the news, or undefined when the news changes nothing. */
export function afterNews(state: OrderState, news: OrderNews): OrderState | undefined {
  return ORDER_TRANSITIONS[state][news];
}

export function isTerminal(state: OrderState): boolean {
  return state === 'filled' || state === 'cancelled' || state === 'rejected' || state === 'expired';
}
