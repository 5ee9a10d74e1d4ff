import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { type DomainEvent } from '#core/events.ts';
import { type EventId, type StrategyId } from '#core/ids.ts';
import { type EpochMs } from '#core/time.ts';
import {
  adjusted,
  after,
  ALPHA,
  BETA,
  BROKERS,
  catalogueOf,
  deployment,
  inr,
  instruments,
  limits,
  namespacePlan,
  ofType,
  OPEN,
  PAPER,
  plan,
  rs,
  signal,
  units,
  wander,
  type TapeRow,
} from '../../test/support/builders.ts';
import { CascadeRun } from '../../test/support/cascade-run.ts';
import { everything, ONE, roughPlan, roughTerms, TAPE, THREE, TWO } from '../../test/support/rough-market.ts';
import { Cascade } from './cascade.ts';

describe('whatever the market does', () => {
  const tapes = fc
    .record({ seed: fc.integer({ min: 1, max: 1_000_000 }), rows: fc.integer({ min: 50, max: 250 }) })
    .map(({ seed, rows }) => wander({ seed, rows, instruments: 4, stepMs: 1_700 }));

  test('the gate’s ledger equals the portfolio’s, and it accepts no buy that its free cash does not cover', () => {
    let [fills, buys] = [0, 0];
    fc.assert(
      fc.property(tapes, (tape) => {
        const run = new CascadeRun(roughPlan([ONE]), everything);
        for (const row of tape) {
          run.rows([row]);
          const { risk, portfolio } = run.namespace();
          for (const book of portfolio.ledger.books) {
            assert.deepEqual(risk.ledger.book(book.strategyId).snapshot(), book.snapshot());
          }
          for (const { strategyId } of ofType(run.take(), 'validated_signal').filter(
            (one) => one.signal.side === 'BUY',
          )) {
            const reserved = risk
              .snapshot()
              .reservations.filter(([, one]) => one.strategyId === strategyId)
              .reduce((sum, [, one]) => sum + one.cash - Math.floor((one.cash * one.filled) / one.quantity), 0);
            assert.ok(reserved <= risk.ledger.book(strategyId).cash);
            buys++;
          }
        }
        fills += ofType(run.events, 'order_filled').length;
      }),
      { numRuns: 15 },
    );
    assert.ok(fills > 100 && buys > 100, `only ${fills} fills and ${buys} buys`);
  });

  test('the state of the books is what the log’s fills and adjustments add up to', () => {
    fc.assert(
      fc.property(tapes, (tape) => {
        const run = new CascadeRun(roughPlan([ONE, TWO]), everything);
        run.rows(tape.slice(0, 40));
        run.message(adjusted(rs(25)));
        run.rows(tape.slice(40));
        for (const broker of [ONE, TWO]) {
          for (const book of run.namespace(broker).portfolio.ledger.books) {
            const mine = ofType(run.events, 'order_filled').filter(
              (fill) => fill.broker === broker && fill.strategyId === book.strategyId,
            );
            let cash = rs(3_000) + (broker === PAPER && book.strategyId === ALPHA ? rs(25) : 0);
            const held = [0, 0, 0, 0];
            for (const { order, quantity, fillPrice, fees, token } of mine) {
              const signed = order.side === 'BUY' ? quantity : -quantity;
              cash -= signed * fillPrice + fees;
              held[token - 1] = (held[token - 1] ?? 0) + signed;
            }
            assert.deepEqual([book.cash, [...book.quantity]], [cash, held]);
          }
        }
      }),
      { numRuns: 10 },
    );
  });

  test('every signal that came in was executed, rejected or expired, or still waits', () => {
    const outside = fc.record({
      after: fc.nat({ max: 100 }),
      broker: fc.constantFrom(ONE, TWO),
      token: fc.integer({ min: 1, max: 6 }),
      side: fc.constantFrom('BUY' as const, 'SELL' as const),
      quantity: fc.integer({ min: 1, max: 40 }),
      life: fc.integer({ min: 0, max: 15 }),
    });
    const seen = { order_submitted: 0, rejected_signal: 0, expired_signal: 0 };
    fc.assert(
      fc.property(tapes, fc.array(outside, { minLength: 30, maxLength: 60, size: 'max' }), (tape, messages) => {
        const quiet = tape.filter(([on]) => on < 3);
        const freshMs = 6_000;
        const namespaces = [ONE, TWO].map((broker) => roughTerms(broker, { limits: limits({ maxPositionUnits: 30 }) }));
        const run = new CascadeRun(roughPlan([], { namespaces, freshMs, instruments: instruments(5) }), everything);
        let given = 0;
        for (const [k, row] of quiet.entries()) {
          run.rows([row]);
          for (const { after: _when, life, quantity, ...wanted } of messages.filter((one) => one.after === k)) {
            const { at } = run.cascade;
            const expiresAt = (at + life * 1_000) as EpochMs;
            run.message(
              signal({ ...wanted, id: `o${given++}`, at, price: rs(100), quantity: units(quantity), expiresAt }),
            );
          }
        }
        const counts = (type: DomainEvent['type']): number => run.events.filter((event) => event.type === type).length;
        const pending = run.cascade.namespaces().reduce((sum, { engine }) => sum + engine.pendingSignals, 0);
        const ends = counts('order_submitted') + counts('rejected_signal') + counts('expired_signal');
        assert.equal(counts('trading_signal') + given, ends + pending);
        assert.equal(new Set(run.events.map(({ trace }) => trace.id)).size, run.events.length, 'every id is its own');
        for (const type of Object.keys(seen) as (keyof typeof seen)[]) seen[type] += counts(type);
      }),
      { numRuns: 15 },
    );
    for (const [type, count] of Object.entries(seen)) assert.ok(count > 20, `only ${count} of ${type}`);
  });

  test('no order is filled beyond its quantity, or after it ended', () => {
    fc.assert(
      fc.property(tapes, (tape) => {
        const run = new CascadeRun(roughPlan([ONE]), everything);
        run.rows(tape);
        run.clock(after(22_500));
        const open = new Map<EventId, number>();
        for (const event of run.events) {
          if (event.type === 'order_submitted') open.set(event.order.orderId, event.order.quantity);
          if (event.type === 'order_filled') {
            const left = (open.get(event.order.orderId) ?? 0) - event.quantity;
            assert.ok(left >= 0);
            if (left === 0) open.delete(event.order.orderId);
            else open.set(event.order.orderId, left);
          }
          if (event.type === 'order_expired' || event.type === 'order_cancelled')
            assert.ok(open.delete(event.order.orderId));
        }
        assert.equal(open.size, 0, 'at the close every order has ended');
        assert.equal(run.namespace().risk.snapshot().reservations.length, 0, 'and holds no cash');
      }),
      { numRuns: 15 },
    );
  });
});

