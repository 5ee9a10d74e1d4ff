// Who may ask for what: every route of the table for every role, for nobody, and for those who see another namespace.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { totpCode, totpStep } from '#app/access/totp.ts';
import { confirmed, enrolled, kiteWay, knownSignIn, listOf, me, problem, ROLES, token } from '#api/contract.ts';
import type { Route } from '#api/route.ts';
import {
  accessWorld,
  deadLetterOf,
  fromBase32,
  jsonOf,
  orderOf,
  PASSWORD,
  rolesFrom,
  type AccessWorld,
} from '../support/access-world.ts';
import { kiteAt, type Kite } from '../e2e/support/live-kite.ts';
import { signed } from '../support/webhook.ts';
import type { Asked } from '../support/api-world.ts';

interface Sample {
  readonly path: string;
  readonly init?: Asked;
  readonly make?: (credential: string | undefined) => Asked | Promise<Asked>;
  /** What is ordered, each time under another key. */
  readonly body?: object;
  /** What is asked for is of the namespace paper. */
  readonly ofPaper: boolean;
}

/** Only for those who see every namespace. */
const OF_ALL_TOGETHER = [
  '/metrics',
  '/api/v1/audit',
  '/api/v1/audit-verification',
  '/api/v1/webhooks',
  '/api/v1/subscriptions',
];

/** What is sent to a route so that it is answered well. Throws for a route that the table has and this test does not. */
async function samplesOf(
  { method, path, body, query }: Route,
  world: AccessWorld,
  kite: Kite,
): Promise<readonly Sample[]> {
  const bare = { path, init: {}, ofPaper: false };
  if (path === '/api/v1/auth/token') return [{ ...bare, init: jsonOf({ name: 'nobody_yet', password: PASSWORD }) }];
  if (path.endsWith('/kite/token')) return [{ path, ofPaper: false, make: async () => backFromKite(world, kite) }];
  if (path.endsWith('/sessions/end')) {
    return [
      { path, ofPaper: false, make: async (credential) => jsonOf({ session: await anotherOf(world, credential) }) },
    ];
  }
  if (path.endsWith('/code/enrol')) return [{ ...bare, init: { method } }];
  if (path.endsWith('/code/confirm')) {
    return [{ path, ofPaper: false, make: async (credential) => jsonOf({ code: await codeOf(world, credential) }) }];
  }
  if (path.includes('{order_id+}')) {
    const { items } = JSON.parse(
      (await world.askAs(await world.tokenOf('viewer'), '/api/v1/orders?broker=paper')).text,
    ) as {
      items: { order_id: string }[];
    };
    return [{ ...bare, path: path.replace('{order_id+}', items[0]?.order_id ?? ''), ofPaper: true }];
  }
  if (path.includes('{correlation_id+}')) {
    const one = path.replace('{correlation_id+}', 'none');
    return [
      { ...bare, path: one },
      { ...bare, path: `${one}?broker=paper`, ofPaper: true },
    ];
  }
  if (path.includes('{topic}')) {
    const of = (topic: string): string => path.replace('{topic}', topic);
    return [
      { ...bare, path: of('paper.orders.filled'), ofPaper: true },
      { ...bare, path: of('market.ticks') },
    ];
  }
  if (path.includes('{webhook}')) {
    const hook = { form: 'generic', broker: 'paper', strategy_id: 'mine', max_quantity: 1, addresses: null } as const;
    const secret = world.hooks.add({ ...hook, id: 'mine', instruments: new Map([['INFY', 408_065]]) });
    let count = 0;
    const message = () => ({ id: `${++count}`, instrument: 'INFY', side: 'BUY', quantity: 1 });
    // Another message each time it is asked.
    return [
      {
        path: path.replace('{webhook}', 'mine'),
        ofPaper: false,
        make: () => signed(secret, message(), world.clock.now),
      },
    ];
  }
  if (path.includes('/subscriptions/{id}') || (method === 'POST' && path === '/api/v1/subscriptions')) {
    return subscriptionSamples(path, world);
  }
  if (path.endsWith('/candles')) return [{ ...bare, path: `${path}?instrument=INFY` }];
  const ordered = method === 'POST' ? bodiesOf(world)[path] : undefined;
  if (ordered !== undefined) {
    const id = world.pipeline.plan.deployments[0]?.strategyId ?? '';
    return ordered.map((given) => ({
      path: path.replace('{strategy_id}', id).replace('{alert_id}', '1'),
      init: {},
      body: given,
      // Without a namespace it would be an order for all of them.
      ofPaper: true,
    }));
  }
  assert.ok(!path.includes('{') && body === undefined, `this test has nothing to send to ${method} ${path}`);
  if (path.endsWith('/stream')) {
    return [{ ...bare, path: `${path}?topics=market.ticks,paper.orders.filled`, ofPaper: true }];
  }
  if (path.endsWith('/watch')) return [{ ...bare, path: `${path}?of=/api/v1/brokers` }];
  if ('broker' in query.shape) return [bare, { ...bare, path: `${path}?broker=paper`, ofPaper: true }];
  return [{ ...bare, init: { method }, ofPaper: OF_ALL_TOGETHER.includes(path) }];
}

