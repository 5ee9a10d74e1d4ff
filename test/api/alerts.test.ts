// Alerts over HTTP: who is told of which, and what an acknowledgement does.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alert, listOf } from '#api/contract.ts';
import { accessWorld, orderOf } from '../support/access-world.ts';

test('alerts are listed by state and namespace, and one that is acknowledged says by whom and why', async (t) => {
  const world = await accessWorld(t);
  const operator = await world.tokenOf('operator');
  const list = async (query: string, credential = operator) => {
    const { text, status } = await world.askAs(credential, `/api/v1/alerts${query}`);
    assert.equal(status, 200, text);
    return listOf(alert).parse(JSON.parse(text));
  };
  const ids = async (...asked: Parameters<typeof list>) => (await list(...asked)).items.map(({ id }) => id);
  assert.deepEqual(await ids(''), ['1', '2', '3']);
  assert.deepEqual(await ids('?broker=paper'), ['1']);
  const first = await list('?limit=2');
  assert.equal(first.items.length, 2);
  assert.deepEqual(await ids(`?limit=2&cursor=${first.next_cursor}`), ['3']);
  // What is of no namespace may speak of any.
  assert.deepEqual(await ids('', await world.tokenOf('operator_foreign')), ['2']);

  const acknowledge = async (id: string, credential = operator) =>
    world.askAs(credential, `/api/v1/alerts/${id}/acknowledge`, orderOf({ why: 'on it' }));
  const answer = await acknowledge('3');
  assert.equal(answer.status, 200, answer.text);
  const { state, acknowledged } = alert.parse(JSON.parse(answer.text));
  assert.deepEqual([state, acknowledged?.who, acknowledged?.why], ['acknowledged', 'operator', 'on it']);
  assert.deepEqual(await ids('?state=acknowledged'), ['3']);
  assert.deepEqual(await ids('?state=firing'), ['1', '2']);
  assert.equal((await acknowledge('99')).status, 404);
  for (const id of ['1', '3', '99']) {
    assert.equal((await acknowledge(id, await world.tokenOf('operator_foreign'))).status, 403, id);
  }
  assert.ok(world.audited.some(([event, { route }]) => event === 'Ordered' && String(route).includes('/alerts/3/')));
});
