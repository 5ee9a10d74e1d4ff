// The gateway against the Kite simulator over real sockets: orders, changes, fills and their end as the engine hears of them.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CancelSubmitted, type ModifySubmitted, type OrderSubmitted, type OrderTerms } from '#core/events.ts';
import { type EventId } from '#core/ids.ts';
import { rs, units } from '../support/builders.ts';
import { buyInfy, gatewayWorld } from '../support/kite-gateway-world.ts';
import { INFY, SBIN } from '../support/kite-world.ts';

function modify(order: OrderSubmitted, terms: Partial<OrderTerms>): ModifySubmitted {
  const { broker, strategyId, token, trace, at } = order;
  const changeId = 'change' as EventId;
  return {
    type: 'modify_submitted',
    changeId,
    broker,
    strategyId,
    token,
    trace,
    at,
    order: { ...order.order, ...terms },
  };
}

function cancel(order: OrderSubmitted): CancelSubmitted {
  return { ...modify(order, {}), type: 'cancel_submitted' };
}

describe('orders', () => {
  test('are placed once under their tag, rest, and fill by the trades of the book', async (t) => {
    const { kite, gateway, told, placed } = await gatewayWorld(t);
    kite.tick(INFY, 1500);
    const order = buyInfy('one');
    const outcome = await gateway.submit(order);
    assert.equal(outcome.kind, 'accepted');
    assert.equal(await gateway.read(), undefined);
    assert.deepEqual(
      told.map(({ kind }) => kind),
      ['accepted'],
    );
    kite.tick(INFY, 1489);
    await gateway.read();
    await gateway.read();
    const fills = told.filter((report) => report.kind === 'fill');
    assert.equal(
      fills.reduce((sum, { quantity }) => sum + quantity, 0),
      10,
    );
    assert.ok(fills.every(({ price }) => price <= rs(1490)));
    assert.equal(told.length, 1 + fills.length);
    const [row] = kite.simulator.control.truth().orders;
    assert.match(String(row?.['tag']), /^AT[0-9A-Z]{18}$/);
    assert.equal(placed(), 1);
  });

  test('are refused with a code when the answer names the reason', async (t) => {
    const { kite, gateway } = await gatewayWorld(t);
    kite.tick(INFY, 1500);
    const many = buyInfy('many', { quantity: units(100_000) });
    assert.deepEqual(await gateway.submit(many).then(({ kind, ...rest }) => [kind, 'code' in rest && rest.code]), [
      'refused',
      'FUNDS',
    ]);
    const sell = buyInfy('sell', { side: 'SELL' });
    const refused = await gateway.submit(sell);
    assert.deepEqual([refused.kind, refused.kind === 'refused' && refused.code], ['refused', 'HOLDINGS']);
    const unlisted = await gateway.submit({ ...buyInfy('x'), token: 99 });
    assert.deepEqual(unlisted, { kind: 'not_sent', message: 'Kite lists no instrument 99' });
  });

  test('at the market carry a protection, and are told as the limit that they become', async (t) => {
    const { kite, gateway, told } = await gatewayWorld(t);
    kite.tick(INFY, 1500, { depth: [1499, 100, 1500, 4] });
    const order = buyInfy('market', { orderType: 'market', limitPrice: undefined });
    assert.equal((await gateway.submit(order)).kind, 'accepted');
    await gateway.read();
    const modified = told.find((report) => report.kind === 'modified');
    assert.equal(modified?.terms.orderType, 'limit');
    assert.ok((modified?.terms.limitPrice ?? 0) > rs(1500));
    assert.deepEqual(
      told.filter(({ kind }) => kind === 'fill').map((fill) => fill.kind === 'fill' && fill.quantity),
      [4],
    );
  });

  test('that risk management rejects are told as refused, with the broker’s words', async (t) => {
    const { kite, gateway, told } = await gatewayWorld(t);
    kite.tick(INFY, 1500);
    kite.simulator.control.arm('rms-reject', { count: 1 });
    await gateway.submit(buyInfy('rms'));
    await gateway.read();
    const last = told.at(-1);
    assert.equal(last?.kind, 'refused');
    assert.ok(last?.kind === 'refused' && last.message.length > 10);
  });

  test('of others are nobody’s here', async (t) => {
    const { kite, gateway, told } = await gatewayWorld(t);
    kite.tick(SBIN, 800);
    kite.simulator.control.placeElsewhere('regular', {
      exchange: 'NSE',
      tradingsymbol: 'SBIN',
      transaction_type: 'BUY',
      order_type: 'LIMIT',
      product: 'CNC',
      quantity: '1',
      price: '790',
      validity: 'DAY',
    });
    await gateway.read();
    assert.deepEqual(
      gateway.foreign().map(({ symbol, tag }) => [symbol, tag]),
      [['SBIN', undefined]],
    );
    assert.deepEqual(told, []);
  });

  test('of an earlier process are found again by their tags', async (t) => {
    const { kite, gateway, restarted, told } = await gatewayWorld(t);
    kite.tick(INFY, 1500);
    const order = buyInfy('one');
    await gateway.submit(order);
    kite.tick(INFY, 1489);
    const next = restarted();
    next.follow([{ submitted: order, state: 'new' }]);
    await next.read();
    assert.deepEqual([...new Set(told.map(({ kind }) => kind))], ['accepted', 'fill']);
    assert.deepEqual((await next.lookUp(order.order.orderId)).kind, 'found');
  });
});

