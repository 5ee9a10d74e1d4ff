import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VERSIONS } from '../versions.ts';
import { SCHEMAS, schemaOf } from './catalogue.ts';
import { upcast } from './wire-type.ts';

test('data of an older version becomes the current one step by step', () => {
  const type = {
    version: 3,
    upcasts: {
      1: (data: unknown) => ({ ...(data as object), second: true }),
      2: (data: unknown) => ({ ...(data as object), third: true }),
    },
  };
  assert.deepEqual(upcast(type, 1, { a: 1 }), { a: 1, second: true, third: true });
  assert.deepEqual(upcast(type, 2, { a: 1 }), { a: 1, third: true });
  assert.deepEqual(upcast(type, 3, { a: 1 }), { a: 1 });
});

test('every type has a schema of the version that is written, and a way from each older one', () => {
  for (const [type, version] of Object.entries(VERSIONS)) {
    const known = schemaOf(type);
    assert.ok(known !== undefined, type);
    assert.equal(known.version, version);
    const steps = Array.from({ length: version - 1 }, (_, k) => `${k + 1}`);
    assert.deepEqual(Object.keys(known.upcasts), steps, type);
  }
  assert.deepEqual(Object.keys(SCHEMAS), Object.keys(VERSIONS));
});

test('a name that every object has is no type', () => {
  for (const name of ['toString', 'constructor', '__proto__', '']) assert.equal(schemaOf(name), undefined);
});
