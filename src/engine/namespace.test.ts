import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Money } from '#core/decimal.ts';
import { type DomainEvent, type OrderEvent } from '#core/events.ts';
import { type BrokerId } from '#core/ids.ts';
import { alwaysOpen } from '#core/market/always-open.ts';
import { InstrumentTable } from '#core/market/instrument.ts';
import { DECIDING_LENGTH, DEPLOYMENT } from '#core/strategy/deciding.ts';
import {
  adjusted,
  after,
  ALPHA,
  alternating,
  BROKERS,
  catalogueOf,
  controlled,
  deployment,
  filled,
  instruments,
  namespacePlan,
  OPEN,
  reread,
  root,
  rs,
  signal,
  strategyOf,
  submitted,
  tick,
  units,
  validated,
} from '../../test/support/builders.ts';
import { short } from '../../test/support/cascade-run.ts';
import { Namespace } from './namespace.ts';

/** A namespace on its own, with one deployment, and what it says. */
class Desk {
  readonly broker: BrokerId;
  readonly namespace: Namespace;
  #events: DomainEvent[] = [];

  constructor(broker: BrokerId) {
    this.broker = broker;
    const instrumentTable = new InstrumentTable(instruments(2));
    const context = { calendar: alwaysOpen(), instruments: instrumentTable, freshMs: 60_000 };
    const plan = namespacePlan({ broker });
    const sink = {
      event: (event: DomainEvent) => this.#events.push(event),
      intent: () => assert.fail('no gateway here'),
    };
    this.namespace = new Namespace(plan, context, sink);
    this.namespace.replan(plan, context, [deployment()], catalogueOf(alternating));
    this.namespace.onTick(tick(), true, root());
    this.namespace.onTick(tick({ instrument: 1 }), true, root());
  }

