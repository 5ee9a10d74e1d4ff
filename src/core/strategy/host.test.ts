import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  after,
  ALPHA,
  BROKERS,
  deployment,
  filled,
  instrument,
  instruments,
  PAPER,
  RecordingOut,
  reread,
  root,
  rs,
  signal,
  strategyOf,
  submitted,
  tick,
  units,
} from '../../../test/support/builders.ts';
import { type DomainEvent } from '../events.ts';
import { type BrokerId } from '../ids.ts';
import { ist } from '../../../test/support/tape-builder.ts';
import { InstrumentTable } from '../market/instrument.ts';
import { type Deployment } from '../plan.ts';
import { StrategyHost } from './host.ts';
import { OwnBooks } from './own-books.ts';
import { type ParameterTable } from './parameters.ts';
import { type ScheduleState } from './schedule.ts';
import { type Strategy } from './strategy.ts';
import { type Wanted, type WantedOrder } from './wanted.ts';

const TTL_MS = 30_000;

/** Wants what the test says, at every tick. */
function wanting(wanted: Wanted | undefined): Strategy<ParameterTable, { seen: number }> {
  return strategyOf('wanting', () => wanted);
}

const BUY_ONE: WantedOrder = { side: 'BUY', quantity: 1 };

/** Wants several things at every tick. */
function several(wants: readonly Wanted[]): Strategy<ParameterTable, { seen: number }> {
  return { ...wanting(undefined), onTick: () => wants };
}

/** Buys as many units as ticks it has seen of the instrument; tells what it was handed. */
const counting = strategyOf('counting', ({ seen }, now, own, on) => ({
  side: 'BUY',
  quantity: seen,
  metadata: { symbol: on.symbol, held: own.quantity, price: now.price },
}));

interface Desk {
  readonly host: StrategyHost;
  readonly books: OwnBooks;
}

function deskOf(strategy: unknown, overrides: Partial<Deployment> = {}, broker: BrokerId = PAPER): Desk {
  const table = new InstrumentTable([...instruments(2), instrument({ token: 3, symbol: 'NIFTY 50', tradable: false })]);
  const books = new OwnBooks();
  const speaker = { broker, ttlMs: TTL_MS, models: {} };
  return { host: new StrategyHost(deployment(overrides), strategy as Strategy, speaker, table, books), books };
}

function hostOf(strategy: unknown, overrides: Partial<Deployment> = {}, broker: BrokerId = PAPER): StrategyHost {
  return deskOf(strategy, overrides, broker).host;
}

/** All that the host says at a tick of the instrument. */
function hear(host: StrategyHost, on = 0): readonly DomainEvent[] {
  const out = new RecordingOut();
  const said = host.onTick(tick({ instrument: on }), root(after(1), 'tape:7'), 4, out);
  assert.equal(said, 4 + out.events.length);
  return out.take();
}

/** What the host wants at a tick of the instrument. */
function ask(host: StrategyHost, on = 0) {
  const [said] = hear(host, on);
  assert.ok(said === undefined || said.type === 'trading_signal');
  return said;
}

function quantities(host: StrategyHost, ...on: readonly number[]): readonly (number | undefined)[] {
  return on.map((index) => ask(host, index)?.quantity);
}

for (const broker of BROKERS) {
  test(`a wish becomes a signal of ${broker} under a derived id, good for the namespace's time`, () => {
    const wish: Wanted = {
      side: 'SELL',
      quantity: 3,
      confidence: 0.5,
      orderType: 'limit',
      limitPrice: rs(101),
      metadata: { because: 'test' },
    };
    const said = ask(hostOf(wanting(wish), {}, broker));
    assert.ok(said !== undefined);
    const { trace, ...rest } = said;
    assert.deepEqual([trace.id, trace.causationId], [`tape:7/s.${broker}.4`, 'tape:7']);
    assert.deepEqual(rest, {
      type: 'trading_signal',
      broker,
      strategyId: ALPHA,
      token: 1,
      at: after(1),
      side: 'SELL',
      quantity: 3,
      orderType: 'limit',
      validity: 'DAY',
      price: rs(100),
      limitPrice: rs(101),
      triggerPrice: undefined,
      product: 'CNC',
      purpose: 'trade',
      bracket: undefined,
      expiresAt: after(31),
      confidence: 0.5,
      metadata: { because: 'test' },
    });
  });
}

