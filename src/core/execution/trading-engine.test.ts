import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import {
  after,
  ALPHA,
  BETA,
  BROKERS,
  exchangeTerms,
  filled,
  instrument,
  instruments,
  namespacePlan,
  ofType,
  OPEN,
  RecordingOut,
  reread,
  root,
  rs,
  signal,
  submitted,
  tick,
  units,
  validated,
} from '../../../test/support/builders.ts';
import { ist, JUNE_2021 } from '../../../test/support/tape-builder.ts';
import { price, type Ppm } from '../decimal.ts';
import { type DomainEvent, type OrderSubmitted, type TradingSignal } from '../events.ts';
import { type EventId, type StrategyId } from '../ids.ts';
import { InstrumentTable } from '../market/instrument.ts';
import { type NamespacePlan } from '../plan.ts';
import { type EpochMs } from '../time.ts';
import { type BrokerReport } from './report.ts';
import { TradingEngine } from './trading-engine.ts';

const FRESH_MS = 60_000;

type Wanted = Partial<TradingSignal> & { readonly id?: string };

/** An engine and what it says; instrument 1 is warm at the open unless the test says otherwise. */
class Desk {
  readonly out = new RecordingOut();
  readonly plan: NamespacePlan;
  readonly context = {
    calendar: JUNE_2021,
    instruments: new InstrumentTable(instruments(3)),
    freshMs: FRESH_MS,
    confirm: () => true,
  };
  engine: TradingEngine;

  constructor(overrides: Partial<NamespacePlan> = {}, warm = true) {
    this.plan = namespacePlan(overrides);
    this.engine = new TradingEngine(this.plan, this.context);
    if (warm) this.tick();
  }

  /** What came of it: types, with the code of an expiry and the id of its signal. */
  #said(): readonly string[] {
    return this.out.take().map((event) => {
      if (event.type === 'expired_signal') return `${event.code} ${event.signal.trace.id}`;
      if (event.type === 'order_submitted') return `order_submitted ${event.signalId}`;
      return event.type;
    });
  }

  tick(at: EpochMs = OPEN, on = 0, rupees = 100): readonly string[] {
    this.engine.onTick(tick({ instrument: on, time: at, price: rs(rupees) }), root(at), this.out);
    return this.#said();
  }

  give(id: string, wanted: Wanted = {}, at: EpochMs = wanted.at ?? OPEN): readonly string[] {
    this.engine.onEvent(validated(signal({ id, broker: this.plan.broker, at, ...wanted })), root(at), this.out);
    return this.#said();
  }

  passTo(at: EpochMs): readonly string[] {
    this.engine.onTime(root(at), this.out);
    return this.#said();
  }

  close(at: EpochMs = after(22_500)): readonly string[] {
    this.engine.onClose('NSE', root(at), this.out);
    return this.#said();
  }

  /** Submits an order and returns it. */
  order(wanted: Wanted = {}): OrderSubmitted {
    const one = signal({ id: 'one', broker: this.plan.broker, quantity: units(10), ...wanted });
    this.engine.onEvent(validated(one), root(one.at), this.out);
    const [order] = ofType(this.out.take(), 'order_submitted');
    assert.ok(order !== undefined);
    return order;
  }

  report(report: BrokerReport, at: EpochMs = after(1)): readonly DomainEvent[] {
    this.engine.onReport(report, root(at), this.out);
    return this.out.take();
  }

  restart(): void {
    const state = reread(this.engine.snapshot());
    this.engine = new TradingEngine(this.plan, this.context);
    this.engine.restore(state);
    assert.deepEqual(reread(this.engine.snapshot()), state);
  }
}

function fill(order: OrderSubmitted, tradeId: string, quantity: number, rupees = 100): BrokerReport {
  return { kind: 'fill', orderId: order.order.orderId, tradeId, quantity: units(quantity), price: rs(rupees) };
}

