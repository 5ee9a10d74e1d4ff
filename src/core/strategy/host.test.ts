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
  OPEN,
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
import { price } from '../decimal.ts';
import { type Side } from '../events.ts';
import { type BrokerId } from '../ids.ts';
import { InstrumentTable } from '../market/instrument.ts';
import { type Deployment } from '../plan.ts';
import { StrategyHost } from './host.ts';
import { type ParameterTable } from './parameters.ts';
import { type Strategy, type Wanted } from './strategy.ts';

const TTL_MS = 30_000;

/** Wants what the test says, at every tick. */
function wanting(wanted: Wanted | undefined): Strategy<ParameterTable, { seen: number }> {
  return strategyOf('wanting', () => wanted);
}

/** Buys as many units as ticks it has seen of the instrument; tells what it was handed. */
const counting = strategyOf('counting', ({ seen }, now, own, on) => ({
  side: 'BUY',
  quantity: seen,
  metadata: { symbol: on.symbol, held: own.quantity, price: now.price },
}));

function hostOf(strategy: unknown, overrides: Partial<Deployment> = {}, broker: BrokerId = PAPER): StrategyHost {
  const table = new InstrumentTable([...instruments(2), instrument({ token: 3, symbol: 'NIFTY 50', tradable: false })]);
  return new StrategyHost(deployment(overrides), strategy as Strategy, broker, TTL_MS, table);
}

/** What the host wants at a tick of the instrument. */
function ask(host: StrategyHost, on = 0) {
  const out = new RecordingOut();
  const made = host.onTick(tick({ instrument: on }), root(after(1), 'tape:7'), 4, out);
  const [said] = out.take();
  assert.equal(made, said !== undefined);
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

  test('fills move the position that the strategy is handed, in their instrument alone', () => {
    const host = hostOf(counting);
    const order = submitted(signal({ quantity: units(10) }));
    host.onFill(filled(order), 0);
    host.onFill(filled(submitted(signal({ side: 'SELL', quantity: units(4) }))), 0);
    host.onFill(filled(order), 7);
    assert.equal(ask(host, 0)?.metadata?.['held'], 6);
    assert.equal(ask(host, 1)?.metadata?.['held'], 0);
  });

  test('a wish that makes no sense is refused with what was wanted', () => {
    const refused: readonly (readonly [Wanted, RegExp])[] = [
      [{ side: 'BUY', quantity: 0 }, /wants to BUY 0: a signal needs BUY or SELL and a whole quantity above zero/],
      [{ side: 'SELL', quantity: -5 }, /wants to SELL -5/],
      [{ side: 'BUY', quantity: 1.5 }, /wants to BUY 1\.5/],
      [{ side: 'BUY', quantity: NaN }, /wants to BUY NaN/],
      [{ side: 'BUY', quantity: 2 ** 53 }, /wants to BUY 9007199254740992/],
      [{ side: 'HOLD' as Side, quantity: 1 }, /wants to HOLD 1/],
      [{ side: 'BUY', quantity: 1, orderType: 'limit' }, /wants a limit order without a limit price/],
      [{ side: 'BUY', quantity: 1, limitPrice: rs(100) }, /wants a market order with a limit price/],
      [{ side: 'BUY', quantity: 1, orderType: 'limit', limitPrice: price(0) }, /wants a limit price of 0/],
      [
        { side: 'BUY', quantity: 1, orderType: 'limit', limitPrice: -5 as Wanted['limitPrice'] & number },
        /wants a limit price of -5/,
      ],
      [
        { side: 'BUY', quantity: 1, orderType: 'limit', limitPrice: 99.5 as Wanted['limitPrice'] & number },
        /limit price of 99\.5/,
      ],
    ];
    for (const [wish, message] of refused) assert.throws(() => ask(hostOf(wanting(wish))), message);
  });

  test('an order type, a confidence or metadata that the log could not hold are refused too', () => {
    const extra = (more: object): Wanted => ({ side: 'BUY', quantity: 1, ...more });
    const refused: readonly (readonly [object, RegExp])[] = [
      [{ orderType: 'stop' }, /wants a stop order: an order is of the type market or limit/],
      [{ confidence: NaN }, /gives the confidence NaN: it is a number from 0 to 1/],
      [{ confidence: -0.1 }, /gives the confidence -0\.1/],
      [{ confidence: 1.1 }, /gives the confidence 1\.1/],
      [{ confidence: 1n }, /gives the confidence 1/],
      [{ metadata: { big: 1n } }, /gives metadata that cannot be written: big must be one of at most 32 numbers/],
      [{ metadata: { deep: {} } }, /cannot be written: deep/],
      [{ metadata: { nan: NaN } }, /cannot be written: nan/],
      [{ metadata: { long: 'x'.repeat(257) } }, /cannot be written: long/],
      [{ metadata: Object.fromEntries(Array.from({ length: 33 }, (_, k) => [`n${k}`, k])) }, /cannot be written: n32/],
    ];
    for (const [more, message] of refused) assert.throws(() => ask(hostOf(wanting(extra(more)))), message);
    const most = { text: 'x'.repeat(256), number: -1.5, yes: true, none: null };
    assert.deepEqual(ask(hostOf(wanting(extra({ confidence: 0, metadata: most }))))?.metadata, most);
    assert.equal(ask(hostOf(wanting(extra({ confidence: 1 }))))?.confidence, 1);
  });

  test('what the strategy throws comes through', () => {
    const broken = strategyOf('broken', () => {
      throw new RangeError('no such window');
    });
    assert.throws(() => ask(hostOf(broken)), new RangeError('no such window'));
  });
});

