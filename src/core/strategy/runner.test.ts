import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  after,
  ALPHA,
  BETA,
  BROKERS,
  catalogueOf,
  deployment,
  filled,
  instrument,
  instruments,
  namespacePlan,
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
import * as fc from 'fast-check';
import { JUNE_2021 } from '../../../test/support/tape-builder.ts';
import { type ControlChanged, type DomainEvent } from '../events.ts';
import { knownTrace, type BrokerId, type EventId, type StrategyId } from '../ids.ts';
import { InstrumentTable } from '../market/instrument.ts';
import { type Deployment } from '../plan.ts';
import { DECIDING_LENGTH, DEPLOYMENT } from './deciding.ts';
import { score, type Model } from './models/model.ts';
import { StrategyRunner, type StrategyCatalogue } from './runner.ts';
import { type Strategy } from './strategy.ts';

/** Buys as many units as ticks it has seen, plus what it holds. */
const counting = strategyOf('counting', ({ seen }, _tick, own) => ({ side: 'BUY', quantity: seen + own.quantity }));
/** Throws at its second tick of an instrument. */
const failing = strategyOf('failing', ({ seen }) => {
  if (seen >= 2) throw new TypeError('no second tick');
  return { side: 'BUY', quantity: 1 };
});
const rude = strategyOf('rude', () => {
  // oxlint-disable-next-line typescript/only-throw-error -- a strategy may throw anything
  throw 'a word';
});
const nonsense = strategyOf('nonsense', () => ({ side: 'BUY', quantity: 0.5 }));
const catalogue = catalogueOf(counting, failing, rude, nonsense);

function deployed(strategyId: string, strategyType = 'counting', overrides: Partial<Deployment> = {}): Deployment {
  return deployment({ strategyId: strategyId as StrategyId, strategyType, ...overrides });
}

class Desk {
  readonly broker: BrokerId;
  readonly table = new InstrumentTable(instruments(2));
  readonly deciding = new Int32Array(DECIDING_LENGTH);
  runner: StrategyRunner;

  constructor(deployments: readonly Deployment[], broker: BrokerId = PAPER) {
    this.broker = broker;
    this.runner = new StrategyRunner(broker, this.table, this.deciding);
    this.plan(deployments);
  }

  plan(deployments: readonly Deployment[]): void {
    this.runner.replan(namespacePlan({ broker: this.broker }), deployments, catalogue);
  }

  /** What is said at a tick: `alpha 3`, or `alpha: why` for a quarantine. */
  tick(on = 0): readonly string[] {
    const out = new RecordingOut();
    this.runner.onTick(tick({ instrument: on }), root(OPEN, 'tape:7'), out);
    return out.take().map((event) => {
      if (event.type === 'trading_signal') return `${event.strategyId} ${event.quantity}`;
      assert.ok(event.type === 'control_changed');
      this.runner.onEvent(event, root(), new RecordingOut());
      return `${event.action} ${event.subject}: ${event.why}`;
    });
  }

  control(action: ControlChanged['action'], subject: string): void {
    const trace = knownTrace('command' as EventId);
    const said = { who: 'test', why: 'test' };
    this.runner.onEvent(
      { type: 'control_changed', broker: this.broker, trace, at: OPEN, action, subject, ...said },
      root(),
      new RecordingOut(),
    );
  }

  restart(deployments: readonly Deployment[]): void {
    const state = reread(this.runner.snapshot());
    this.runner = new StrategyRunner(this.broker, this.table);
    this.plan(deployments);
    this.runner.restore(state);
  }
}

