// Dead letters over HTTP, with what became of each.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listOf } from '#api/contract.ts';
import { letter } from '#api/letter-contract.ts';
import { accessWorld, deadLetterOf, orderOf } from '../support/access-world.ts';

test('dead letters are listed with why and what became of them, to who sees their namespace', async (t) => {
  const world = await accessWorld(t);
  const offsets = [deadLetterOf(world), deadLetterOf(world)];
  const operator = await world.tokenOf('operator');
  const list = async (query: string, credential = operator) => {
    const { status, text } = await world.askAs(credential, `/api/v1/dead-letters${query}`);
    assert.equal(status, 200, text);
    return listOf(letter).parse(JSON.parse(text));
  };
  const all = await list('');
  assert.deepEqual(
    all.items.map(({ offset }) => offset),
    offsets,
  );
  const [first] = all.items;
  assert.deepEqual([first?.broker, first?.topic, first?.settled], ['paper', 'paper.pnl.snapshots.dlq', null]);
  assert.ok((first?.cause ?? '') !== '' && first?.message.includes('more than there is'));
  const page = await list('?limit=1');
  assert.equal(page.items.length, 1);
  assert.deepEqual((await list(`?limit=1&cursor=${page.next_cursor}`)).items[0]?.offset, offsets[1]);

  const body = { topic: 'paper.pnl.snapshots.dlq', offsets: [offsets[0]], why: 'a drill' };
  assert.equal((await world.askAs(operator, '/api/v1/dead-letters/discard', orderOf(body))).status, 202);
  world.takeWaiting();
  const [settled] = (await list('?state=settled')).items;
  assert.deepEqual(
    [settled?.offset, settled?.settled?.settlement, settled?.settled?.who],
    [offsets[0], 'discarded', 'operator'],
  );
  assert.deepEqual((await list('?state=open&topic=paper.pnl.snapshots.dlq')).items.length, 1);
  assert.deepEqual((await list('?topic=paper.orders.filled.dlq')).items, []);
  assert.deepEqual((await list('', await world.tokenOf('viewer_foreign'))).items, []);
});
