import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { after, BETA, ofType, reread, root, rs, tick } from '../../../test/support/builders.ts';
import { EngineDesk, fillOf } from '../../../test/support/engine-desk.ts';

describe('warming up', () => {
  test('a signal without any tick waits for the first one, and is submitted at its price', () => {
    const desk = new EngineDesk({}, false);
    assert.deepEqual(desk.give('a'), []);
    assert.deepEqual([desk.engine.pendingSignals, desk.engine.warmedUpInstruments], [1, 0]);
    desk.engine.onTick(tick({ price: rs(123) }), root(after(1)), desk.out);
    const [order] = ofType(desk.out.take(), 'order_submitted');
    assert.deepEqual([order?.referencePrice, order?.at, order?.signalId], [rs(123), after(1), 'a']);
    assert.deepEqual([desk.engine.pendingSignals, desk.engine.warmedUpInstruments], [0, 1]);
  });

  test('a tick that is too old is none: yesterday’s price is not a price', () => {
    const desk = new EngineDesk();
    assert.deepEqual(desk.give('a', {}, after(60)), ['order_submitted a']);
    assert.deepEqual(desk.give('b', {}, after(60.001)), []);
    assert.deepEqual(desk.tick(after(61)), ['order_submitted b']);
  });

  test('other instruments are not held up, and their ticks release nothing', () => {
    const desk = new EngineDesk();
    assert.deepEqual(desk.give('a', { token: 2 }), []);
    assert.deepEqual(desk.give('b', { token: 1 }), ['order_submitted b']);
    assert.deepEqual(desk.tick(after(1), 0), []);
    assert.deepEqual(desk.tick(after(2), 1), ['order_submitted a']);
  });

  test('one place for each strategy and instrument: the newest wins, and waiting ones leave in order', () => {
    const desk = new EngineDesk({}, false);
    assert.deepEqual(desk.give('a'), []);
    assert.deepEqual(desk.give('b', { strategyId: BETA }), []);
    assert.deepEqual(desk.give('c', { token: 2 }), []);
    assert.deepEqual(desk.give('d'), ['SUPERSEDED a']);
    assert.equal(desk.engine.pendingSignals, 3);
    assert.deepEqual(desk.tick(after(1)), ['order_submitted b', 'order_submitted d']);
  });

  test('an entry never displaces an exit, on the long side and on the short', () => {
    for (const [entry, exit] of [['BUY', 'SELL'] as const, ['SELL', 'BUY'] as const]) {
      const desk = new EngineDesk();
      const order = desk.order({ side: entry });
      desk.report(fillOf(order, 'T1', 10));
      const later = after(100);
      assert.deepEqual(desk.give('exit', { side: exit, at: later }), []);
      desk.restart();
      assert.deepEqual(desk.give('entry', { side: entry, at: later }), ['SUPERSEDED entry']);
      assert.deepEqual(desk.give('newer exit', { side: exit, at: later }), ['SUPERSEDED exit']);
      assert.deepEqual(desk.tick(later), ['order_submitted newer exit']);
    }
  });

  test('a sale by a book that holds nothing is no exit', () => {
    const desk = new EngineDesk({}, false);
    desk.give('sale', { side: 'SELL' });
    assert.deepEqual(desk.give('entry'), ['SUPERSEDED sale']);
  });

  test('a waiting signal expires at its time, and does not stop the others', () => {
    const desk = new EngineDesk({}, false);
    desk.give('a', { expiresAt: after(10) });
    desk.give('b', { token: 2, expiresAt: after(20) });
    assert.deepEqual(desk.passTo(after(9.999)), []);
    assert.deepEqual(desk.passTo(after(10)), ['EXPIRED a']);
    assert.deepEqual(desk.tick(after(20), 1), ['EXPIRED b'], 'age is tested again when it leaves the queue');
    assert.deepEqual(desk.passTo(after(30)), []);
  });

  test('what waits at the close ends with the session', () => {
    const desk = new EngineDesk({}, false);
    desk.give('a', { expiresAt: after(86_400 * 30) });
    assert.deepEqual(desk.close(), ['SESSION_CLOSED a']);
    assert.equal(desk.engine.pendingSignals, 0);
  });

  test('the queue survives a restart and releases the same orders', () => {
    const straight = new EngineDesk({}, false);
    const stopped = new EngineDesk({}, false);
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