/** Of subscriptions, each time one that can be read, resumed and removed. */
function subscriptionSamples(path: string, { subscribe }: AccessWorld): readonly Sample[] {
  let count = 0;
  const wanted = { url: 'https://example.org/', kinds: ['fills'] };
  const make = (): Asked => {
    if (path.endsWith('/subscriptions')) return jsonOf({ ...wanted, id: `made-${++count}`, why: 'a drill' });
    subscribe('desk');
    return path.endsWith('/deliveries') ? {} : jsonOf({ why: 'a drill' });
  };
  // They are of the whole platform, so whoever sees only another namespace than paper may not.
  return [{ path: path.replace('{id}', 'desk'), make, ofPaper: true }];
}

/** What a page sends of a person who has just signed in at Kite. */
async function backFromKite(world: AccessWorld, kite: Kite): Promise<Asked> {
  const { text } = await world.ask('/api/v1/auth/kite/begin', { method: 'POST' });
  const { url, state, verifier } = kiteWay.parse(JSON.parse(text));
  const { searchParams } = await kite.logIn(url);
  return jsonOf({ request_token: searchParams.get('request_token'), state, verifier });
}

/** A second sign-in of whoever has the credential. */
async function anotherOf(world: AccessWorld, credential: string | undefined): Promise<string> {
  const about = await world.askAs(credential, '/api/v1/auth/me');
  if (about.status !== 200) return 'none';
  const { name } = me.parse(JSON.parse(about.text));
  const other = await world.tokenOf(name);
  const { text } = await world.askAs(other, '/api/v1/auth/sessions?limit=1000');
  return (
    listOf(knownSignIn)
      .parse(JSON.parse(text))
      .items.find((each) => each.is_this)?.session ?? 'none'
  );
}

/** The code of now of a seed that was just given to whoever has the credential. */
async function codeOf(world: AccessWorld, credential: string | undefined): Promise<string> {
  const { status, text } = await world.askAs(credential, '/api/v1/auth/code/enrol', { method: 'POST' });
  if (status !== 200) return '000000';
  const { secret } = enrolled.parse(JSON.parse(text));
  return totpCode(fromBase32(secret), totpStep(world.clock.now));
}

