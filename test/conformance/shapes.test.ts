// The simulator's answers have the shape of Zerodha's own samples: the same keys with the same kinds of values, all the
// way down. The samples are test data beside the project; without them the test is skipped by name.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { sha256 } from '#kite-simulator/rest/sessions.ts';
import { updateJson } from '#kite-simulator/rest/order-json.ts';
import { type OrderUpdate } from '#kite-simulator/account/book.ts';
import { INFY, kiteWorld, NIFTY, SBIN, type KiteWorld, type Reply } from '../support/kite-world.ts';
import { requireShared } from '../support/shared-data.ts';
import { differences } from './shape.ts';

const note = { exchange: 'NSE', transaction_type: 'BUY', variety: 'regular', product: 'CNC', order_type: 'LIMIT' };
const infy = { ...note, tradingsymbol: 'INFY', quantity: 1, price: 1500 };
const option = {
  ...note,
  exchange: 'NFO',
  tradingsymbol: 'NIFTY26JAN26000CE',
  product: 'NRML',
  quantity: 65,
  price: 400,
};
const gold = {
  ...note,
  exchange: 'MCX',
  tradingsymbol: 'GOLDPETAL26JANFUT',
  product: 'NRML',
  quantity: 1,
  price: 12854,
};
const gtt = (type: string, values: number[], prices: number[]) => ({
  type,
  condition: JSON.stringify({ exchange: 'NSE', tradingsymbol: 'INFY', trigger_values: values, last_price: 1500 }),
  orders: JSON.stringify(
    prices.map((price) => ({
      exchange: 'NSE',
      tradingsymbol: 'INFY',
      product: 'CNC',
      order_type: 'LIMIT',
      transaction_type: 'SELL',
      quantity: 1,
      price,
    })),
  ),
});

/** A day with an order of every kind that the samples show. */
async function busyDay(): Promise<KiteWorld> {
  const holdings = [{ token: SBIN, quantity: 10, t1: 0, averagePrice: 7_000_000 as never }];
  const overnight = [{ token: 58_424_839, product: 'NRML' as const, quantity: 3, averagePrice: 128_000_000 as never }];
  const world = kiteWorld({ opening: { holdings, overnight }, marginRefusal: 'book' });
  const { control } = world.simulator;
  world.tick(INFY, 1510, { volume: 1000, depth: [1509, 5, 1510, 7] });
  world.tick(SBIN, 800);
  world.tick(NIFTY, 26_000);
  control.setPrice('MCX:GOLDPETAL26JANFUT', 128_540_000);
  control.setPrice('NFO:NIFTY26JAN26000CE', 4_000_000);
  const resting = await world.placed({ price: 1400, tag: 'shape' });
  await world.call('PUT', `/orders/regular/${resting}`, { price: 1401 });
  await world.call('DELETE', `/orders/regular/${resting}`);
  await world.placed({ order_type: 'MARKET', market_protection: 2 });
  await world.placed(
    { quantity: 4, iceberg_legs: 2, iceberg_quantity: 2, tag: 'ice', validity: 'TTL', validity_ttl: 2 },
    'iceberg',
  );
  const auction = await world.placed(
    { tradingsymbol: 'SBIN', transaction_type: 'SELL', price: 800, auction_number: '22' },
    'auction',
  );
  await world.call('DELETE', `/orders/auction/${auction}`);
  await world.placed({ quantity: 100_000 });
  await world.placed({ ...gold });
  await world.placed({ ...option, quantity: 65 * 30, autoslice: true });
  return world;
}

type Ask = (world: KiteWorld) => Promise<Reply>;
const get = (path: string) => (world: KiteWorld) => world.call('GET', path);
const post = (path: string, json: unknown) => (world: KiteWorld) => world.call('POST', path, { json });

const alert = {
  name: 'an alert',
  type: 'simple',
  lhs_exchange: 'INDICES',
  lhs_tradingsymbol: 'NIFTY 50',
  lhs_attribute: 'LastTradedPrice',
  operator: '>=',
  rhs_type: 'constant',
  rhs_constant: 27_000,
};
const basket = { items: [{ exchange: 'NSE', tradingsymbol: 'INFY', params: { ...infy, price: 1400 } }] };
const fund = { tradingsymbol: 'INF000S01AA1', transaction_type: 'BUY', amount: 5000 };

async function madeAlert(world: KiteWorld): Promise<string> {
  return ((await world.call('POST', '/alerts', alert)).data as { uuid: string }).uuid;
}

async function madeFundOrder(world: KiteWorld): Promise<string> {
  return ((await world.call('POST', '/mf/orders', fund)).data as { order_id: string }).order_id;
}

async function madeSip(world: KiteWorld): Promise<string> {
  return ((await world.call('POST', '/mf/sips', fund)).data as { sip_id: string }).sip_id;
}

