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
  instruments,
  namespacePlan,
  OPEN,
  PAPER,
  RecordingOut,
  reread,
  root,
  signal,
  strategyOf,
  submitted,
  tick,
  units,
} from '../../../test/support/builders.ts';
import { type ControlChanged } from '../events.ts';
import { knownTrace, type BrokerId, type EventId, type StrategyId } from '../ids.ts';
import { InstrumentTable } from '../market/instrument.ts';
import { type Deployment } from '../plan.ts';
import { DECIDING_LENGTH, DEPLOYMENT } from './deciding.ts';
import { StrategyRunner } from './runner.ts';

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
