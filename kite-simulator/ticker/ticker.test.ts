import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DEPTH_WIDTH, TickBatch } from '#core/market/tick.ts';
import { INFY, kiteWorld, NIFTY, SBIN, type KiteWorld } from '../../test/support/kite-world.ts';
import { contract } from '../catalogue.ts';
import { type FaultKind } from '../faults/fault-list.ts';
import { type TickerConnection } from './ticker.ts';

interface Client {
  readonly connection: TickerConnection;
  readonly binary: Buffer[];
  readonly text: { readonly type: string; readonly data: unknown }[];
  isCut: boolean;
  /** Frames that are no heartbeats. */
  ticks(): Buffer[];
}

function connect(world: KiteWorld): Client | number {
  const { apiKey } = world.simulator.broker.sessions.credentials;
  const token = world.simulator.broker.sessions.current?.accessToken ?? '';
  const client: Omit<Client, 'connection'> = {
    binary: [],
    text: [],
    isCut: false,
    ticks: () => client.binary.filter((bytes) => bytes.length !== 1),
  };
  const connection = world.simulator.ticker.connect(apiKey, token, {
    binary: (bytes) => client.binary.push(bytes),
    text: (text) => client.text.push(JSON.parse(text) as Client['text'][number]),
    cut: () => (client.isCut = true),
  });
  return typeof connection === 'number' ? connection : Object.assign(client, { connection });
}

function connected(world: KiteWorld): Client {
  const client = connect(world);
  if (typeof client === 'number') throw new Error(`refused with ${client}`);
  return client;
}

function say(client: Client, a: string, v: unknown): void {
  client.connection.receive(JSON.stringify({ a, v }));
}

describe('the ticker', () => {
  test('sends a heartbeat a second, with or without subscriptions', async () => {
    const world = kiteWorld();
    const client = connected(world);
    await world.clock.advance(3_000);
    assert.deepEqual(
      client.binary.map((bytes) => [...bytes]),
      [[0], [0], [0], [0]],
    );
    await world.simulator.close();
  });

  test('takes three connections of a key, and a fourth is one too many', async () => {
    const world = kiteWorld();
    const clients = [connected(world), connected(world), connected(world)];
    assert.equal(connect(world), 429);
    clients[0]?.connection.closed();
    assert.equal(typeof connect(world), 'object');
    world.simulator.control.expireToken();
    assert.equal(connect(world), 403);
    await world.simulator.close();
  });

  test('sends what was subscribed, in its mode, and nothing after it was given up', async () => {
    const world = kiteWorld();
    const client = connected(world);
    say(client, 'subscribe', [INFY]);
    say(client, 'mode', ['ltp', [SBIN]]);
    world.simulator.onTicks([
      { token: INFY, price: 15_000_000, time: world.clock.now(), volume: 1 },
      { token: SBIN, price: 8_000_000, time: world.clock.now(), volume: 1 },
      { token: NIFTY, price: 8_000_000, time: world.clock.now(), volume: 1 },
    ]);
    assert.equal(client.ticks().length, 1);
    assert.equal(client.ticks()[0]?.length, 2 + (2 + 44) + (2 + 8));
    say(client, 'unsubscribe', [INFY, SBIN]);
    world.tick(INFY, 1501);
    assert.equal(client.ticks().length, 1);
    await world.simulator.close();
  });

  test('answers a subscription with the market as it is', async () => {
    const world = kiteWorld();
    world.tick(INFY, 1500);
    const client = connected(world);
    say(client, 'subscribe', [INFY, SBIN]);
    assert.equal(client.ticks()[0]?.readUInt16BE(0), 1, 'SBIN has not traded yet');
    await world.simulator.close();
  });

  test('ignores tokens that are no numbers, and says so of what it cannot read', async () => {
    const world = kiteWorld();
    const client = connected(world);
    say(client, 'subscribe', [`${INFY}`]);
    world.tick(INFY, 1500);
    assert.deepEqual(client.ticks(), []);
    client.connection.receive('{');
    say(client, 'mode', ['loud', [INFY]]);
    assert.deepEqual(client.text, [
      { type: 'error', data: 'Invalid message.' },
      { type: 'error', data: 'Invalid message.' },
    ]);
    await world.simulator.close();
  });

  test('takes 3,000 instruments a connection, no more', async () => {
    const many = Array.from({ length: 3_001 }, (_, k) => {
      const { instrument } = contract({ ...kiteInstrument, token: 256 * (k + 1) + 1, symbol: `S${k}` });
      return contract(instrument);
    });
    const world = kiteWorld({ contracts: many });
    const client = connected(world);
    const tokens = many.map(({ instrument }) => instrument.token);
    say(client, 'subscribe', tokens);
    assert.equal(client.text[0]?.type, 'error');
    say(client, 'subscribe', tokens.slice(1));
    assert.equal(client.text.length, 1);
    await world.simulator.close();
  });

  test('tells every connection of a fill, once it is in the book', async () => {
    const world = kiteWorld();
    const clients = [connected(world), connected(world)];
    world.tick(INFY, 1490);
    const id = await world.placed();
    for (const { text } of clients) {
      assert.deepEqual(
        text.map(({ type, data }) => [type, (data as { order_id: string }).order_id]),
        [['order', id]],
      );
    }
    await world.simulator.close();
  });
});

