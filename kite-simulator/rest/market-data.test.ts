import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { INFY, kiteWorld, NIFTY } from '../../test/support/kite-world.ts';

const MINUTE_MS = 60_000;

async function candles(world: ReturnType<typeof kiteWorld>, interval: string, query = ''): Promise<unknown> {
  const span = 'from=2026-01-05%2009:00:00&to=2026-01-06%2009:00:00';
  const { data, message } = await world.call('GET', `/instruments/historical/${INFY}/${interval}?${span}${query}`);
  return message === '' ? (data as { candles: unknown }).candles : message;
}

describe('candles', () => {
  test('are what was seen, by the minute and joined from the open on', async () => {
    const world = kiteWorld();
    for (const [rupees, volume] of [
      [1500, 100],
      [1502, 120],
      [1499, 150],
      [1501, 160],
    ] as const) {
      world.tick(INFY, rupees, { volume });
      await world.clock.advance(MINUTE_MS);
    }
    assert.deepEqual(await candles(world, 'minute'), [
      ['2026-01-05T09:20:00+0530', 1500, 1500, 1500, 1500, 100],
      ['2026-01-05T09:21:00+0530', 1502, 1502, 1502, 1502, 20],
      ['2026-01-05T09:22:00+0530', 1499, 1499, 1499, 1499, 30],
      ['2026-01-05T09:23:00+0530', 1501, 1501, 1501, 1501, 10],
    ]);
    assert.deepEqual(await candles(world, '3minute', '&oi=1'), [
      ['2026-01-05T09:18:00+0530', 1500, 1500, 1500, 1500, 100, 0],
      ['2026-01-05T09:21:00+0530', 1502, 1502, 1499, 1501, 60, 0],
    ]);
    assert.deepEqual(await candles(world, 'day'), [['2026-01-05T00:00:00+0530', 1500, 1502, 1499, 1501, 160]]);
  });

  test('are refused for what nobody can ask for', async () => {
    const world = kiteWorld();
    assert.equal(await candles(world, '2minute'), 'Invalid `interval`.');
    const long = await world.call('GET', `/instruments/historical/${INFY}/minute?from=2025-01-01&to=2026-01-01`);
    assert.match(long.message, /60 days/);
    const back = await world.call('GET', `/instruments/historical/${INFY}/day?from=2026-01-02&to=2026-01-01`);
    assert.match(back.message, /after/);
    assert.equal((await world.call('GET', `/instruments/historical/${INFY}/day?from=x&to=y`)).status, 400);
    assert.equal((await world.call('GET', '/instruments/historical/1/day?from=2026-01-01&to=2026-01-02')).status, 400);
  });
});

describe('quotes', () => {
  test('have the day’s numbers and its circuit', async () => {
    const world = kiteWorld();
    world.tick(INFY, 1500, { volume: 100, depth: [1499.95, 10, 1500, 20] });
    world.tick(INFY, 1510, { volume: 300, depth: [1509.95, 11, 1510, 21] });
    const { data } = await world.call('GET', '/quote?i=NSE:INFY&i=NSE:NOBODY');
    const quote = (data as Record<string, Record<string, unknown>>)['NSE:INFY'];
    assert.deepEqual(Object.keys(data as object), ['NSE:INFY']);
    assert.equal(quote?.['average_price'], 1506.6667);
    assert.deepEqual(
      [quote?.['volume'], quote?.['last_quantity'], quote?.['lower_circuit_limit'], quote?.['upper_circuit_limit']],
      [300, 200, 1200, 1800],
    );
    assert.deepEqual([quote?.['buy_quantity'], quote?.['sell_quantity']], [11, 21]);
  });

  test('are refused for nothing and for too many', async () => {
    const world = kiteWorld();
    assert.equal((await world.call('GET', '/quote')).status, 400);
    const many = Array.from({ length: 501 }, (_, k) => `i=NSE:S${k}`).join('&');
    assert.equal((await world.call('GET', `/quote?${many}`)).status, 400);
    assert.equal((await world.call('GET', `/quote/ltp?${many}`)).status, 200);
  });

  test('begin a day anew, with the last price as the close before it', async () => {
    const world = kiteWorld();
    world.tick(INFY, 1520, { volume: 500 });
    await world.clock.advance(86_400_000);
    world.simulator.control.login();
    world.tick(INFY, 1530, { volume: 40 });
    const { data } = await world.call('GET', '/quote?i=NSE:INFY');
    const quote = (data as Record<string, Record<string, unknown>>)['NSE:INFY'];
    assert.deepEqual(quote?.['ohlc'], { open: 1530, high: 1530, low: 1530, close: 1520 });
    assert.equal(quote?.['volume'], 40);
  });
});

