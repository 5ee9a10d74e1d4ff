// Worked examples of what else happens to a position that has exits: a strategy's own orders, a kill, a lost order.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { after, BETA, rs, units } from '../../../test/support/builders.ts';
import { atBroker, ExitWorld, guarded, idOf, STOP } from '../../../test/support/exit-world.ts';
import { ist } from '../../../test/support/tape-builder.ts';
import { type DayNumber } from '../time.ts';

describe('a strategy’s own exit', () => {
  test('waits until the bracket has given back what it needs', () => {
    const world = guarded(STOP);
    world.give({ side: 'SELL', quantity: units(2) });
    assert.deepEqual(atBroker(world), ['SELL 6/6 stop 97 modify']);
    assert.equal(world.engine.pendingSignals, 1);
    world.answer(idOf(world, 0), true);
    assert.deepEqual(atBroker(world), ['SELL 4/4 stop 97', 'SELL 2/2 market']);
    world.fill(idOf(world, 1), 2);
    world.fill(idOf(world, 0), 4);
    assert.deepEqual([world.position, world.exits()], [0, []]);
  });

  test('that becomes too old while it waits gives its units back to the bracket, and a person is told', () => {
    const world = guarded(STOP);
    world.give({ side: 'SELL', quantity: units(2), expiresAt: after(5) });
    world.pass(5_000);
    world.answer(idOf(world, 0), true);
    assert.deepEqual(atBroker(world), ['SELL 4/4 stop 97 modify']);
    world.answer(idOf(world, 0), true);
    assert.deepEqual(atBroker(world), ['SELL 6/6 stop 97']);
    assert.ok(world.said.some((text) => text.startsWith('alert_raised')));
  });

  test('is not raised over what the bracket offers', () => {
    const world = guarded(STOP);
    world.give({ side: 'SELL', quantity: units(2), orderType: 'limit', limitPrice: rs(104) });
    world.answer(idOf(world, 0), true);
    world.accept(idOf(world, 1));
    world.change(idOf(world, 1), 'modify', 4);
    assert.deepEqual(atBroker(world), ['SELL 4/4 stop 97', 'SELL 2/2 limit 104']);
    assert.ok(world.said.some((text) => text.startsWith('change_refused')));
    world.change(idOf(world, 1), 'cancel');
    world.answer(idOf(world, 1), true);
    assert.deepEqual(atBroker(world), ['SELL 4/4 stop 97 modify'], 'and what it gives back is guarded again');
  });

  test('without a bracket that becomes too old is asked for again at the market', () => {
    const world = new ExitWorld();
    world.give({ quantity: units(6) });
    world.fill(idOf(world, 0), 6);
    world.give({ side: 'SELL', quantity: units(4), expiresAt: world.now });
    assert.deepEqual(atBroker(world), ['SELL 4/4 market']);
    assert.equal(world.exits()[0]?.purpose, 'exit_again');
  });
});

describe('kill, flatten and square-off', () => {
  test('a kill takes back what strategies have at work, and leaves protection where it is', () => {
    const world = new ExitWorld();
    world.give({ quantity: units(6), bracket: STOP });
    world.fill(idOf(world, 0), 2);
    world.control('killed');
    assert.deepEqual(atBroker(world), ['BUY 4/6 market cancel', 'SELL 2/2 stop 97']);
    world.fill(idOf(world, 0), 4);
    world.accept(idOf(world, 0));
    assert.equal(world.mayFill('SELL', 'engine'), 6, 'what came in all the same is guarded too');
  });

  test('flatten ends what is held back, and the exits leave', () => {
    const world = guarded(STOP);
    world.give({ side: 'SELL', quantity: units(6), orderType: 'limit', limitPrice: rs(110) });
    assert.deepEqual(atBroker(world), ['SELL 6/6 stop 97 cancel']);
    world.control('flatten');
    assert.equal(world.engine.pendingSignals, 0);
    world.answer(idOf(world, 0), true);
    assert.deepEqual(atBroker(world), ['SELL 6/6 market']);
  });

  test('flatten closes a position that no exit guards, in its scope only', () => {
    for (const [subject, orders] of [
      ['strategy:alpha', 1],
      ['instrument:1', 1],
      ['all', 1],
      ['strategy:other', 0],
      ['instrument:2', 0],
    ] as const) {
      const world = new ExitWorld();
      world.give({ quantity: units(6) });
      world.fill(idOf(world, 0), 6);
      world.control('flatten', subject);
      assert.equal(world.orders.size, orders, subject);
    }
  });

  test('square-off closes intraday positions, cancels intraday orders, and leaves others alone', () => {
    const world = guarded(STOP);
    world.give({ quantity: units(3), orderType: 'limit', limitPrice: rs(90) });
    world.accept(idOf(world, 1));
    world.squareOff();
    assert.deepEqual(atBroker(world), ['SELL 6/6 stop 97 modify', 'BUY 3/3 limit 90 cancel']);
    const carried = guarded(STOP, 6, { product: 'NRML' });
    carried.squareOff();
    assert.deepEqual(atBroker(carried), ['SELL 6/6 stop 97']);
  });

  test('square-off reaches an entry that fills after it', () => {
    const world = new ExitWorld();
    world.give({ quantity: units(6), bracket: STOP });
    world.squareOff();
    world.fill(idOf(world, 0), 2);
    assert.deepEqual(atBroker(world).slice(1), ['SELL 2/2 market']);
  });
});

