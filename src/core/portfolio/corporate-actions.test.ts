import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import {
  after,
  ALPHA,
  BETA,
  BROKERS,
  catalogueOf,
  deployment,
  instrument,
  instruments,
  inr,
  namespacePlan,
  PAPER,
  plan,
  RecordingOut,
  reread,
  root,
  rs,
  signal,
  strategyOf,
  units,
} from '../../../test/support/builders.ts';
import { type RunnerState } from '../strategy/runner.ts';
import { CascadeRun, short } from '../../../test/support/cascade-run.ts';
import { ist, JUNE_2021 } from '../../../test/support/tape-builder.ts';
import { type Money } from '../decimal.ts';
import { type CorporateAction } from '../events.ts';
import { knownTrace, type BrokerId, type EventId } from '../ids.ts';
import { InvariantError } from '../invariant.ts';
import { type EpochMs, parseDay, type DayNumber } from '../time.ts';
import { Book } from './book.ts';
import { actionTrouble, type ActionContext } from './corporate-actions.ts';
import { Ledger } from './ledger.ts';

const FRIDAY = ist('2021-06-11T15:30:00');
const MONDAY = ist('2021-06-14T09:15:00');

function action(overrides: Partial<CorporateAction> = {}): CorporateAction {
  return {
    type: 'corporate_action',
    broker: PAPER,
    token: 1,
    trace: knownTrace('action' as EventId),
    at: FRIDAY,
    action: 'split',
    ratio: { from: 1, to: 5 },
    amount: undefined,
    exDay: parseDay('2021-06-14') as DayNumber,
    who: 'asha',
    why: 'face value from 10 to 2',
    ...overrides,
  };
}

function dividend(rupees: number): CorporateAction {
  return action({ action: 'dividend', ratio: undefined, amount: inr(rupees) });
}

/** Buys ten units on Friday at 100, and would buy one more at its third tick from a new start. */
function friday(broker: BrokerId): CascadeRun {
  const third = strategyOf('third', ({ seen }, _tick, own) =>
    seen % 3 === 0 ? { side: 'BUY', quantity: own.quantity === 0 ? 10 : 1 } : undefined,
  );
  const deployments = [deployment({ strategyId: ALPHA, strategyType: 'third', tokens: [1], brokers: [broker] })];
  const run = new CascadeRun(plan({ namespaces: [namespacePlan({ broker })], deployments }), catalogueOf(third));
  for (let second = 0; second < 5; second++) run.tick(0, 100, after(second));
  run.clock(FRIDAY);
  run.take();
  return run;
}

/** What the first strategy holds by its own books: index and quantity. */
function ownQuantities({ books }: RunnerState): readonly (readonly [number, number])[] {
  return (books[0]?.[1] ?? []).map(([index, { quantity }]) => [index, quantity] as const);
}

for (const broker of BROKERS) {
  describe(`a corporate action in ${broker}`, () => {
    test('split overnight: five shares for one at the same cost, and the strategy begins anew with the new prices', () => {
      const run = friday(broker);
      const { portfolio, runner, risk } = run.namespace(broker);
      const [book] = portfolio.ledger.books;
      assert.ok(book !== undefined);
      const before = { cash: book.cash, equity: book.equity, cost: book.cost[0], realised: book.realised };
      run.message(action({ broker }));
      assert.deepEqual({ cash: book.cash, equity: book.equity, cost: book.cost[0], realised: book.realised }, before);
      assert.deepEqual([book.quantity[0], book.averagePrice(0), portfolio.ledger.markOf(0)], [50, rs(20), rs(20)]);
      assert.deepEqual(ownQuantities(runner.snapshot()), [[0, 50]]);
      assert.deepEqual(book.snapshot(), reread(risk.snapshot()).ledger.books[0]);

      const monday = [0, 1, 2, 3].map((second) => short(run.tick(0, 20, (MONDAY + second * 1_000) as EpochMs)));
      assert.deepEqual(monday, [
        [],
        [],
        ['trading_signal', 'validated_signal', 'order_submitted', 'order_placed'],
        ['order_filled 1@20'],
      ]);
      run.message(signal({ id: 'out', broker, side: 'SELL', quantity: units(51), at: (MONDAY + 4_000) as EpochMs }));
      const sold = short(run.tick(0, 20, (MONDAY + 5_000) as EpochMs));
      assert.ok(sold.includes('order_filled 51@20'), 'the engine and the gate know every share');
      assert.deepEqual([book.quantity[0], book.cost[0], book.realised], [0, 0, 0]);
    });

    test('a split survives a restart, and so does the new start of the strategy', () => {
      const runs = [friday(broker), friday(broker)] as const;
      for (const run of runs) run.message(action({ broker }));
      runs[1].restart();
      for (const run of runs) for (let k = 0; k < 4; k++) run.tick(0, 20, (MONDAY + k * 1_000) as EpochMs);
      assert.deepEqual(runs[1].bytes(), runs[0].bytes());
    });

    test('a dividend is paid on every share, and is a gain', () => {
      const run = friday(broker);
      run.message({ ...dividend(2.5), broker });
      const [book] = run.namespace(broker).portfolio.ledger.books;
      assert.deepEqual([book?.adjustments, book?.netPnl, book?.quantity[0]], [inr(25), inr(25), 10]);
    });
  });
}

test('a position that no deployment runs is split too', () => {
  const run = friday(PAPER);
  run.cascade.replan({ ...run.cascade.plan, deployments: [] });
  for (const token of [1, 2]) run.message(action({ token }));
  assert.deepEqual(ownQuantities(run.namespace().runner.snapshot()), [[0, 50]]);
  assert.deepEqual(run.namespace().runner.snapshot().hosts[0]?.states, []);
});

