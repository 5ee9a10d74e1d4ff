import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EventId } from '../ids.ts';
import { OrderList } from './order-list.ts';
import { type WorkingOrder } from './working-order.ts';

/** What the list looks at of an order. */
function orderOf(id: number, token: number): WorkingOrder {
  return { terms: { orderId: `o${id}` as EventId }, submitted: { token } } as WorkingOrder;
}

test('the orders of an instrument are the same, in their order, however many others there are', () => {
  const list = new OrderList();
  let kept: WorkingOrder[] = [];
  let seed = 11;
  const draw = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
  for (let step = 0; step < 3_000; step++) {
    // Grows to a few dozen, then falls to none, again and again.
    const grows = step % 120 < 60;
    const gone = kept[draw(Math.max(1, kept.length))];
    if (grows || gone === undefined) {
      const order = orderOf(step, draw(3));
      list.add(order);
      kept.push(order);
    } else {
      list.delete(gone.terms.orderId);
      kept = kept.filter((order) => order !== gone);
    }
    assert.deepEqual([...list.all()], kept);
    for (const token of [0, 1, 2]) {
      const expected = kept.filter(({ submitted }) => submitted.token === token);
      assert.deepEqual(list.of(token), expected, `step ${step}, token ${token}`);
    }
  }
});

test('an order that is not there is nobody, and deleting it does nothing', () => {
  const list = new OrderList();
  assert.equal(list.get('x' as EventId), undefined);
  list.delete('x' as EventId);
  for (let k = 0; k < 30; k++) list.add(orderOf(k, 1));
  list.delete('x' as EventId);
  assert.equal(list.of(1).length, 30);
  assert.deepEqual(list.of(2), []);
});