describe('the instruments dump', () => {
  test('names the segment in the token and says which are indices', async () => {
    const world = kiteWorld();
    const { text } = await world.call('GET', '/instruments/NSE');
    const rows = text.trim().split('\n');
    assert.equal(rows[1], '408065,1594,INFY,INFY,0.0,,0.0,0.05,1,EQ,NSE,NSE');
    assert.equal(rows[3], `${NIFTY},1001,NIFTY 50,NIFTY 50,0.0,,0.0,0.05,1,EQ,INDICES,NSE`);
    const { text: all } = await world.call('GET', '/instruments');
    assert.match(all, /58424839,.*,GOLDPETAL26JANFUT,GOLDPETAL,0\.0,2026-01-29,0\.0,1,1,FUT,MCX-FUT,MCX/);
  });
});

describe('calculators', () => {
  test('know delivery, intraday, futures, options and lots', async () => {
    const world = kiteWorld();
    const ask = async (order: object): Promise<Record<string, number>> => {
      const whole = {
        exchange: 'NSE',
        tradingsymbol: 'INFY',
        transaction_type: 'BUY',
        product: 'CNC',
        order_type: 'LIMIT',
      };
      const { data, message } = await world.call('POST', '/margins/orders', {
        json: [{ ...whole, variety: 'regular', quantity: 1, price: 1500, ...order }],
      });
      assert.equal(message, '');
      return (data as Record<string, number>[])[0] ?? {};
    };
    assert.equal((await ask({}))['total'], 1500);
    assert.equal((await ask({ product: 'MIS' }))['total'], 300);
    const crude = { exchange: 'MCX', tradingsymbol: 'CRUDEOIL26JANFUT', product: 'NRML', price: 5000 };
    assert.equal((await ask(crude))['total'], 100_000);
    const call = { exchange: 'NFO', tradingsymbol: 'NIFTY26JAN26000CE', product: 'NRML', quantity: 65, price: 400 };
    assert.equal((await ask(call))['option_premium'], 26_000);
    assert.equal((await ask({ ...call, transaction_type: 'SELL' }))['total'], 65 * 26_000 * 0.2);
  });

  test('charge by the table of April 2026', async () => {
    const world = kiteWorld();
    const ask = async (order: object): Promise<Record<string, number>> => {
      const whole = {
        exchange: 'NSE',
        tradingsymbol: 'INFY',
        transaction_type: 'BUY',
        product: 'CNC',
        order_type: 'LIMIT',
      };
      const { data } = await world.call('POST', '/charges/orders', {
        json: [{ ...whole, variety: 'regular', order_id: 'x', quantity: 100, price: 0, average_price: 1000, ...order }],
      });
      return (data as { charges: Record<string, number> }[])[0]?.charges ?? {};
    };
    const close = (found: number | undefined, wanted: number): void =>
      assert.ok(Math.abs((found ?? NaN) - wanted) < 1e-9, `${found} is not ${wanted}`);
    const delivery = await ask({});
    assert.deepEqual([delivery['transaction_tax'], delivery['brokerage']], [100, 0]);
    close(delivery['stamp_duty'], 15);
    close(delivery['exchange_turnover_charge'], 3.07);
    const intraday = await ask({ product: 'MIS', transaction_type: 'SELL' });
    close(intraday['transaction_tax'], 25);
    assert.deepEqual([intraday['brokerage'], intraday['stamp_duty']], [20, 0]);
    const future = { exchange: 'NFO', tradingsymbol: 'NIFTY26JANFUT', product: 'NRML', transaction_type: 'SELL' };
    close((await ask(future))['transaction_tax'], 50);
    const option = { ...future, tradingsymbol: 'NIFTY26JAN26000CE' };
    close((await ask(option))['transaction_tax'], 150);
    const gold = { exchange: 'MCX', tradingsymbol: 'CRUDEOIL26JANFUT', product: 'NRML', transaction_type: 'SELL' };
    close((await ask({ ...gold, quantity: 1 }))['transaction_tax'], 10);
    const dollars = { exchange: 'CDS', tradingsymbol: 'USDINR26JANFUT', product: 'NRML' };
    assert.equal((await ask({ ...dollars, quantity: 1, average_price: 90 }))['transaction_tax'], 0);
  });

  test('refuse what they cannot read', async () => {
    const world = kiteWorld();
    assert.equal((await world.call('POST', '/margins/orders', { json: [] })).status, 400);
    assert.equal((await world.call('POST', '/margins/basket', { json: [{ quantity: 1 }] })).status, 400);
    assert.equal((await world.call('POST', '/charges/orders', { json: 'x' })).status, 400);
    assert.equal((await world.call('GET', '/user/margins/crypto')).status, 400);
  });
});
