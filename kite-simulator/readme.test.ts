import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FAULTS } from './faults/fault-list.ts';

test('the README names every fault, where it strikes, and none that does not exist', () => {
  const readme = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');
  const rows = readme
    .split('\n')
    .filter((line) => /^\| (?:request|answer|order|update|socket|instruments) /.test(line));
  const named = rows.flatMap((line) => {
    const [, at = '', names = ''] = line.split('|');
    return [...names.matchAll(/`([^`]+)`/g)].map(([, kind]) => `${at.trim()} ${kind}`);
  });
  assert.deepEqual(
    named.toSorted(),
    Object.entries(FAULTS)
      .map(([kind, { at }]) => `${at} ${kind}`)
      .toSorted(),
  );
});
