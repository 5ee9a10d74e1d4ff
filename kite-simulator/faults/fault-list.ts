// Every fault that can be turned on, and what it does. The names are the control API's words; the README shows this list.

export interface FaultDescription {
  /** Where it strikes. */
  readonly at: 'request' | 'answer' | 'order' | 'update' | 'socket' | 'instruments';
  readonly does: string;
}

export const FAULTS = {
  // Before the request is carried out: nothing is accepted.
  'lost-request': { at: 'request', does: 'The request is never carried out and never answered.' },
  'late-request': {
    at: 'request',
    does: 'The request is carried out only after `ms`, which a client may not wait for.',
  },
  'refuse-reset': { at: 'request', does: 'The connection is reset before anything is carried out.' },
  'refuse-500': { at: 'request', does: '500 GeneralException; nothing is carried out.' },
  'refuse-502': { at: 'request', does: '502 with a page of HTML; nothing is carried out.' },
  'refuse-503': { at: 'request', does: '503 NetworkException; nothing is carried out.' },
  'refuse-timed-out-400': { at: 'request', does: 'The 400 that says timed out; here nothing was carried out.' },
  'too-many-requests': {
    at: 'request',
    does: '429, and again for every request of the class for `ms` (default 10,000).',
  },
  'token-expires': { at: 'request', does: 'The session ends before this request: 403, and so for all that follow.' },
  'unregistered-ip': { at: 'request', does: '403: order requests come from an address that is not registered.' },
  'permission-denied': { at: 'request', does: '403 PermissionException.' },

  // After the request was carried out: what was accepted stands.
  'no-answer': { at: 'answer', does: 'Carried out, never answered.' },
  'slow-answer': { at: 'answer', does: 'Carried out, answered after `ms`.' },
  reset: { at: 'answer', does: 'Carried out, then the connection is reset.' },
  'bad-gateway': { at: 'answer', does: 'Carried out, answered by a 502 with a page of HTML.' },
  'gateway-timeout': { at: 'answer', does: 'Carried out, answered by a 504.' },
  'timed-out-400': { at: 'answer', does: 'Carried out, answered by the 400 that says timed out.' },
  'html-200': { at: 'answer', does: 'Carried out, answered by 200 with a page of HTML.' },
  'truncated-json': { at: 'answer', does: 'Carried out, answered by 200 with half of the JSON.' },
  'unquoted-order-id': { at: 'answer', does: 'Carried out, and the 19 digits of the order id stand without quotes.' },
  'no-order-id': { at: 'answer', does: 'Carried out, answered by success without an order id.' },
  'token-expires-mid-call': { at: 'answer', does: 'Carried out and answered; the session has ended meanwhile.' },
  'accepted-then-403': {
    at: 'answer',
    does: 'Carried out, the session ends, and the answer is the 403 of a dead token.',
  },
  'empty-list': { at: 'answer', does: '200 with an empty list of orders, trades or positions.' },
  'missing-rows': { at: 'answer', does: '200 with the list cut to its first half.' },

  // In the life of an order.
  'hidden-order': { at: 'order', does: 'Accepted, but not in the order book before `ms` have passed (default 8,000).' },
  'stuck-order': { at: 'order', does: 'It stays in PUT ORDER REQ RECEIVED for `ms` (default 90,000), then goes on.' },
  'rms-reject': { at: 'order', does: 'Accepted, then REJECTED in the book by risk management.' },
  'late-reject': { at: 'order', does: 'It is OPEN, then REJECTED by the exchange.' },
  'modify-refused': { at: 'order', does: 'The modification is answered with success and then NOT MODIFIED.' },
  'fill-wins-cancel': { at: 'order', does: 'The cancellation is accepted, but the order trades whole first.' },
  'partial-fill-then-cancel': { at: 'order', does: 'The cancellation is accepted; half of the rest trades first.' },
  'slow-cancel': { at: 'order', does: 'CANCEL PENDING for `ms` (default 60,000); meanwhile it may trade.' },
  'partial-fill': { at: 'order', does: 'It trades in pieces: each execution is cut to about half of what is left.' },

  // In what is pushed.
  'lost-update': { at: 'update', does: 'The update is not sent, by socket or postback.' },
  'duplicate-update': { at: 'update', does: 'The update is sent twice.' },
  'late-update': { at: 'update', does: 'The update is held back until after the next one.' },
  'foreign-update': { at: 'update', does: 'An update of an order that nobody placed here goes out as well.' },
  'bad-checksum': { at: 'update', does: 'The postback has a wrong checksum.' },

  // On the ticker.
  'refuse-socket': { at: 'socket', does: 'The upgrade is refused with `status` (default 403).' },
  'silent-socket': { at: 'socket', does: 'The connection stays up and carries not one byte more for `ms`.' },
  'heartbeats-only': { at: 'socket', does: 'Heartbeats go on, ticks do not, for `ms`.' },
  drop: { at: 'socket', does: 'The connection is cut without a closing frame.' },
  'double-drop': { at: 'socket', does: 'The connection is cut, and so is the next one as soon as it has subscribed.' },
  'malformed-frame': {
    at: 'socket',
    does: 'A frame that breaks the layout; which way it breaks is drawn from the seed.',
  },
  'stray-tick': { at: 'socket', does: 'A packet of a token that nobody subscribed to.' },
  'zero-price': { at: 'socket', does: 'A packet with a last price of 0.' },
  'old-tick': { at: 'socket', does: 'A packet whose exchange time lies a minute back.' },

  // In the instruments dump.
  'instruments-502': { at: 'instruments', does: '502 with a page of HTML.' },
  'instruments-empty': { at: 'instruments', does: 'Only the line of column names.' },
  'instruments-truncated': { at: 'instruments', does: 'The dump ends in the middle of a line.' },
  'instruments-lot-size': { at: 'instruments', does: 'Every lot size is doubled.' },
  'instruments-reused-token': { at: 'instruments', does: 'Two symbols have the same token.' },
} as const satisfies Readonly<Record<string, FaultDescription>>;

export type FaultKind = keyof typeof FAULTS;

export function isFaultKind(text: string): text is FaultKind {
  return Object.hasOwn(FAULTS, text);
}
