import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Ppm } from '#core/decimal.ts';
import { type DomainEvent } from '#core/events.ts';
import { type EventId, type StrategyId } from '#core/ids.ts';
import { DEPTH_WIDTH, NO_VOLUME, TickBatch } from '#core/market/tick.ts';
import { DECIDING_LENGTH, NAMESPACE } from '#core/strategy/deciding.ts';
import { alwaysOpen } from '#core/market/always-open.ts';
import { type Plan } from '#core/plan.ts';
import { type EpochMs } from '#core/time.ts';
import {
  adjusted,
  after,
  ALPHA,
  BROKERS,
  catalogueOf,
  controlled,
  deployment,
  inr,
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
} from '../../test/support/builders.ts';
import { CascadeRun, short, SOURCE } from '../../test/support/cascade-run.ts';
import { ONE, roughPlan, TAPE, THREE, TWO } from '../../test/support/rough-market.ts';
import { ist } from '../../test/support/tape-builder.ts';
import { Cascade } from './cascade.ts';

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
    assert.deepEqual(
      ofType(third, 'trading_signal').map(({ side, quantity }) => [side, quantity]),
      [['SELL', 4]],
    );
    assert.deepEqual(short(run.tick(0, 103, after(4))), ['order_filled 4@103']);
    assert.equal(run.namespace().portfolio.ledger.book(ALPHA).realised, rs(8));
  });

  test('deployments are asked in the order of their ids, and all signals come before what is decided about them', () => {
    const always = strategyOf('always', () => ({ side: 'BUY', quantity: 1 }));
    const deployments = ['b', 'a'].map((id) => deployment({ strategyId: id as StrategyId, strategyType: 'always' }));
    const run = new CascadeRun(plan({ deployments }), catalogueOf(always));
    const said = run
      .tick(0, 100, OPEN)
      .map((event) => `${event.type} ${'strategyId' in event ? event.strategyId : ''}`);
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
    const namespaces = [namespacePlan({ limits: set, startingCash: inr(1_000_000) })];
    const run = new CascadeRun(
      plan({ namespaces, deployments: [deployment({ strategyType: 'every' })] }),
      catalogueOf(every),
    );
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
    assert.deepEqual(
      [fill?.trace.id, fill?.trace.causationId, fill?.trace.correlationId],
      [`${order}/x.paper.0`, order, root],
    );
  });
});

describe('volume', () => {
  test('what traded since the instrument’s tick before limits the fills; a smaller number is a new day', () => {
    const seen: number[] = [];
    const watching = strategyOf('watching', (_state, now) => {
      seen.push(now.traded);
      return undefined;
    });
    const run = new CascadeRun(
      plan({ deployments: [deployment({ strategyType: 'watching' })] }),
      catalogueOf(watching),
    );
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
    assert.deepEqual(
      run
        .tick(0, 101, after(15_000))
        .filter(({ type }) => type === 'pnl_snapshot')
        .map(at),
      ['pnl_snapshot NSE:2021-06-11@11:15:00/p.paper.0', 'pnl_snapshot NSE:2021-06-11@13:15:00/p.paper.0'],
    );
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
      assert.deepEqual(short(run.message(signal({ id: 'w', price: rs(1), expiresAt: after(30) }))), [
        'validated_signal',
      ]);
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
      assert.deepEqual(short(run.events), [
        'validated_signal',
        'order_submitted',
        'order_placed',
        'order_filled 1@101',
      ]);
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
    assert.equal(
      cascade.onReport(THREE, { kind: 'accepted', orderId: 'x' as EventId, brokerOrderId: 'B' }, OPEN),
      false,
    );
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
    const run = new CascadeRun(
      plan({ namespaces: [ONE, TWO].map((broker) => namespacePlan({ broker })), deployments: [deployment()] }),
    );
    run.tick(0, 100, OPEN);
    const { trace } = signal({ id: 'command' });
    const halt = { action: 'namespace_halted', subject: ONE, who: 'test', why: 'test' } as const;
    run.message({ type: 'control_changed', broker: ONE, trace, at: OPEN, ...halt });
    run.rows(TAPE.filter(([on]) => on < 2));
    const codes = ofType(run.events, 'rejected_signal').flatMap(({ broker, reasons }) =>
      reasons.map(({ code }) => `${broker} ${code}`),
    );
    assert.deepEqual(new Set(codes), new Set([`${ONE} NAMESPACE_HALTED`]));
    assert.deepEqual(new Set(ofType(run.events, 'order_submitted').map(({ broker }) => broker)), new Set([TWO]));
  });
});

describe('a broker behind a gateway', () => {
  function gatewayRun(): CascadeRun {
    const run = new CascadeRun(
      plan({ namespaces: [namespacePlan({ answeredBy: 'gateway' }), namespacePlan({ broker: TWO })] }),
    );
    run.tick(0, 100, OPEN);
    run.message(controlled('armed'));
    return run;
  }

  test('its intents are handed out and never matched here; what it reports goes on as from any broker', () => {
    const run = gatewayRun();
    run.message(signal({ id: 'live', quantity: units(2) }));
    run.message(signal({ id: 'simulated', broker: TWO }));
    assert.deepEqual(
      run.intents.map(({ broker, signalId }) => [broker, signalId]),
      [[PAPER, 'live']],
    );
    assert.deepEqual(short(run.tick(0, 101, after(1))), ['order_filled 1@101'], 'the simulated one');
    const orderId = run.intents[0]?.order.orderId ?? ('' as EventId);
    run.cascade.onReport(PAPER, { kind: 'accepted', orderId, brokerOrderId: 'B1' }, after(2));
    run.cascade.onReport(PAPER, { kind: 'fill', orderId, tradeId: 'T1', quantity: units(2), price: rs(102) }, after(1));
    const told = run.take();
    assert.deepEqual(short(told), ['order_placed', 'order_filled 2@102']);
    assert.deepEqual(
      told.map(({ at }) => at),
      [after(2), after(2)],
      'time never goes backwards',
    );
    assert.equal(run.namespace().portfolio.ledger.book(ALPHA).quantity[0], 2);
  });

  test('an intent ends the batch at its row, so that it can leave before the next', () => {
    const third = strategyOf('third', ({ seen }) => (seen === 3 ? { side: 'BUY', quantity: 1 } : undefined));
    const namespaces = [namespacePlan({ answeredBy: 'gateway' })];
    const deployments = [deployment({ strategyType: 'third', tokens: [1] })];
    const run = new CascadeRun(plan({ namespaces, deployments }), catalogueOf(third));
    run.message(controlled('armed'));
    const batch = new TickBatch(5, false);
    for (let k = 0; k < 5; k++) batch.push(0, after(k), rs(100 + k), NO_VOLUME, k);
    assert.equal(
      run.cascade.onTicks(batch, 0, batch.count, () => SOURCE),
      3,
    );
    assert.equal(run.intents.length, 1);
    run.cascade.pause = false;
    assert.equal(
      run.cascade.onTicks(batch, 3, batch.count, () => SOURCE),
      5,
    );
    assert.equal(run.namespace().portfolio.ledger.markOf(0), rs(104));
  });
});
