import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { type Money, type Ppm } from '#core/decimal.ts';
import { type DomainEvent } from '#core/events.ts';
import { type BrokerId, type EventId, type StrategyId } from '#core/ids.ts';
import { DEPTH_WIDTH, NO_VOLUME, TickBatch } from '#core/market/tick.ts';
import { DECIDING_LENGTH, NAMESPACE } from '#core/strategy/deciding.ts';
import { alwaysOpen } from '#core/market/always-open.ts';
import { type NamespacePlan, type Plan } from '#core/plan.ts';
import { type EpochMs } from '#core/time.ts';
import {
  adjusted,
  after,
  ALPHA,
  alternating,
  BETA,
  BROKERS,
  catalogueOf,
  deployment,
  exchangeTerms,
  instruments,
  limits,
  namespacePlan,
  ofType,
  OPEN,
  PAPER,
  plan,
  rs,
  signal,
  strategyOf,
  units,
  wander,
  type TapeRow,
} from '../../test/support/builders.ts';
import { CascadeRun, short, SOURCE } from '../../test/support/cascade-run.ts';
import { ist } from '../../test/support/tape-builder.ts';
import { Cascade } from './cascade.ts';

const [ONE, TWO, THREE] = BROKERS as readonly [BrokerId, BrokerId, BrokerId];

/** Sells what it holds at even seconds and bids below the market at odd ones: orders that rest. */
const bidding = strategyOf('bidding', ({ seen }, now, own) => {
  if (seen % 2 === 0) return own.quantity > 0 ? { side: 'SELL', quantity: own.quantity } : undefined;
  const limitPrice = (now.price - 500) as typeof now.price;
  return { side: 'BUY', quantity: 1 + (seen % 7), orderType: 'limit', limitPrice };
});
/** Throws at its 40th tick of an instrument. */
const fragile = strategyOf('fragile', ({ seen }) => {
  if (seen === 40) throw new Error('worn out');
  return seen % 9 === 0 ? { side: 'BUY', quantity: 1 } : undefined;
});
const everything = catalogueOf(alternating, bidding, fragile);

/** A market with costs, delays, partial fills and limits that bite. */
function roughTerms(broker: BrokerId, overrides: Partial<NamespacePlan> = {}): NamespacePlan {
  return namespacePlan({
    broker,
    startingCash: rs(3_000) as number as Money,
    exchange: exchangeTerms({
      slippage: 500 as Ppm,
      commission: 1_000 as Ppm,
      latencyMsMean: 900,
      latencyMsStd: 700,
      partialFills: true,
      roundToTick: true,
    }),
    limits: limits({ maxPositionUnits: 30, maxTradesPerDay: 60, duplicateWindowMs: 2_000, staleAfterMs: 60_000 }),
    signalTtlMs: 5_000,
    ...overrides,
  });
}

function roughPlan(brokers: readonly BrokerId[], overrides: Partial<Plan> = {}): Plan {
  return plan({
    instruments: instruments(4),
    snapshotIntervalMs: 60_000,
    namespaces: brokers.map((broker) => roughTerms(broker)),
    deployments: [
      deployment({ strategyId: ALPHA }),
      deployment({ strategyId: BETA, strategyType: 'bidding', tokens: [1, 2, 3] }),
      deployment({ strategyId: 'gamma' as StrategyId, strategyType: 'fragile', brokers: [ONE, THREE] }),
    ],
    ...overrides,
  });
}

const TAPE = wander({ seed: 11, rows: 600, instruments: 4 });

