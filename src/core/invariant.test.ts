import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertNever, invariant, InvariantError } from './invariant.ts';

test('a condition that holds passes', () => {
  invariant(true, 'never said');
});

test('a condition that does not hold stops with its message', () => {
  assert.throws(() => invariant(false, 'the books are off by 3'), new InvariantError('the books are off by 3'));
  assert.equal(new InvariantError('x').name, 'InvariantError');
});

test('a case that no branch handles stops and shows the value', () => {
  assert.throws(() => assertNever({ kind: 'new' } as never), {
    name: 'InvariantError',
    message: 'no case handles {"kind":"new"}',
  });
});