const asked: Readonly<Record<string, Ask>> = {
  'alerts_create.json': (world) => world.call('POST', '/alerts', alert),
  'alerts_create_ato.json': (world) =>
    world.call('POST', '/alerts', { ...alert, type: 'ato', basket: JSON.stringify(basket) }),
  'alerts_delete.json': async (world) => world.call('DELETE', `/alerts?uuid=${await madeAlert(world)}`),
  'alerts_get_one.json': async (world) => world.call('GET', `/alerts/${await madeAlert(world)}`),
  'alerts_history.json': async (world) => {
    const uuid = await madeAlert(world);
    world.tick(NIFTY, 27_001);
    return world.call('GET', `/alerts/${uuid}/history`);
  },
  'alerts_modify.json': async (world) => world.call('PUT', `/alerts/${await madeAlert(world)}`, alert),
  'alerts_get.json': async (world) => {
    await madeAlert(world);
    await world.call('POST', '/alerts', { ...alert, type: 'ato', basket: JSON.stringify(basket) });
    return world.call('GET', '/alerts');
  },
  'auctions_list.json': get('/portfolio/holdings/auctions'),
  'autoslice_response.json': (world) => world.place({ ...option, quantity: 65 * 60, autoslice: true }),
  'basket_margins.json': post('/margins/basket', [option, { ...option, transaction_type: 'SELL' }]),
  'convert_position.json': (world) =>
    world.call('PUT', '/portfolio/positions', {
      ...note,
      tradingsymbol: 'INFY',
      position_type: 'day',
      quantity: 1,
      old_product: 'CNC',
      new_product: 'MIS',
    }),
  'full_profile.json': get('/user/profile/full'),
  'gtt_place_order.json': (world) => world.call('POST', '/gtt/triggers', gtt('single', [1400], [1401])),
  'gtt_modify_order.json': async (world) => {
    const { data } = await world.call('POST', '/gtt/triggers', gtt('single', [1400], [1401]));
    const { trigger_id: id } = data as { trigger_id: number };
    return world.call('PUT', `/gtt/triggers/${id}`, gtt('single', [1410], [1411]));
  },
  'gtt_delete_order.json': async (world) => {
    const { data } = await world.call('POST', '/gtt/triggers', gtt('single', [1400], [1401]));
    return world.call('DELETE', `/gtt/triggers/${(data as { trigger_id: number }).trigger_id}`);
  },
  'gtt_get_order.json': async (world) => {
    const { data } = await world.call('POST', '/gtt/triggers', gtt('two-leg', [1400, 1600], [1399, 1]));
    world.tick(INFY, 1601);
    return world.call('GET', `/gtt/triggers/${(data as { trigger_id: number }).trigger_id}`);
  },
  'gtt_get_orders.json': get('/gtt/triggers'),
  'historical_minute.json': get(`/instruments/historical/${INFY}/minute?from=2026-01-05&to=2026-01-06`),
  'historical_oi.json': get(`/instruments/historical/${INFY}/minute?from=2026-01-05&to=2026-01-06&oi=1`),
  'holdings.json': get('/portfolio/holdings'),
  'holdings_auth.json': (world) => world.call('POST', '/portfolio/holdings/authorise'),
  'holdings_compact.json': get('/portfolio/holdings/compact'),
  'holdings_summary.json': get('/portfolio/holdings/summary'),
  'ltp.json': get('/quote/ltp?i=NSE:INFY'),
  'margin_commodity.json': get('/user/margins/commodity'),
  'margins.json': get('/user/margins'),
  'margins_equity.json': get('/user/margins/equity'),
  'mf_holdings.json': get('/mf/holdings'),
  'mf_order_cancel.json': async (world) => world.call('DELETE', `/mf/orders/${await madeFundOrder(world)}`),
  'mf_order_response.json': (world) => world.call('POST', '/mf/orders', fund),
  'mf_orders.json': async (world) => {
    await madeFundOrder(world);
    return world.call('GET', '/mf/orders');
  },
  'mf_orders_info.json': async (world) => world.call('GET', `/mf/orders/${await madeFundOrder(world)}`),
  'mf_sip_cancel.json': async (world) => world.call('DELETE', `/mf/sips/${await madeSip(world)}`),
  'mf_sip_info.json': async (world) => world.call('GET', `/mf/sips/${await madeSip(world)}`),
  'mf_sip_modify.json': async (world) => world.call('PUT', `/mf/sips/${await madeSip(world)}`, { status: 'paused' }),
  'mf_sip_place.json': (world) => world.call('POST', '/mf/sips', fund),
  'mf_sips.json': async (world) => {
    await madeSip(world);
    return world.call('GET', '/mf/sips');
  },
  'ohlc.json': get('/quote/ohlc?i=NSE:INFY'),
  'order_cancel.json': async (world) => world.call('DELETE', `/orders/regular/${await world.placed({ price: 1400 })}`),
  'order_info.json': async (world) => {
    const id = await world.placed({ price: 1400 });
    await world.call('PUT', `/orders/regular/${id}`, { price: 1401 });
    return world.call('GET', `/orders/${id}`);
  },
  'order_margins.json': post('/margins/orders', [infy]),
  'order_modify.json': async (world) =>
    world.call('PUT', `/orders/regular/${await world.placed({ price: 1400 })}`, { price: 1401 }),
  'order_response.json': (world) => world.place(),
  'order_trades.json': async (world) => world.call('GET', `/orders/${await world.placed({ price: 1520 })}/trades`),
  'orders.json': get('/orders'),
  'positions.json': get('/portfolio/positions'),
  'profile.json': get('/user/profile'),
  'quote.json': get('/quote?i=NSE:INFY'),
  'trades.json': get('/trades'),
  'trigger_range.json': get('/instruments/trigger_range/buy?i=NSE:INFY&i=NSE:SBIN'),
  'virtual_contract_note.json': post(
    '/charges/orders',
    [infy, gold, option].map((each) => ({ ...each, average_price: 5 })),
  ),
  'session_logout.json': (world) => {
    const { credentials, current } = world.simulator.broker.sessions;
    const query = new URLSearchParams({ api_key: credentials.apiKey, access_token: current?.accessToken ?? '' });
    return world.call('DELETE', `/session/token?${query.toString()}`);
  },
};

