import assert from 'node:assert/strict';
import { test } from 'node:test';
import { titles } from '../support/titles.ts';
import { CHECKLIST } from './checklist.ts';

const lines = Object.entries(CHECKLIST).flatMap(([chapter, all]) => all.map((line) => ({ chapter, ...line })));

test('every line of the security checklist names tests that are there, or says why it has none', () => {
  const known = titles();
  for (const { chapter, line, tests = [], not } of lines) {
    const what = `${chapter}: ${line}`;
    assert.notEqual(tests.length > 0, not !== undefined, `${what}: either tests or a reason`);
    for (const title of tests) assert.equal(known.filter((each) => each === title).length, 1, `${what}: ${title}`);
  }
});