for (const broker of BROKERS) {
  describe(`the strategy runner of ${broker}`, () => {
    test('deployments are asked in the order of their ids, and only those of this namespace', () => {
      const others = BROKERS.filter((other) => other !== broker);
      const desk = new Desk(
        [deployed('gamma'), deployed('alpha'), deployed('beta'), deployed('away', 'counting', { brokers: others })],
        broker,
      );
      assert.deepEqual(desk.runner.strategyIds, ['alpha', 'beta', 'gamma']);
      assert.deepEqual(desk.tick(), ['alpha 1', 'beta 1', 'gamma 1']);
    });

    test('a strategy that throws is quarantined by an event, the others go on, and ids count up', () => {
      const desk = new Desk([deployed('a'), deployed('b', 'failing'), deployed('c')], broker);
      assert.deepEqual(desk.tick(), ['a 1', 'b 1', 'c 1']);
      const out = new RecordingOut();
      desk.runner.onTick(tick(), root(after(1), 'tape:8'), out);
      const [, stopped, last] = out.take();
      assert.ok(stopped?.type === 'control_changed');
      const { trace, ...rest } = stopped;
      assert.deepEqual(rest, {
        type: 'control_changed',
        broker,
        at: after(1),
        action: 'strategy_quarantined',
        subject: 'b',
        who: 'strategy_runner',
        why: 'TypeError: no second tick',
      });
      assert.deepEqual([trace.id, last?.trace.id], [`tape:8/s.${broker}.1`, `tape:8/s.${broker}.2`]);
      desk.runner.onEvent(stopped, root(), new RecordingOut());
      assert.deepEqual(desk.tick(), ['a 3', 'c 3']);
      assert.deepEqual(desk.runner.strategyIds, ['a', 'c']);
    });
  });
}

describe('quarantine', () => {
  test('nonsense is a reason, and so is anything that is thrown', () => {
    const desk = new Desk([deployed('a', 'nonsense'), deployed('b', 'rude')]);
    assert.deepEqual(desk.tick(), [
      'strategy_quarantined a: Error: wants to BUY 0.5: a signal needs BUY or SELL and a whole quantity above zero',
      'strategy_quarantined b: threw a word',
    ]);
    assert.deepEqual(desk.tick(), []);
  });

  test('a long complaint is cut, because it is kept for ever', () => {
    const wordy = strategyOf('wordy', () => {
      throw new Error('x'.repeat(600));
    });
    const runner = new StrategyRunner(PAPER, new InstrumentTable(instruments(1)));
    runner.replan(namespacePlan(), [deployed('a', 'wordy')], catalogueOf(wordy));
    const out = new RecordingOut();
    runner.onTick(tick(), root(), out);
    const [said] = out.take();
    assert.equal(said?.type === 'control_changed' && said.why, `Error: ${'x'.repeat(493)}…`);
  });

  test('it holds after a restart and under a new plan, until the strategy is enabled', () => {
    const deployments = [deployed('a'), deployed('b', 'failing')];
    const desk = new Desk(deployments);
    desk.tick();
    desk.tick();
    desk.restart(deployments);
    assert.deepEqual(desk.tick(), ['a 3']);
    desk.plan([...deployments, deployed('c')]);
    assert.deepEqual(desk.tick(), ['a 4', 'c 1']);
    desk.control('strategy_enabled', 'b');
    assert.deepEqual(desk.tick(1), ['a 1', 'b 1', 'c 1']);
  });

  test('a strategy can be disabled and enabled, and other commands change nothing', () => {
    const desk = new Desk([deployed('a'), deployed('b')]);
    desk.control('strategy_disabled', 'a');
    assert.deepEqual(desk.tick(), ['b 1']);
    desk.control('namespace_halted', 'b');
    desk.control('refused', 'b');
    assert.deepEqual(desk.tick(), ['b 2']);
    desk.control('strategy_enabled', 'a');
    assert.deepEqual(desk.tick(), ['a 1', 'b 3']);
  });
});

