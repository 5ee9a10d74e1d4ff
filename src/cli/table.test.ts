import assert from 'node:assert/strict';
import { test } from 'node:test';
import { numbers, renderTable, words } from './table.ts';

const columns = [words('name'), numbers('cash')];

test('words stand to the left, numbers to the right, and the widest cell decides', () => {
  const rows = [
    ['sma', '1000000.00'],
    ['momentum', '-5.00'],
  ];
  assert.equal(
    renderTable(columns, rows),
    `name            cash
sma       1000000.00
momentum       -5.00
`,
  );
});

test('a footer stands below a line, and a heading is styled as it is asked', () => {
  const text = renderTable(columns, [['a', '1.00']], { footer: ['total', '1.00'], heading: (line) => `*${line}*` });
  assert.equal(text, '*name   cash*\na      1.00\n-----  ----\ntotal  1.00\n');
});

test('a table without rows has its titles', () => {
  assert.equal(renderTable(columns, []), 'name  cash\n');
});

test('a cell cannot move the cursor', () => {
  assert.equal(renderTable([words('why')], [['a\u001B[2Jb\nc']]), 'why\na [2Jb c\n');
});
