// The description of the API, held against what the server answers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiWorld } from '../support/api-world.ts';

interface Description {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, { readonly get?: Operation; readonly post?: Operation }>>;
}

interface Operation {
  readonly description: string;
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> };
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, unknown>> }>>;
}

/** A path of the router as the description writes it. */
const described = (url: string): string =>
  url.replace(/:(\w+)/g, '{$1}').replace('*', url.includes('correlation') ? '{correlation_id}' : '{order_id}');

test('every path that is answered is described, and the other way round', async (t) => {
  const world = await apiWorld(t, {}, { playing: false });
  const { status, text } = await world.ask('/docs/openapi.json');
  assert.equal(status, 200);
  const { openapi, paths } = JSON.parse(text) as Description;
  assert.equal(openapi, '3.1.0');
  assert.deepEqual(Object.keys(paths).toSorted(), [...world.registered].map(described).toSorted());
  assert.equal(Object.values(paths).flatMap((each) => Object.keys(each)).length, world.routes.length);
  for (const route of world.routes) {
    const path = described(route.path.replace('+}', '}'));
    const { get, post } = paths[path] ?? {};
    const operation = route.method === 'GET' ? get : post;
    assert.ok(operation, path);
    const expected = route.role === 'anyone' ? 'Needs no credential.' : `Needs the role ${route.role}`;
    assert.ok(operation.description.startsWith(expected), path);
    assert.equal(operation.requestBody === undefined, route.body === undefined, path);
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const inPath = operation.parameters.filter((each) => each.in === 'path');
    assert.deepEqual(
      inPath.map(({ name }) => name),
      named,
    );
    assert.deepEqual(Object.keys(operation.responses), [`${route.status}`, 'default']);
    if (operation !== get) continue;
    if (named.length > 0 || operation.parameters.some(({ required }) => required)) continue;
    const answer = await world.ask(path);
    // What more than a viewer needs is not told where nobody is asked who calls.
    const open = route.role === 'anyone' || route.role === 'viewer';
    assert.equal(answer.status, open ? 200 : 403, path);
    if (!open) continue;
    const [type = ''] = Object.keys(get.responses['200']?.content ?? {});
    assert.ok(String(answer.headers['content-type']).startsWith(type), path);
  }
  const orders = paths['/api/v1/orders']?.get?.parameters.map(({ name, required }) => `${name} ${required}`);
  assert.deepEqual(orders, ['broker false', 'state false', 'strategy_id false', 'limit false', 'cursor false']);
  assert.equal(paths['/api/v1/stream']?.get?.parameters[0]?.required, true);
});
