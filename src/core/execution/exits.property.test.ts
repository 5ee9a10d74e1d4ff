// What must hold for the engine's exits whatever the market, the gate and the broker do.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { rs, units } from '../../../test/support/builders.ts';
import { ExitWorld } from '../../../test/support/exit-world.ts';
import { ist } from '../../../test/support/tape-builder.ts';
import { type Bracket, type Side } from '../events.ts';
import { type EventId } from '../ids.ts';
import { type NamespacePlan } from '../plan.ts';
import { type DayNumber, type EpochMs } from '../time.ts';

interface Step {
  readonly what: (typeof STEPS)[number];
  readonly n: number;
  readonly m: number;
}

const STEPS = [
  'price',
  'price',
  'price',
  'pass',
  'enter',
  'enter',
  'enter plain',
  'leave',
  'leave at a limit',
  'accept',
  'accept',
  'fill',
  'fill',
  'fill',
  'answer',
  'answer',
  'answer',
  'refuse a change',
  'refuse',
  'cancel',
  'unanswered',
  'modify own',
  'cancel own',
  'gate',
  'kill',
  'flatten',
  'square off',
  'next session',
] as const;

function bracketOf(n: number, side: Side, now: EpochMs): Bracket {
  const up = side === 'BUY' ? 1 : -1;
  return {
    target: n % 3 === 0 ? undefined : rs(100 + up * 3),
    stop: n % 4 === 0 ? undefined : rs(100 - up * 3),
    trail: n % 2 === 0 ? rs(2.02) : undefined,
    exitAt: n % 5 === 0 ? ((now + 60_000) as EpochMs) : undefined,
  };
}

/** Picks one of the orders at the broker, if there is any. */
function pick(world: ExitWorld, n: number, where: (id: EventId) => boolean = () => true): EventId | undefined {
  const ids = [...world.orders.keys()].filter(where);
  return ids[n % Math.max(1, ids.length)];
}

function take(world: ExitWorld, { what, n, m }: Step): void {
  const side: Side = m % 2 === 0 ? 'BUY' : 'SELL';
  const any = pick(world, n);
  const at = (id: EventId) => world.orders.get(id);
  const changing = pick(world, n, (id) => at(id)?.change !== undefined);
  const unknown = pick(world, n, (id) => at(id)?.known === false);
  const own = pick(world, n, (id) => at(id)?.known === true && at(id)?.terms.purpose === 'trade');
  const out = { side: world.position > 0 ? 'SELL' : 'BUY', quantity: units(1 + (n % 12)) } as const;
  switch (what) {
    case 'price':
      return world.price(95 + (n % 11));
    case 'pass':
      return world.pass(1 + (n % 20) * 1_000);
    case 'enter':
      return world.give({ side, quantity: units(1 + (n % 12)), bracket: bracketOf(n + m, side, world.now) });
    case 'enter plain':
      return world.give({ side, quantity: units(1 + (n % 12)) });
    case 'leave':
      return world.give(out);
    case 'leave at a limit':
      return world.give({ ...out, orderType: 'limit', limitPrice: rs(100), expiresAt: (world.now + 5_000) as EpochMs });
    case 'accept':
      return unknown === undefined ? undefined : world.accept(unknown);
    case 'fill':
      return any === undefined ? undefined : world.fill(any, 1 + (m % 12), 97 + (n % 7));
    case 'answer':
    case 'refuse a change':
      return changing === undefined ? undefined : world.answer(changing, what === 'answer');
    case 'refuse':
      return unknown === undefined ? undefined : world.end(unknown, 'refused');
    case 'cancel':
      return any === undefined ? undefined : world.end(any, m % 2 === 0 ? 'cancelled' : 'expired');
    case 'unanswered':
      return unknown === undefined ? undefined : world.unanswered(unknown);
    case 'modify own':
      return own === undefined ? undefined : world.change(own, 'modify', (at(own)?.filled ?? 0) + 1 + (m % 12));
    case 'cancel own':
      return own === undefined ? undefined : world.change(own, 'cancel');
    case 'gate':
      world.verdict = m % 3 === 0 ? 'refuse' : 'pass';
      return;
    case 'kill':
      return world.control('killed');
    case 'flatten':
      return world.control('flatten');
    case 'square off':
      return world.squareOff();
    case 'next session':
      if (world.now > ist('2021-06-11T15:30:00')) return;
      return world.nextSession(ist('2021-06-14T09:15:00'), ist('2021-06-11T15:30:00'));
  }
}

const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom(...STEPS),
  n: fc.nat({ max: 60 }),
  m: fc.nat({ max: 60 }),
});
const script = fc.array(step, { minLength: 5, maxLength: 60, size: 'max' });

const PACED: Partial<NamespacePlan> = {
  pacing: [
    {
      from: 0 as DayNumber,
      to: 100_000 as DayNumber,
      perSecond: 2,
      perMinute: 20,
      perDay: 0,
      modifiesPerOrder: 2,
      slices: 10,
    },
  ],
};

for (const [name, plan] of [
  ['an account without limits', {}],
  ['a paced account', PACED],
] as const) {
  describe(`exits of ${name}, whatever the broker does`, () => {
    test('never turn a position round, and leave nothing unprotected once nothing is on its way', () => {
      let quiet = 0;
      fc.assert(
        fc.property(script, (steps) => {
          const world = new ExitWorld(plan);
          for (const one of steps) {
            take(world, one);
            world.pass(0);
            world.assertNoReversal();
            world.assertProtected();
            if (world.position !== 0 && world.exits().length > 0 && !world.isBusy()) quiet++;
          }
        }),
        { numRuns: 1_000 },
      );
      assert.ok(quiet > 1_000, `only ${quiet} times a position was held and nothing on its way`);
    });

    test('survive a crash between any two steps', () => {
      fc.assert(
        fc.property(script, fc.nat({ max: 3 }), (steps, every) => {
          const straight = new ExitWorld(plan);
          const stopped = new ExitWorld(plan);
          for (const [k, one] of steps.entries()) {
            if (k % (every + 1) === 0) stopped.crash();
            for (const world of [straight, stopped]) {
              take(world, one);
              world.pass(0);
            }
          }
          assert.deepEqual(stopped.said, straight.said);
        }),
        { numRuns: 1_000 },
      );
    });
  });
}