describe('within one tick', () => {
  /** A run whose strategy buys at its first tick of an instrument and sells at its third. */
  function simple(overrides: Partial<Plan> = {}): CascadeRun {
    const once = strategyOf('once', ({ seen }, _tick, own) => {
      if (seen === 1) return { side: 'BUY', quantity: 4 };
      return seen === 3 ? { side: 'SELL', quantity: own.quantity } : undefined;
    });
    const strategyType = 'once';
    return new CascadeRun(plan({ deployments: [deployment({ strategyType })], ...overrides }), catalogueOf(once));
  }

  test('an order accepted at a tick fills at the next tick of its instrument at the earliest', () => {
    const run = simple({ deployments: [deployment({ strategyType: 'once', tokens: [1] })] });
    assert.deepEqual(short(run.tick(0, 100, after(1))), [
      'trading_signal',
      'validated_signal',
      'order_submitted',
      'order_placed',
    ]);
    assert.deepEqual(short(run.tick(1, 500, after(2))), [], 'a tick of another instrument');
    assert.deepEqual(short(run.tick(0, 101, after(2))), ['order_filled 4@101']);
  });

  test('resting orders are matched before strategies are asked, so they see the position that they hold', () => {
    const run = simple();
    run.tick(0, 100, after(1));
    run.tick(0, 101, after(2));
    const third = run.tick(0, 102, after(3));
    assert.deepEqual(ofType(third, 'trading_signal').map(({ side, quantity }) => [side, quantity]), [['SELL', 4]]);
    assert.deepEqual(short(run.tick(0, 103, after(4))), ['order_filled 4@103']);
    assert.equal(run.namespace().portfolio.ledger.book(ALPHA).realised, rs(8));
  });

  test('deployments are asked in the order of their ids, and all signals come before what is decided about them', () => {
    const always = strategyOf('always', () => ({ side: 'BUY', quantity: 1 }));
    const deployments = ['b', 'a'].map((id) => deployment({ strategyId: id as StrategyId, strategyType: 'always' }));
    const run = new CascadeRun(plan({ deployments }), catalogueOf(always));
    const said = run.tick(0, 100, OPEN).map((event) => `${event.type} ${'strategyId' in event ? event.strategyId : ''}`);
    assert.deepEqual(said, [
      'trading_signal a',
      'trading_signal b',
      'validated_signal a',
      'validated_signal b',
      'order_submitted a',
      'order_submitted b',
      'order_placed a',
      'order_placed b',
    ]);
  });

  test('the books are marked before the gate judges: a fall at this very tick closes it', () => {
    const every = strategyOf('every', () => ({ side: 'BUY', quantity: 1 }));
    const set = limits({ maxDrawdown: 100 as Ppm });
    const namespaces = [namespacePlan({ limits: set, startingCash: rs(1_000_000) as number as Money })];
    const run = new CascadeRun(plan({ namespaces, deployments: [deployment({ strategyType: 'every' })] }), catalogueOf(every));
    for (let k = 0; k < 20; k++) run.tick(0, 100, after(k));
    assert.equal(ofType(run.events, 'rejected_signal').length, 0);
    const said = run.tick(0, 90, after(20));
    const [refused] = ofType(said, 'rejected_signal');
    assert.deepEqual(refused?.reasons, [{ code: 'RISK_DRAWDOWN', limit: '100.00', found: '190.00' }]);
  });

  test('prices before the open are marked, but nothing is asked, matched or submitted', () => {
    const run = simple();
    assert.deepEqual(run.tick(0, 100, ist('2021-06-11T09:05:00')), []);
    assert.deepEqual(run.tick(0, 102, ist('2021-06-11T09:14:59.999')), []);
    assert.equal(run.namespace().portfolio.ledger.markOf(0), rs(102));
    assert.deepEqual(short(run.message(signal({ id: 'early', at: ist('2021-06-11T09:14:59.999') }))), [
      'validated_signal',
      'expired_signal SESSION_CLOSED',
    ]);
    assert.deepEqual(ofType(run.tick(0, 103, OPEN), 'trading_signal').length, 1, 'its first tick is at the open');
    const more = wander({ seed: 3, rows: 50, instruments: 2, from: ist('2021-06-14T09:00:00') });
    run.rows(more);
    assert.deepEqual(
      run.take().filter(({ at }) => at > after(22_500)),
      [],
    );
  });

  test('a tick that is late by its own clock is taken at the time of the latest', () => {
    const run = simple();
    run.tick(1, 50, after(10));
    const said = run.tick(0, 100, after(4));
    assert.deepEqual(new Set(said.map(({ at }) => at)), new Set([after(10)]));
    assert.equal(run.cascade.at, after(10));
  });

  test('what follows from a tick is named after it', () => {
    const run = simple({ deployments: [deployment({ strategyType: 'once', tokens: [1] })] });
    run.tick(1, 50, after(1));
    const root = `${SOURCE}:1`;
    const order = `${root}/s.paper.0/r.paper.0/e.paper.0`;
    assert.deepEqual(
      run.tick(0, 100, after(2)).map(({ trace }) => [trace.id, trace.causationId, trace.correlationId]),
      [
        [`${root}/s.paper.0`, root, root],
        [`${root}/s.paper.0/r.paper.0`, `${root}/s.paper.0`, root],
        [order, `${root}/s.paper.0/r.paper.0`, root],
        [`${order}/e.paper.0`, order, root],
      ],
    );
    const [fill] = run.tick(0, 101, after(3));
    assert.deepEqual([fill?.trace.id, fill?.trace.causationId, fill?.trace.correlationId], [`${order}/x.paper.0`, order, root]);
  });
});

