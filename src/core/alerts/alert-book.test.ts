import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { type EpochMs } from '../time.ts';
import { AlertBook, OTHERS, type AlertTerms, type Notice, type Observation } from './alert-book.ts';
import { ALERTS, kindOf, type AlertCode } from './catalogue.ts';

const TERMS: AlertTerms = { quietUntil: 0 as EpochMs, repeatMs: 300_000, escalateMs: [60_000, 600_000], keep: 100 };
const at = (ms: number): EpochMs => ms as EpochMs;
const stalled: Observation = { code: 'FEED_STALLED', broker: undefined, subject: 'market ticks', text: 'no tick' };
const late: Observation = { code: 'MARKET_DATA_LATE', broker: undefined, subject: 'market', text: '3 s late' };
const rejected: Observation = { code: 'ORDER_REJECTED', broker: 'paper', subject: 'alpha', text: 'FUNDS' };

function said(notices: readonly Notice[]): readonly string[] {
  return notices.map(({ kind, alert }) => `${kind} ${alert.code} ${alert.state}`);
}

describe('an alert book', () => {
  it('tells a trouble once however often it is seen, and its end', () => {
    const book = new AlertBook(TERMS);
    for (const ms of [1_000, 2_000, 3_000]) {
      book.raise(stalled, at(ms));
      assert.deepEqual(said(book.due(at(ms))), ms === 1_000 ? ['fired FEED_STALLED firing'] : []);
    }
    assert.deepEqual(said(book.end(stalled, at(4_000))), ['resolved FEED_STALLED resolved']);
    assert.deepEqual(book.end(stalled, at(5_000)), []);
    assert.deepEqual(
      book.list().map(({ since, resolvedAt, count }) => [since, resolvedAt, count]),
      [[1_000, 4_000, 1]],
    );
  });

  it('tells nothing of a trouble that ends before it has held long enough', () => {
    const book = new AlertBook(TERMS);
    book.raise(late, at(0));
    assert.deepEqual(book.due(at(1_999)), []);
    assert.deepEqual(book.end(late, at(1_999)), []);
    assert.deepEqual(book.list(), []);
    book.raise(late, at(3_000));
    assert.deepEqual(said(book.due(at(5_000))), ['fired MARKET_DATA_LATE firing']);
  });

  it('tells nothing while it is quiet, and then what happened meanwhile', () => {
    const book = new AlertBook({ ...TERMS, quietUntil: at(30_000) });
    book.raise(rejected, at(1_000));
    book.raise(stalled, at(1_000));
    assert.deepEqual(book.due(at(29_999)), []);
    book.end(stalled, at(29_999));
    assert.deepEqual(said(book.due(at(30_000))), ['fired ORDER_REJECTED firing']);
  });

  it('tells again, step by step, what nobody acknowledges', () => {
    const book = new AlertBook(TERMS);
    book.raise(stalled, at(0));
    assert.equal(book.due(at(0)).length, 1);
    assert.deepEqual(book.due(at(59_999)), []);
    assert.deepEqual(said(book.due(at(60_000))), ['escalated FEED_STALLED firing']);
    assert.deepEqual(book.due(at(659_999)), []);
    assert.deepEqual(said(book.due(at(660_000))), ['escalated FEED_STALLED firing']);
    const id = book.list()[0]?.id ?? '';
    assert.equal(book.acknowledge(id, 'asha', 'on it', at(700_000))?.state, 'acknowledged');
    assert.deepEqual(book.due(at(9_000_000)), []);
    assert.deepEqual(said(book.end(stalled, at(9_000_000))), ['resolved FEED_STALLED resolved']);
    assert.equal(book.acknowledge(id, 'asha', 'too late', at(9_000_001)), undefined);
    assert.equal(book.acknowledge('99', 'asha', 'no such alert', at(9_000_001)), undefined);
  });

  it('tells of one that comes and goes once in a while', () => {
    const book = new AlertBook(TERMS);
    const notices: Notice[] = [];
    for (let ms = 0; ms < 300_000; ms += 1_000) {
      book.raise(stalled, at(ms));
      notices.push(...book.due(at(ms)), ...book.end(stalled, at(ms + 500)));
    }
    assert.deepEqual(said(notices), ['fired FEED_STALLED firing', 'resolved FEED_STALLED resolved']);
    book.raise(stalled, at(300_000));
    assert.deepEqual(said(book.due(at(300_000))), ['fired FEED_STALLED firing']);
    assert.equal(book.list()[0]?.count, 301);
  });

  it('takes what happens once as ended when it does not happen again', () => {
    const book = new AlertBook(TERMS);
    book.raise(rejected, at(0));
    book.due(at(0));
    const quiet = kindOf('ORDER_REJECTED').quietMs ?? 0;
    book.raise(rejected, at(1_000));
    assert.ok(!said(book.due(at(quiet))).some((line) => line.startsWith('resolved')));
    assert.deepEqual(said(book.due(at(quiet + 1_000))), ['resolved ORDER_REJECTED resolved']);
    assert.equal(book.list()[0]?.count, 2);
  });

  it('goes on after a restart where it was', () => {
    const before = new AlertBook(TERMS);
    before.raise(stalled, at(0));
    before.due(at(0));
    const after = new AlertBook(TERMS, before.list());
    after.raise(stalled, at(1_000));
    assert.deepEqual(after.due(at(1_000)), []);
    after.raise(rejected, at(1_000));
    after.due(at(1_000));
    assert.deepEqual(
      after.list().map(({ id }) => id),
      ['1', '2'],
    );
  });

  it('puts what it has no room for under one subject, and forgets what has ended first', () => {
    const book = new AlertBook({ ...TERMS, keep: 2 });
    const about = (subject: string): Observation => ({ ...stalled, subject });
    for (const subject of ['a', 'b', 'c', 'd']) book.raise(about(subject), at(0));
    book.due(at(0));
    assert.deepEqual(
      book.list().map(({ subject }) => subject),
      ['a', 'b', OTHERS],
    );
    book.end(about('a'), at(1));
    book.end(about(OTHERS), at(1));
    book.raise(about('e'), at(2));
    book.due(at(2));
    assert.deepEqual(
      book.list().map(({ subject }) => subject),
      ['b', OTHERS, 'e'],
    );
    book.raise(about('f'), at(3));
    book.raise(about('g'), at(3));
    book.due(at(3));
    assert.deepEqual(said(book.due(at(900_003))).filter((line) => line.startsWith('resolved')).length, 1);
  });
});