describe('the host of a strategy', () => {
  test('a wish may say no more than side and quantity', () => {
    const said = ask(hostOf(wanting({ side: 'BUY', quantity: 1 })));
    assert.deepEqual(
      [said?.orderType, said?.limitPrice, said?.confidence, said?.metadata],
      ['market', undefined, undefined, undefined],
    );
  });

  test('without a wish there is no signal', () => {
    assert.equal(ask(hostOf(wanting(undefined))), undefined);
  });

  test('each instrument has a state of its own', () => {
    assert.deepEqual(quantities(hostOf(counting), 0, 0, 1, 0, 1), [1, 2, 1, 3, 2]);
  });

  test('it runs on every tradable instrument, or on those that its deployment names', () => {
    assert.deepEqual(quantities(hostOf(counting), 0, 1, 2), [1, 1, undefined]);
    assert.deepEqual(quantities(hostOf(counting, { tokens: [2] }), 0, 1, 2), [undefined, 1, undefined]);
    assert.deepEqual(
      quantities(hostOf(counting, { tokens: [3] }), 2),
      [1],
      'an index on request: risk refuses to trade it',
    );
    assert.equal(ask(hostOf(counting), 9), undefined, 'an instrument that joined after the plan');
  });

  test('the strategy is handed its own book of the instrument alone', () => {
    const { host, books } = deskOf(counting);
    books.onEvent(filled(submitted(signal({ quantity: units(10) }))), 0);
    assert.equal(ask(host, 0)?.metadata?.['held'], 10);
    assert.equal(ask(host, 1)?.metadata?.['held'], 0);
  });

  test('several wishes are said in their order, under ids that count up', () => {
    const wants = [{ cancel: 'o-1' }, { modify: 'o-2', quantity: 5, limitPrice: rs(99) }, BUY_ONE];
    const { host, books } = deskOf(several(wants));
    for (const id of ['o-1', 'o-2']) books.onEvent(submitted(signal({ id: `signal-${id}` }), id), 0);
    const said = hear(host);
    assert.deepEqual(
      said.map(({ type, trace }) => [type, trace.id]),
      [
        ['order_change', 'tape:7/s.paper.4'],
        ['order_change', 'tape:7/s.paper.5'],
        ['trading_signal', 'tape:7/s.paper.6'],
      ],
    );
    const base = { type: 'order_change', broker: PAPER, strategyId: ALPHA, token: 1, at: after(1), purpose: 'trade' };
    const none = { quantity: undefined, orderType: undefined, limitPrice: undefined, triggerPrice: undefined };
    const [cancel, modify] = said.map((event) => ({ ...event, trace: undefined }));
    const expiresAt = after(31);
    assert.deepEqual(cancel, { ...base, trace: undefined, action: 'cancel', orderId: 'o-1', ...none, expiresAt });
    const terms = { ...none, quantity: 5, limitPrice: rs(99) };
    assert.deepEqual(modify, { ...base, trace: undefined, action: 'modify', orderId: 'o-2', ...terms, expiresAt });
  });

  test('an order that is not its own, or has ended, is not changed, and a person is told', () => {
    const { host, books } = deskOf(several([{ cancel: 'o-1' }, { modify: 'o-2', quantity: 5 }]));
    books.onEvent(submitted(signal(), 'o-1'), 1);
    const said = hear(host);
    assert.deepEqual(
      said.map((event) => event.type === 'alert_raised' && [event.code, event.subject, event.trace.id]),
      [
        ['NO_OWN_ORDER', ALPHA, 'tape:7/s.paper.4'],
        ['NO_OWN_ORDER', ALPHA, 'tape:7/s.paper.5'],
      ],
    );
    assert.match(
      JSON.stringify(said[0]),
      /asks to change the order o-1, which is no open order of its own in instrument 1/,
    );
  });

  test('when one of several wishes makes no sense, none is said', () => {
    const host = hostOf(several([BUY_ONE, { side: 'BUY', quantity: 0 }]));
    const out = new RecordingOut();
    assert.throws(() => host.onTick(tick(), root(), 0, out), /wants to BUY 0/);
    assert.deepEqual(out.take(), []);
  });

  test('product, validity, trigger, bracket and life of a wish reach the signal', () => {
    const bracket = { target: rs(110), stop: rs(95), trail: rs(2), exitAt: '15:10' };
    const more = {
      product: 'MIS',
      validity: 'IOC',
      orderType: 'stop_limit',
      triggerPrice: rs(100),
      limitPrice: rs(101),
    };
    const said = ask(hostOf(wanting({ ...BUY_ONE, ...more, bracket, ttlMs: 5_000 } as WantedOrder)));
    const { product, validity, orderType, triggerPrice, limitPrice, expiresAt } = said ?? {};
    assert.deepEqual({ product, validity, orderType, triggerPrice, limitPrice }, more);
    assert.deepEqual(said?.bracket, { ...bracket, exitAt: ist('2021-06-11T15:10:00') });
    assert.equal(expiresAt, after(6));
    const at = after(3_600);
    assert.equal(ask(hostOf(wanting({ ...BUY_ONE, bracket: { exitAt: at } })))?.bracket?.exitAt, at);
  });

  test('a target is said once, until what it came to has ended', () => {
    const { host, books } = deskOf(wanting({ target: 50 }));
    const first = ask(host);
    assert.deepEqual([first?.side, first?.quantity], ['BUY', 50]);
    assert.equal(ask(host), undefined, 'the signal is under way');
    assert.ok(first !== undefined);
    const order = submitted(first);
    books.onEvent(order, 0);
    assert.equal(ask(host), undefined, 'the order is at work');
    books.onEvent(filled(order, { quantity: units(20) }), 0);
    const { broker, strategyId, token, trace, at } = order;
    const base = { broker, strategyId, token, trace, at, order: order.order, message: 'test' };
    books.onEvent({ type: 'order_cancelled', ...base, filledQuantity: units(20) }, 0);
    const again = ask(host);
    assert.deepEqual([again?.side, again?.quantity], ['BUY', 30]);
  });

  test('what the strategy throws comes through', () => {
    const broken = strategyOf('broken', () => {
      throw new RangeError('no such window');
    });
    assert.throws(() => ask(hostOf(broken)), new RangeError('no such window'));
  });
});