describe('what a host keeps', () => {
  /** A host that has seen two ticks of the first instrument and holds ten of the second. */
  function used(): StrategyHost {
    const host = hostOf(counting, { parameters: { window: 5, side: 'auto' } });
    quantities(host, 0, 0);
    host.onFill(filled(submitted(signal({ quantity: units(10) }))), 1);
    return host;
  }

  function restoredAs(overrides: Partial<Deployment>, strategy: unknown = counting): StrategyHost {
    const host = hostOf(strategy, overrides);
    host.restore(reread(used().snapshot()));
    return host;
  }

  test('states and positions go on after a restart, in whatever order the parameters are written', () => {
    const same = restoredAs({ parameters: { side: 'auto', window: 5 } });
    assert.deepEqual(reread(same.snapshot()), reread(used().snapshot()));
    assert.deepEqual(quantities(same, 0, 1), [3, 1]);
    assert.equal(ask(same, 1)?.metadata?.['held'], 10);
  });

  test('other parameters, another version or another kind start a new warm-up on the same position', () => {
    const others = [
      restoredAs({ parameters: { window: 6, side: 'auto' } }),
      restoredAs({ parameters: { window: 5, side: 'auto' } }, { ...counting, version: 2 }),
      restoredAs({ parameters: { window: 5, side: 'auto' } }, { ...counting, type: 'counting_too' }),
    ];
    for (const host of others) {
      assert.deepEqual(quantities(host, 0), [1], 'the state is new');
      assert.equal(ask(host, 1)?.metadata?.['held'], 10);
    }
  });

  test('an instrument that the deployment no longer names keeps its position and loses its state', () => {
    const host = restoredAs({ parameters: { window: 5, side: 'auto' }, tokens: [2] });
    assert.deepEqual(quantities(host, 0, 1), [undefined, 1]);
    assert.deepEqual(host.snapshot().positions, [[1, 10]]);
    assert.deepEqual(
      host.snapshot().states.map(([index]) => index),
      [1],
    );
  });

  test('a position in an instrument outside the table is left alone', () => {
    const host = hostOf(counting);
    host.restore({ ...used().snapshot(), positions: [[8, 10]] });
    assert.deepEqual(host.snapshot().positions, []);
  });
});

test('a signal of a host at the open expires by the namespace’s time, not the strategy’s', () => {
  const table = new InstrumentTable(instruments(1));
  const host = new StrategyHost(deployment(), wanting({ side: 'BUY', quantity: 1 }), PAPER, 10_000, table);
  const out = new RecordingOut();
  host.onTick(tick(), root(OPEN), 0, out);
  const [said] = out.take();
  assert.equal(said?.type === 'trading_signal' && said.expiresAt, after(10));
});
