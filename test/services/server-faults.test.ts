// Faults of test/services/server-faults.ts, once each; those of parts are in test/services/apart.test.ts. `npm run campaign --
// --servers N` does all of them again and again; two that resemble others are left to it alone.
import { test } from 'node:test';
import { runServerFaults } from '../../tools/campaign/servers.ts';
import assert from 'node:assert/strict';
import { skipped } from './deployment.ts';

test('whatever dies, a run on three servers ends as one file does', { timeout: 500_000, skip: skipped }, async () => {
  const only = /^(?!log restarted in|database silent)/;
  const lines = await runServerFaults(1, 7, { apart: false, only });
  assert.deepEqual(
    lines.filter(({ broken }) => broken.length > 0),
    [],
  );
  assert.ok(lines.length >= 10 && lines.every(({ runs }) => runs === 1));
});
