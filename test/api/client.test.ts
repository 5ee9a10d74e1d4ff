// The client of the dashboard is made from the description of the API, and what was made is what is written down.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CLIENT_FILE, formattedClient } from '../../tools/generate-client.ts';
import { projectRoot } from '../../tools/pinned-node.mjs';

test('the generated client says what the API answers; `npm run client` writes it anew', async () => {
  const written = readFileSync(join(projectRoot, CLIENT_FILE), 'utf8');
  assert.equal(written, await formattedClient());
});