describe('the answers have the shape of Kite’s own samples', () => {
  for (const [file, ask] of Object.entries(asked)) {
    test(file, async (t) => {
      const path = requireShared(t, 'kiteconnect-mocks', file);
      if (path === undefined) return;
      const world = await busyDay();
      if (file === 'gtt_get_orders.json') {
        await world.call('POST', '/gtt/triggers', gtt('single', [1400], [1401]));
        await world.call('POST', '/gtt/triggers', gtt('two-leg', [1400, 1600], [1399, 1]));
        world.tick(INFY, 1601);
      }
      const { status, text } = await ask(world);
      assert.equal(status, 200, text);
      // That sample alone stands without the envelope's status.
      const without = file === 'mf_sips.json' ? text.replace('"status":"success",', '') : text;
      assert.deepEqual(differences(JSON.parse(readFileSync(path, 'utf8')), JSON.parse(without)), []);
    });
  }

  test('generate_session.json', async (t) => {
    const path = requireShared(t, 'kiteconnect-mocks', 'generate_session.json');
    if (path === undefined) return;
    const world = kiteWorld();
    const { sessions } = world.simulator.broker;
    const { apiKey, apiSecret } = sessions.credentials;
    const requestToken = sessions.newRequestToken();
    const { text } = await world.call('POST', '/session/token', {
      api_key: apiKey,
      request_token: requestToken,
      checksum: sha256(apiKey + requestToken + apiSecret),
    });
    assert.deepEqual(differences(JSON.parse(readFileSync(path, 'utf8')), JSON.parse(text)), []);
  });

  test('postback.json', async (t) => {
    const path = requireShared(t, 'kiteconnect-mocks', 'postback.json');
    if (path === undefined) return;
    const world = kiteWorld();
    const told: OrderUpdate[] = [];
    world.simulator.broker.onUpdates.push((updates) => told.push(...updates));
    world.tick(INFY, 1490);
    await world.placed();
    const [update] = told;
    assert.ok(update);
    const found = updateJson(update.order, update.status, world.simulator.broker.sessions.credentials);
    assert.deepEqual(differences(JSON.parse(readFileSync(path, 'utf8')), JSON.parse(JSON.stringify(found))), []);
  });

  const dumps = {
    'instruments_all.csv': '/instruments',
    'instruments_nse.csv': '/instruments/NSE',
    'mf_instruments.csv': '/mf/instruments',
  };
  for (const [file, where] of Object.entries(dumps)) {
    test(file, async (t) => {
      const path = requireShared(t, 'kiteconnect-mocks', file);
      if (path === undefined) return;
      const [columns = '', row = ''] = readFileSync(path, 'utf8').split(/\r?\n/);
      const { text, type } = await kiteWorld().call('GET', where);
      assert.equal(type, 'text/csv');
      const [found = '', first = ''] = text.split('\n');
      assert.equal(found, columns);
      assert.equal(first.split(',').length, row.split(',').length);
    });
  }

  test('no sample is left out', (t) => {
    const folder = requireShared(t, 'kiteconnect-mocks');
    if (folder === undefined) return;
    const known = new Set([...Object.keys(asked), ...Object.keys(dumps), 'generate_session.json', 'postback.json']);
    const samples = readdirSync(folder).filter((file) => /\.(?:json|csv)$/.test(file));
    // Packets and their values are for the ticker's tests.
    assert.deepEqual(
      samples.filter((file) => !known.has(file) && !file.startsWith('ticker_')),
      [],
    );
  });
});
