import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { type BrokerId } from '#core/ids.ts';
import { BROKERS } from '../../test/support/builders.ts';
import { keyOf } from './keys.ts';

describe('keyOf', () => {
  for (const broker of BROKERS) {
    test(`a key of ${broker} begins with its broker`, () => {
      assert.equal(keyOf(broker, 'portfolio', 'momentum'), `alpha-panda:${broker}:portfolio:momentum`);
    });
  }

  test('different parts make different keys', () => {
    const part = fc.string({ unit: fc.constantFrom(':', '%', '3', 'A', 'a'), minLength: 1, maxLength: 6 });
    const parts = fc
      .tuple(part)
      .chain(([first]) => fc.array(part, { maxLength: 2 }).map((rest) => [first, ...rest] as const));
    fc.assert(
      fc.property(fc.constantFrom(...BROKERS), parts, fc.constantFrom(...BROKERS), parts, (a, left, b, right) => {
        const equal = a === b && JSON.stringify(left) === JSON.stringify(right);
        assert.equal(keyOf(a, ...left) === keyOf(b, ...right), equal);
      }),
    );
  });

  test('a colon or a per cent sign in a part makes no other key', () => {
    const broker = BROKERS[0] as BrokerId;
    const keys = [keyOf(broker, 'a:b'), keyOf(broker, 'a', 'b'), keyOf(broker, 'a%3Ab'), keyOf(broker, 'a%253Ab')];
    assert.equal(new Set(keys).size, keys.length, keys.join(' '));
  });

  test('a key without a broker or with an empty part cannot be made', () => {
    for (const broker of ['', 'market', 'paper:x', 'Paper']) {
      assert.throws(() => keyOf(broker as BrokerId, 'a'), /a key begins with a broker id/);
    }
    assert.throws(() => keyOf('paper' as BrokerId, 'a', ''), /no empty one/);
    assert.throws(() => (keyOf as unknown as (...parts: readonly string[]) => string)('paper'), /at least one part/);
  });
});