test('a split of an instrument that a deployment does not run, or that joined later, leaves it as it was', () => {
  const run = friday(PAPER);
  const before = reread(run.namespace().runner.snapshot());
  for (const token of [2, 7]) run.namespace().runner.onEvent(action({ token }), root(), new RecordingOut());
  assert.deepEqual(run.namespace().runner.snapshot(), before);
});

describe('an action is refused', () => {
  const book = new Book(ALPHA, inr(1_000), 1);
  book.fill(0, 3, rs(10), 0, rs(10));
  const context: ActionContext = {
    calendar: JUNE_2021,
    instrument: instrument({ symbol: 'INFY' }),
    at: FRIDAY,
    books: [new Book(BETA, inr(1_000), 1), book],
    index: 0,
    atWork: false,
  };
  const trouble = (of: CorporateAction, more: Partial<ActionContext> = {}): string => {
    const found = actionTrouble(of, { ...context, ...more });
    return found === undefined ? 'none' : `${found.code}: ${found.message}`;
  };

  test('when it would leave a fraction of a share in any book', () => {
    assert.equal(trouble(action()), 'none');
    const found = trouble(action({ ratio: { from: 2, to: 3 } }));
    assert.match(found, /^NOT_EXACT: expected whole shares of INFY from 2 becoming 3, found 3 in the book alpha;/);
    assert.equal(trouble(action({ ratio: { from: 3, to: 1 } })), 'none');
    assert.match(trouble(action({ ratio: { from: 1, to: Number.MAX_SAFE_INTEGER } })), /^NOT_EXACT/);
  });

  test('while the market trades, too early and too late', () => {
    const at = (text: string, of = action()): string => trouble(of, { at: ist(text) });
    const wrong =
      /^NOT_BETWEEN_SESSIONS: expected it between the last close before the ex-date 2021-06-14 and the session NSE:2021-06-14/;
    for (const text of ['2021-06-10T16:00:00', '2021-06-11T15:29:59', '2021-06-14T09:00:00', '2021-06-14T16:00:00']) {
      assert.match(at(text), wrong);
    }
    assert.equal(at('2021-06-14T08:59:59'), 'none');
    assert.equal(at('2021-06-11T15:30:00', action({ exDay: parseDay('2021-06-12') as DayNumber })), 'none');
  });

  test('on what is no equity, and as long as an order names the old shares', () => {
    assert.match(trouble(action(), { instrument: instrument({ kind: 'future' }) }), /^NOT_AN_EQUITY: .* kind future/);
    assert.match(trouble(action(), { atWork: true }), /^ORDERS_AT_WORK: expected no order and no exit at work in INFY/);
    assert.equal(trouble(dividend(1), { atWork: true }), 'none', 'a dividend changes no share');
  });

  test('by a namespace for an instrument that it does not know, and for orders of its own', () => {
    const run = new CascadeRun(plan({ instruments: instruments(1) }));
    assert.equal(run.namespace().troubleWith(action({ token: 7 }), FRIDAY)?.code, 'NOT_AN_EQUITY');
    assert.equal(run.namespace().troubleWith(action(), FRIDAY), undefined);
    run.tick(0, 100, after(0));
    run.message(signal({ id: 'limit', orderType: 'limit', limitPrice: rs(90), at: after(1) }));
    assert.equal(run.namespace().engine.isAtWork(1), true);
    assert.equal(run.namespace().engine.isAtWork(2), false);
  });
});

test('whatever is held, an action keeps the books balanced: shares by the ratio, cost and cash to the unit', () => {
  const holding = fc.record({ lots: fc.integer({ min: -50, max: 50 }), price: fc.integer({ min: 1, max: 1_000_000 }) });
  const ratio = fc.record({ from: fc.integer({ min: 1, max: 10 }), to: fc.integer({ min: 1, max: 10 }) });
  const gift = fc.oneof(ratio, fc.integer({ min: 1, max: 1_000_000 }));
  fc.assert(
    fc.property(fc.tuple(holding, holding), fc.integer({ min: 1, max: 1_000_000 }), gift, (holdings, mark, given) => {
      const ledger = new Ledger(inr(1_000_000), 1);
      ledger.mark(0, mark);
      const from = typeof given === 'number' ? 1 : given.from;
      for (const [index, { lots, price }] of holdings.entries()) {
        const opened = ledger.book(index === 0 ? ALPHA : BETA);
        if (lots !== 0) opened.fill(0, lots * from, price, 3, mark);
      }
      const before = ledger.books.map((each) => each.snapshot());
      const event = typeof given === 'number' ? { ...dividend(0), amount: given as Money } : action({ ratio: given });
      ledger.onCorporateAction(event, 0);
      for (const [index, each] of ledger.books.entries()) {
        const was = before[index];
        const held = was?.positions[0]?.[1] ?? 0;
        const paid = typeof given === 'number' ? held * given : 0;
        assert.equal(each.cash, (was?.cash ?? 0) + paid);
        assert.equal(each.cost[0], was?.positions[0]?.[2] ?? 0);
        assert.equal(each.quantity[0], typeof given === 'number' ? held : (held / given.from) * given.to);
        assert.equal(each.marketValue, (each.quantity[0] ?? 0) * ledger.markOf(0) + 0);
        assert.equal(each.netPnl, each.equity - inr(1_000_000));
      }
    }),
    { numRuns: 1_000 },
  );
});

test('a split that was not checked stops the program instead of losing a fraction', () => {
  const book = new Book(ALPHA, inr(1_000), 1);
  book.fill(0, 3, rs(10), 0, rs(10));
  assert.throws(() => book.split(0, 2, 3, rs(10), rs(7)), InvariantError);
});
