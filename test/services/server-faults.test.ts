// Each fault of test/services/server-faults.ts once, and those of parts in test/services/apart.test.ts; `npm run campaign -- --servers N` does them again and again.
import { test } from 'node:test';
import { runServerFaults } from '../../tools/campaign/servers.ts';
import assert from 'node:assert/strict';
import { skipped } from './deployment.ts';

test('whatever dies, a run on three servers ends as one file does', { timeout: 500_000, skip: skipped }, async () => {
  const lines = await runServerFaults(1, 7, { apart: false });
  assert.deepEqual(
    lines.filter(({ broken }) => broken.length > 0),
    [],
  );
  assert.equal(
    lines.reduce((sum, { runs }) => sum + runs, 0),
    lines.length,
  );
});