describe('the gateway', () => {
  test('sends an order once, however often it is asked to', async (t) => {
    const { kite, gateway, placed, restarted } = await gatewayWorld(t);
    kite.tick(INFY, 1500);
    const order = buyInfy('one');
    assert.equal((await gateway.submit(order)).kind, 'accepted');
    assert.equal((await gateway.submit(order)).kind, 'unknown');
    const next = restarted();
    next.follow([{ submitted: order, state: 'unknown' }]);
    assert.equal((await next.submit(order)).kind, 'unknown');
    assert.equal(placed(), 1);
  });

  test('goes on reading after a listener that threw', async (t) => {
    const { kite, gateway } = await gatewayWorld(t);
    kite.tick(INFY, 1500);
    await gateway.submit(buyInfy('one'));
    gateway.reports(() => {
      throw new Error('a defect');
    });
    await assert.rejects(gateway.read(), /a defect/);
    gateway.reports(() => undefined);
    assert.equal((await gateway.lookUp('one' as EventId)).kind, 'found');
  });

  test('reads at the idle pace when the only order was refused', async (t) => {
    const { kite, gateway } = await gatewayWorld(t);
    kite.tick(INFY, 1500);
    assert.equal((await gateway.submit(buyInfy('sell', { side: 'SELL' }))).kind, 'refused');
    const reads = (): number => kite.simulator.control.truth().counts.requests['orders'] ?? 0;
    const stop = new AbortController();
    const running = gateway.run(stop.signal);
    for (let second = 0; second < 20; second++) {
      await kite.clock.advance(1_000);
      // A reading in between is waited for, because it takes its turn.
      if (second === 0) await gateway.read();
    }
    const before = reads();
    assert.ok(before <= 3, `${before} readings`);
    stop.abort();
    await running;
  });
});

