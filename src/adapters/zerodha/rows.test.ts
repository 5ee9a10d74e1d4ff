import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { requireShared } from '../../../test/support/shared-data.ts';
import { ist } from '../../../test/support/tape-builder.ts';
import { readEnvelope } from './answer.ts';
import { fundsAnswer, historyRows, holdingRows, orderRows, positionRows, sessionAnswer, tradeRows } from './rows.ts';

function fixture(t: TestContext, name: string): unknown {
  const path = requireShared(t, 'kiteconnect-mocks', name);
  if (path === undefined) return undefined;
  const envelope = readEnvelope({ kind: 'answered', status: 200, text: readFileSync(path, 'utf8') });
  assert.ok(envelope !== undefined && 'data' in envelope);
  return envelope.data;
}

test('reads the order book of the fixtures', (t) => {
  const data = fixture(t, 'orders.json');
  if (data === undefined) return;
  const rows = orderRows.parse(data);
  assert.ok(rows.length >= 5);
  assert.deepEqual(rows[0], {
    orderId: '100000000000000',
    variety: 'regular',
    status: 'CANCELLED',
    message: '',
    tag: undefined,
    at: ist('2021-05-31T09:18:57'),
    exchange: 'CDS',
    symbol: 'USDINR21JUNFUT',
    side: 'BUY',
    orderType: 'limit',
    validity: 'DAY',
    quantity: 1,
    filled: 0,
    price: 720_000,
    triggerPrice: 0,
  });
});

test('reads trades to the last fraction of a paisa', (t) => {
  const data = fixture(t, 'trades.json');
  if (data === undefined) return;
  const rows = tradeRows.parse(data);
  assert.deepEqual(
    rows.slice(0, 2).map(({ tradeId, price, quantity, at }) => [tradeId, price, quantity, at]),
    [
      ['10000000', 4_206_500, 1, ist('2021-05-31T09:16:39')],
      ['40000000', 727_550, 1, ist('2021-05-31T11:18:27')],
    ],
  );
});

test('reads history, positions, holdings, funds and the session of the fixtures', (t) => {
  const [history, positions, holdings, funds, session] = [
    fixture(t, 'order_info.json'),
    fixture(t, 'positions.json'),
    fixture(t, 'holdings.json'),
    fixture(t, 'margins.json'),
    fixture(t, 'generate_session.json'),
  ];
  if (session === undefined) return;
  assert.equal(historyRows.parse(history)[0]?.status, 'PUT ORDER REQ RECEIVED');
  assert.ok(positionRows.parse(positions).length > 0);
  assert.ok(holdingRows.parse(holdings).every(({ quantity }) => Number.isSafeInteger(quantity)));
  assert.ok(Number.isSafeInteger(fundsAnswer.parse(funds).equity));
  assert.ok(sessionAnswer.parse(session).accessToken.length > 0);
});

const trade = {
  trade_id: '1',
  order_id: '200000000000000',
  transaction_type: 'BUY',
  quantity: 1,
  average_price: 10.5,
  fill_timestamp: '2026-01-05 09:20:00',
};

test('refuses rows whose numbers or times are not what they should be', () => {
  const bad: Readonly<Record<string, readonly unknown[]>> = {
    average_price: [0, -1, 10.123_45, '10.5', null, 1e20],
    quantity: [0, -1, 1.5, '1', null],
    order_id: [200_000_000_000_000, '', 'abc'],
    transaction_type: ['SHORT', '', null],
    fill_timestamp: ['2026-01-05T09:20:00', '2026-02-30 09:20:00', '09:20:00', null],
  };
  assert.equal(tradeRows.parse([trade]).length, 1);
  for (const [field, values] of Object.entries(bad)) {
    for (const value of values) {
      assert.equal(
        tradeRows.safeParse([trade, { ...trade, [field]: value }]).success,
        false,
        `${field} ${String(value)}`,
      );
    }
  }
});