describe('what a host keeps', () => {
  /** A host that has seen two ticks of the first instrument. */
  function used(): StrategyHost {
    const host = hostOf(counting, { parameters: { window: 5, side: 'auto' } });
    quantities(host, 0, 0);
    return host;
  }

  function restoredAs(overrides: Partial<Deployment>, strategy: unknown = counting): StrategyHost {
    const host = hostOf(strategy, overrides);
    host.restore(reread(used().snapshot()));
    return host;
  }

  test('states go on after a restart, in whatever order the parameters are written', () => {
    const same = restoredAs({ parameters: { side: 'auto', window: 5 } });
    assert.deepEqual(reread(same.snapshot()), reread(used().snapshot()));
    assert.deepEqual(quantities(same, 0, 1), [3, 1]);
  });

  test('other parameters, another version or another kind start a new warm-up', () => {
    const others = [
      restoredAs({ parameters: { window: 6, side: 'auto' } }),
      restoredAs({ parameters: { window: 5, side: 'auto' } }, { ...counting, version: 2 }),
      restoredAs({ parameters: { window: 5, side: 'auto' } }, { ...counting, type: 'counting_too' }),
    ];
    for (const host of others) assert.deepEqual(quantities(host, 0), [1], 'the state is new');
  });

  test('bars of a segment that no instrument trades in any more are let go', () => {
    const barred = { ...counting, bars: () => [60_000] };
    const host = hostOf(barred);
    ask(host);
    const kept = reread(host.snapshot());
    const same = hostOf(barred);
    same.restore({ ...kept, schedules: [...kept.schedules, ['MCX', kept.schedules[0]?.[1] as ScheduleState]] });
    assert.deepEqual(reread(same.snapshot()), kept);
  });

  test('an instrument that the deployment no longer names loses its state', () => {
    const host = restoredAs({ parameters: { window: 5, side: 'auto' }, tokens: [2] });
    assert.deepEqual(quantities(host, 0, 1), [undefined, 1]);
    assert.deepEqual(
      host.snapshot().states.map(([index]) => index),
      [1],
    );
  });
});
