import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvText } from './csv.ts';

test('rows end as RFC 4180 says, and a field with a comma, a quote or a line end stands in quotes', () => {
  const text = csvText(
    ['name', 'value'],
    [
      ['a,b', 1],
      ['say "no"', null],
      ['two\nlines', '-12.50'],
    ],
  );
  assert.equal(text, 'name,value\r\n"a,b",1\r\n"say ""no""",\r\n"two\nlines",-12.50\r\n');
});

test('a text that a spreadsheet would carry out is marked as text, and a number below zero stays a number', () => {
  const fields = ['=1+1', '+1', '-1+1', '@SUM(A1)', '\tx', '\rx', '-1', '-1.5', '-2'];
  assert.deepEqual(
    csvText(fields, []).trimEnd().split(','),
    ["'=1+1", "'+1", "'-1+1", "'@SUM(A1)", "'\tx", '"\'\rx"', '-1', '-1.5', '-2'].map(String),
  );
});