describe('volume', () => {
  test('what traded since the instrument’s tick before limits the fills; a smaller number is a new day', () => {
    const seen: number[] = [];
    const watching = strategyOf('watching', (_state, now) => {
      seen.push(now.traded);
      return undefined;
    });
    const run = new CascadeRun(plan({ deployments: [deployment({ strategyType: 'watching' })] }), catalogueOf(watching));
    for (const [k, volume] of [100, 130, 130, -1, 150, 20, 3_000_000_000].entries()) {
      run.tick(0, 100, after(k), volume);
      if (k === 3) run.restart();
    }
    run.tick(1, 100, after(9), 7);
    assert.deepEqual(seen, [100, 30, 0, -1, 20, 20, 2_999_999_980, 7]);
  });
});

test('a tick carries its own depth, or none', () => {
  const seen: (number | undefined)[] = [];
  const watching = strategyOf('watching', (_state, { depth, depthAt }) => {
    seen.push(depthAt === -1 ? undefined : depth[depthAt]);
    return undefined;
  });
  const run = new CascadeRun(plan({ deployments: [deployment({ strategyType: 'watching' })] }), catalogueOf(watching));
  const batch = new TickBatch(2, true);
  for (let k = 0; k < 2; k++) batch.push(0, after(k), rs(100), NO_VOLUME, k);
  batch.depth[0] = 41;
  batch.depth[DEPTH_WIDTH] = 42;
  batch.hasDepth = true;
  run.cascade.onTicks(batch, 0, 2, () => SOURCE);
  run.tick(0, 100, after(2));
  assert.deepEqual(seen, [41, 42, undefined]);
});

test('the watchdog sees which namespace is deciding', () => {
  const deciding = new Int32Array(DECIDING_LENGTH);
  const seen: (number | undefined)[] = [];
  const watching = strategyOf('watching', () => {
    seen.push(deciding[NAMESPACE]);
    return undefined;
  });
  const cascade = new Cascade({ catalogue: catalogueOf(watching), calendar: () => alwaysOpen(), deciding });
  const namespaces = [ONE, TWO].map((broker) => namespacePlan({ broker }));
  cascade.replan(plan({ namespaces, deployments: [deployment({ strategyType: 'watching' })] }));
  const batch = new TickBatch(1, false);
  batch.push(0, OPEN, rs(100), NO_VOLUME, 0);
  cascade.onTicks(batch, 0, 1, () => SOURCE);
  assert.deepEqual(seen, [1, 2]);
});

describe('time', () => {
  test('books are reported at multiples of the interval and at the close, when orders of the day end', () => {
    const run = new CascadeRun(roughPlan([ONE], { snapshotIntervalMs: 7_200_000, deployments: [deployment()] }));
    run.tick(0, 100, OPEN);
    run.message(signal({ id: 'far', limitPrice: rs(1), expiresAt: after(9) }), after(1));
    const at = (event: DomainEvent): string => `${event.type} ${event.trace.id}`;
    assert.deepEqual(run.clock(after(7_199)).map(at), []);
    assert.deepEqual(run.tick(0, 101, after(15_000)).filter(({ type }) => type === 'pnl_snapshot').map(at), [
      'pnl_snapshot NSE:2021-06-11@11:15:00/p.paper.0',
      'pnl_snapshot NSE:2021-06-11@13:15:00/p.paper.0',
    ]);
    const order = 'far/r.paper.0/e.paper.0';
    assert.deepEqual(run.clock(after(22_500)).map(at), [
      'pnl_snapshot NSE:2021-06-11@15:15:00/p.paper.0',
      `order_expired ${order}/e.paper.1`,
      'pnl_snapshot NSE:2021-06-11@close/p.paper.0',
    ]);
    assert.equal(run.cascade.session?.id, 'NSE:2021-06-14');
    assert.deepEqual(run.clock(after(20_000)), [], 'time never goes backwards');
    assert.equal(run.cascade.at, after(22_500));
  });

  test('each timer fires at its own time, before the tick that finds it due', () => {
    const run = new CascadeRun(plan({ deployments: [deployment()] }));
    run.tick(0, 100, OPEN);
    const said = run.tick(0, 100, after(700));
    assert.deepEqual(
      said.map(({ type, at }) => [type, at]),
      [
        ['pnl_snapshot', after(300)],
        ['pnl_snapshot', after(600)],
      ],
    );
  });

  test('waiting signals expire when the time comes, whatever input brings it', () => {
    const inputs: readonly ((run: CascadeRun, at: EpochMs) => readonly DomainEvent[])[] = [
      (run, at) => run.tick(1, 50, at),
      (run, at) => run.clock(at),
      (run, at) => run.message(adjusted(1), at),
    ];
    for (const bring of inputs) {
      const run = new CascadeRun();
      run.tick(1, 50, OPEN);
      assert.deepEqual(short(run.message(signal({ id: 'w', price: rs(1), expiresAt: after(30) }))), ['validated_signal']);
      assert.deepEqual(short(bring(run, after(29))), []);
      assert.deepEqual(short(bring(run, after(30))), ['expired_signal EXPIRED']);
    }
  });
});

