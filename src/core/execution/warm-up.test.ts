import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { after, ALPHA, BETA, OPEN, signal, validated } from '../../../test/support/builders.ts';
import { type StrategyId } from '../ids.ts';
import { type EpochMs } from '../time.ts';
import { WarmUpQueue, type Waiting } from './warm-up.ts';

interface Place {
  readonly strategyId?: StrategyId;
  readonly token?: number;
  readonly exit?: boolean;
  readonly expiresAt?: EpochMs;
}

function waiting(
  id: string,
  { strategyId = ALPHA, token = 1, exit = false, expiresAt = after(30) }: Place = {},
): Waiting {
  return { validated: validated(signal({ id, strategyId, token, expiresAt, at: OPEN })), exit };
}

function idsOf(all: readonly Waiting[]): readonly string[] {
  return all.map(({ validated: { signal: one } }) => one.trace.id);
}

/** A queue and the ids that lost their place in it. */
function filledWith(...all: readonly Waiting[]): { queue: WarmUpQueue; lost: readonly (string | undefined)[] } {
  const queue = new WarmUpQueue();
  return { queue, lost: all.map((one) => queue.put(one)?.signal.trace.id) };
}

describe('the warm-up queue', () => {
  test('there is one place for each strategy and instrument', () => {
    const { queue, lost } = filledWith(
      waiting('a'),
      waiting('b', { strategyId: BETA }),
      waiting('c', { token: 2 }),
      waiting('d'),
    );
    assert.deepEqual(lost, [undefined, undefined, undefined, 'a']);
    assert.equal(queue.size, 3);
    assert.ok(queue.has(1) && queue.has(2) && !queue.has(3));
  });

  test('the newest takes the place, except that an entry never displaces an exit', () => {
    const exit = { exit: true };
    assert.deepEqual(filledWith(waiting('entry'), waiting('exit', exit)).lost, [undefined, 'entry']);
    assert.deepEqual(filledWith(waiting('exit', exit), waiting('newer exit', exit)).lost, [undefined, 'exit']);
    const { queue, lost } = filledWith(waiting('exit', exit), waiting('entry'));
    assert.deepEqual(lost, [undefined, 'entry']);
    assert.deepEqual(idsOf(queue.take(1)), ['exit']);
  });

  test('an instrument’s signals are taken in order of arrival, and others stay', () => {
    const { queue } = filledWith(
      waiting('a', { strategyId: BETA }),
      waiting('b', { token: 2 }),
      waiting('c'),
      waiting('d', { strategyId: BETA }),
    );
    assert.deepEqual(idsOf(queue.take(1)), ['c', 'd'], 'who takes a place anew goes to the end');
    assert.deepEqual(idsOf(queue.take(1)), []);
    assert.deepEqual([queue.size, queue.has(1)], [1, false]);
    assert.deepEqual(idsOf(queue.takeWhere(() => true)), ['b']);
    assert.deepEqual([queue.size, queue.has(2)], [0, false]);
  });

  test('those that are too old are taken, at their very instant', () => {
    const { queue } = filledWith(
      waiting('a', { expiresAt: after(10) }),
      waiting('b', { strategyId: BETA, expiresAt: after(20) }),
      waiting('c', { token: 2, expiresAt: after(10) }),
    );
    assert.deepEqual(idsOf(queue.takeExpired(after(9.999))), []);
    assert.deepEqual(idsOf(queue.takeExpired(after(10))), ['a', 'c']);
    assert.deepEqual([queue.size, queue.has(1), queue.has(2)], [1, true, false]);
    assert.deepEqual(idsOf(queue.list()), ['b']);
  });

  test('its size is what it lists, and what goes in comes out once', () => {
    const put = fc.record({
      strategyId: fc.constantFrom(ALPHA, BETA),
      token: fc.integer({ min: 1, max: 3 }),
      exit: fc.boolean(),
      expiresAt: fc.integer({ min: 1, max: 40 }).map((seconds) => after(seconds)),
    });
    const take = fc.record({ take: fc.integer({ min: 1, max: 3 }) });
    const expire = fc.record({ expire: fc.integer({ min: 1, max: 40 }) });
    fc.assert(
      fc.property(fc.array(fc.oneof(put, put, take, expire), { maxLength: 40, size: 'max' }), (steps) => {
        const queue = new WarmUpQueue();
        const out: string[] = [];
        let given = 0;
        for (const step of steps) {
          if ('take' in step) out.push(...idsOf(queue.take(step.take)));
          else if ('expire' in step) out.push(...idsOf(queue.takeExpired(after(step.expire))));
          else {
            const lost = queue.put(waiting(`s${given++}`, step));
            if (lost !== undefined) out.push(lost.signal.trace.id);
          }
          const listed = queue.list();
          assert.equal(queue.size, listed.length);
          for (const token of [1, 2, 3]) {
            assert.equal(
              queue.has(token),
              listed.some(({ validated: one }) => one.token === token),
            );
          }
        }
        out.push(...idsOf(queue.takeWhere(() => true)));
        assert.deepEqual(out.toSorted(), Array.from({ length: given }, (_, k) => `s${k}`).toSorted());
      }),
      { numRuns: 300 },
    );
  });
});