/** What every route that orders something is sent, by its path. */
function bodiesOf(world: AccessWorld): Readonly<Record<string, readonly object[]>> {
  const letters = { topic: 'paper.pnl.snapshots', offsets: [deadLetterOf(world)], again: true };
  return {
    '/api/v1/control/arm': [{ broker: 'paper' }],
    '/api/v1/control/disarm': [{ broker: 'paper' }],
    '/api/v1/control/kill': [{ broker: 'paper' }, {}],
    '/api/v1/control/release': [{ broker: 'paper', instrument: 'INFY' }, {}],
    '/api/v1/alerts/{alert_id}/acknowledge': [{}],
    '/api/v1/limits': [{ broker: 'paper', limit: 'max_order_quantity', value: '10' }],
    '/api/v1/strategies/{strategy_id}/enable': [{ broker: 'paper' }],
    '/api/v1/strategies/{strategy_id}/disable': [{ broker: 'paper' }],
    '/api/v1/dead-letters/replay': [letters],
    '/api/v1/dead-letters/discard': [letters],
  };
}

/** The status of an answer; of a stream or a watch, which does not end by itself, as soon as it begins. */
async function statusOf(world: AccessWorld, credential: string | undefined, sample: Sample): Promise<number> {
  const { path, body } = sample;
  const init = body === undefined ? ((await sample.make?.(credential)) ?? sample.init) : orderOf(body);
  if (!/\/(stream|watch)\?/.test(path)) return (await world.askAs(credential, path, init)).status;
  const abort = new AbortController();
  const headers = credential === undefined ? {} : { authorization: `Bearer ${credential}` };
  const { status } = await fetch(`http://127.0.0.1:${world.port}${path}`, { headers, signal: abort.signal });
  abort.abort();
  return status;
}

test('every route answers whom the table lets ask, and nobody else', async (t) => {
  const kite = await kiteAt(t, 'http://localhost:8000/sign-in/kite');
  const world = await accessWorld(t, {}, kite);
  await world.users.add({ name: 'nobody_yet', password: PASSWORD, role: 'viewer', brokers: undefined });
  const names = ROLES.flatMap((role) => [role, `${role}_foreign`] as const);
  const tokens = new Map<string, string>();
  for (const name of names) tokens.set(name, await world.tokenOf(name));
  let asked = 0;
  for (const route of world.routes) {
    // Confirming a code is one of the routes, and signing in would ask for it ever after.
    for (const name of names) world.factor.reset(name);
    for (const sample of await samplesOf(route, world, kite)) {
      const anyone = route.role === 'anyone';
      const may = anyone ? ROLES : rolesFrom(route.role);
      const what = `${route.method} ${sample.path}`;
      assert.equal(await statusOf(world, undefined, sample), anyone ? route.status : 401, `nobody: ${what}`);
      if (!anyone) assert.equal(await statusOf(world, 'ap_strange', sample), 401, `a strange key: ${what}`);
      for (const role of ROLES) {
        const own = may.includes(role) ? route.status : 403;
        assert.equal(await statusOf(world, tokens.get(role), sample), own, `${role}: ${what}`);
        const foreign = sample.ofPaper && !anyone ? 403 : own;
        assert.equal(await statusOf(world, tokens.get(`${role}_foreign`), sample), foreign, `${role}_foreign: ${what}`);
        asked += 2;
      }
    }
  }
  assert.ok(asked > 100, `${asked} requests`);
  assert.deepEqual(world.failures, []);
});

test('whoever sees one namespace is told of no other', async (t) => {
  const world = await accessWorld(t);
  const credential = await world.tokenOf('admin_foreign');
  for (const list of ['brokers', 'portfolios', 'positions', 'orders', 'fills', 'signals', 'control', 'alerts']) {
    const { items } = JSON.parse((await world.askAs(credential, `/api/v1/${list}`)).text) as {
      items: { broker: string }[];
    };
    assert.ok(items.length > 0, list);
    assert.deepEqual([...new Set(items.map(({ broker }) => broker))], ['desk_four'], list);
  }
  const { text } = await world.askAs(credential, '/api/v1/topics');
  const { items: topics } = JSON.parse(text) as { items: { topic: string }[] };
  assert.deepEqual([...new Set(topics.map(({ topic }) => topic.split('.')[0]))], ['desk_four', 'market']);
  const health = JSON.parse((await world.askAs(credential, '/api/v1/health')).text) as { brokers: object };
  assert.deepEqual(Object.keys(health.brokers), ['desk_four']);
});