describe('events from outside', () => {
  test('a signal becomes a fill in its own namespace and nothing in any other', () => {
    for (const broker of BROKERS) {
      const run = new CascadeRun(plan({ namespaces: BROKERS.map((each) => namespacePlan({ broker: each })) }));
      run.tick(0, 100, OPEN);
      run.message(signal({ broker, id: 'outside' }), after(1));
      run.tick(0, 101, after(2));
      assert.deepEqual(short(run.events), ['validated_signal', 'order_submitted', 'order_placed', 'order_filled 1@101']);
      assert.deepEqual(new Set(run.events.map((event) => event.broker)), new Set([broker]));
      for (const each of BROKERS) {
        const held = run.namespace(each).portfolio.ledger.book(ALPHA).quantity[0];
        assert.equal(held, each === broker ? 1 : 0);
      }
    }
  });

  test('a namespace that is not active takes nothing', () => {
    const run = new CascadeRun();
    const { cascade } = run;
    assert.equal(cascade.onMessage(signal({ broker: THREE }), OPEN), false);
    assert.equal(cascade.onReport(THREE, { kind: 'accepted', orderId: 'x' as EventId, brokerOrderId: 'B' }, OPEN), false);
    assert.deepEqual([run.events, cascade.at], [[], 0]);
  });

  test('a deposit reaches both ledgers and is told by the next report', () => {
    const run = new CascadeRun(plan({ deployments: [deployment()] }));
    run.tick(0, 100, OPEN);
    run.message(adjusted(rs(50)));
    const { portfolio, risk } = run.namespace();
    assert.deepEqual([portfolio.ledger.book(ALPHA).cash, risk.ledger.book(ALPHA).cash], [rs(1_000_050), rs(1_000_050)]);
    assert.equal(ofType(run.clock(after(300)), 'pnl_snapshot')[0]?.equity, rs(1_000_050));
  });

  test('a halted namespace refuses every signal, of strategies too, and the others go on', () => {
    const run = new CascadeRun(plan({ namespaces: [ONE, TWO].map((broker) => namespacePlan({ broker })), deployments: [deployment()] }));
    run.tick(0, 100, OPEN);
    const { trace } = signal({ id: 'command' });
    const halt = { action: 'namespace_halted', subject: ONE, who: 'test', why: 'test' } as const;
    run.message({ type: 'control_changed', broker: ONE, trace, at: OPEN, ...halt });
    run.rows(TAPE.filter(([on]) => on < 2));
    const codes = ofType(run.events, 'rejected_signal').flatMap(({ broker, reasons }) => reasons.map(({ code }) => `${broker} ${code}`));
    assert.deepEqual(new Set(codes), new Set([`${ONE} NAMESPACE_HALTED`]));
    assert.deepEqual(new Set(ofType(run.events, 'order_submitted').map(({ broker }) => broker)), new Set([TWO]));
  });
});