describe('namespaces do not see each other', () => {
  test('one alone decides byte for byte what it decides beside others', () => {
    const together = new CascadeRun(roughPlan([ONE, TWO, THREE]), everything).rows(TAPE);
    for (const broker of BROKERS) {
      const alone = new CascadeRun(roughPlan([broker]), everything).rows(TAPE);
      assert.deepEqual(alone.bytes(), together.bytes(broker));
      assert.ok(alone.events.length > 300, `${alone.events.length} events`);
      const [kept, beside] = [alone, together].map((run) => run.cascade.snapshot().namespaces[broker]);
      assert.deepEqual(kept, beside);
    }
  });

  test('no event, id or key of one names another', () => {
    const run = new CascadeRun(roughPlan([ONE, TWO, THREE]), everything).rows(TAPE);
    for (const broker of BROKERS) {
      for (const text of run.bytes(broker)) {
        assert.ok(text.startsWith(`${broker}.`));
        for (const other of BROKERS) {
          if (other !== broker) assert.doesNotMatch(text, new RegExp(`[."]${other}[."]`));
        }
      }
    }
  });
});

describe('batches and restarts', () => {
  test('batches of 1, 7 and all rows at once give the same bytes and the same state', () => {
    const whole = new CascadeRun(roughPlan(BROKERS), everything).rows(TAPE);
    for (const size of [1, 7]) {
      const cut = new CascadeRun(roughPlan(BROKERS), everything).rows(TAPE, size);
      assert.deepEqual(cut.bytes(), whole.bytes());
      assert.equal(cut.state(), whole.state());
    }
  });

  test('a run that is stopped and read back at any row ends like one that never stopped', () => {
    const plans = roughPlan([ONE, THREE], { freshMs: 3_000 });
    const rows = TAPE.slice(0, 300);
    const outside: readonly number[] = [20, 77, 150, 151, 222];
    /** Runs the tape, with a signal from outside on an instrument that is not warm after some rows. */
    const play = (stops: ReadonlySet<number>): CascadeRun => {
      const run = new CascadeRun(plans, everything);
      for (const [k, row] of rows.entries()) {
        if (stops.has(k)) run.restart();
        run.rows([row]);
        if (!outside.includes(k)) continue;
        const at = run.cascade.at;
        run.message(
          signal({ id: `o${k}`, token: 1 + (k % 4), at, expiresAt: (at + 20_000) as EpochMs, quantity: units(3) }),
        );
      }
      return run;
    };
    const straight = play(new Set());
    const [bytes, state] = [straight.bytes(), straight.state()];
    assert.ok(ofType(straight.events, 'expired_signal').length + ofType(straight.events, 'rejected_signal').length > 0);
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: 299 }), { minLength: 1, maxLength: 8 }), (stops) => {
        const stopped = play(new Set(stops));
        assert.deepEqual(stopped.bytes(), bytes);
        assert.equal(stopped.state(), state);
      }),
      { numRuns: 25 },
    );
  });

  test('a snapshot is plain data, and reading it back loses nothing', () => {
    const run = new CascadeRun(roughPlan(BROKERS), everything).rows(TAPE);
    const before = run.state();
    assert.equal(run.restart().state(), before);
  });
});