test('signing in gives a token, and says no more of what was wrong than that', async (t) => {
  const world = await accessWorld(t);
  const signIn = async (name: string, password: string) => world.ask('/api/v1/auth/token', jsonOf({ name, password }));
  const good = await signIn('risk', PASSWORD);
  const { access_token: text, ...said } = token.parse(JSON.parse(good.text));
  assert.deepEqual(said, { token_type: 'Bearer', expires_in: 1_800, name: 'risk', role: 'risk', brokers: null });
  const about = me.parse(JSON.parse((await world.askAs(text, '/api/v1/auth/me')).text));
  assert.equal(about.expires_at, new Date(world.clock.now + 1_800_000).toISOString());
  const refused = [await signIn('risk', `${PASSWORD}!`), await signIn('nobody', PASSWORD)];
  assert.deepEqual(
    refused.map(({ status }) => status),
    [401, 401],
  );
  assert.equal(refused[0]?.text, refused[1]?.text);
  assert.doesNotMatch(JSON.stringify([world.audited, good.text]), new RegExp(PASSWORD));
  assert.deepEqual(
    world.audited.map(([event, { who, name }]) => `${event}: ${String(who ?? name)}`),
    ['Signed in: risk', 'Signing in failed: risk', 'Signing in failed: nobody'],
  );
});

test('who tries many passwords is told to wait, whether there is such a user or not', async (t) => {
  const world = await accessWorld(t, { nowMs: () => 0 });
  for (const name of ['risk', 'nobody']) {
    const statuses: number[] = [];
    for (let k = 0; k < 6; k++) {
      const { status, headers } = await world.ask('/api/v1/auth/token', jsonOf({ name, password: `wrong ${k}` }));
      statuses.push(status);
      if (status === 429) assert.equal(headers['retry-after'], '30');
    }
    assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429], name);
  }
});

test('a credential that has ended is refused from then on', async (t) => {
  const world = await accessWorld(t);
  const text = await world.tokenOf('viewer');
  const key = world.keys.create({ label: 'grafana', role: 'viewer', brokers: undefined, days: 1 });
  for (const credential of [text, key]) assert.equal((await world.askAs(credential, '/api/v1/brokers')).status, 200);
  const renewed = await world.askAs(text, '/api/v1/auth/renew', { method: 'POST' });
  assert.equal(renewed.status, 200);
  assert.equal((await world.askAs(key, '/api/v1/auth/renew', { method: 'POST' })).status, 403);
  world.users.disable('viewer');
  world.keys.revoke(key.slice(3, 19));
  const { access_token: second } = token.parse(JSON.parse(renewed.text));
  for (const credential of [text, key, second]) {
    const { status, headers, text: said } = await world.askAs(credential, '/api/v1/brokers');
    assert.equal(status, 401);
    assert.equal(headers['www-authenticate'], 'Bearer realm="alpha-panda", error="invalid_token"');
    assert.equal(problem.parse(JSON.parse(said)).status, 401);
  }
});