describe('deployments over time', () => {
  test('fills reach the deployment that owns them, and nobody else', () => {
    const desk = new Desk([deployed(ALPHA), deployed(BETA)]);
    desk.runner.onEvent(
      filled(submitted(signal({ strategyId: BETA, quantity: units(10) }))),
      root(),
      new RecordingOut(),
    );
    desk.runner.onEvent(
      filled(submitted(signal({ strategyId: 'nobody' as StrategyId, quantity: units(10) }))),
      root(),
      new RecordingOut(),
    );
    desk.runner.onEvent(
      filled(submitted(signal({ strategyId: ALPHA, token: 99, quantity: units(10) }))),
      root(),
      new RecordingOut(),
    );
    desk.runner.onEvent(signal(), root(), new RecordingOut());
    assert.deepEqual(desk.tick(), ['alpha 1', 'beta 11']);
  });

  test('a plan that says the same goes on where it was; other parameters warm up anew on the same position', () => {
    const desk = new Desk([deployed('a')]);
    desk.tick();
    desk.runner.onEvent(
      filled(submitted(signal({ strategyId: 'a' as StrategyId, quantity: units(10) }))),
      root(),
      new RecordingOut(),
    );
    desk.plan([deployed('a')]);
    assert.deepEqual(desk.tick(), ['a 12']);
    desk.plan([deployed('a', 'counting', { parameters: { window: 3 } })]);
    assert.deepEqual(desk.tick(), ['a 11']);
  });

  test('a deployment that was left out comes back with what it had, also after restarts', () => {
    const both = [deployed('a'), deployed('b')];
    const desk = new Desk(both);
    desk.tick();
    desk.plan([deployed('a')]);
    assert.deepEqual(desk.tick(), ['a 2']);
    desk.restart([deployed('a')]);
    assert.deepEqual(desk.tick(), ['a 3']);
    desk.restart(both);
    assert.deepEqual(desk.tick(), ['a 4', 'b 2']);
    assert.deepEqual(
      reread(desk.runner.snapshot()).hosts.map(({ strategyId }) => strategyId),
      ['a', 'b'],
    );
  });

  test('fills of a deployment that does not run are kept for when it does, and so are those of any other id', () => {
    const both = [deployed('a'), deployed('b')];
    const desk = new Desk(both);
    const fill = (strategyId: string, side: 'BUY' | 'SELL', quantity: number, token = 1): void =>
      desk.runner.onEvent(
        filled(submitted(signal({ strategyId: strategyId as StrategyId, token, side, quantity: units(quantity) }))),
        root(),
        new RecordingOut(),
      );
    fill('b', 'BUY', 10);
    desk.plan([deployed('a')]);
    fill('b', 'BUY', 20);
    fill('b', 'SELL', 5);
    fill('b', 'BUY', 7, 2);
    fill('outside', 'BUY', 3);
    fill('early', 'BUY', 3);
    desk.restart([deployed('a')]);
    const books = desk.runner.snapshot().books.map(([strategyId]) => strategyId);
    assert.deepEqual(books, ['b', 'early', 'outside']);
    desk.plan([...both, deployed('outside')]);
    assert.deepEqual(desk.tick(0), ['a 1', 'b 26', 'outside 4']);
    assert.deepEqual(desk.tick(1), ['a 1', 'b 8', 'outside 1']);
  });

  test('a strategy that nobody knows stops the plan', () => {
    assert.throws(() => new Desk([deployed('a', 'unheard_of')]), /no strategy of this test is called unheard_of/);
  });

  test('the watchdog sees which deployment is deciding, and none between ticks', () => {
    const seen: number[] = [];
    const deciding = new Int32Array(DECIDING_LENGTH);
    const watching = strategyOf('watching', () => {
      seen.push(deciding[DEPLOYMENT] ?? -1);
      return undefined;
    });
    const table = new InstrumentTable(instruments(1));
    const runner = new StrategyRunner(PAPER, table, deciding);
    runner.replan(namespacePlan(), [deployed('a', 'watching'), deployed('b', 'watching')], catalogueOf(watching));
    runner.onTick(tick(), root(), new RecordingOut());
    assert.deepEqual([seen, deciding[DEPLOYMENT]], [[1, 2], 0]);
  });

  test('a runner that was stopped and read back says the same as one that was not', () => {
    const deployments = [deployed('a'), deployed('b', 'failing'), deployed('c')];
    const [straight, stopped] = [new Desk(deployments), new Desk(deployments)];
    for (let k = 0; k < 8; k++) {
      if (k % 3 === 2) stopped.restart(deployments);
      assert.deepEqual(stopped.tick(k % 2), straight.tick(k % 2));
    }
    assert.deepEqual(reread(stopped.runner.snapshot()), reread(straight.runner.snapshot()));
  });
});

