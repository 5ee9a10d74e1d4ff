// Every place that can make an order, or ask for one: found in the source, kept as a list, and tried against a gate that
// refuses everything. The same wiring without the gate makes orders, so that this test can fail.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, test } from 'node:test';
import { type DomainEvent, type OrderChange, type TradingSignal } from '#core/events.ts';
import { SimulatedExchange } from '#core/exchange/exchange.ts';
import { type BrokerReport } from '#core/execution/report.ts';
import { TradingEngine } from '#core/execution/trading-engine.ts';
import { knownTrace, type EventId } from '#core/ids.ts';
import { alwaysOpen } from '#core/market/always-open.ts';
import { InstrumentTable } from '#core/market/instrument.ts';
import { type Tick } from '#core/market/tick.ts';
import { type Deployment } from '#core/plan.ts';
import { StrategyRunner } from '#core/strategy/runner.ts';
import {
  after,
  ALPHA,
  catalogueOf,
  controlled,
  deployment,
  instruments,
  namespacePlan,
  PAPER,
  RecordingOut,
  root,
  rs,
  signal,
  strategyOf,
  tick,
  units,
  validated,
} from '../../test/support/builders.ts';
import { readEventFrame } from '#wire/event-frame-reader.ts';
import { EventFrameWriter } from '#wire/event-frame-writer.ts';
import { Namespace } from './namespace.ts';
import { type CascadeSink } from './sink.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const LIST = join(ROOT, 'test', 'golden', 'order-entry-points.txt');

/** Events that are an order or a change of one at the broker, and those that ask the gate for one. */
const MAKES = ['order_submitted', 'modify_submitted'];
const ASKS = ['trading_signal', 'order_change'];

function sources(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.includes('under-test'))
    .map((name) => join(ROOT, folder, name));
}

/** Each file that constructs such an event, with the types; one that only declares a type of it is not meant. */
function entryPoints(): string {
  const lines = [...sources('src'), ...sources('strategies')].flatMap((path) => {
    const text = readFileSync(path, 'utf8');
    return [...MAKES, ...ASKS]
      .filter((type) => new RegExp(`\\btype: '${type}'(?!;| \\}| \\|)|\\bwireType\\(\\s*'${type}'`).test(text))
      .map((type) => `${MAKES.includes(type) ? 'makes' : 'asks '} ${type.padEnd(16)} ${relative(ROOT, path)}`);
  });
  return `${lines.toSorted().join('\n')}\n`;
}

test('the list of places that can make an order, or ask for one, is complete', () => {
  const found = entryPoints();
  assert.equal(found, readFileSync(LIST, 'utf8'), `write the list anew in ${LIST}, and try each new place below`);
});

test('only the engine makes orders; the others read them from the log, or play a strategy without a broker', () => {
  const makers = entryPoints()
    .split('\n')
    .filter((line) => line.startsWith('makes'))
    .map((line) => line.split(/\s+/)[2] ?? '');
  const known = /^src\/(core\/execution\/|wire\/(schemas\/|event-frame-reader\.ts)|core\/strategy\/play\.ts)/;
  for (const path of makers) assert.match(path, known);
});

test('what a journal says becomes text, and nobody but research reads one', () => {
  const readers = [...sources('src'), ...sources('strategies')]
    .filter((path) => readFileSync(path, 'utf8').includes('event-frame-reader.ts'))
    .map((path) => relative(ROOT, path));
  assert.deepEqual(readers.toSorted(), ['src/app/research/journal-replay.ts', 'src/app/research/journal.ts']);
  const writer = new EventFrameWriter();
  writer.add(signal());
  for (const message of readEventFrame(writer.take())) {
    assert.deepEqual(Object.keys(message).toSorted(), ['id', 'key', 'topic', 'value']);
    assert.ok(Object.values(message).every((part) => typeof part === 'string'));
  }
});

const PLAN = namespacePlan();
const BUYING = strategyOf('buying', () => ({ side: 'BUY', quantity: 1 }));
const DEPLOYMENTS = [deployment({ strategyType: 'buying', brokers: [PAPER] })];

/** What a namespace is to a test: it takes ticks and messages, and says what followed. */
interface Wiring {
  tick(at: number): void;
  message(event: DomainEvent): void;
  squareOff(): void;
  /** From here on the gate refuses everything, where there is one; what was told before is forgotten. */
  shut(): void;
  readonly told: readonly DomainEvent[];
}

function context() {
  return { calendar: alwaysOpen(), instruments: new InstrumentTable(instruments(2)), freshMs: 60_000 };
}

/** The real wiring; its gate is as always until it is shut. */
function gated(deployments: readonly Deployment[]): Wiring {
  const told: DomainEvent[] = [];
  const sink: CascadeSink = { event: (event) => told.push(event), intent: () => assert.fail('an intent left') };
  const namespace = new Namespace(PLAN, context(), sink);
  namespace.replan(PLAN, context(), deployments, catalogueOf(BUYING));
  return {
    tick: (at) => namespace.onTick(tick({ price: rs(100), time: after(at) }), true, root(after(at))),
    message: (event) => namespace.onMessage(event, root(event.at)),
    squareOff: () => namespace.onSquareOff('NSE', root(after(5))),
    shut() {
      namespace.onMessage(controlled('disarmed', { subject: 'global' }), root());
      told.length = 0;
    },
    told,
  };
}

