import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type EventId } from '../ids.ts';
import { type Side } from '../events.ts';
import { ALPHA } from '../../../test/support/builders.ts';
import { coverOf, Covers } from './exit-cover.ts';
import { isOver, type OwnedExit } from './exit.ts';

interface Drawn {
  readonly side: Side;
  readonly entered: number;
  readonly exited: number;
  readonly exposed: number;
  /** What it offers once it was tended. */
  readonly after: number;
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  side: fc.constantFrom<Side>('SELL', 'SELL', 'BUY'),
  entered: fc.nat(20),
  exited: fc.nat(10),
  exposed: fc.nat(20),
  after: fc.nat(20),
});

function exitOf({ side, entered, exited }: Drawn, number: number): OwnedExit {
  return {
    number,
    strategyId: ALPHA,
    token: 1,
    trace: { id: 'x' as EventId, correlationId: 'x' as EventId, causationId: undefined },
    side,
    product: 'CNC',
    purpose: 'bracket',
    bracket: undefined,
    entries: [],
    entered,
    exited: Math.min(exited, entered),
    phase: number % 3 === 0 ? 'leaving' : 'guarding',
    stop: 0,
    best: 0,
    firedAt: 0,
    orders: [],
    asked: undefined,
    askedUnits: 0,
    made: 0,
    refusals: 0,
    retryAt: 0,
    steps: 0,
  };
}

test('covers that are kept in a sum are those that are reckoned one by one, whatever each exit did in its turn', () => {
  const several = fc.array(drawn, { minLength: 2, maxLength: 12 });
  fc.assert(
    fc.property(several, fc.nat(60), fc.nat(60), (all, selling, buying) => {
      const exits = all.map(exitOf);
      const exposures = new Map(exits.map((exit, k) => [exit, (all[k] as Drawn).exposed]));
      const means = {
        room: (side: Side) => (side === 'SELL' ? selling : buying),
        exposed: (exit: OwnedExit) => exposures.get(exit) ?? 0,
      };
      const covers = new Covers(exits, means);
      let left = exits;
      for (const [k, exit] of exits.entries()) {
        assert.equal(covers.next(exit), coverOf(exit, left, means));
        const over = isOver(exit);
        exposures.set(exit, (all[k] as Drawn).after);
        if (over) left = left.filter((other) => other !== exit);
        covers.tended(exit, over);
      }
    }),
    { numRuns: 2_000 },
  );
});
