// What is watched: the answers of other routes as these give them, sent again when they have changed and not otherwise.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { WATCH_LIMITS } from '#api/watch-hub.ts';
import { accessWorld, FOREIGN } from '../support/access-world.ts';
import { WATCHED } from '../../web/src/api/watchable.ts';
import { API_BROKERS, apiWorld, type ApiWorld } from '../support/api-world.ts';

interface Told {
  readonly of: string;
  readonly status: number;
  readonly answer: unknown;
}

interface TellingBrokers extends Told {
  readonly answer: { readonly items?: readonly { readonly broker: string }[] };
}

/** What was told in one round. */
type Round = readonly Told[];

const watches = { ...WATCH_LIMITS, roundMs: 5 };

/** The rounds of a watch as they come. */
async function* watching(t: TestContext, port: number, addresses: readonly string[]): AsyncGenerator<Round> {
  const aborted = new AbortController();
  t.after(() => aborted.abort());
  const of = addresses.map((address) => `of=${encodeURIComponent(address)}`).join('&');
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/watch?${of}`, { signal: aborted.signal });
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
  let [rest, round]: [string, Told[]] = ['', []];
  for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const blocks = (rest + part).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      if (block.startsWith('event: answer\ndata: ')) round.push(JSON.parse(block.slice(20)) as Told);
      if (block !== 'event: round\ndata: {}') continue;
      yield round;
      round = [];
    }
  }
}

async function next(rounds: AsyncGenerator<Round>): Promise<Round> {
  const round = await rounds.next();
  assert.ok(round.done !== true, 'the watch has ended');
  return round.value;
}

async function answerOf(world: ApiWorld, address: string): Promise<unknown> {
  return JSON.parse((await world.ask(address)).text) as unknown;
}

test('a watch tells what the routes answer, and of what has changed since', async (t) => {
  const world = await apiWorld(t, { watches }, { playing: false });
  const addresses = world.routes.flatMap(({ path, watchMs }) =>
    watchMs === undefined || path.includes('{') ? [] : [path.endsWith('/candles') ? `${path}?instrument=INFY` : path],
  );
  assert.ok(addresses.length >= 14, `${addresses.length} routes are watched`);
  const rounds = watching(t, world.port, addresses);
  const seen = new Map<string, unknown>();
  const take = (round: Round): void => round.forEach(({ of, answer }) => seen.set(of, answer));
  take(await next(rounds));
  assert.deepEqual([...seen.keys()].toSorted(), addresses.toSorted());
  const empty = await answerOf(world, '/api/v1/fills');
  assert.deepEqual(seen.get('/api/v1/fills'), empty);
  await world.play();
  for (const address of addresses) {
    const wanted = JSON.stringify(await answerOf(world, address));
    while (JSON.stringify(seen.get(address)) !== wanted) take(await next(rounds));
  }
  assert.notDeepEqual(seen.get('/api/v1/fills'), empty);
  assert.deepEqual([await next(rounds), await next(rounds)], [[], []], 'what has not changed is not sent again');
  await rounds.return(undefined);
  assert.deepEqual(world.failures, []);
});

test('the pages watch what the server watches', async (t) => {
  const { routes } = await apiWorld(t, {}, { playing: false });
  const watched = routes.flatMap(({ method, path, watchMs }) =>
    watchMs === undefined ? [] : [`${method} ${path.replace('+}', '}')}`],
  );
  assert.deepEqual([...WATCHED].toSorted(), watched.toSorted());
});

test('an order is watched by its id, and what is refused is an answer too', async (t) => {
  const world = await apiWorld(t, { watches });
  const { items } = (await answerOf(world, '/api/v1/orders?limit=1')) as {
    readonly items: readonly { readonly order_id: string }[];
  };
  const order = `/api/v1/orders/${items[0]?.order_id}`;
  const [found, absent, wrong] = [order, '/api/v1/orders/none', '/api/v1/positions?limit=0'];
  const rounds = watching(t, world.port, [found, absent, wrong]);
  const told = await next(rounds);
  assert.deepEqual(
    told.map(({ of, status }) => [of, status]),
    [
      [found, 200],
      [absent, 404],
      [wrong, 400],
    ],
  );
  assert.deepEqual(
    told.map(({ answer }) => answer),
    await Promise.all([found, absent, wrong].map(async (address) => answerOf(world, address))),
  );
  await rounds.return(undefined);
});

test('what cannot be watched is refused, and one too many is told to wait', async (t) => {
  const world = await apiWorld(t, { watches: { ...watches, clientsMax: 1 } });
  const status = async (query: string): Promise<number> => (await world.ask(`/api/v1/watch${query}`)).status;
  const many = Array.from({ length: 33 }, (_, k) => `of=/api/v1/brokers%3Flimit=${k + 1}`).join('&');
  for (const query of ['', '?of=', '?of=/api/v1/brokers&x=1', `?${many}`])
    assert.equal(await status(query), 400, query);
  for (const address of [
    '/health',
    '/api/v1/logs',
    '/api/v1/stream',
    '/api/v1/watch',
    '/api/v1/auth/me',
    '/none',
    '//',
  ]) {
    assert.equal(await status(`?of=${encodeURIComponent(address)}`), 400, address);
  }
  for (const address of ['http://elsewhere/api/v1/brokers', '//elsewhere/api/v1/brokers', '/api/v1/orders/%ff', 'x']) {
    assert.equal(await status(`?of=${encodeURIComponent(address)}`), 400, address);
  }
  const rounds = watching(t, world.port, ['/api/v1/brokers']);
  await next(rounds);
  assert.equal(await status('?of=/api/v1/brokers'), 503);
  await rounds.return(undefined);
});

test('a watch tells each caller what that one may see, and ends when who asked for it is disabled', async (t) => {
  const world = await accessWorld(t, { watches: { ...WATCH_LIMITS, roundMs: 5 } });
  const of = ['/api/v1/brokers', '/api/v1/positions?broker=paper'].map((each) => `of=${encodeURIComponent(each)}`);
  const seenBy = async (name: string): Promise<readonly (readonly [string, number, string])[]> => {
    const headers = { authorization: `Bearer ${await world.tokenOf(name)}` };
    const response = await fetch(`http://127.0.0.1:${world.port}/api/v1/watch?${of.join('&')}`, { headers });
    assert.equal(response.status, 200);
    let text = '';
    for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += part;
      // The watch ends by itself then.
      if (text.includes('event: round')) world.users.disable(name);
    }
    return [...text.matchAll(/^data: (\{"of".*)$/gm)].map(([, data = '']) => {
      const { of: address, status, answer } = JSON.parse(data) as TellingBrokers;
      return [address, status, answer.items?.map(({ broker }) => broker).join() ?? ''] as const;
    });
  };
  assert.deepEqual(await seenBy('viewer'), [
    ['/api/v1/brokers', 200, API_BROKERS.join()],
    ['/api/v1/positions?broker=paper', 200, 'paper,paper,paper,paper,paper'],
  ]);
  assert.deepEqual(await seenBy('viewer_foreign'), [
    ['/api/v1/brokers', 200, FOREIGN],
    ['/api/v1/positions?broker=paper', 403, ''],
  ]);
});