test('one sign-in of several is ended, by its user or by an admin, and the others go on', async (t) => {
  const world = await accessWorld(t);
  const [laptop, phone, other] = [
    await world.tokenOf('risk'),
    await world.tokenOf('risk'),
    await world.tokenOf('operator'),
  ];
  const listOfCaller = async (credential: string) =>
    listOf(knownSignIn).parse(JSON.parse((await world.askAs(credential, '/api/v1/auth/sessions')).text)).items;
  const end = async (credential: string, body: object) =>
    (await world.askAs(credential, '/api/v1/auth/sessions/end', jsonOf(body))).status;
  const isIn = async (credential: string) => (await world.askAs(credential, '/api/v1/brokers')).status === 200;

  const mine = await listOfCaller(laptop);
  assert.deepEqual(
    mine.map(({ user, by, from }) => [user, by, from]),
    [
      ['risk', 'password', '127.0.0.1'],
      ['risk', 'password', '127.0.0.1'],
    ],
  );
  const lost = mine.find((each) => !each.is_this)?.session ?? '';
  assert.equal(await end(other, { session: lost }), 422, 'of somebody else, it is not told that there is one');
  assert.equal(await isIn(phone), true);
  assert.equal(await end(laptop, { session: lost }), 200);
  assert.deepEqual([await isIn(phone), await isIn(laptop)], [false, true]);
  assert.equal((await world.askAs(phone, '/api/v1/auth/renew', { method: 'POST' })).status, 401);
  assert.equal(await end(laptop, { session: lost }), 422);

  const admin = await world.tokenOf('admin');
  const operators = (await listOfCaller(admin)).find(({ user }) => user === 'operator')?.session ?? '';
  assert.equal(await end(admin, { session: operators }), 200);
  assert.equal(await isIn(other), false);
  assert.equal(await end(laptop, {}), 200, 'signing out is the end of this one');
  assert.equal(await isIn(laptop), false);
  const ended = world.audited.filter(([event]) => event === 'A sign-in was ended');
  assert.deepEqual(
    ended.map(([, { who, user }]) => [who, user]),
    [
      ['risk', 'risk'],
      ['admin', 'operator'],
      ['risk', 'risk'],
    ],
  );
});

test('a stream ends when who asked for it is disabled', async (t) => {
  const limits = { clientsMax: 2, waitingBytesMax: 10_000, slowMsMax: 10_000, heartbeatMs: 5, gatherMs: 1 };
  const world = await accessWorld(t, { streams: limits });
  const headers = { authorization: `Bearer ${await world.tokenOf('viewer')}` };
  const response = await fetch(`http://127.0.0.1:${world.port}/api/v1/stream?topics=market.ticks`, { headers });
  assert.equal(response.status, 200);
  const whole = response.text();
  world.users.disable('viewer');
  assert.match(await whole, /^retry: 2000/);
});

test('with credentials other machines are answered; without them nothing is', async (t) => {
  const world = await accessWorld(t, { loopback: false });
  const host = { host: 'trading.example' };
  assert.equal((await world.ask('/api/v1/brokers', { headers: host })).status, 401);
  const credential = await world.tokenOf('viewer');
  assert.equal((await world.askAs(credential, '/api/v1/brokers', { headers: host })).status, 200);
});

test('whoever has an authenticator app signs in with password and code, each code once', async (t) => {
  const world = await accessWorld(t);
  const credential = await world.tokenOf('risk');
  const code = await codeOf(world, credential);
  const signIn = async (more: object) =>
    world.ask('/api/v1/auth/token', jsonOf({ name: 'risk', password: PASSWORD, ...more }));
  assert.equal((await signIn({})).status, 200, 'nothing is asked for before the first code');
  const answer = await world.askAs(credential, '/api/v1/auth/code/confirm', jsonOf({ code }));
  const [recovery] = confirmed.parse(JSON.parse(answer.text)).recovery_codes;
  const missing = await signIn({});
  assert.deepEqual([missing.status, missing.text.includes('expected code')], [401, true]);
  assert.equal((await signIn({ code })).status, 401, 'it was used to confirm');
  assert.equal((await signIn({ code: recovery })).status, 200);
  assert.equal((await signIn({ code: recovery })).status, 401);
  const wrong = await world.ask('/api/v1/auth/token', jsonOf({ name: 'risk', password: 'another password', code }));
  assert.ok(!wrong.text.includes('expected code'), 'who has no password is not told');
  assert.ok(!JSON.stringify(world.audited).includes(recovery ?? ''));
});
