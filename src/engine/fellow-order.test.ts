import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { type Seal } from '#wire/seal.ts';
import { FellowOrder } from './fellow-order.ts';

function seal(part: string, number: number, previous: number, after: Readonly<Record<string, number>> = {}): Seal {
  return { part, number, previous, after: new Map(Object.entries(after)) };
}

describe('messages of one part', () => {
  test('go on in the order in which they were made, whatever order they come in', () => {
    const order = new FellowOrder<string>('risk', new Map());
    assert.deepEqual(order.offer(seal('engine', 5, 2), 'filled'), []);
    assert.equal(order.waiting, 1);
    assert.deepEqual(order.offer(seal('engine', 2, 0), 'submitted'), ['submitted', 'filled']);
    assert.equal(order.waiting, 0);
  });

  test('go on after the one at which an earlier process stopped', () => {
    const order = new FellowOrder<string>('risk', new Map([['engine', 5]]));
    assert.equal(order.offer(seal('engine', 5, 2), 'again'), undefined);
    assert.deepEqual(order.offer(seal('engine', 9, 5), 'next'), ['next']);
  });

  test('are let go once, published twice or not', () => {
    const order = new FellowOrder<string>('risk', new Map());
    assert.deepEqual(order.offer(seal('engine', 2, 1), 'second'), []);
    assert.equal(order.offer(seal('engine', 2, 1), 'second'), undefined);
    assert.deepEqual(order.offer(seal('engine', 1, 0), 'first'), ['first', 'second']);
    assert.equal(order.offer(seal('engine', 1, 0), 'first'), undefined);
  });
});

describe('messages of several parts', () => {
  test('wait for what their part had taken before', () => {
    const order = new FellowOrder<string>('risk', new Map());
    assert.deepEqual(order.offer(seal('strategy', 1, 0, { engine: 4 }), 'sell'), []);
    assert.deepEqual(order.offer(seal('engine', 4, 0), 'filled'), ['filled', 'sell']);
  });

  test('do not wait for what this part decided itself', () => {
    const order = new FellowOrder<string>('risk', new Map());
    assert.deepEqual(order.offer(seal('engine', 1, 0, { risk: 100 }), 'submitted'), ['submitted']);
  });

  test('however they are mixed, each comes after everything it followed from, and none is lost', () => {
    fc.assert(
      fc.property(anyHistory, fc.infiniteStream(fc.nat()), ({ messages }, dice) => {
        const order = new FellowOrder<Seal>('outsider', new Map());
        const left = [...messages, ...messages.filter((_, k) => k % 3 === 0)];
        const seen = new Map<string, number>();
        let count = 0;
        while (left.length > 0) {
          const [next] = left.splice(dice.next().value % left.length, 1) as [Seal];
          for (const each of order.offer(next, next) ?? []) {
            assert.equal(seen.get(each.part) ?? 0, each.previous);
            for (const [other, number] of each.after)
              assert.ok(other === each.part || (seen.get(other) ?? 0) >= number);
            seen.set(each.part, each.number);
            count++;
          }
        }
        assert.deepEqual([count, order.waiting], [messages.length, 0]);
      }),
      { numRuns: 1_000 },
    );
  });
});

const PARTS = ['engine', 'risk', 'strategy'];

/** Messages as three parts would make them: each knows some of what the others said before. */
const anyHistory = fc
  .array(fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 2 }), fc.boolean()), { maxLength: 40 })
  .map((steps) => {
    const said = new Map<string, number>();
    const knows = new Map(PARTS.map((part) => [part, new Map<string, number>()]));
    const messages: Seal[] = [];
    for (const [who, from, speaks] of steps) {
      const [part, other] = [PARTS[who] as string, PARTS[from] as string];
      const known = knows.get(part) as Map<string, number>;
      if (!speaks) {
        for (const [of, number] of knows.get(other) as Map<string, number>)
          known.set(of, Math.max(number, known.get(of) ?? 0));
        continue;
      }
      const previous = said.get(part) ?? 0;
      const number = previous + 1 + (from % 2);
      messages.push({ part, number, previous, after: new Map(known) });
      said.set(part, number);
      known.set(part, number);
    }
    return { messages };
  });
