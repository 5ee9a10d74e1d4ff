import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BrokerId } from '../ids.ts';
import { ExecutionRouter, RoutingError } from './router.ts';

interface Order {
  readonly broker: BrokerId;
  readonly id: string;
}

const [PAPER, ZERODHA] = ['paper', 'zerodha'] as [BrokerId, BrokerId];

function routed(): { readonly router: ExecutionRouter<Order>; readonly sent: string[] } {
  const router = new ExecutionRouter<Order>();
  const sent: string[] = [];
  for (const broker of [PAPER, ZERODHA]) router.add({ broker, send: ({ id }) => void sent.push(`${broker} ${id}`) });
  return { router, sent };
}

test('an order leaves by the route of its own namespace, whichever was added first', () => {
  const { router, sent } = routed();
  router.send({ broker: ZERODHA, id: '1' });
  router.send({ broker: PAPER, id: '2' });
  assert.deepEqual(sent, ['zerodha 1', 'paper 2']);
});

test('an order of a namespace without a route leaves by none', () => {
  const { router, sent } = routed();
  assert.throws(() => router.send({ broker: 'paper_two' as BrokerId, id: '1' }), RoutingError);
  assert.deepEqual(sent, []);
});

test('a namespace has one route', () => {
  const { router } = routed();
  assert.throws(() => router.add({ broker: PAPER, send: () => undefined }), RoutingError);
});