/** What may happen to a book, one after another. */
const steps = fc.array(
  fc.record({
    what: fc.constantFrom('raise', 'end', 'acknowledge'),
    code: fc.constantFrom(...(Object.keys(ALERTS) as AlertCode[])),
    subject: fc.constantFrom('a', 'b', 'c'),
    laterMs: fc.integer({ min: 0, max: 400_000 }),
  }),
  { maxLength: 60 },
);

it('tells of every alert first that it began, never an end twice, and of no begin twice within the time for it', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 8 }), (all, keep) => {
      const book = new AlertBook({ ...TERMS, keep });
      let now = 0;
      const told = new Map<string, Notice[]>();
      for (const { what, code, subject, laterMs } of all) {
        now += laterMs;
        const seen = { code, broker: undefined, subject, text: 'text' };
        const notices: Notice[] = [];
        if (what === 'raise') book.raise(seen, at(now));
        else if (what === 'end') notices.push(...book.end(seen, at(now)));
        else book.acknowledge(book.list()[0]?.id ?? '', 'asha', 'seen', at(now));
        notices.push(...book.due(at(now)));
        for (const notice of notices) told.set(notice.alert.id, [...(told.get(notice.alert.id) ?? []), notice]);
      }
      for (const notices of told.values()) {
        assert.equal(notices[0]?.kind, 'fired');
        for (const [k, { kind, alert }] of notices.entries()) {
          const before = notices[k - 1];
          if (kind !== 'fired') assert.ok(before !== undefined && before.kind !== 'resolved');
          if (kind !== 'fired' || before === undefined) continue;
          assert.equal(before.kind, 'resolved');
          const first = notices.slice(0, k).findLast((each) => each.kind === 'fired');
          assert.ok((alert.toldAt ?? 0) - (first?.alert.toldAt ?? 0) >= TERMS.repeatMs);
        }
      }
      // Each code has one subject more than its own once there is no room.
      assert.ok(book.list().length <= keep + Object.keys(ALERTS).length);
    }),
  );
});
