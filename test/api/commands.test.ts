// What is ordered over HTTP: it joins the log with who and why, once for each key, and only as the table allows.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controlState, listOf, ordered, settled } from '#api/contract.ts';
import { accessWorld, deadLetterOf, jsonOf, orderOf, type AccessWorld } from '../support/access-world.ts';

interface Change {
  readonly id: string;
  readonly source: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What joined the control topic of a namespace, as the API tells it. */
async function changes(world: AccessWorld, broker: string): Promise<readonly Change[]> {
  world.takeWaiting();
  const credential = world.keys.create({ label: 'test', role: 'viewer', brokers: undefined, days: 1 });
  const { status, text } = await world.askAs(credential, `/api/v1/topics/${broker}.control.changes/messages`);
  if (status === 404) return [];
  return (JSON.parse(text) as { items: { envelope: Change }[] }).items.map(({ envelope }) => envelope);
}

function stateOf({ pipeline }: AccessWorld, broker: string, subject: string): string | undefined {
  const namespace = pipeline.ingest.cascade.namespaces().find(({ plan }) => plan.broker === broker);
  return namespace?.risk.stateOf(subject);
}

test('a kill halts its scope and a release lets it go on, each an event with who and why', async (t) => {
  const world = await accessWorld(t);
  const credential = await world.tokenOf('risk');
  const killed = await world.askAs(
    credential,
    '/api/v1/control/kill',
    orderOf({ broker: 'paper', why: 'news', flatten: true }),
  );
  assert.equal(killed.status, 202, killed.text);
  const { request_id: id, brokers } = ordered.parse(JSON.parse(killed.text));
  assert.deepEqual(brokers, ['paper']);
  const [halt, flatten] = await changes(world, 'paper');
  const common = { subject: 'paper', who: 'risk', why: 'news' };
  assert.deepEqual([halt?.id, halt?.source], [`${id}-paper-killed`, 'api']);
  for (const [change, action] of [
    [halt, 'killed'],
    [flatten, 'flatten'],
  ] as const) {
    const { subject, who, why, action: found } = change?.data ?? {};
    assert.deepEqual({ subject, who, why, found }, { ...common, found: action });
  }
  assert.deepEqual([stateOf(world, 'paper', 'paper'), stateOf(world, 'zerodha', 'zerodha')], ['halted', 'active']);
  assert.equal((await world.askAs(credential, '/api/v1/control/release', orderOf({ broker: 'paper' }))).status, 202);
  world.takeWaiting();
  assert.equal(stateOf(world, 'paper', 'paper'), 'active');
  assert.ok(world.audited.some(([event, { who, why }]) => event === 'Ordered' && who === 'risk' && why === 'news'));
});

test('without a namespace every active one is asked, and a part of one by strategy or instrument', async (t) => {
  const world = await accessWorld(t);
  const credential = await world.tokenOf('operator');
  const all = await world.askAs(credential, '/api/v1/control/kill', orderOf({}));
  assert.deepEqual(ordered.parse(JSON.parse(all.text)).brokers.toSorted(), [
    'desk_four',
    'paper',
    'paper_two',
    'zerodha',
  ]);
  const part = orderOf({ broker: 'paper', instrument: 'INFY' });
  assert.equal((await world.askAs(credential, '/api/v1/control/kill', part)).status, 202);
  const [first, second] = await changes(world, 'paper');
  assert.equal(first?.data['subject'], 'global');
  assert.match(String(second?.data['subject']), /^instrument:\d+$/);
});

test('what may be sent is told scope by scope', async (t) => {
  const world = await accessWorld(t);
  const credential = await world.tokenOf('operator');
  const lines = async () => {
    world.takeWaiting();
    const { text } = await world.askAs(credential, '/api/v1/control?broker=paper');
    const { items } = listOf(controlState).parse(JSON.parse(text));
    return items.map(({ scope, symbol, state }) => [scope, symbol, state]);
  };
  assert.deepEqual(await lines(), [
    ['global', null, 'active'],
    ['paper', null, 'active'],
  ]);
  const token = world.pipeline.plan.instruments.find(({ symbol }) => symbol === 'INFY')?.token;
  const part = orderOf({ broker: 'paper', instrument: 'INFY' });
  assert.equal((await world.askAs(credential, '/api/v1/control/kill', part)).status, 202);
  assert.equal((await world.askAs(credential, '/api/v1/control/disarm', orderOf({ broker: 'paper' }))).status, 202);
  assert.deepEqual(await lines(), [
    ['global', null, 'active'],
    [`instrument:${token}`, 'INFY', 'halted'],
    ['paper', null, 'disarmed'],
  ]);
});

test('the same under the same key is done once, also after the answer was lost; something else is refused', async (t) => {
  const world = await accessWorld(t);
  const credential = await world.tokenOf('operator');
  const ask = async (body: object, key: string) =>
    world.askAs(credential, '/api/v1/control/disarm', orderOf(body, key));
  const paper = { broker: 'paper' };
  const [first, beside] = await Promise.all([ask(paper, 'k-1'), ask(paper, 'k-1')]);
  const again = await ask(paper, 'k-1');
  assert.deepEqual([first.status, beside.status, again.status], [202, 202, 202]);
  assert.deepEqual([beside.text, again.text], [first.text, first.text]);
  assert.equal(again.headers['idempotency-replayed'], 'true');
  assert.equal((await changes(world, 'paper')).length, 1);
  const other = await ask({ broker: 'zerodha' }, 'k-1');
  assert.equal(other.status, 422);
  assert.match(other.text, /something else was sent under this Idempotency-Key/);
  const risk = await world.tokenOf('risk');
  assert.equal((await world.askAs(risk, '/api/v1/control/disarm', orderOf({ broker: 'zerodha' }, 'k-1'))).status, 202);
  world.takeWaiting();
  assert.equal((await changes(world, 'zerodha')).length, 1);
});

test('arming, releasing and limits want a password that was entered just now, and no key can do them', async (t) => {
  const world = await accessWorld(t);
  const credential = await world.tokenOf('admin');
  const key = world.keys.create({ label: 'robot', role: 'admin', brokers: undefined, days: 1 });
  const up: readonly (readonly [string, object])[] = [
    ['/api/v1/control/arm', { broker: 'paper' }],
    ['/api/v1/control/release', { broker: 'paper' }],
    ['/api/v1/limits', { broker: 'paper', limit: 'max_order_quantity', value: '7' }],
  ];
  for (const [path, body] of up) {
    assert.equal((await world.askAs(credential, path, orderOf(body))).status, 202, path);
    assert.equal((await world.askAs(key, path, orderOf(body))).status, 403, path);
  }
  world.clock.now += 5 * 60_000 + 1;
  for (const [path, body] of up) {
    const { status, text } = await world.askAs(credential, path, orderOf(body));
    assert.equal(status, 403, path);
    assert.match(text, /expected a password that was entered within 5 minutes/);
  }
  const renewed = await world.askAs(credential, '/api/v1/auth/renew', { method: 'POST' });
  const { access_token: second } = JSON.parse(renewed.text) as { access_token: string };
  assert.equal((await world.askAs(second, '/api/v1/control/arm', orderOf({ broker: 'paper' }))).status, 403);
  for (const down of [credential, key]) {
    assert.equal((await world.askAs(down, '/api/v1/control/kill', orderOf({ broker: 'paper' }))).status, 202);
  }
  const limit = (await changes(world, 'paper')).find(({ data }) => data['action'] === 'limit_changed');
  assert.deepEqual(
    [limit?.data['limit_name'], limit?.data['limit_value'], limit?.data['who']],
    ['max_order_quantity', '7', 'admin'],
  );
});

test('a deployment is switched off and on', async (t) => {
  const world = await accessWorld(t);
  const credential = await world.tokenOf('operator');
  const id =
    world.pipeline.plan.deployments.find(({ brokers }) => brokers.includes('paper' as never))?.strategyId ?? '';
  for (const action of ['disable', 'enable']) {
    const path = `/api/v1/strategies/${id}/${action}`;
    assert.equal((await world.askAs(credential, path, orderOf({ broker: 'paper' }))).status, 202);
  }
  const found = (await changes(world, 'paper')).map(({ data }) => [data['action'], data['subject']]);
  assert.deepEqual(found, [
    ['strategy_disabled', id],
    ['strategy_enabled', id],
  ]);
});

test('a dead letter is sent again or needs nothing more, and either is noted', async (t) => {
  const world = await accessWorld(t);
  const credential = await world.tokenOf('operator');
  const [one, two] = [deadLetterOf(world), deadLetterOf(world)];
  const topic = 'paper.pnl.snapshots';
  const ask = async (action: string, body: object) =>
    world.askAs(credential, `/api/v1/dead-letters/${action}`, orderOf({ topic, ...body }));
  const replayed = await ask('replay', { offsets: [one], set: ['data.amount="-1.00"'] });
  assert.equal(replayed.status, 202, replayed.text);
  const { settled: offsets, left_out: leftOut } = settled.parse(JSON.parse(replayed.text));
  assert.deepEqual([offsets, leftOut], [[one], 0]);
  assert.deepEqual(settled.parse(JSON.parse((await ask('discard', { offsets: [two] })).text)).settled, [two]);
  world.takeWaiting();
  const again = settled.parse(JSON.parse((await ask('discard', { offsets: [one, two] })).text));
  assert.deepEqual([again.settled, again.left_out], [[], 2]);
  const { items } = JSON.parse((await world.askAs(credential, `/api/v1/topics/${topic}.dlq/messages`)).text) as {
    items: { envelope: { type: string; data: { settlement?: string; who?: string } } }[];
  };
  const notes = items.flatMap(({ envelope: { type, data } }) => (type === 'dead_letter_settled' ? [data] : []));
  assert.deepEqual(
    notes.map(({ settlement, who }) => [settlement, who]),
    [
      ['replayed', 'operator'],
      ['discarded', 'operator'],
    ],
  );
  assert.equal((await ask('replay', { offsets: [99_999] })).status, 422);
});

test('what cannot be ordered is refused before anything is left for the platform', async (t) => {
  const world = await accessWorld(t);
  const credential = await world.tokenOf('admin');
  const kill = '/api/v1/control/kill';
  const refused: readonly (readonly [status: number, path: string, body: object, expected: RegExp])[] = [
    [400, kill, { why: '  ' }, /why/],
    [400, kill, { why: undefined }, /why/],
    [400, kill, { brokers: 'paper' }, /It takes a JSON object with broker, strategy_id, instrument, why, flatten/],
    [400, kill, { flatten: 'yes' }, /flatten/],
    [400, kill, { who: 'somebody else' }, /who/],
    [422, kill, { broker: 'none' }, /expected an active broker/],
    [422, kill, { instrument: 'NOSUCH' }, /expected a token or a symbol/],
    [422, kill, { broker: 'paper', strategy_id: 'x', instrument: 'INFY' }, /found both/],
    [422, '/api/v1/limits', { limit: 'max_luck', value: '1' }, /max_luck/],
    [422, '/api/v1/strategies/none/enable', {}, /expected a deployment/],
    [400, '/api/v1/dead-letters/discard', { topic: 'paper.signals.raw', offsets: [] }, /offsets/],
    [422, '/api/v1/dead-letters/replay', { topic: 'no.such.topic', offsets: [1] }, /expected a topic/],
  ];
  for (const [status, path, body, expected] of refused) {
    const answer = await world.askAs(credential, path, orderOf(body));
    assert.equal(answer.status, status, `${path} ${JSON.stringify(body)}: ${answer.text}`);
    assert.match(answer.text, expected);
  }
  for (const headers of [{}, { 'idempotency-key': '' }, { 'idempotency-key': 'x'.repeat(129) }]) {
    const { status, text } = await world.askAs(credential, kill, jsonOf({ why: 'x' }, headers));
    assert.equal(status, 400);
    assert.match(text, /expected Idempotency-Key/);
  }
  const form = {
    method: 'POST',
    headers: { 'content-type': 'text/plain', 'idempotency-key': 'k' },
    body: '{"why":"x"}',
  };
  assert.equal((await world.askAs(credential, kill, form)).status, 415);
  assert.equal(
    (await world.askAs(credential, kill, { ...form, headers: { 'content-type': 'application/json' }, body: '{' }))
      .status,
    400,
  );
  assert.deepEqual(world.pipeline.foundation.inbox.after(0, 10), []);
  assert.deepEqual(world.failures, []);
});

test('orders of one user have a rate of their own, and a kill is taken all the same', async (t) => {
  const world = await accessWorld(t, { nowMs: () => 0 });
  const credential = await world.tokenOf('operator');
  const order = async (path: string): Promise<number> => {
    return (await world.askAs(credential, `/api/v1/${path}`, orderOf({ broker: 'paper' }))).status;
  };
  const id = world.pipeline.plan.deployments[0]?.strategyId ?? '';
  const statuses: number[] = [];
  for (let k = 0; k < 21; k++) statuses.push(await order(`strategies/${id}/enable`));
  assert.deepEqual(statuses, [...Array.from({ length: 20 }, () => 202), 429]);
  assert.equal(await order('control/kill'), 202);
  assert.equal(await order('control/disarm'), 202);
  const other = await world.tokenOf('admin');
  const path = `/api/v1/strategies/${id}/enable`;
  assert.equal((await world.askAs(other, path, orderOf({ broker: 'paper' }))).status, 202);
});
