import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { canonicalJson, sha256 } from './canonical.ts';

test('keys are sorted at every level and nothing is padded', () => {
  const value = { b: [{ z: 1, a: null }, 'x'], a: { c: true, b: -1.5 }, '': '"' };
  assert.equal(canonicalJson(value), '{"":"\\"","a":{"b":-1.5,"c":true},"b":[{"a":null,"z":1},"x"]}');
});

test('keys are sorted by code unit, whatever order they were set in and whatever they look like', () => {
  assert.equal(canonicalJson({ b: 1, a: 2, B: 3, '10': 4, '9': 5 }), '{"10":4,"9":5,"B":3,"a":2,"b":1}');
});

test('fields that are undefined are left out, as in JSON', () => {
  assert.equal(canonicalJson({ a: undefined, b: 1 }), '{"b":1}');
});

test('it says the same as JSON does', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.deepEqual(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('objects with the same fields in another order have the same text', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.integer()), (value) => {
      assert.equal(canonicalJson(Object.fromEntries(Object.entries(value).toReversed())), canonicalJson(value));
    }),
  );
});

test('what JSON cannot say is refused instead of becoming null', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, undefined, () => 1, Symbol('x')]) {
    assert.throws(() => canonicalJson({ list: [value] }), /JSON has no/);
  }
});

test('the hash is the SHA-256 of the text in UTF-8', () => {
  assert.equal(sha256(''), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  assert.equal(sha256('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});