describe('changes', () => {
  test('are told when the book shows the new terms, and the end when it is cancelled', async (t) => {
    const { kite, gateway, told } = await gatewayWorld(t);
    kite.tick(INFY, 1500);
    const order = buyInfy('one');
    await gateway.submit(order);
    await gateway.read();
    const asked = modify(order, { limitPrice: rs(1480), quantity: units(12) });
    assert.equal((await gateway.modify(asked)).kind, 'accepted');
    await gateway.read();
    const terms = { quantity: 12, orderType: 'limit', limitPrice: rs(1480), triggerPrice: undefined };
    assert.deepEqual(told.at(-1), { kind: 'modified', orderId: 'one', terms });
    assert.equal((await gateway.cancel(cancel(order))).kind, 'accepted');
    await gateway.read();
    assert.equal(told.at(-1)?.kind, 'cancelled');
    const late = await gateway.cancel(cancel(order));
    assert.equal(late.kind, 'refused');
  });

  test('that the broker takes and then does not make are told as refused', async (t) => {
    const { kite, gateway, told } = await gatewayWorld(t);
    kite.tick(INFY, 1500);
    const order = buyInfy('one');
    await gateway.submit(order);
    for (const times of [1, 2]) {
      kite.simulator.control.arm('modify-refused', { count: 1 });
      assert.equal((await gateway.modify(modify(order, { limitPrice: rs(1480) }))).kind, 'accepted');
      await gateway.read();
      const refused = told.filter(({ kind }) => kind === 'change_refused');
      assert.equal(refused.length, times);
    }
    await gateway.modify(modify(order, { limitPrice: rs(1480) }));
    await gateway.read();
    assert.equal(told.at(-1)?.kind, 'modified');
  });

  test('of an order whose id is not known yet do not leave', async (t) => {
    const { kite, gateway } = await gatewayWorld(t);
    kite.tick(INFY, 1500);
    assert.equal((await gateway.cancel(cancel(buyInfy('never')))).kind, 'not_sent');
    assert.equal(kite.simulator.control.truth().counts.requests['cancel'] ?? 0, 0);
  });

  test('that an earlier process heard of are no answer to a new one', async (t) => {
    const { kite, gateway, restarted, told } = await gatewayWorld(t);
    kite.tick(INFY, 1500);
    const order = buyInfy('one');
    await gateway.submit(order);
    kite.simulator.control.arm('modify-refused', { count: 1 });
    await gateway.modify(modify(order, { limitPrice: rs(1480) }));
    await gateway.read();
    assert.equal(told.at(-1)?.kind, 'change_refused');
    const next = restarted();
    next.follow([{ submitted: order, state: 'new' }]);
    await next.read();
    const before = told.length;
    kite.simulator.control.arm('lost-request', { count: 1, route: 'modify' });
    assert.equal((await next.modify(modify(order, { limitPrice: rs(1470) }))).kind, 'unknown');
    await next.read();
    assert.equal(told.length, before);
    kite.simulator.control.arm('modify-refused', { count: 1 });
    await next.modify(modify(order, { limitPrice: rs(1475) }));
    await next.read();
    assert.equal(told.at(-1)?.kind, 'change_refused');
  });

  test('do not leave while the history that would answer them cannot be read', async (t) => {
    const { kite, gateway, restarted } = await gatewayWorld(t);
    kite.tick(INFY, 1500);
    const order = buyInfy('one');
    await gateway.submit(order);
    const next = restarted();
    next.follow([{ submitted: order, state: 'new' }]);
    await next.read();
    kite.simulator.control.arm('html-200', { count: 1, route: 'order' });
    assert.equal((await next.modify(modify(order, { limitPrice: rs(1470) }))).kind, 'not_sent');
    assert.equal((await next.modify(modify(order, { limitPrice: rs(1470) }))).kind, 'accepted');
  });

  for (const [fault, traded] of [
    ['fill-wins-cancel', 10],
    ['partial-fill-then-cancel', 5],
  ] as const) {
    test(`race with fills: ${fault}`, async (t) => {
      const { kite, gateway, told } = await gatewayWorld(t);
      kite.tick(INFY, 1500);
      const order = buyInfy('one');
      await gateway.submit(order);
      kite.simulator.control.arm(fault, { count: 1 });
      await gateway.cancel(cancel(order));
      await gateway.read();
      const filled = told.reduce((sum, report) => sum + (report.kind === 'fill' ? report.quantity : 0), 0);
      assert.equal(filled, traded);
      assert.equal(told.at(-1)?.kind, traded === 10 ? 'fill' : 'cancelled');
    });
  }
});