for (const broker of BROKERS) {
  describe(`the trading engine of ${broker}`, () => {
    test('a signal on a warm instrument in an open market becomes an intent under a derived id', () => {
      const desk = new Desk({ broker });
      const { trace, ...order } = desk.order({ id: 'asked', side: 'SELL', limitPrice: rs(101), validity: 'IOC' });
      const orderId = `asked/r.${broker}.0/e.${broker}.0`;
      assert.deepEqual([trace.id, trace.causationId, trace.correlationId], [orderId, `asked/r.${broker}.0`, 'asked']);
      assert.deepEqual(order, {
        type: 'order_submitted',
        broker,
        strategyId: ALPHA,
        token: 1,
        at: OPEN,
        signalId: 'asked',
        order: {
          orderId,
          side: 'SELL',
          quantity: 10,
          orderType: 'limit',
          validity: 'IOC',
          limitPrice: rs(101),
          triggerPrice: undefined,
          product: 'CNC',
          purpose: 'trade',
        },
        referencePrice: rs(100),
        expiresAt: after(3_600),
        slice: undefined,
        queued: false,
      });
      const [working] = desk.engine.working();
      assert.deepEqual(
        [working?.state, working?.filled],
        ['sending', 0],
        'claimed from the start: it leaves at most once',
      );
    });

    test('each step of an order is told once, under ids that count up, and each fill under its trade', () => {
      const desk = new Desk({ broker, exchange: exchangeTerms({ commission: 1_000 as Ppm }) });
      const order = desk.order({ id: 'asked' });
      const { orderId } = order.order;
      const placed = desk.report({ kind: 'accepted', orderId, brokerOrderId: 'B1' });
      const first = desk.report(fill(order, 'T7', 4, 100.05), after(2));
      const ended = desk.report({ kind: 'cancelled', orderId, message: 'by the broker' }, after(3));
      const about = { broker, strategyId: ALPHA, token: 1, order: order.order };
      const ids = (index: string) => ({ id: `${orderId}/${index}`, correlationId: 'asked', causationId: orderId });
      const plain = [...placed, ...first, ...ended].map(({ trace, ...rest }) => ({
        ...rest,
        trace: { id: trace.id, correlationId: trace.correlationId, causationId: trace.causationId },
      }));
      assert.deepEqual(plain, [
        { ...about, type: 'order_placed', at: after(1), brokerOrderId: 'B1', trace: ids(`e.${broker}.0`) },
        {
          ...about,
          type: 'order_filled',
          at: after(2),
          fillId: `${orderId}/x.${broker}.T7`,
          quantity: 4,
          fillPrice: rs(100.05),
          fees: 4_002,
          trace: ids(`x.${broker}.T7`),
        },
        {
          ...about,
          type: 'order_cancelled',
          at: after(3),
          filledQuantity: 4,
          message: 'by the broker',
          trace: ids(`e.${broker}.1`),
        },
      ]);
    });

    test('a signal that meets a closed market ends with SESSION_CLOSED', () => {
      const desk = new Desk({ broker });
      assert.deepEqual(desk.give('late', { at: after(22_500) }), ['SESSION_CLOSED late']);
    });
  });
}

describe('market hours', () => {
  test('the market is open from its first instant to before its last, and pre-open is not open', () => {
    const cases: readonly (readonly [string, string])[] = [
      ['2021-06-11T08:59:59', 'SESSION_CLOSED x'],
      ['2021-06-11T09:14:59.999', 'SESSION_CLOSED x'],
      ['2021-06-11T09:15:00', 'order_submitted x'],
      ['2021-06-11T15:29:59.999', 'order_submitted x'],
      ['2021-06-11T15:30:00', 'SESSION_CLOSED x'],
      ['2021-06-12T10:00:00', 'SESSION_CLOSED x'],
    ];
    for (const [text, said] of cases) {
      const desk = new Desk({}, false);
      desk.tick(ist(text));
      assert.deepEqual(desk.give('x', { at: ist(text) }), [said], text);
    }
  });

  test('a signal of an earlier session is not executed in this one; one of this morning’s pre-open is', () => {
    const good = { expiresAt: after(86_400) };
    for (const made of ['2021-06-10T15:29:59', '2021-06-11T08:59:59']) {
      assert.deepEqual(new Desk().give('x', { ...good, at: ist(made) }, OPEN), ['SESSION_CLOSED x'], made);
    }
    const early = { ...good, at: ist('2021-06-11T09:00:00') };
    assert.deepEqual(new Desk().give('x', early, OPEN), ['order_submitted x']);
  });

  test('a signal made before the calendar’s data begins ends like any other of an earlier session', () => {
    const made = ist('1999-01-04T10:00:00');
    assert.deepEqual(new Desk().give('x', { at: made, expiresAt: after(60) }, OPEN), ['SESSION_CLOSED x']);
  });

  test('each instrument goes by the hours of its own segment', () => {
    const desk = new Desk();
    desk.context.instruments.add(instrument({ token: 9, symbol: 'GOLD', segment: 'MCX' }));
    assert.throws(() => desk.give('x', { token: 9 }), /no calendar data for segment MCX/);
  });
});

