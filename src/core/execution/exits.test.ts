// Worked examples of exits that the engine owns: each is one afternoon of a position.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { after, OPEN, rs, units } from '../../../test/support/builders.ts';
import { atBroker, ExitWorld, guarded, idOf, NONE, STOP } from '../../../test/support/exit-world.ts';
import { ist } from '../../../test/support/tape-builder.ts';
import { type DayNumber } from '../time.ts';

describe('a bracket', () => {
  test('follows the filled quantity of its entry', () => {
    const world = new ExitWorld();
    world.give({ quantity: units(6), bracket: STOP });
    world.fill(idOf(world, 0), 2);
    assert.deepEqual(atBroker(world), ['BUY 4/6 market', 'SELL 2/2 stop 97']);
    world.fill(idOf(world, 0), 1);
    assert.deepEqual(atBroker(world).slice(1), ['SELL 2/2 stop 97', 'SELL 1/1 stop 97'], 'the first is still sending');
    world.accept(idOf(world, 1));
    world.fill(idOf(world, 0), 1);
    assert.deepEqual(atBroker(world).slice(1), ['SELL 2/2 stop 97 modify', 'SELL 1/1 stop 97']);
    world.answer(idOf(world, 1), true);
    world.end(idOf(world, 0), 'cancelled');
    assert.deepEqual(atBroker(world), ['SELL 3/3 stop 97', 'SELL 1/1 stop 97'], 'the rest of the entry never comes');
  });

  test('of an entry that never fills is forgotten with it', () => {
    const world = new ExitWorld();
    world.give({ bracket: STOP });
    world.end(idOf(world, 0), 'refused');
    assert.deepEqual(world.exits(), []);
  });

  test('turns its stop into a limit at the target, and back into a market order when the stop comes after all', () => {
    const world = guarded({ ...STOP, target: rs(103) });
    world.price(103);
    assert.deepEqual(atBroker(world), ['SELL 6/6 stop 97 modify']);
    world.answer(idOf(world, 0), true);
    assert.deepEqual(atBroker(world), ['SELL 6/6 limit 103']);
    world.price(97);
    world.answer(idOf(world, 0), true);
    assert.deepEqual(atBroker(world), ['SELL 6/6 market']);
    world.fill(idOf(world, 0), 6);
    assert.deepEqual([world.position, world.exits()], [0, []]);
  });

  test('that is reached while its stop is being sent takes the target once the broker knows the order', () => {
    const world = new ExitWorld();
    world.give({ quantity: units(6), bracket: { ...STOP, target: rs(103) } });
    world.fill(idOf(world, 0), 6);
    world.price(103);
    assert.deepEqual(atBroker(world), ['SELL 6/6 stop 97']);
    world.accept(idOf(world, 0));
    assert.deepEqual(atBroker(world), ['SELL 6/6 stop 97 modify']);
  });

  test('of a short position works the other way round', () => {
    const world = guarded({ ...NONE, stop: rs(103), target: rs(97) }, 6, { side: 'SELL' });
    assert.deepEqual(atBroker(world), ['BUY 6/6 stop 103']);
    world.price(97);
    world.answer(idOf(world, 0), true);
    assert.deepEqual(atBroker(world), ['BUY 6/6 limit 97']);
  });

  test('whose stop fills at the broker while a change is on its way ends in one exit', () => {
    const world = guarded({ ...STOP, target: rs(103) });
    world.price(103);
    world.fill(idOf(world, 0), 6, 97);
    world.answer(idOf(world, 0), true);
    assert.deepEqual([world.position, world.exits(), world.orders.size], [0, [], 0]);
  });

  test('with a target alone rests at the target', () => {
    assert.deepEqual(atBroker(guarded({ ...NONE, target: rs(103) })), ['SELL 6/6 limit 103']);
  });

  test('in parts goes on when one of them is refused', () => {
    const world = new ExitWorld();
    world.give({ quantity: units(20), bracket: STOP });
    assert.equal(world.orders.size, 3);
    world.end(idOf(world, 2), 'refused');
    world.fill(idOf(world, 0), 8);
    world.fill(idOf(world, 0), 8);
    assert.deepEqual(atBroker(world), ['SELL 8/8 stop 97', 'SELL 8/8 stop 97']);
  });
});