  /** Takes events from outside and tells what followed. */
  take(...events: readonly DomainEvent[]): readonly string[] {
    for (const event of events) this.namespace.onMessage(event, root(event.at));
    return short(this.#events.splice(0));
  }

  get cash(): number {
    return this.namespace.portfolio.ledger.book(ALPHA).cash;
  }

  get reservations(): number {
    return this.namespace.risk.snapshot().reservations.length;
  }
}

for (const broker of BROKERS) {
  describe(`each topic of ${broker} reaches the stages that read it`, () => {
    const one = signal({ broker, id: 'one', quantity: units(4) });
    const order = submitted(one, 'order');

    test('signals.raw goes to the gate, and what it lets pass goes on to the exchange', () => {
      const desk = new Desk(broker);
      assert.deepEqual(desk.take(one), ['validated_signal', 'order_submitted', 'order_placed']);
      assert.ok(desk.namespace.exchange.rests(0));
    });

    test('what rests there is not matched while the market is closed', () => {
      const desk = new Desk(broker);
      desk.take(one);
      desk.namespace.onTick(tick(), false, root(after(1)));
      assert.deepEqual(desk.take(), []);
      desk.namespace.onTick(tick(), true, root(after(2)));
      assert.deepEqual(desk.take(), ['order_filled 4@100']);
    });

    test('signals.validated goes to the engine', () => {
      const desk = new Desk(broker);
      assert.deepEqual(desk.take(validated(one)), ['order_submitted', 'order_placed']);
      assert.equal(desk.namespace.engine.processedCount, 1);
    });

    test('signals.expired and the ends of orders release what the gate has reserved', () => {
      const { strategyId, token, trace, at } = one;
      const base = { broker, strategyId, token, trace, at, order: order.order, message: 'test' };
      const ends: readonly DomainEvent[] = [
        { type: 'expired_signal', broker, strategyId, token, trace, at, signal: one, code: 'SUPERSEDED' },
        { type: 'order_failed', ...base, code: 'REFUSED', rejectCode: 'OTHER' },
        { type: 'order_cancelled', ...base, filledQuantity: units(0) },
        { type: 'order_expired', ...base, filledQuantity: units(0) },
      ];
      for (const end of ends) {
        const desk = new Desk(broker);
        desk.take(one);
        const [id] = desk.namespace.risk.snapshot().reservations[0] ?? [];
        assert.ok(id !== undefined);
        const about =
          end.type === 'expired_signal'
            ? { ...end, signal: { ...one, trace: { ...one.trace, id } } }
            : { ...(end as OrderEvent), order: { ...order.order, orderId: id } };
        assert.deepEqual(desk.take(about as DomainEvent), []);
        assert.equal(desk.reservations, 0, end.type);
      }
    });

    test('orders.filled moves both ledgers and the position of the strategy', () => {
      const desk = new Desk(broker);
      desk.take(filled(order, { fees: 5 as Money }));
      assert.equal(desk.cash, rs(1_000_000) - rs(400) - 5);
      assert.deepEqual(
        desk.namespace.risk.ledger.book(ALPHA).snapshot(),
        desk.namespace.portfolio.ledger.book(ALPHA).snapshot(),
      );
      assert.equal(desk.namespace.runner.snapshot().books[0]?.[1][0]?.[1].quantity, 4);
    });

    test('pnl.snapshots moves both ledgers by what was adjusted', () => {
      const desk = new Desk(broker);
      desk.take(adjusted(-rs(7), { broker }));
      assert.deepEqual([desk.cash, desk.namespace.risk.ledger.book(ALPHA).cash], [rs(999_993), rs(999_993)]);
    });

    test('control.changes stops the strategy and its signals', () => {
      const desk = new Desk(broker);
      const said = { action: 'strategy_disabled', subject: ALPHA, who: 'test', why: 'test' } as const;
      desk.take({ type: 'control_changed', broker, trace: one.trace, at: OPEN, ...said });
      assert.deepEqual(desk.namespace.runner.strategyIds, []);
      assert.deepEqual(desk.take(one), ['rejected_signal']);
    });

    test('what nobody acts on changes nothing', () => {
      const desk = new Desk(broker);
      const before = JSON.stringify(desk.namespace.snapshot());
      const { strategyId, token, trace, at } = one;
      const base = { broker, strategyId, token, trace, at };
      const zero = 0 as Money;
      const pnl = { realised: zero, unrealised: zero, netPnl: zero, maxDrawdown: zero };
      const exposure = { grossExposure: zero, netExposure: zero };
      const amounts = { ...pnl, ...exposure, cash: zero, fees: zero, equity: zero };
      const said = desk.take(
        { type: 'rejected_signal', ...base, signal: one, checks: {}, reasons: [] },
        { type: 'alert_raised', broker, trace, at, code: 'TEST', subject: 'test', message: 'test' },
        { type: 'pnl_snapshot', ...base, ...amounts },
      );
      assert.deepEqual([said, JSON.stringify(desk.namespace.snapshot())], [[], before]);
    });

    test('an event of no known type stops the program', () => {
      assert.throws(() => new Desk(broker).take({ ...one, type: 'rumour' } as never), /no case handles/);
    });

    test('a namespace that was read back decides the same', () => {
      const [straight, stopped] = [new Desk(broker), new Desk(broker)];
      for (const desk of [straight, stopped]) desk.take(one);
      const again = new Desk(broker);
      again.namespace.restore(reread(stopped.namespace.snapshot()));
      for (const desk of [straight, again]) {
        for (let k = 1; k < 12; k++) desk.namespace.onTick(tick({ instrument: k % 2 }), true, root(after(k)));
        desk.namespace.onClose('NSE', true, root(after(20)));
      }
      const said = straight.take();
      assert.deepEqual(again.take(), said);
      assert.ok(said.length > 10);
    });
  });
}

test('an exchange that speaks of an order that nobody follows stops the program', () => {
  const desk = new Desk(BROKERS[0] as BrokerId);
  desk.take(signal());
  const { exchange } = desk.namespace.snapshot();
  const fresh = new Desk(desk.broker).namespace;
  fresh.exchange.restore(exchange);
  assert.throws(
    () => fresh.onTick(tick(), true, root(after(1))),
    /the exchange speaks of the order .* which nobody follows/,
  );
});

test('without a sink a namespace decides the same and tells nobody', () => {
  const table = new InstrumentTable(instruments(1));
  const context = { calendar: alwaysOpen(), instruments: table, freshMs: 60_000 };
  const plan = namespacePlan({ answeredBy: 'gateway' });
  const deciding = new Int32Array(DECIDING_LENGTH);
  const seen: (number | undefined)[] = [];
  const buying = strategyOf('buying', () => {
    seen.push(deciding[DEPLOYMENT]);
    return { side: 'BUY', quantity: 1 };
  });
  const namespace = new Namespace(plan, context, undefined, deciding);
  namespace.replan(plan, context, [deployment({ strategyType: 'buying' })], catalogueOf(buying));
  namespace.onMessage(controlled('armed'), root());
  namespace.onTick(tick(), true, root());
  assert.deepEqual(seen, [1]);
  assert.equal(namespace.engine.working().length, 1, 'the intent waits for the broker');
});
