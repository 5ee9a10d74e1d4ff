import assert from 'node:assert/strict';
import { test } from 'node:test';
import { array, assert as assertProperty, constantFrom, property } from 'fast-check';
import { givenText, indexedText, keptText } from './text.ts';

const texts = array(constantFrom('\u0000', '\u0001', '0', '1', '#', 'a')).map((parts) => parts.join(''));

test('a text is kept without U+0000 and comes back as it was', () => {
  const holds = property(texts, (text) => {
    assert.equal(givenText(keptText(text)), text);
    assert.ok(!keptText(text).includes('\u0000'));
  });
  assertProperty(holds, { numRuns: 1_000 });
});

test('JSON is kept as it is', () => {
  const json = JSON.stringify({ a: '\u0000', b: '₹ "quoted"' });
  assert.equal(keptText(json), json);
});

test('different ids have different entries in an index, however long they are', () => {
  const holds = property(texts, texts, (one, other) => {
    if (one === other) return;
    assert.notEqual(indexedText(one), indexedText(other));
    assert.notEqual(indexedText(one.repeat(200)), indexedText(`${other.repeat(200)}.`));
    assert.notEqual(indexedText(indexedText(one.padEnd(600))), indexedText(one.padEnd(600)));
  });
  assertProperty(holds);
  assert.ok(indexedText('₹'.repeat(60_000)).length < 100);
  assert.equal(indexedText('tape:1/s.paper.0'), 'tape:1/s.paper.0');
});