describe('a stop that follows the price', () => {
  test('moves up in steps on the price grid under a long position, and never back', () => {
    const world = guarded({ ...NONE, trail: rs(5) });
    assert.deepEqual(atBroker(world), ['SELL 6/6 stop 95']);
    world.price(100.3);
    assert.deepEqual(atBroker(world), ['SELL 6/6 stop 95'], 'less than a tenth of the distance');
    world.price(101.02);
    world.answer(idOf(world, 0), true);
    assert.deepEqual(atBroker(world), ['SELL 6/6 stop 96']);
    world.price(99);
    assert.deepEqual(atBroker(world), ['SELL 6/6 stop 96']);
  });

  test('moves down over a short one', () => {
    const world = guarded({ ...NONE, trail: rs(5) }, 6, { side: 'SELL' });
    world.price(98.98);
    world.answer(idOf(world, 0), true);
    assert.deepEqual(atBroker(world), ['BUY 6/6 stop 104']);
  });

  test('begins on the price grid, wherever the entry was filled', () => {
    for (const [side, stop] of [['BUY', 94.95] as const, ['SELL', 105] as const]) {
      const world = new ExitWorld();
      world.give({ side, bracket: { ...NONE, trail: rs(5) } });
      world.fill(idOf(world, 0), 1, 99.96);
      assert.equal(world.exits()[0]?.stop, rs(stop));
    }
  });

  test('that would lie below any price rests at the lowest', () => {
    assert.deepEqual(atBroker(guarded({ ...NONE, trail: rs(200) })), ['SELL 6/6 stop 0.05']);
  });
});

describe('an exit that cannot be had', () => {
  test('a refused order is tried again after a step, not at once', () => {
    const world = guarded(STOP);
    world.end(idOf(world, 0), 'cancelled');
    assert.equal(world.orders.size, 0);
    assert.ok(world.said.some((text) => text.startsWith('alert_raised')));
    world.pass(4_999);
    assert.equal(world.orders.size, 0);
    world.pass(1);
    assert.deepEqual(atBroker(world), ['SELL 6/6 stop 97']);
  });

  test('a refused stop leaves at the market when the price gaps through it', () => {
    const world = guarded(STOP);
    world.end(idOf(world, 0), 'cancelled');
    world.price(90);
    assert.deepEqual(atBroker(world), ['SELL 6/6 market']);
  });

  test('a resting stop has a step’s time before the exit leaves at the market', () => {
    const world = guarded(STOP);
    world.price(96);
    assert.deepEqual(atBroker(world), ['SELL 6/6 stop 97']);
    world.pass(5_000);
    world.price(96);
    assert.deepEqual(atBroker(world), ['SELL 6/6 stop 97 modify']);
  });

  test('a stop cancels what has not come in of its entry', () => {
    const world = new ExitWorld();
    world.give({ quantity: units(6), bracket: STOP });
    world.fill(idOf(world, 0), 2);
    world.end(idOf(world, 1), 'refused');
    world.price(90);
    assert.deepEqual(atBroker(world), ['BUY 4/6 market cancel', 'SELL 2/2 market']);
  });

  test('is priced anew every step, and every few steps a person is told', () => {
    const world = guarded(STOP);
    world.control('flatten');
    world.answer(idOf(world, 0), true);
    for (let k = 0; k < 3; k++) {
      world.pass(5_000);
      assert.deepEqual(atBroker(world), ['SELL 6/6 market modify']);
      world.answer(idOf(world, 0), true);
    }
    assert.equal(world.said.filter((text) => text.startsWith('alert_raised')).length, 1);
  });

  test('an order that had all its modifies is cancelled, and a new one takes its place', () => {
    const row = { from: 0 as DayNumber, to: 100_000 as DayNumber, perSecond: 0, perMinute: 0, perDay: 0, slices: 0 };
    const world = new ExitWorld({ pacing: [{ ...row, modifiesPerOrder: 1 }] });
    world.give({ quantity: units(6), bracket: { ...NONE, trail: rs(5) } });
    world.fill(idOf(world, 0), 6);
    world.accept(idOf(world, 0));
    world.price(102);
    world.answer(idOf(world, 0), true);
    world.price(104);
    assert.deepEqual(atBroker(world), ['SELL 6/6 stop 97 cancel']);
    world.answer(idOf(world, 0), true);
    assert.deepEqual(atBroker(world), ['SELL 6/6 stop 99']);
  });

  test('that expires with the day is placed again in the next session, without an alert', () => {
    const world = guarded(STOP, 6, { product: 'NRML' });
    world.nextSession(ist('2021-06-14T09:15:00'), ist('2021-06-11T15:30:00'));
    assert.deepEqual(atBroker(world), ['SELL 6/6 stop 97']);
    assert.ok(!world.said.some((text) => text.startsWith('alert_raised')));
  });
});

describe('an exit by time', () => {
  test('cancels its entry and leaves at the market', () => {
    const world = new ExitWorld();
    world.give({ quantity: units(6), bracket: { ...STOP, exitAt: after(60) } });
    world.fill(idOf(world, 0), 2);
    world.accept(idOf(world, 1));
    assert.equal(world.engine.wakeAt(OPEN), after(60));
    world.pass(60_000);
    assert.deepEqual(atBroker(world), ['BUY 4/6 market cancel', 'SELL 2/2 stop 97 modify']);
  });

  test('that lies in the past takes out at once what comes in', () => {
    const world = new ExitWorld();
    world.give({ quantity: units(6), bracket: { ...STOP, exitAt: OPEN } });
    world.pass(0);
    world.fill(idOf(world, 0), 2);
    assert.deepEqual(atBroker(world), ['BUY 4/6 market cancel', 'SELL 2/2 market']);
  });
});
