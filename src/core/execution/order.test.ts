import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { afterNews, isTerminal, ORDER_TRANSITIONS, TERMINAL_STATES, type OrderNews, type OrderState } from './order.ts';

const ALL_NEWS: readonly OrderNews[] = [
  'claimed',
  'accepted',
  'refused',
  'not_sent',
  'unanswered',
  'proved_absent',
  'partial',
  'full',
  'cancelled',
  'expired',
];

/** The whole table again, a row a state and a column for each news above; `-` changes nothing. */
const TABLE: Readonly<Record<OrderState, string>> = {
  pending_new: 'sending - - rejected - - - - cancelled expired',
  sending: '- new rejected rejected unknown - partially_filled filled cancelled expired',
  new: '- - rejected - - - partially_filled filled cancelled expired',
  partially_filled: '- - - - - - partially_filled filled cancelled expired',
  unknown: '- new rejected - - absent partially_filled filled cancelled expired',
  absent: '- resurrected rejected - - - partially_filled filled cancelled expired',
  resurrected: '- - - - - - partially_filled filled cancelled expired',
  filled: '- - - - - - - - - -',
  cancelled: '- - - - - - - - - -',
  rejected: '- - - - - - - - - -',
  expired: '- - - - - - - - - -',
};
const STATES = Object.keys(TABLE) as OrderState[];

describe('the life of an order', () => {
  for (const state of STATES) {
    test(`every news to an order that is ${state}`, () => {
      const found = ALL_NEWS.map((news) => afterNews(state, news) ?? '-');
      assert.equal(found.join(' '), TABLE[state]);
    });
  }

  test('the table has no other state', () => {
    assert.deepEqual(Object.keys(ORDER_TRANSITIONS).toSorted(), STATES.toSorted());
  });

  test('nothing leaves a terminal state, and every other state can end', () => {
    for (const state of STATES) {
      const exits = ALL_NEWS.filter((news) => afterNews(state, news) !== undefined);
      assert.equal(isTerminal(state), TERMINAL_STATES.includes(state));
      assert.equal(exits.length === 0, isTerminal(state), state);
      const ends = exits.some((news) => isTerminal(afterNews(state, news) ?? state));
      assert.ok(ends || isTerminal(state), state);
    }
  });

  test('an intent is sent at most once: no news leads back to where it could be claimed or sent', () => {
    for (const state of STATES) {
      for (const news of ALL_NEWS) {
        const next = afterNews(state, news);
        assert.notEqual(next, 'pending_new');
        if (next === 'sending') assert.deepEqual([state, news], ['pending_new', 'claimed']);
      }
    }
  });
});
