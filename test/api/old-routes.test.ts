// Holds the page that leads from the routes of the Python system to ours against the table of routes.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { apiWorld } from '../support/api-world.ts';

const ROOT = resolve(import.meta.dirname, '..', '..');
const ROUTE = /`(GET|POST|WS) (\/[^`]*)`/g;
const page = readFileSync(join(ROOT, 'docs', 'guides', 'routes-of-the-python-system.md'), 'utf8');
const rows = page
  .split('\n')
  .filter((line) => /^\| `(GET|POST|WS) /.test(line))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim()));

test('every route of ours that the page names is one that is answered', async (t) => {
  const { routes } = await apiWorld(t);
  const known = new Set(routes.map(({ method, path }) => `${method} ${path.replaceAll('+}', '}')}`));
  let named = 0;
  for (const [there = '', here = ''] of rows) {
    assert.ok(here !== '', there);
    for (const [, method, path] of here.matchAll(ROUTE)) {
      named++;
      assert.ok(known.has(`${method} ${path}`), `${there}: ${method} ${path}`);
    }
    // What has no route says why it has none, or where a person finds it.
    if ([...here.matchAll(ROUTE)].length === 0) assert.match(here, /^none: .{20}|page|dashboard|alpha-panda/, there);
  }
  assert.ok(named > 50, `${named} routes are named`);
});