describe('a broker behind a gateway', () => {
  function gatewayRun(): CascadeRun {
    const run = new CascadeRun(plan({ namespaces: [namespacePlan({ answeredBy: 'gateway' }), namespacePlan({ broker: TWO })] }));
    run.tick(0, 100, OPEN);
    return run;
  }

  test('its intents are handed out and never matched here; what it reports goes on as from any broker', () => {
    const run = gatewayRun();
    run.message(signal({ id: 'live', quantity: units(2) }));
    run.message(signal({ id: 'simulated', broker: TWO }));
    assert.deepEqual(run.intents.map(({ broker, signalId }) => [broker, signalId]), [[PAPER, 'live']]);
    assert.deepEqual(short(run.tick(0, 101, after(1))), ['order_filled 1@101'], 'the simulated one');
    const orderId = run.intents[0]?.order.orderId ?? ('' as EventId);
    run.cascade.onReport(PAPER, { kind: 'accepted', orderId, brokerOrderId: 'B1' }, after(2));
    run.cascade.onReport(PAPER, { kind: 'fill', orderId, tradeId: 'T1', quantity: units(2), price: rs(102) }, after(1));
    const told = run.take();
    assert.deepEqual(short(told), ['order_placed', 'order_filled 2@102']);
    assert.deepEqual(told.map(({ at }) => at), [after(2), after(2)], 'time never goes backwards');
    assert.equal(run.namespace().portfolio.ledger.book(ALPHA).quantity[0], 2);
  });

  test('an intent ends the batch at its row, so that it can leave before the next', () => {
    const third = strategyOf('third', ({ seen }) => (seen === 3 ? { side: 'BUY', quantity: 1 } : undefined));
    const namespaces = [namespacePlan({ answeredBy: 'gateway' })];
    const deployments = [deployment({ strategyType: 'third', tokens: [1] })];
    const run = new CascadeRun(plan({ namespaces, deployments }), catalogueOf(third));
    const batch = new TickBatch(5, false);
    for (let k = 0; k < 5; k++) batch.push(0, after(k), rs(100 + k), NO_VOLUME, k);
    assert.equal(run.cascade.onTicks(batch, 0, batch.count, () => SOURCE), 3);
    assert.equal(run.intents.length, 1);
    run.cascade.pause = false;
    assert.equal(run.cascade.onTicks(batch, 3, batch.count, () => SOURCE), 5);
    assert.equal(run.namespace().portfolio.ledger.markOf(0), rs(104));
  });
});

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
          for (const { strategyId } of ofType(run.take(), 'validated_signal').filter((one) => one.signal.side === 'BUY')) {
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
            run.message(signal({ ...wanted, id: `o${given++}`, at, price: rs(100), quantity: units(quantity), expiresAt }));
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
          if (event.type === 'order_expired' || event.type === 'order_cancelled') assert.ok(open.delete(event.order.orderId));
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
        run.message(signal({ id: `o${k}`, token: 1 + (k % 4), at, expiresAt: (at + 20_000) as EpochMs, quantity: units(3) }));
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
    assert.throws(() => run.cascade.replan(plan({ instruments: [...instruments(2)].reverse() })), /the instrument S2 has index 1, the plan says 0/);
    const bare = new Cascade({ catalogue: catalogueOf(), calendar: () => assert.fail('no plan names a calendar') });
    assert.throws(() => bare.plan, /a cascade needs a plan before its first input/);
    assert.equal(bare.session, undefined);
  });

  test('the same plan again changes nothing', () => {
    const [once, often] = [new CascadeRun(roughPlan(BROKERS), everything), new CascadeRun(roughPlan(BROKERS), everything)];
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
    const run = new CascadeRun(plan({ namespaces: [namespacePlan(), namespacePlan({ broker: TWO })], deployments: [deployment()] }));
    run.cascade.replan(plan({ deployments: [deployment()] }));
    const deployments = [deployment(), deployment({ strategyId: BETA })];
    run.cascade.replan(plan({ namespaces: [namespacePlan(), namespacePlan({ broker: TWO })], deployments }));
    for (const broker of [ONE, TWO]) {
      assert.deepEqual(run.namespace(broker).portfolio.ledger.books.map(({ strategyId }) => strategyId), [ALPHA, BETA]);
    }
  });

  test('a book that opens after a change of the starting cash opens with the new one, restarted or not', () => {
    const changed = plan({ namespaces: [namespacePlan({ startingCash: rs(500) as number as Money })], deployments: [deployment()] });
    const [straight, stopped] = [0, 1].map(() => new CascadeRun(plan({ deployments: [deployment()] })));
    for (const run of [straight, stopped] as [CascadeRun, CascadeRun]) {
      run.rows([row(0)]);
      run.cascade.replan(changed);
      if (run === stopped) run.restart();
      run.message(signal({ strategyId: BETA, price: rs(100), quantity: units(6) }));
      run.message(adjusted(1, { strategyId: 'late' as StrategyId }));
    }
    assert.deepEqual(ofType(straight?.events ?? [], 'rejected_signal')[0]?.reasons.map(({ code }) => code), ['RISK_CASH']);
    assert.equal(stopped?.state(), straight?.state());
    const ledger = straight?.namespace().portfolio.ledger;
    assert.deepEqual([ledger?.book(ALPHA).startingCash, ledger?.book('late' as StrategyId).startingCash], [rs(1_000_000), rs(500)]);
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
