import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dataOnly } from './data-only.ts';
import { type HttpRequest, type Method } from './http.ts';

test('market data and signing in go through, and nothing else is ever sent', async () => {
  const sent: string[] = [];
  const only = dataOnly({
    request: ({ method, path }: HttpRequest) => {
      sent.push(`${method} ${path}`);
      return Promise.resolve({ kind: 'answered', status: 200, text: '' });
    },
  });
  const ask = async (method: Method, path: string): Promise<string> =>
    (await only.request({ method, path, headers: {} })).kind;
  const allowed = [
    'GET /user/profile',
    'GET /instruments',
    'GET /instruments/NSE',
    'GET /instruments/historical/408065/minute',
    'GET /quote',
    'GET /quote/ohlc',
    'POST /session/token',
  ];
  const refused = [
    'POST /orders/regular',
    'PUT /orders/regular/1',
    'DELETE /orders/regular/1',
    'GET /orders',
    'POST /gtt/triggers',
    'POST /quote',
    'DELETE /session/token',
    'GET /instruments/../orders',
    'GET /user/margins',
    'POST /instruments/historical/1/minute',
  ];
  for (const each of [...allowed, ...refused]) {
    const [method = '', path = ''] = each.split(' ');
    assert.equal(await ask(method as Method, path), allowed.includes(each) ? 'answered' : 'not_sent', each);
  }
  assert.deepEqual(sent, allowed);
});