test('a message of the broker’s reaches every socket', async () => {
  const world = kiteWorld();
  const client = connected(world);
  world.simulator.control.say('message', 'Maintenance at six.');
  assert.deepEqual(client.text, [{ type: 'message', data: 'Maintenance at six.' }]);
  await world.simulator.close();
});

describe('faults of the ticker', () => {
  test('an upgrade is refused as the fault says', async () => {
    const world = kiteWorld();
    world.simulator.control.arm('refuse-socket', { count: 1, status: 502 });
    world.simulator.control.arm('refuse-socket', { count: 1 });
    assert.deepEqual([connect(world), connect(world), typeof connect(world)], [502, 403, 'object']);
    await world.simulator.close();
  });

  test('a batch of a feed arrives with its depth', async () => {
    const world = kiteWorld();
    const client = connected(world);
    say(client, 'mode', ['full', [SBIN]]);
    const batch = new TickBatch(4, true);
    const instruments = world.simulator.broker.catalogue.contracts.map((each) => each.instrument);
    batch.push(0, world.clock.now(), 15_000_000, 10, 1);
    batch.push(1, world.clock.now(), 8_000_000, 20, 2);
    batch.hasDepth = true;
    batch.depth.set([7_999_500, 3, 1], DEPTH_WIDTH);
    world.simulator.onBatch(batch, instruments);
    const [frame] = client.ticks();
    assert.deepEqual(
      [
        frame?.readUInt32BE(4 + 0),
        frame?.readUInt32BE(4 + 16),
        frame?.readUInt32BE(4 + 64),
        frame?.readUInt32BE(4 + 68),
      ],
      [SBIN, 20, 3, 79_995],
    );
    await world.simulator.close();
  });

  async function withFault(kind: FaultKind, ms?: number): Promise<{ world: KiteWorld; client: Client }> {
    const world = kiteWorld();
    const client = connected(world);
    say(client, 'subscribe', [INFY]);
    world.simulator.control.arm(kind, { count: 1, ms });
    world.tick(INFY, 1500);
    return { world, client };
  }

  test('a silent socket carries not a byte, then goes on', async () => {
    const { world, client } = await withFault('silent-socket', 5_000);
    const before = client.binary.length;
    await world.clock.advance(4_000);
    world.tick(INFY, 1501);
    assert.equal(client.binary.length, before);
    await world.clock.advance(2_000);
    world.tick(INFY, 1502);
    assert.equal(client.ticks().length, 1);
    await world.simulator.close();
  });

  test('heartbeats alone say nothing of ticks', async () => {
    const { world, client } = await withFault('heartbeats-only', 5_000);
    await world.clock.advance(3_000);
    world.tick(INFY, 1501);
    assert.deepEqual([client.ticks().length, client.binary.length > 2], [0, true]);
    await world.simulator.close();
  });

  test('a double drop cuts the next connection as soon as it has subscribed', async () => {
    const { world, client } = await withFault('double-drop');
    assert.equal(client.isCut, true);
    const next = connected(world);
    assert.equal(next.isCut, false);
    say(next, 'subscribe', [INFY]);
    assert.equal(next.isCut, true);
    const third = connected(world);
    say(third, 'subscribe', [INFY]);
    assert.equal(third.isCut, false);
    await world.simulator.close();
  });

  test('broken frames are of many kinds, the same ones for a seed', async () => {
    const frames = async (seed: number): Promise<string[]> => {
      const world = kiteWorld({ seed });
      const client = connected(world);
      say(client, 'subscribe', [INFY]);
      world.simulator.control.arm('malformed-frame');
      for (let k = 0; k < 60; k++) world.tick(INFY, 1500);
      await world.simulator.close();
      return client.ticks().map((bytes) => bytes.toString('hex'));
    };
    const first = await frames(7);
    assert.deepEqual(await frames(7), first);
    assert.ok(new Set(first).size >= 8, `${new Set(first).size} kinds`);
  });

  test('odd packets come along with the good ones', async () => {
    for (const kind of ['stray-tick', 'zero-price', 'old-tick'] as const) {
      const { world, client } = await withFault(kind);
      assert.equal(client.ticks()[0]?.readUInt16BE(0), 2, kind);
      await world.simulator.close();
    }
  });

  test('updates get lost, doubled, late and foreign', async () => {
    const ids = async (kind: FaultKind): Promise<string[]> => {
      const world = kiteWorld();
      const client = connected(world);
      world.tick(INFY, 1490);
      world.simulator.control.arm(kind, { count: 1 });
      await world.placed({ tag: 'a' });
      await world.placed({ tag: 'b' });
      await world.simulator.close();
      return client.text.map(({ data }) => String((data as { tag: string | null }).tag));
    };
    assert.deepEqual(await ids('lost-update'), ['b']);
    assert.deepEqual(await ids('duplicate-update'), ['a', 'a', 'b']);
    assert.deepEqual(await ids('late-update'), ['b', 'a']);
    assert.deepEqual(await ids('foreign-update'), ['a', 'null', 'b']);
  });
});

const kiteInstrument = {
  token: INFY,
  symbol: 'INFY',
  exchange: 'NSE',
  segment: 'NSE',
  tickSize: 500 as never,
  lotSize: 1 as never,
  tradable: true,
};