/** Wants what its callbacks say, and remembers nothing. */
function asked(type: string, callbacks: Partial<Strategy>): Strategy {
  return { ...(strategyOf(type, () => undefined) as unknown as Strategy), ...callbacks };
}

const FRIDAY = JUNE_2021.nextSession('NSE', OPEN);
const MINUTE = 60_000;
const sessionOf = (segment: string) => (segment === 'NSE' ? FRIDAY : undefined);

/** One deployment with bars and timers, played through a runner. */
class Timed {
  readonly out = new RecordingOut();
  runner: StrategyRunner;
  readonly #strategies: readonly Strategy[];

  constructor(...strategies: readonly Strategy[]) {
    this.#strategies = strategies;
    this.runner = this.#new();
  }

  #new(): StrategyRunner {
    const runner = new StrategyRunner(PAPER, new InstrumentTable(instruments(2)));
    const deployments = this.#strategies.map(({ type }) => deployed(type, type));
    runner.replan(namespacePlan(), deployments, catalogueOf(...this.#strategies));
    return runner;
  }

  restart(): void {
    const state = reread(this.runner.snapshot());
    this.runner = this.#new();
    this.runner.restore(state);
  }

  tick(seconds: number, rupees = 100, on = 0): readonly string[] {
    const at = after(seconds);
    const now = tick({ instrument: on, time: at, price: rs(rupees) });
    this.runner.onTick(now, { ...root(at, `tape:${seconds}`), sessionOf }, this.out);
    return this.said();
  }

  /** Events in short; quarantines are handed back as the namespace does. */
  said(): readonly string[] {
    return this.out.take().map((event) => {
      if (event.type === 'trading_signal') return `${event.trace.id} ${event.side} ${event.quantity} @${event.price}`;
      assert.ok(event.type === 'control_changed');
      this.runner.onEvent(event, root(), this.out);
      return `${event.trace.id} ${event.subject}: ${event.why}`;
    });
  }
}

describe('bars, timers and fills', () => {
  const barred = asked('barred', {
    bars: () => [MINUTE],
    onBar: (_parameters, _state, bar) => ({ side: 'BUY', quantity: bar.ticks }),
    onTick: (_parameters, _state, now) => (now.price === rs(105) ? { side: 'SELL', quantity: 9 } : undefined),
  });
  const checking = asked('checking', {
    timers: () => [{ name: 'check', everyMs: 2 * MINUTE }],
    onTimer: (_parameters, _state, { name }) => ({ side: 'BUY', quantity: name === 'check' ? 1 : 2 }),
  });

  test('what is due is asked before the tick that brought it, and numbered with it', () => {
    const desk = new Timed(barred);
    assert.deepEqual([...desk.tick(0), ...desk.tick(30, 101), ...desk.tick(40, 102, 1)], []);
    assert.deepEqual(desk.tick(61, 105), [
      `tape:61/s.paper.0 BUY 2 @${rs(101)}`,
      `tape:61/s.paper.1 BUY 1 @${rs(102)}`,
      `tape:61/s.paper.2 SELL 9 @${rs(105)}`,
    ]);
  });

  test('a timer speaks at the last price that its deployment saw, or without one', () => {
    const desk = new Timed(checking);
    desk.tick(0, 103);
    assert.deepEqual(desk.tick(121, 105), [
      `tape:121/s.paper.0 BUY 1 @${rs(103)}`,
      'tape:121/s.paper.1 BUY 1 @undefined',
    ]);
  });

  test('time that passes without a tick asks as well, and nothing twice', () => {
    const desk = new Timed(checking, asked('idle', {}));
    assert.equal(desk.runner.nextDue, -Infinity);
    desk.tick(0);
    assert.equal(desk.runner.nextDue, after(120));
    desk.runner.onTime({ ...root(after(125), 'clock'), sessionOf }, desk.out);
    assert.equal(desk.said().length, 2);
    assert.deepEqual(desk.tick(126), []);
    assert.equal(new Timed(asked('idle', {})).runner.nextDue, Infinity);
  });

  test('the close of the session ends the bars that run', () => {
    const desk = new Timed(barred, checking);
    desk.tick(0);
    desk.runner.onClose('MCX', root(FRIDAY.close, 'close'), desk.out);
    assert.deepEqual(desk.said(), []);
    desk.runner.onClose('NSE', root(FRIDAY.close, 'close'), desk.out);
    const [first, ...timers] = desk.said();
    assert.equal(first, `close/s.paper.0 BUY 1 @${rs(100)}`);
    assert.equal(timers.length, 2 * 187);
  });

  test('events that are about no instrument of the table are none of its business', () => {
    const desk = new Timed(checking);
    const { broker, strategyId, at, trace } = signal();
    const amount = { realised: 0, unrealised: 0, cash: 0, fees: 0, equity: 0, maxDrawdown: 0 };
    const snapshot = { type: 'pnl_snapshot', broker, strategyId, at, trace, ...amount } as unknown as DomainEvent;
    desk.runner.onEvent(snapshot, root(), desk.out);
    desk.runner.onEvent(filled(submitted(signal({ token: 99 }))), root(), desk.out);
    assert.deepEqual(desk.runner.snapshot().books, []);
  });

  test('without callbacks, bars and timers are let go by', () => {
    const desk = new Timed(asked('deaf', { bars: () => [MINUTE], timers: () => [{ name: 'x', everyMs: MINUTE }] }));
    assert.deepEqual([...desk.tick(0), ...desk.tick(61)], []);
  });

  test('a strategy that throws at a bar is not asked again, not even at the tick at hand', () => {
    const broken = asked('broken', {
      ...barred,
      type: 'broken',
      onBar: () => {
        throw new RangeError('no such bar');
      },
    });
    const desk = new Timed(broken, checking);
    desk.tick(0);
    assert.deepEqual(desk.tick(61, 105), ['tape:61/s.paper.0 broken: RangeError: no such bar']);
    assert.deepEqual(desk.runner.strategyIds, ['checking']);
    assert.equal(desk.tick(121).length, 2);
  });

  test('bars that ran while a deployment was stopped or away are not complete', () => {
    const seen: boolean[] = [];
    const noting = asked('noting', {
      bars: () => [MINUTE],
      onBar: (_parameters, _state, { complete }) => void seen.push(complete),
    });
    const desk = new Timed(noting);
    const trace = knownTrace('command' as EventId);
    const change = {
      type: 'control_changed',
      broker: PAPER,
      trace,
      at: OPEN,
      subject: 'noting',
      who: '',
      why: '',
    } as const;
    desk.tick(0);
    desk.runner.onEvent({ ...change, action: 'strategy_disabled' }, root(), desk.out);
    desk.tick(70);
    desk.runner.onEvent({ ...change, action: 'strategy_enabled' }, root(), desk.out);
    for (const second of [80, 130, 190]) desk.tick(second);
    assert.deepEqual(seen, [false, false, true]);
    desk.runner.leave();
    desk.restart();
    for (const second of [200, 250, 310]) desk.tick(second);
    desk.runner.onGap(root(after(320)));
    desk.tick(365);
    assert.deepEqual(seen, [false, false, true, false, true, false]);
  });

  test('a plan that leaves a deployment out for a while leaves a hole in its bars', () => {
    const desk = new Timed(barred);
    const plan = (deployments: readonly Deployment[]): void =>
      desk.runner.replan(namespacePlan(), deployments, catalogueOf(barred));
    desk.tick(0);
    plan([deployed('barred', 'barred')]);
    assert.equal(desk.runner.snapshot().hosts[0]?.schedules[0]?.[1].away, false);
    plan([]);
    assert.equal(desk.runner.snapshot().hosts[0]?.schedules[0]?.[1].away, true);
    plan([deployed('barred', 'barred')]);
    assert.equal(desk.runner.nextDue, -Infinity);
  });

  test('a fill is handed to a strategy that asks for it, and what follows bears the id of the fill', () => {
    const stopping = asked('stopping', {
      onFill: (_parameters, _state, { side, quantity, price }, own) =>
        side === 'SELL'
          ? undefined
          : { side: 'SELL', quantity: own.quantity, orderType: 'stop', triggerPrice: price, metadata: { quantity } },
    });
    const desk = new Timed(stopping, checking);
    const fill = filled(submitted(signal({ strategyId: 'stopping' as StrategyId, quantity: units(7) })));
    desk.runner.onEvent(fill, root(), desk.out);
    assert.deepEqual(desk.said(), [`order/x.paper.0/s.paper.0 SELL 7 @${rs(100)}`]);
    desk.runner.onEvent({ ...fill, order: { ...fill.order, side: 'SELL' } }, root(), desk.out);
    desk.runner.onEvent({ ...fill, strategyId: 'checking' as StrategyId }, root(), desk.out);
    assert.deepEqual(desk.said(), []);
  });

  test('a strategy that throws at a fill is quarantined, and then keeps its book without being asked', () => {
    const broken = asked('broken', {
      onFill: () => {
        throw new RangeError('no such fill');
      },
    });
    const desk = new Timed(broken);
    const fill = filled(submitted(signal({ strategyId: 'broken' as StrategyId, quantity: units(7) })));
    desk.runner.onEvent(fill, root(), desk.out);
    assert.deepEqual(desk.said(), ['order/x.paper.0/s.paper.0 broken: RangeError: no such fill']);
    desk.runner.onEvent(fill, root(), desk.out);
    assert.deepEqual(desk.said(), []);
    assert.equal(desk.runner.snapshot().books[0]?.[1][0]?.[1].quantity, 14);
  });

  test('a fill of an instrument that the deployment does not run on is only booked', () => {
    const stopping = asked('stopping', { onFill: () => assert.fail('asked for another instrument') });
    const runner = new StrategyRunner(PAPER, new InstrumentTable(instruments(2)));
    runner.replan(namespacePlan(), [deployed('stopping', 'stopping', { tokens: [2] })], catalogueOf(stopping));
    const out = new RecordingOut();
    runner.onEvent(filled(submitted(signal({ strategyId: 'stopping' as StrategyId }))), root(), out);
    assert.deepEqual(out.take(), []);
  });

  test('each segment has its own session, and none is asked before it opens', () => {
    const mcx = { ...FRIDAY, id: 'MCX:2021-06-11', preOpen: after(600), open: after(600), close: after(36_000) };
    const table = new InstrumentTable([instrument(), instrument({ token: 2, symbol: 'GOLD', segment: 'MCX' })]);
    const runner = new StrategyRunner(PAPER, table);
    runner.replan(namespacePlan(), [deployed('checking', 'checking')], catalogueOf(checking));
    const out = new RecordingOut();
    const at = (seconds: number) => ({
      ...root(after(seconds), `tape:${seconds}`),
      sessionOf: (segment: string) => (segment === 'MCX' ? mcx : FRIDAY),
    });
    const timersAt = (seconds: number): readonly (number | undefined)[] => {
      runner.onTime(at(seconds), out);
      return out.take().map((event) => ('token' in event ? event.token : undefined));
    };
    assert.deepEqual(timersAt(0), []);
    assert.equal(runner.nextDue, after(120));
    assert.deepEqual(timersAt(481), [1, 1, 1, 1]);
    assert.deepEqual(timersAt(601), [1]);
    assert.deepEqual(timersAt(721), [1, 2]);
    runner.onClose('NSE', at(722), out);
    assert.equal(runner.nextDue, -Infinity);
    assert.deepEqual([out.take(), timersAt(841)], [[], [2]]);
  });

  test('past the calendar’s data nothing is due', () => {
    const desk = new Timed(barred);
    desk.runner.onTick(tick(), root(), desk.out);
    assert.deepEqual([desk.said(), desk.runner.nextDue], [[], Infinity]);
  });

  test('a runner with bars, timers and fills that was stopped and read back says the same as one that was not', () => {
    const keeping = asked('keeping', {
      start: () => ({ bars: 0, fills: 0, seen: 0 }),
      bars: () => [MINUTE, 3 * MINUTE],
      timers: () => [
        { name: 'check', everyMs: 5 * MINUTE },
        { name: 'noon', at: '09:21' },
      ],
      onBar: (_parameters, state, bar) => {
        (state as { bars: number }).bars += bar.complete ? 1 : 100;
        return { target: bar.ticks };
      },
      onTimer: (_parameters, state) => ({ side: 'SELL', quantity: 1 + (state as { bars: number }).bars }),
      onFill: (_parameters, state, fill) => {
        (state as { fills: number }).fills += fill.quantity;
        return undefined;
      },
    });
    const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 90 }), fc.nat(1), fc.nat(9)), { maxLength: 30 });
    fc.assert(
      fc.property(steps, fc.nat(4), (taken, every) => {
        const [straight, stopped] = [new Timed(keeping, checking), new Timed(keeping, checking)];
        let seconds = 0;
        for (const [k, [step, on, what]] of taken.entries()) {
          seconds += step;
          if (k % (every + 1) === 0) stopped.restart();
          if (what === 9) {
            const fill = filled(submitted(signal({ strategyId: 'keeping' as StrategyId, quantity: units(3) })));
            for (const desk of [straight, stopped]) desk.runner.onEvent(fill, root(), desk.out);
          }
          assert.deepEqual(stopped.tick(seconds, 100 + what, on), straight.tick(seconds, 100 + what, on));
        }
        assert.deepEqual(reread(stopped.runner.snapshot()), reread(straight.runner.snapshot()));
      }),
      { numRuns: 300 },
    );
  });
});