describe('expiry', () => {
  test('a signal at its expiry is too old, and one just before it is not', () => {
    const desk = new Desk();
    assert.deepEqual(desk.give('a', { expiresAt: after(30) }, after(29.999)), ['order_submitted a']);
    assert.deepEqual(desk.give('b', { expiresAt: after(30) }, after(30)), ['EXPIRED b']);
    assert.equal(desk.engine.processedCount, 2);
  });

  test('the expiry names the validated signal as its cause', () => {
    const desk = new Desk();
    desk.engine.onEvent(validated(signal({ id: 'a', expiresAt: OPEN })), root(), desk.out);
    const [said] = ofType(desk.out.take(), 'expired_signal');
    assert.deepEqual([said?.trace.id, said?.trace.correlationId], [`a/r.paper.0/e.paper.0`, 'a']);
  });
});

describe('warming up', () => {
  test('a signal without any tick waits for the first one, and is submitted at its price', () => {
    const desk = new Desk({}, false);
    assert.deepEqual(desk.give('a'), []);
    assert.deepEqual([desk.engine.pendingSignals, desk.engine.warmedUpInstruments], [1, 0]);
    desk.engine.onTick(tick({ price: rs(123) }), root(after(1)), desk.out);
    const [order] = ofType(desk.out.take(), 'order_submitted');
    assert.deepEqual([order?.referencePrice, order?.at, order?.signalId], [rs(123), after(1), 'a']);
    assert.deepEqual([desk.engine.pendingSignals, desk.engine.warmedUpInstruments], [0, 1]);
  });

  test('a tick that is too old is none: yesterday’s price is not a price', () => {
    const desk = new Desk();
    assert.deepEqual(desk.give('a', {}, after(60)), ['order_submitted a']);
    assert.deepEqual(desk.give('b', {}, after(60.001)), []);
    assert.deepEqual(desk.tick(after(61)), ['order_submitted b']);
  });

  test('other instruments are not held up, and their ticks release nothing', () => {
    const desk = new Desk();
    assert.deepEqual(desk.give('a', { token: 2 }), []);
    assert.deepEqual(desk.give('b', { token: 1 }), ['order_submitted b']);
    assert.deepEqual(desk.tick(after(1), 0), []);
    assert.deepEqual(desk.tick(after(2), 1), ['order_submitted a']);
  });

  test('one place for each strategy and instrument: the newest wins, and waiting ones leave in order', () => {
    const desk = new Desk({}, false);
    assert.deepEqual(desk.give('a'), []);
    assert.deepEqual(desk.give('b', { strategyId: BETA }), []);
    assert.deepEqual(desk.give('c', { token: 2 }), []);
    assert.deepEqual(desk.give('d'), ['SUPERSEDED a']);
    assert.equal(desk.engine.pendingSignals, 3);
    assert.deepEqual(desk.tick(after(1)), ['order_submitted b', 'order_submitted d']);
  });

  test('an entry never displaces an exit, on the long side and on the short', () => {
    for (const [entry, exit] of [['BUY', 'SELL'] as const, ['SELL', 'BUY'] as const]) {
      const desk = new Desk();
      const order = desk.order({ side: entry });
      desk.report(fill(order, 'T1', 10));
      const later = after(100);
      assert.deepEqual(desk.give('exit', { side: exit, at: later }), []);
      desk.restart();
      assert.deepEqual(desk.give('entry', { side: entry, at: later }), ['SUPERSEDED entry']);
      assert.deepEqual(desk.give('newer exit', { side: exit, at: later }), ['SUPERSEDED exit']);
      assert.deepEqual(desk.tick(later), ['order_submitted newer exit']);
    }
  });

  test('a sale by a book that holds nothing is no exit', () => {
    const desk = new Desk({}, false);
    desk.give('sale', { side: 'SELL' });
    assert.deepEqual(desk.give('entry'), ['SUPERSEDED sale']);
  });

  test('a waiting signal expires at its time, and does not stop the others', () => {
    const desk = new Desk({}, false);
    desk.give('a', { expiresAt: after(10) });
    desk.give('b', { token: 2, expiresAt: after(20) });
    assert.deepEqual(desk.passTo(after(9.999)), []);
    assert.deepEqual(desk.passTo(after(10)), ['EXPIRED a']);
    assert.deepEqual(desk.tick(after(20), 1), ['EXPIRED b'], 'age is tested again when it leaves the queue');
    assert.deepEqual(desk.passTo(after(30)), []);
  });

  test('what waits at the close ends with the session', () => {
    const desk = new Desk({}, false);
    desk.give('a', { expiresAt: after(86_400 * 30) });
    assert.deepEqual(desk.close(), ['SESSION_CLOSED a']);
    assert.equal(desk.engine.pendingSignals, 0);
  });

  test('the queue survives a restart and releases the same orders', () => {
    const straight = new Desk({}, false);
    const stopped = new Desk({}, false);
    for (const desk of [straight, stopped]) {
      desk.give('a', { token: 2 });
      desk.give('b', { strategyId: BETA });
      desk.give('c', { limitPrice: rs(90) });
    }
    stopped.restart();
    for (const on of [0, 1]) {
      assert.deepEqual(stopped.tick(after(5), on), straight.tick(after(5), on));
    }
    assert.deepEqual(reread(stopped.engine.snapshot()), reread(straight.engine.snapshot()));
  });
});