/** The wiring with the gate left out: what is asked for is taken as validated. */
function ungated(deployments: readonly Deployment[]): Wiring {
  const told: DomainEvent[] = [];
  const out = new RecordingOut();
  const runner = new StrategyRunner(PAPER, context().instruments);
  runner.replan(PLAN, deployments, catalogueOf(BUYING));
  const engine = new TradingEngine(PLAN, { ...context(), confirm: () => true });
  const exchange = new SimulatedExchange(PLAN.exchange, context().instruments);
  const reports: BrokerReport[] = [];
  const drain = (at: number): void => {
    for (const event of out.take()) {
      told.push(event);
      dispatch(event, at);
    }
  };
  const dispatch = (event: DomainEvent, at: number): void => {
    if (event.type === 'trading_signal') engine.onEvent(validated(event), root(after(at)), out);
    else if (event.type === 'order_change') {
      const { broker, strategyId, token, trace } = event;
      const change = { broker, strategyId, token, trace, at: after(at), change: event };
      engine.onEvent({ type: 'validated_change', ...change }, root(after(at)), out);
    } else if (event.type === 'order_submitted') {
      const { instruments: table } = context();
      exchange.submit(event, table.indexOf(event.token), table.at(table.indexOf(event.token)), after(at), reports);
      for (const report of reports.splice(0)) engine.onReport(report, root(after(at)), out);
    } else engine.onEvent(event, root(after(at)), out);
    drain(at);
  };
  const match = (now: Tick, at: number): void => {
    exchange.onTick(now, context().instruments.at(0), after(at), reports);
    for (const report of reports.splice(0)) engine.onReport(report, root(after(at)), out);
    drain(at);
  };
  return {
    tick(at) {
      const now = tick({ price: rs(100), time: after(at) });
      match(now, at);
      runner.onTick(now, root(after(at)), out);
      engine.onTick(now, root(after(at)), out);
      drain(at);
    },
    message: (event) => dispatch(event, (event.at - after(0)) / 1_000),
    squareOff() {
      engine.onSquareOff('NSE', root(after(5)), out);
      drain(5);
    },
    shut: () => (told.length = 0),
    told,
  };
}

const change: OrderChange = {
  type: 'order_change',
  broker: PAPER,
  strategyId: ALPHA,
  token: 1,
  trace: knownTrace('change' as EventId),
  at: after(0),
  action: 'modify',
  orderId: 'order' as EventId,
  purpose: 'trade',
  quantity: units(5),
  orderType: undefined,
  limitPrice: undefined,
  triggerPrice: undefined,
  expiresAt: after(60),
};
const asked = (wanted: Partial<TradingSignal> & { readonly id: string }) => signal({ broker: PAPER, ...wanted });

/** Buys ten units, which the next tick fills. */
function hold(wiring: Wiring, wanted: Partial<TradingSignal> = {}): void {
  wiring.tick(0);
  wiring.message(asked({ id: 'entry', quantity: units(10), ...wanted }));
  wiring.tick(1);
}

/** Each way in which an order, or a change of one, can come to be. The gate is shut in the middle of it. */
const WAYS: Readonly<Record<string, (wiring: Wiring) => void>> = {
  'a strategy decides at a tick': (wiring) => {
    wiring.shut();
    wiring.tick(1);
  },
  'a signal comes from outside': (wiring) => {
    wiring.tick(0);
    wiring.shut();
    wiring.message(asked({ id: 'outside' }));
  },
  'a signal waits for its first price': (wiring) => {
    wiring.message(asked({ id: 'early' }));
    wiring.shut();
    wiring.tick(1);
  },
  'a bracket guards what its entry brought in': (wiring) => {
    const bracket = { target: undefined, stop: rs(90), trail: undefined, exitAt: undefined };
    wiring.tick(0);
    wiring.message(asked({ id: 'entry', quantity: units(10), bracket }));
    wiring.shut();
    wiring.tick(1);
  },
  'intraday positions are squared off': (wiring) => {
    hold(wiring, { product: 'MIS' });
    wiring.shut();
    wiring.squareOff();
  },
  'a person has every position closed': (wiring) => {
    hold(wiring);
    wiring.shut();
    wiring.message(controlled('flatten', { at: after(2) }));
  },
  'an exit that became too old is asked for again': (wiring) => {
    hold(wiring);
    wiring.shut();
    const old = asked({ id: 'old', side: 'SELL', quantity: units(10), at: after(2), expiresAt: after(2) });
    wiring.message(old);
  },
  'an order at work is changed': (wiring) => {
    wiring.tick(0);
    wiring.message(asked({ id: 'resting', quantity: units(10), limitPrice: rs(99) }));
    wiring.shut();
    wiring.message({ ...change, orderId: `resting/r.${PAPER}.0/e.${PAPER}.0` as EventId });
  },
};

function orders({ told }: Wiring): number {
  return told.filter(({ type }) => MAKES.includes(type)).length;
}

describe('with a gate that refuses everything', () => {
  for (const [name, take] of Object.entries(WAYS)) {
    test(`${name}, and no order follows; without the gate one does`, () => {
      const deployments = name.includes('strategy') ? DEPLOYMENTS : [];
      const closed = gated(deployments);
      take(closed);
      assert.equal(orders(closed), 0);
      assert.ok(
        closed.told.some(({ type }) => type === 'rejected_signal' || type === 'rejected_change'),
        'the gate was asked',
      );
      const open = ungated(deployments);
      take(open);
      assert.ok(orders(open) > 0, 'this way leads to an order');
    });
  }
});