test('an order that was proved absent and appears after all is counted, and given back', () => {
  const world = new ExitWorld();
  world.give({ quantity: units(6), bracket: STOP });
  world.fill(idOf(world, 0), 6);
  const lost = idOf(world, 0);
  world.unanswered(lost);
  world.provedAbsent(lost);
  assert.deepEqual(atBroker(world), ['SELL 6/6 stop 97', 'SELL 6/6 stop 97']);
  world.accept(idOf(world, 1));
  world.accept(lost);
  assert.deepEqual(atBroker(world), ['SELL 6/6 stop 97', 'SELL 6/6 stop 97 cancel']);
  world.answer(idOf(world, 1), true);
  assert.deepEqual(atBroker(world), ['SELL 6/6 stop 97']);
});

test('an order that stays absent is let go of at the close, and so is its exit', () => {
  const world = new ExitWorld();
  world.give({ quantity: units(6), bracket: STOP });
  world.fill(idOf(world, 0), 6);
  const lost = idOf(world, 0);
  world.unanswered(lost);
  world.provedAbsent(lost);
  world.price(99);
  world.orders.delete(lost);
  world.nextSession(ist('2021-06-14T09:15:00'), ist('2021-06-11T15:30:00'));
  assert.deepEqual(atBroker(world), ['SELL 6/6 stop 97']);
  assert.equal(world.exits()[0]?.orders.length, 1);
});

test('an entry that stays absent keeps no exit waiting for it', () => {
  const world = new ExitWorld();
  const open = ist('2021-06-14T09:15:00');
  world.give({ bracket: { ...STOP, exitAt: open } });
  const lost = idOf(world, 0);
  world.unanswered(lost);
  world.provedAbsent(lost);
  world.orders.delete(lost);
  world.nextSession(open, ist('2021-06-11T15:30:00'));
  world.pass(0);
  assert.deepEqual(world.exits(), []);
});

test('an exit whose instrument has no fresh price waits for one, and is asked for again when that takes too long', () => {
  const world = new ExitWorld();
  world.context.freshMs = 1_000;
  world.give({ quantity: units(6), bracket: STOP });
  world.pass(2_000);
  world.fill(idOf(world, 0), 6);
  assert.equal(world.engine.wakeAt(world.now), after(32));
  world.pass(30_000);
  assert.equal(world.engine.pendingSignals, 0);
  world.pass(5_000);
  assert.equal(world.engine.pendingSignals, 1);
  world.price(99);
  assert.deepEqual(atBroker(world), ['SELL 6/6 stop 97']);
});

test('a strategy’s second exit waits on when only the first has what it needs', () => {
  const world = guarded(STOP);
  world.give({ side: 'SELL', quantity: units(2) });
  world.give({ side: 'SELL', quantity: units(3) });
  world.answer(idOf(world, 0), true);
  assert.deepEqual(atBroker(world), ['SELL 4/4 stop 97 modify', 'SELL 2/2 market']);
  assert.equal(world.engine.pendingSignals, 1);
  world.answer(idOf(world, 0), true);
  assert.deepEqual(atBroker(world), ['SELL 1/1 stop 97', 'SELL 2/2 market', 'SELL 3/3 market']);
});

test('a price outside the session moves nothing, and other controls leave exits alone', () => {
  const world = guarded(STOP);
  const before = atBroker(world);
  world.control('armed');
  world.now = ist('2021-06-11T15:30:00');
  world.price(90);
  assert.deepEqual(atBroker(world), before);
});

test('a signal of the engine’s kind that no exit asked for becomes an order of no exit', () => {
  const world = guarded(STOP);
  world.give({ side: 'SELL', purpose: 'bracket' });
  assert.equal(world.exits()[0]?.orders.length, 1);
  world.verdict = 'refuse';
  world.give({ side: 'SELL', purpose: 'bracket' });
  assert.equal(world.exits()[0]?.refusals, 0);
});

test('what an order that had all its modifies cannot take goes to a new one', () => {
  const row = { from: 0 as DayNumber, to: 100_000 as DayNumber, perSecond: 0, perMinute: 0, perDay: 0, slices: 0 };
  const world = new ExitWorld({ pacing: [{ ...row, modifiesPerOrder: 1 }] });
  world.give({ quantity: units(6), bracket: STOP });
  world.fill(idOf(world, 0), 1);
  world.accept(idOf(world, 1));
  world.fill(idOf(world, 0), 1);
  world.answer(idOf(world, 1), true);
  world.fill(idOf(world, 0), 4);
  assert.deepEqual(atBroker(world), ['SELL 2/2 stop 97', 'SELL 4/4 stop 97']);
});

test('strategies do not wait for each other’s exits', () => {
  const world = guarded(STOP);
  world.give({ strategyId: BETA, quantity: units(6), bracket: STOP });
  world.fill(idOf(world, 1), 6);
  world.accept(idOf(world, 1));
  world.give({ side: 'SELL', quantity: units(2) });
  world.give({ strategyId: BETA, side: 'SELL', quantity: units(3) });
  world.answer(idOf(world, 1), true);
  assert.deepEqual(atBroker(world), ['SELL 6/6 stop 97 modify', 'SELL 3/3 stop 97', 'SELL 3/3 market']);
});