describe('reports', () => {
  const cases: readonly (readonly [BrokerReport['kind'], string, string])[] = [
    ['accepted', 'order_placed', 'new'],
    ['refused', 'order_failed REFUSED', 'rejected'],
    ['not_sent', 'order_failed NOT_SENT', 'rejected'],
    ['unanswered', 'order_unknown', 'unknown'],
    ['cancelled', 'order_cancelled', 'cancelled'],
    ['expired', 'order_expired', 'expired'],
  ];
  for (const [kind, said, state] of cases) {
    test(`${kind} is told as ${said}`, () => {
      const desk = new Desk({ answeredBy: 'gateway' });
      const { orderId } = desk.order().order;
      const report = { kind, orderId, message: 'why', brokerOrderId: 'B1' } as BrokerReport;
      const [event] = desk.report(report);
      assert.equal(event?.type === 'order_failed' ? `${event.type} ${event.code}` : event?.type, said);
      assert.equal(desk.engine.snapshot().tracker.orders[0]?.state, state);
      assert.deepEqual(desk.report(report), [], 'the same news again is not told');
    });
  }

  test('an order of unknown fate may be proved absent, and may yet appear', () => {
    const desk = new Desk({ answeredBy: 'gateway' });
    const order = desk.order();
    const { orderId } = order.order;
    const types = (report: BrokerReport): readonly string[] => desk.report(report).map(({ type }) => type);
    assert.deepEqual(types({ kind: 'unanswered', orderId, message: 'timed out' }), ['order_unknown']);
    const [absent] = desk.report({ kind: 'proved_absent', orderId, message: 'not in the book' });
    assert.deepEqual([absent?.type, absent?.type === 'order_failed' && absent.code], ['order_failed', 'ABSENT']);
    assert.equal(desk.engine.working().length, 1, 'it is still followed');
    assert.deepEqual(types({ kind: 'accepted', orderId, brokerOrderId: 'B1' }), ['order_placed']);
    assert.equal(desk.engine.working()[0]?.state, 'resurrected');
    assert.deepEqual(types(fill(order, 'T1', 10)), ['order_filled']);
    assert.deepEqual(desk.engine.working(), []);
  });

  test('the same trade told twice is one fill', () => {
    const desk = new Desk();
    const order = desk.order();
    assert.equal(desk.report(fill(order, 'T1', 4)).length, 1);
    assert.equal(desk.report(fill(order, 'T1', 4)).length, 0);
    assert.equal(desk.engine.working()[0]?.filled, 4);
  });

  test('a late acknowledgement after a fill changes nothing', () => {
    const desk = new Desk();
    const order = desk.order();
    desk.report(fill(order, 'T1', 4));
    assert.deepEqual(desk.report({ kind: 'accepted', orderId: order.order.orderId, brokerOrderId: 'B1' }), []);
    assert.equal(desk.engine.working()[0]?.state, 'partially_filled');
  });

  test('a fill that comes after the cancellation is told and counted: a fill is never lost', () => {
    const desk = new Desk({ answeredBy: 'gateway' });
    const order = desk.order();
    desk.report({ kind: 'cancelled', orderId: order.order.orderId, message: 'by the trader' });
    assert.deepEqual(
      desk.report(fill(order, 'T1', 3)).map(({ type }) => type),
      ['order_filled'],
    );
    const [kept] = desk.engine.snapshot().tracker.orders;
    assert.deepEqual([kept?.state, kept?.filled], ['cancelled', 3]);
  });

  test('news of an order that is not followed changes nothing, and the caller learns it', () => {
    const desk = new Desk();
    const { orderId } = desk.order().order;
    const report: BrokerReport = { kind: 'accepted', orderId, brokerOrderId: 'B9' };
    assert.equal(desk.engine.onReport({ ...report, orderId: 'nobody' as EventId }, root(), desk.out), false);
    assert.deepEqual(desk.out.take(), []);
    assert.equal(desk.engine.onReport(report, root(), desk.out), true);
    assert.equal(desk.engine.onReport(report, root(), desk.out), true, 'known, though it changes nothing');
    assert.equal(desk.engine.onReport(fill(desk.order({ id: 'two' }), 'T1', 1), root(), desk.out), true);
  });

  test('more filled than ordered stops the program', () => {
    const desk = new Desk();
    const order = desk.order();
    desk.report(fill(order, 'T1', 6));
    assert.throws(() => desk.report(fill(order, 'T2', 5)), /is filled 11 of 10/);
  });

  test('a settled order of the simulated exchange is forgotten, one of a gateway is kept until the close', () => {
    for (const answeredBy of ['simulated', 'gateway'] as const) {
      const desk = new Desk({ answeredBy });
      const done = desk.order();
      desk.report(fill(done, 'T1', 10));
      const open = desk.order({ id: 'two' });
      assert.equal(desk.engine.snapshot().tracker.orders.length, answeredBy === 'gateway' ? 2 : 1);
      desk.close();
      assert.deepEqual(
        desk.engine.snapshot().tracker.orders.map(({ submitted: { order } }) => order.orderId),
        [open.order.orderId],
      );
    }
  });

  test('fees are the commission of the plan in force, rounded half up', () => {
    const desk = new Desk({ exchange: exchangeTerms({ commission: 1_000 as Ppm }) });
    const order = desk.order();
    const odd: BrokerReport = {
      kind: 'fill',
      orderId: order.order.orderId,
      tradeId: 'T1',
      quantity: units(1),
      price: price(500),
    };
    const fees = (events: readonly DomainEvent[]): readonly number[] =>
      ofType(events, 'order_filled').map((one) => one.fees);
    assert.deepEqual(fees(desk.report(odd)), [1]);
    const plan = { ...desk.plan, exchange: exchangeTerms({ commission: 10_000 as Ppm }) };
    desk.engine.replan(plan, desk.context);
    assert.deepEqual(fees(desk.report({ ...odd, tradeId: 'T2' })), [5]);
  });
});