describe('models', () => {
  const model = { kind: 'linear', features: ['price'], weights: [1], bias: 0 } as const;
  const scoring = asked('scoring', {
    parameters: {
      model: { kind: 'model', default: 'm', doc: 'the model' },
      size: { kind: 'integer', default: 1, min: 1, max: 9, doc: '' },
    },
    onTick: (_parameters, _state, _tick, _own, _on, models) => ({
      side: 'BUY',
      quantity: score(models['model'] as Model, [7]),
    }),
  });
  const run = (catalogue_: StrategyCatalogue): StrategyRunner => {
    const runner = new StrategyRunner(PAPER, new InstrumentTable(instruments(1)));
    runner.replan(namespacePlan(), [deployed('a', 'scoring', { parameters: { model: 'm@1', size: 1 } })], catalogue_);
    return runner;
  };

  test('are found by what the parameter names, and handed to the strategy', () => {
    const names: string[] = [];
    const find = (reference: string): Model => {
      names.push(reference);
      return model;
    };
    const runner = run(Object.assign(catalogueOf(scoring), { model: find }));
    const out = new RecordingOut();
    runner.onTick(tick(), root(), out);
    const [said] = out.take();
    assert.deepEqual([names, said?.type === 'trading_signal' && said.quantity], [['m@1'], 7]);
  });

  test('a model of other features gives no signal: the deployment is quarantined with the reason', () => {
    const other = { ...model, features: ['price', 'volume'], weights: [1, 1] };
    const runner = run(Object.assign(catalogueOf(scoring), { model: () => other }));
    const out = new RecordingOut();
    runner.onTick(tick(), root(), out);
    const [said] = out.take();
    assert.ok(said?.type === 'control_changed');
    assert.match(said.why, /FeatureMismatch: the model takes 2 features \(price, volume\), the strategy gives 1/);
  });

  test('a catalogue without models cannot run a strategy that needs one', () => {
    assert.throws(() => run(catalogueOf(scoring)), /the strategy scoring needs a model, and this catalogue has none/);
  });
});
