// Whatever is sent, there is an answer in Kite's shape: nothing breaks the simulator, and nothing enters the book that
// breaks its rules.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { INFY, kiteWorld, SBIN } from '../../test/support/kite-world.ts';
import { ROUTES } from './routes.ts';

const STATUSES = new Set([200, 400, 403, 404, 405, 429]);

const odd = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.constantFrom('', '0', '-1', '1e3', 'NaN', '99999999999999999999', '0.05', 'null', '[]', '{}', '%', '__proto__'),
);
const sensible: Readonly<Record<string, fc.Arbitrary<string>>> = {
  exchange: fc.constantFrom('NSE', 'MCX', 'NFO', 'CDS'),
  tradingsymbol: fc.constantFrom('INFY', 'SBIN', 'NIFTY 50', 'CRUDEOIL26JANFUT', 'NIFTY26JAN26000CE', 'USDINR26JANFUT'),
  transaction_type: fc.constantFrom('BUY', 'SELL'),
  order_type: fc.constantFrom('MARKET', 'LIMIT', 'SL', 'SL-M'),
  product: fc.constantFrom('CNC', 'MIS', 'NRML', 'MTF'),
  quantity: fc.constantFrom('1', '65', '130', '5000', '100000000'),
  price: fc.constantFrom('1500', '800', '5300', '400', '90'),
  trigger_price: fc.constantFrom('1490', '810', '5200'),
  validity: fc.constantFrom('DAY', 'IOC', 'TTL'),
  validity_ttl: fc.constantFrom('1', '60'),
  market_protection: fc.constantFrom('-1', '2', '0'),
  autoslice: fc.constantFrom('true', 'false'),
  iceberg_legs: fc.constantFrom('2', '5'),
  iceberg_quantity: fc.constantFrom('1', '13', '1000'),
  auction_number: fc.constantFrom('22'),
  disclosed_quantity: fc.constantFrom('0', '1'),
  tag: fc.constantFrom('a', 'b'),
  type: fc.constantFrom('single', 'two-leg', 'simple', 'ato'),
  old_product: fc.constantFrom('CNC', 'MIS'),
  new_product: fc.constantFrom('CNC', 'MIS'),
  position_type: fc.constantFrom('day', 'overnight'),
  from: fc.constantFrom('2026-01-05', '2026-01-05 09:20:00'),
  to: fc.constantFrom('2026-01-05 15:30:00'),
  i: fc.constantFrom('NSE:INFY', 'NSE:SBIN'),
};
const fields = fc.record(
  Object.fromEntries(
    Object.entries(sensible).map(([name, arbitrary]) => [
      name,
      fc.oneof({ weight: 9, arbitrary }, { weight: 1, arbitrary: odd }),
    ]),
  ),
  { requiredKeys: ['exchange', 'tradingsymbol', 'transaction_type', 'order_type', 'product', 'quantity', 'price'] },
);
const part = fc.oneof(
  fc.constantFrom('regular', 'amo', 'co', 'iceberg', 'auction', `${INFY}`, 'minute', 'NSE', 'newest'),
  odd.map((text) => encodeURIComponent(text.replace(/[\uD800-\uDFFF]/g, '?'))),
);
const request = fc.record({
  route: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...ROUTES.filter(({ limit }) => limit === 'order')) },
    { weight: 3, arbitrary: fc.constantFrom(...ROUTES.filter(({ path }) => !path.startsWith('/session'))) },
  ),
  parts: fc.array(part, { minLength: 2, maxLength: 2 }),
  fields,
  price: fc.integer({ min: 28, max: 32 }).map((k) => k * 50),
});

describe('any request', () => {
  test('has an answer in Kite’s shape', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 40 }), async (requests) => {
        const world = kiteWorld();
        world.tick(SBIN, 800);
        for (const { route, parts, fields: given, price } of requests) {
          world.tick(INFY, price, { depth: [price - 0.05, 40, price, 40] });
          const newest = world.simulator.broker.book.orders().at(-1)?.orderId ?? '1';
          let k = 0;
          const path = route.path.replace(/\*/g, () => (parts[k++] ?? '').replace('newest', newest));
          const reply = await world.call(route.method, path, given);
          assert.ok(STATUSES.has(reply.status), `${route.method} ${path}: ${reply.status} ${reply.text}`);
          if (reply.type === 'application/json') {
            const body = JSON.parse(reply.text) as { status: string; error_type?: string };
            assert.equal(body.status, reply.status === 200 ? 'success' : 'error');
            assert.equal(typeof body.error_type, reply.status === 200 ? 'undefined' : 'string');
          }
        }
        for (const order of world.simulator.broker.book.orders()) {
          assert.ok(order.filled <= order.quantity && order.quantity > 0);
          assert.ok(Number.isSafeInteger(order.price) && Number.isSafeInteger(order.filledValue));
        }
        for (const pool of ['equity', 'commodity'] as const) {
          assert.ok(Number.isSafeInteger(world.simulator.broker.margins.of(pool).net));
        }
        world.simulator.broker.endDay();
        await world.simulator.close();
      }),
      { numRuns: 300 },
    );
  });
});