describe('whatever a broker says', () => {
  const trades = [
    ['T1', 3],
    ['T2', 1],
    ['T3', 4],
    ['T4', 2],
  ] as const;
  const news = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...trades) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        'accepted',
        'refused',
        'not_sent',
        'unanswered',
        'proved_absent',
        'cancelled',
        'expired',
      ),
    },
  );

  test('each trade counts once: the filled quantity depends on which trades were told, not how often or when', () => {
    let complete = 0;
    fc.assert(
      fc.property(fc.array(news, { maxLength: 25, size: 'max' }), fc.nat({ max: 25 }), (said, stop) => {
        const desk = new Desk({ answeredBy: 'gateway' });
        const order = desk.order();
        const { orderId } = order.order;
        const told = new Set<string>();
        let filledSum = 0;
        let ended: string | undefined;
        for (const [k, one] of said.entries()) {
          if (k === stop) desk.restart();
          const report =
            typeof one === 'string'
              ? ({ kind: one, orderId, message: 'why', brokerOrderId: 'B1' } as BrokerReport)
              : fill(order, one[0], one[1]);
          const events = desk.report(report);
          if (typeof one !== 'string') told.add(one[0]);
          filledSum += ofType(events, 'order_filled').reduce((sum, { quantity }) => sum + quantity, 0);
          const state = desk.engine.snapshot().tracker.orders[0]?.state;
          if (ended !== undefined) assert.equal(state, ended, 'nothing leaves a terminal state');
          if (desk.engine.working().length === 0) ended = state;
        }
        const expected = trades.filter(([id]) => told.has(id)).reduce((sum, [, quantity]) => sum + quantity, 0);
        const [kept] = desk.engine.snapshot().tracker.orders;
        assert.equal(kept?.filled, expected);
        assert.equal(filledSum, expected);
        assert.ok(expected <= order.order.quantity);
        if (expected === 10 && ended === 'filled') complete++;
      }),
      { numRuns: 500 },
    );
    assert.ok(complete > 20, `only ${complete} orders were filled whole`);
  });
});

