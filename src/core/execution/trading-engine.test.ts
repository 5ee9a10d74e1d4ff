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
  ofType,
  OPEN,
  reread,
  root,
  rs,
  signal,
  submitted,
  validated,
} from '../../../test/support/builders.ts';
import { EngineDesk, fillOf } from '../../../test/support/engine-desk.ts';
import { ist } from '../../../test/support/tape-builder.ts';
import { type Ppm } from '../decimal.ts';
import { type StrategyId } from '../ids.ts';

for (const broker of BROKERS) {
  describe(`the trading engine of ${broker}`, () => {
    test('a signal on a warm instrument in an open market becomes an intent under a derived id', () => {
      const desk = new EngineDesk({ broker });
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
      const desk = new EngineDesk({ broker, exchange: exchangeTerms({ commission: 1_000 as Ppm }) });
      const order = desk.order({ id: 'asked' });
      const { orderId } = order.order;
      const placed = desk.report({ kind: 'accepted', orderId, brokerOrderId: 'B1' });
      const first = desk.report(fillOf(order, 'T7', 4, 100.05), after(2));
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
      const desk = new EngineDesk({ broker });
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
      const desk = new EngineDesk({}, false);
      desk.tick(ist(text));
      assert.deepEqual(desk.give('x', { at: ist(text) }), [said], text);
    }
  });

  test('a signal of an earlier session is not executed in this one; one of this morning’s pre-open is', () => {
    const good = { expiresAt: after(86_400) };
    for (const made of ['2021-06-10T15:29:59', '2021-06-11T08:59:59']) {
      assert.deepEqual(new EngineDesk().give('x', { ...good, at: ist(made) }, OPEN), ['SESSION_CLOSED x'], made);
    }
    const early = { ...good, at: ist('2021-06-11T09:00:00') };
    assert.deepEqual(new EngineDesk().give('x', early, OPEN), ['order_submitted x']);
  });

  test('a signal made before the calendar’s data begins ends like any other of an earlier session', () => {
    const made = ist('1999-01-04T10:00:00');
    assert.deepEqual(new EngineDesk().give('x', { at: made, expiresAt: after(60) }, OPEN), ['SESSION_CLOSED x']);
  });

  test('each instrument goes by the hours of its own segment', () => {
    const desk = new EngineDesk();
    desk.context.instruments.add(instrument({ token: 9, symbol: 'GOLD', segment: 'MCX' }));
    assert.throws(() => desk.give('x', { token: 9 }), /no calendar data for segment MCX/);
  });
});

describe('expiry', () => {
  test('an intraday signal that comes when intraday positions are being closed is too late', () => {
    const desk = new EngineDesk({}, false);
    const late = after(22_500 - 900);
    desk.tick(late);
    assert.deepEqual(desk.give('mis', { product: 'MIS', at: late }), ['SESSION_CLOSED mis']);
    assert.deepEqual(desk.give('cnc', { product: 'CNC', at: late }), ['order_submitted cnc']);
  });

  test('a signal at its expiry is too old, and one just before it is not', () => {
    const desk = new EngineDesk();
    assert.deepEqual(desk.give('a', { expiresAt: after(30) }, after(29.999)), ['order_submitted a']);
    assert.deepEqual(desk.give('b', { expiresAt: after(30) }, after(30)), ['EXPIRED b']);
    assert.equal(desk.engine.processedCount, 2);
  });

  test('the expiry names the validated signal as its cause', () => {
    const desk = new EngineDesk();
    desk.engine.onEvent(validated(signal({ id: 'a', expiresAt: OPEN })), root(), desk.out);
    const [said] = ofType(desk.out.take(), 'expired_signal');
    assert.deepEqual([said?.trace.id, said?.trace.correlationId], [`a/r.paper.0/e.paper.0`, 'a']);
  });
});

describe('the state of the engine', () => {
  test('what it holds for a strategy, its orders and its counts survive a restart', () => {
    const desk = new EngineDesk();
    const order = desk.order({ side: 'BUY' });
    desk.report(fillOf(order, 'T1', 4));
    desk.give('waiting', { token: 2 });
    desk.restart();
    const { engine } = desk;
    assert.deepEqual([engine.processedCount, engine.pendingSignals, engine.warmedUpInstruments], [2, 1, 1]);
    assert.equal(desk.report(fillOf(order, 'T1', 4)).length, 0, 'trades are remembered');
    assert.equal(desk.report(fillOf(order, 'T2', 6)).length, 1);
    assert.deepEqual(engine.working(), []);
  });

  test('a new plan makes room for new instruments', () => {
    const desk = new EngineDesk();
    desk.context.instruments.add(instrument({ token: 4, symbol: 'S4' }));
    desk.engine.replan(desk.plan, desk.context);
    desk.tick(after(1), 3, 50);
    assert.deepEqual(desk.give('a', { token: 4, at: after(1) }), ['order_submitted a']);
  });

  test('events of other stages change nothing', () => {
    const desk = new EngineDesk();
    const before = reread(desk.engine.snapshot());
    desk.engine.onEvent(signal(), root(), desk.out);
    desk.engine.onEvent(filled(submitted(signal())), root(), desk.out);
    assert.deepEqual([desk.out.take(), reread(desk.engine.snapshot())], [[], before]);
  });

  test('a signal on an instrument that risk cannot have let pass stops the program', () => {
    assert.throws(() => new EngineDesk().give('x', { token: 99 }), /risk let the unknown instrument 99 pass/);
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
        const desk = new EngineDesk({}, false);
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
