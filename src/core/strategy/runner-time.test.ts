// What a runner asks besides at ticks: bars, timers and fills, and the models that it hands to strategies.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import {
  after,
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
import { JUNE_2021 } from '../../../test/support/tape-builder.ts';
import { type DomainEvent } from '../events.ts';
import { knownTrace, type EventId, type StrategyId } from '../ids.ts';
import { InstrumentTable } from '../market/instrument.ts';
import { type Deployment } from '../plan.ts';
import { score, type Model } from './models/model.ts';
import { StrategyRunner, type StrategyCatalogue } from './runner.ts';
import { type Strategy } from './strategy.ts';

function deployed(strategyId: string, strategyType: string, overrides: Partial<Deployment> = {}): Deployment {
  return deployment({ strategyId: strategyId as StrategyId, strategyType, ...overrides });
}

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
    const gap = {
      id: 'gap' as EventId,
      token: instrument().token,
      from: after(310),
      to: after(320),
      candles: undefined,
    };
    desk.runner.onGap(gap, root(after(325)), desk.out);
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