describe('the state of the engine', () => {
  test('what it holds for a strategy, its orders and its counts survive a restart', () => {
    const desk = new Desk();
    const order = desk.order({ side: 'BUY' });
    desk.report(fill(order, 'T1', 4));
    desk.give('waiting', { token: 2 });
    desk.restart();
    const { engine } = desk;
    assert.deepEqual([engine.processedCount, engine.pendingSignals, engine.warmedUpInstruments], [2, 1, 1]);
    assert.equal(desk.report(fill(order, 'T1', 4)).length, 0, 'trades are remembered');
    assert.equal(desk.report(fill(order, 'T2', 6)).length, 1);
    assert.deepEqual(engine.working(), []);
  });

  test('a new plan makes room for new instruments', () => {
    const desk = new Desk();
    desk.context.instruments.add(instrument({ token: 4, symbol: 'S4' }));
    desk.engine.replan(desk.plan, desk.context);
    desk.tick(after(1), 3, 50);
    assert.deepEqual(desk.give('a', { token: 4, at: after(1) }), ['order_submitted a']);
  });

  test('events of other stages change nothing', () => {
    const desk = new Desk();
    const before = reread(desk.engine.snapshot());
    desk.engine.onEvent(signal(), root(), desk.out);
    desk.engine.onEvent(filled(submitted(signal())), root(), desk.out);
    assert.deepEqual([desk.out.take(), reread(desk.engine.snapshot())], [[], before]);
  });

  test('a signal on an instrument that risk cannot have let pass stops the program', () => {
    assert.throws(() => new Desk().give('x', { token: 99 }), /risk let the unknown instrument 99 pass/);
  });

  test('every signal that came in was executed, expired or still waits', () => {
    const step = fc.record({
      strategyId: fc.constantFrom<StrategyId>(ALPHA, BETA),
      token: fc.integer({ min: 1, max: 3 }),
      side: fc.constantFrom('BUY' as const, 'SELL' as const),
      life: fc.integer({ min: 0, max: 100 }),
      tick: fc.option(fc.nat({ max: 2 }), { nil: undefined }),
      gap: fc.integer({ min: 0, max: 90 }),
    });
    const seen = { executed: 0, expired: 0, waiting: 0 };
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
        const desk = new Desk({}, false);
        let at = 0;
        let [executed, expired] = [0, 0];
        const count = (said: readonly string[]): void => {
          executed += said.filter((text) => text.startsWith('order_submitted')).length;
          expired += said.filter((text) => !text.startsWith('order_submitted')).length;
        };
        for (const [k, { gap, life, tick: on, ...wanted }] of steps.entries()) {
          at += gap;
          count(desk.passTo(after(at)));
          if (on !== undefined) count(desk.tick(after(at), on));
          count(desk.give(`s${k}`, { ...wanted, at: after(at), expiresAt: after(at + life) }));
          assert.equal(k + 1, executed + expired + desk.engine.pendingSignals);
        }
        seen.executed += executed;
        seen.expired += expired;
        seen.waiting += desk.engine.pendingSignals;
      }),
      { numRuns: 300 },
    );
    for (const [what, count] of Object.entries(seen)) assert.ok(count > 100, `only ${count} signals ended ${what}`);
  });
});