describe('plans', () => {
  const row = (k: number): TapeRow => TAPE[k] as TapeRow;

  test('a cascade without a plan, or with an instrument at another index, stops the program', () => {
    const run = new CascadeRun(plan({ instruments: instruments(2) }));
    assert.throws(
      () => run.cascade.replan(plan({ instruments: [...instruments(2)].reverse() })),
      /the instrument S2 has index 1, the plan says 0/,
    );
    const bare = new Cascade({ catalogue: catalogueOf(), calendar: () => assert.fail('no plan names a calendar') });
    assert.throws(() => bare.plan, /a cascade needs a plan before its first input/);
    assert.equal(bare.session, undefined);
  });

  test('the same plan again changes nothing', () => {
    const [once, often] = [
      new CascadeRun(roughPlan(BROKERS), everything),
      new CascadeRun(roughPlan(BROKERS), everything),
    ];
    once.rows(TAPE);
    for (let k = 0; k < TAPE.length; k += 100) {
      often.cascade.replan(roughPlan(BROKERS));
      often.rows(TAPE.slice(k, k + 100));
    }
    assert.deepEqual(often.bytes(), once.bytes());
    assert.equal(often.state(), once.state());
  });

  test('a namespace that is left out keeps its state, through restarts, and goes on when it comes back', () => {
    const [both, alone] = [roughPlan([ONE, TWO]), roughPlan([ONE])];
    const run = new CascadeRun(both, everything).rows(TAPE.slice(0, 200));
    const kept = run.namespace(TWO).portfolio.snapshot();
    run.cascade.replan(alone);
    assert.equal(run.cascade.namespace(TWO), undefined);
    run.restart().rows(TAPE.slice(200, 300)).restart();
    run.cascade.replan(both);
    assert.deepEqual(run.namespace(TWO).portfolio.snapshot(), kept);
    const before = run.events.length;
    run.rows(TAPE.slice(300));
    assert.ok(run.events.slice(before).some(({ broker }) => broker === TWO));
  });

  test('a deployment that joins while its namespace comes back has a book from the start', () => {
    const run = new CascadeRun(
      plan({ namespaces: [namespacePlan(), namespacePlan({ broker: TWO })], deployments: [deployment()] }),
    );
    run.cascade.replan(plan({ deployments: [deployment()] }));
    const deployments = [deployment(), deployment({ strategyId: BETA })];
    run.cascade.replan(plan({ namespaces: [namespacePlan(), namespacePlan({ broker: TWO })], deployments }));
    for (const broker of [ONE, TWO]) {
      assert.deepEqual(
        run.namespace(broker).portfolio.ledger.books.map(({ strategyId }) => strategyId),
        [ALPHA, BETA],
      );
    }
  });

  test('a book that opens after a change of the starting cash opens with the new one, restarted or not', () => {
    const traded = { instruments: instruments(3), deployments: [deployment()] };
    const changed = plan({ ...traded, namespaces: [namespacePlan({ startingCash: inr(500) })] });
    const [straight, stopped] = [0, 1].map(() => new CascadeRun(plan(traded)));
    for (const run of [straight, stopped] as [CascadeRun, CascadeRun]) {
      run.rows([row(0)]);
      run.cascade.replan(changed);
      if (run === stopped) run.restart();
      run.message(signal({ strategyId: BETA, price: rs(100), quantity: units(6) }));
      run.message(adjusted(1, { strategyId: 'late' as StrategyId }));
    }
    assert.deepEqual(
      ofType(straight?.events ?? [], 'rejected_signal')[0]?.reasons.map(({ code }) => code),
      ['RISK_CASH'],
    );
    assert.equal(stopped?.state(), straight?.state());
    const ledger = straight?.namespace().portfolio.ledger;
    assert.deepEqual(
      [ledger?.book(ALPHA).startingCash, ledger?.book('late' as StrategyId).startingCash],
      [rs(1_000_000), rs(500)],
    );
  });

  test('instruments that join are traded from then on, and the others keep their marks', () => {
    const run = new CascadeRun(plan({ instruments: instruments(1), deployments: [deployment()] }));
    run.tick(0, 100, OPEN);
    run.cascade.replan(plan({ instruments: instruments(3), deployments: [deployment()] }));
    for (let k = 0; k < 6; k++) run.tick(2, 50, after(k));
    assert.deepEqual(new Set(ofType(run.events, 'order_filled').map(({ token }) => token)), new Set([3]));
    assert.equal(run.namespace().portfolio.ledger.markOf(0), rs(100));
  });
});
