import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { assert as assertProperty, constantFrom, integer, json, oneof, property, string } from 'fast-check';
import { requireShared } from '../../../test/support/shared-data.ts';
import { endsSession, readEnvelope, refusalOf, writeOutcome } from './answer.ts';
import { type HttpAnswer } from './http.ts';

function answered(status: number, body: unknown): HttpAnswer {
  return { kind: 'answered', status, text: typeof body === 'string' ? body : JSON.stringify(body) };
}

function error(status: number, type: string, message: string): HttpAnswer {
  return answered(status, { status: 'error', error_type: type, message, data: null });
}

test('an order is accepted only by a success that shows its id', (t) => {
  const id = '1234567890123456789';
  const accepted = { kind: 'accepted', orderId: id };
  assert.deepEqual(writeOutcome(answered(200, { status: 'success', data: { order_id: id } })), accepted);
  assert.deepEqual(writeOutcome(answered(200, `{"status":"success","data":{"order_id":${id}}}`)), accepted);
  for (const order_id of ['', 'x', '12', null, 5, { a: 1 }, `${id}${id}`]) {
    assert.equal(writeOutcome(answered(200, { status: 'success', data: { order_id } })).kind, 'unknown');
  }
  const path = requireShared(t, 'kiteconnect-mocks', 'order_response.json');
  if (path === undefined) return;
  assert.deepEqual(writeOutcome(answered(200, readFileSync(path, 'utf8'))), {
    kind: 'accepted',
    orderId: '151220000000000',
  });
});

test('a refusal is what the list names, and nothing that leaves it open', () => {
  const refusal = (status: number, type: string, message: string): string | undefined =>
    refusalOf({ status, errorType: type, message });
  assert.equal(
    refusal(400, 'MarginException', 'Insufficient funds. Required margin is 1 but available is 0.'),
    'FUNDS',
  );
  assert.equal(
    refusal(400, 'InputException', 'Market orders without market protection are not allowed via API.'),
    'ORDER_TYPE',
  );
  const timedOut = 'Order request timed out. Please check the order book and confirm before placing again.';
  for (const type of ['InputException', 'OrderException', 'MarginException', 'NetworkException']) {
    assert.equal(refusal(400, type, timedOut), undefined);
    assert.equal(refusal(400, type, `Insufficient funds. ${timedOut}`), undefined);
  }
  for (const status of [200, 401, 403, 404, 429, 500, 502, 503, 504]) {
    assert.equal(refusal(status, 'MarginException', 'Insufficient funds.'), undefined);
  }
  assert.equal(refusal(400, 'OrderException', 'Insufficient funds.'), undefined);
  const open = [
    'Something new.',
    'Your order is in freeze queue and will be processed.',
    'Circuit limit check pending, order received.',
    'Missing `x` in OMS reply',
  ];
  for (const message of open) assert.equal(refusal(400, 'InputException', message), undefined, message);
});

test('whatever comes back, nothing is accepted or refused without its proof', () => {
  const type = constantFrom('InputException', 'MarginException', 'OrderException', 'TokenException', 'x');
  const bodies = oneof(
    json(),
    string(),
    string().map((message) => JSON.stringify({ status: 'error', error_type: 'InputException', message })),
    type.map((error_type) => JSON.stringify({ status: 'error', error_type, message: 'timed out' })),
    constantFrom('<html>', '{"status":"success","data":{"order_id":"1', '{"status":"success"}', '[]', 'null'),
  );
  assertProperty(
    property(integer({ min: 100, max: 599 }), bodies, (status, text) => {
      const outcome = writeOutcome(answered(status, text));
      if (status === 429) assert.equal(outcome.kind, 'not_sent');
      else if (outcome.kind === 'refused') assert.equal(status, 400);
      else assert.equal(outcome.kind, 'unknown');
    }),
    { numRuns: 5_000 },
  );
});

test('the session ends with the 403 of a token, and with nothing else', () => {
  assert.equal(endsSession(error(403, 'TokenException', 'Incorrect `api_key` or `access_token`.')), true);
  assert.equal(endsSession(error(403, 'PermissionException', 'Insufficient permission for that call.')), false);
  assert.equal(endsSession(error(400, 'TokenException', 'x')), false);
  assert.equal(endsSession(answered(403, '<html>')), false);
});

test('ids without quotes keep every digit, and texts that look like them stay as they are', () => {
  const text =
    '{"status":"success","data":[{"order_id":1234567890123456789,"status_message":"\\"x_id\\":1234567890123456789,"}]}';
  assert.deepEqual(readEnvelope(answered(200, text)), {
    data: [{ order_id: '1234567890123456789', status_message: '"x_id":1234567890123456789,' }],
  });
});
