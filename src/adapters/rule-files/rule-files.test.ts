// The loaders, and what must hold of the shipped files.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadBrokerLimits, loadFreezeQuantities } from './rule-files.ts';

const CONFIG = fileURLToPath(new URL('../../../config', import.meta.url));

test('the shipped files are read, and every row has a source', () => {
  const limits = loadBrokerLimits(join(CONFIG, 'broker-limits', 'zerodha.json'));
  assert.deepEqual([limits.at(-1)?.perSecond, limits.at(-1)?.perMinute, limits.at(-1)?.perDay], [10, 400, 5_000]);
  const { underlyings } = loadFreezeQuantities(join(CONFIG, 'freeze-quantities', 'derivatives.json'));
  assert.equal(underlyings.get('NIFTY')?.at(-1)?.quantity, 1_800);
});

test('a missing file is named', () => {
  assert.throws(() => loadBrokerLimits(join(CONFIG, 'none.json')), /none\.json: expected a readable JSON file: ENOENT/);
});
