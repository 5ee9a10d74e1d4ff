import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  adjusted,
  after,
  ALPHA,
  BETA,
  BROKERS,
  filled,
  inr,
  instrument,
  instruments,
  limits,
  namespacePlan,
  ofType,
  OPEN,
  RecordingOut,
  reread,
  root,
  rs,
  signal,
  submitted,
  tick,
  units,
  validated,
} from '../../../test/support/builders.ts';
import { ist } from '../../../test/support/tape-builder.ts';
import { type Money } from '../decimal.ts';
import { type ControlChanged, type DomainEvent, type OrderEvent, type TradingSignal } from '../events.ts';
import { knownTrace, type BrokerId, type EventId } from '../ids.ts';
import { InstrumentTable } from '../market/instrument.ts';
import { type RiskLimits } from '../plan.ts';
import { type EpochMs } from '../time.ts';
import { ALL_PASSED } from './reasons.ts';
import { RiskManager } from './risk.ts';

/** A risk manager that has seen both instruments at 100 rupees, and what it says. */
class Desk {
  readonly broker: BrokerId;
  readonly out = new RecordingOut();
  readonly plan;
  risk: RiskManager;
  #signals = 0;

  constructor(broker: BrokerId, set: Partial<RiskLimits> = {}, cash = inr(10_000)) {
    this.broker = broker;
    this.plan = namespacePlan({ broker, limits: limits(set), startingCash: cash });
    this.risk = new RiskManager(this.plan, this.#table());
    for (const index of [0, 1, 2]) this.risk.onTick(tick({ instrument: index }), root(), this.out);
  }

  #table(): InstrumentTable {
    return new InstrumentTable([...instruments(2), instrument({ token: 3, symbol: 'NIFTY 50', tradable: false })]);
  }

  /** Takes a signal and tells what became of it, as codes. */
  ask(
    wanted: Partial<TradingSignal> & { readonly id?: string } = {},
    at: EpochMs = wanted.at ?? OPEN,
  ): readonly string[] {
    this.risk.onEvent(this.signal({ at, ...wanted }), root(at), this.out);
    const [said, ...more] = this.out.take();
    assert.equal(more.length, 0);
    if (said?.type === 'rejected_signal') return said.reasons.map(({ code }) => code);
    return [said?.type ?? 'nothing'];
  }

  signal(wanted: Partial<TradingSignal> & { readonly id?: string } = {}): TradingSignal {
    return signal({ id: `signal ${this.#signals++}`, broker: this.broker, ...wanted });
  }

  take(...events: readonly DomainEvent[]): void {
    for (const event of events) this.risk.onEvent(event, root(), this.out);
    assert.deepEqual(this.out.take(), []);
  }

  control(action: ControlChanged['action'], subject: string): void {
    const trace = knownTrace('command' as EventId);
    const said = { who: 'test', why: 'test' };
    this.take({ type: 'control_changed', broker: this.broker, trace, at: OPEN, action, subject, ...said });
  }

  /** Goes on from what a snapshot of the present state gives back. */
  restart(): void {
    const state = reread(this.risk.snapshot());
    this.risk = new RiskManager(this.plan, this.#table());
    this.risk.restore(state);
    assert.deepEqual(reread(this.risk.snapshot()), state);
  }
}

/** An order's end without a fill. */
function ended(
  type: 'order_failed' | 'order_cancelled' | 'order_expired',
  of: ReturnType<typeof submitted>,
): OrderEvent {
  const { broker, strategyId, token, trace, at, order } = of;
  const base = { broker, strategyId, token, trace, at, order, message: 'test' };
  if (type === 'order_failed') return { ...base, type, code: 'REFUSED', rejectCode: 'OTHER' };
  return { ...base, type, filledQuantity: units(0) };
}

for (const broker of BROKERS) {
  describe(`the risk manager of ${broker}`, () => {
    test('a signal that no rule objects to is validated, with every check by name', () => {
      const desk = new Desk(broker);
      const asked = desk.signal({ id: 'asked' });
      desk.risk.onEvent(asked, root(after(1)), desk.out);
      const [said] = ofType(desk.out.take(), 'validated_signal');
      assert.ok(said !== undefined);
      const { trace, ...rest } = said;
      const { strategyId, token } = asked;
      const expected = {
        type: 'validated_signal',
        broker,
        strategyId,
        token,
        at: after(1),
        signal: asked,
        checks: ALL_PASSED,
      };
      assert.deepEqual(rest, expected);
      assert.deepEqual([trace.id, trace.causationId], [`asked/r.${broker}.0`, 'asked']);
    });

    test('a refused signal says every reason, and which checks it failed', () => {
      const desk = new Desk(broker, { maxOrderQuantity: 5, maxPositionUnits: 5 });
      const asked = desk.signal({ id: 'asked', quantity: units(6) });
      desk.risk.onEvent(asked, root(), desk.out);
      const [said] = ofType(desk.out.take(), 'rejected_signal');
      assert.deepEqual(said?.reasons, [
        { code: 'RISK_MAX_QUANTITY', limit: '5', found: '6' },
        { code: 'RISK_MAX_POSITION', limit: '5', found: '6' },
      ]);
      assert.deepEqual(said?.checks, { ...ALL_PASSED, RISK_MAX_QUANTITY: false, RISK_MAX_POSITION: false });
      assert.equal(said?.trace.id, `asked/r.${broker}.0`);
    });

    test('a signal at its expiry is too old, and one just before it is not', () => {
      const desk = new Desk(broker);
      assert.deepEqual(desk.ask({ expiresAt: after(30), at: OPEN }, after(29.999)), ['validated_signal']);
      desk.risk.onEvent(desk.signal({ id: 'late', expiresAt: after(30) }), root(after(30)), desk.out);
      const [said] = ofType(desk.out.take(), 'expired_signal');
      assert.deepEqual([said?.code, said?.trace.id, said?.at], ['EXPIRED', `late/r.${broker}.0`, after(30)]);
    });

    test('an instrument that is not in the table, and an index, are refused', () => {
      const desk = new Desk(broker);
      const asked = desk.signal({ token: 99 });
      desk.risk.onEvent(asked, root(), desk.out);
      const [said] = ofType(desk.out.take(), 'rejected_signal');
      assert.deepEqual(said?.reasons, [
        { code: 'UNKNOWN_INSTRUMENT', limit: 'a token of the instrument table', found: '99' },
      ]);
      assert.deepEqual(desk.ask({ token: 3 }), ['NOT_TRADABLE']);
    });

    test('a quarantined or disabled strategy is refused until it is enabled, and the others go on', () => {
      for (const action of ['strategy_quarantined', 'strategy_disabled'] as const) {
        const desk = new Desk(broker);
        desk.control(action, ALPHA);
        desk.restart();
        assert.deepEqual(desk.ask(), ['STRATEGY_QUARANTINED']);
        assert.deepEqual(desk.ask({ strategyId: BETA }), ['validated_signal']);
        desk.control('strategy_enabled', ALPHA);
        assert.deepEqual(desk.ask(), ['validated_signal']);
      }
    });

    test('a halted namespace takes nothing more, and a refused command changes nothing', () => {
      const desk = new Desk(broker);
      desk.control('refused', ALPHA);
      assert.deepEqual(desk.ask(), ['validated_signal']);
      desk.control('namespace_halted', broker);
      desk.restart();
      assert.deepEqual(desk.ask({ strategyId: BETA }), ['NAMESPACE_HALTED']);
    });
  });
}

describe('counters', () => {
  test('accepted signals are counted for each strategy, refused ones are not', () => {
    const desk = new Desk(BROKERS[0] as BrokerId, { maxTradesPerDay: 2, maxOrderQuantity: 5 });
    assert.deepEqual(desk.ask({ quantity: units(6) }), ['RISK_MAX_QUANTITY']);
    assert.deepEqual([desk.ask(), desk.ask({ token: 2 }), desk.ask()].flat(), [
      'validated_signal',
      'validated_signal',
      'RISK_MAX_TRADES',
    ]);
    assert.deepEqual(desk.ask({ strategyId: BETA }), ['validated_signal']);
  });

  test('trades start anew at midnight in India, not in Greenwich, and the count survives a restart', () => {
    const desk = new Desk(BROKERS[0] as BrokerId, { maxTradesPerDay: 1 });
    const ask = (text: string): readonly string[] => desk.ask({ at: ist(text) });
    assert.deepEqual(ask('2021-06-11T05:29:00'), ['validated_signal']);
    assert.deepEqual(ask('2021-06-11T05:31:00'), ['RISK_MAX_TRADES'], 'midnight in Greenwich is no new day');
    desk.restart();
    assert.deepEqual(ask('2021-06-11T23:59:59'), ['RISK_MAX_TRADES']);
    assert.deepEqual(ask('2021-06-12T00:00:00'), ['validated_signal']);
  });

  test('the order rate counts the whole namespace in one calendar second', () => {
    const desk = new Desk(BROKERS[0] as BrokerId, { maxOrdersPerSecond: 2 });
    assert.deepEqual(desk.ask({ at: after(0.1) }), ['validated_signal']);
    assert.deepEqual(desk.ask({ at: after(0.5), strategyId: BETA }), ['validated_signal']);
    desk.restart();
    assert.deepEqual(desk.ask({ at: after(0.999) }), ['RISK_ORDER_RATE']);
    assert.deepEqual(desk.ask({ at: after(1) }), ['validated_signal']);
  });

  test('a duplicate is one of the last accepted signal of its strategy and instrument, also after a restart', () => {
    const desk = new Desk(BROKERS[0] as BrokerId, { duplicateWindowMs: 1_000 });
    assert.deepEqual(desk.ask(), ['validated_signal']);
    desk.restart();
    assert.deepEqual(desk.ask({ at: after(0.5) }), ['RISK_DUPLICATE']);
    assert.deepEqual(desk.ask({ at: after(0.5), token: 2 }), ['validated_signal']);
    assert.deepEqual(desk.ask({ at: after(0.5), strategyId: BETA }), ['validated_signal']);
    assert.deepEqual(desk.ask({ at: after(0.5), limitPrice: rs(100) }), ['validated_signal']);
    assert.deepEqual(desk.ask({ at: after(0.6) }), ['validated_signal'], 'the limit order came between');
  });

  test('a new day forgets what was accepted on the one before, however long the window', () => {
    const desk = new Desk(BROKERS[0] as BrokerId, { duplicateWindowMs: 86_400_000 });
    assert.deepEqual(desk.ask({ at: ist('2021-06-10T15:29:00') }), ['validated_signal']);
    assert.deepEqual(desk.ask({ at: ist('2021-06-11T09:15:00') }), ['validated_signal']);
    assert.deepEqual(desk.ask({ at: ist('2021-06-11T15:29:00') }), ['RISK_DUPLICATE']);
  });

  test('with the window at zero, the same signal may come again at once', () => {
    const desk = new Desk(BROKERS[0] as BrokerId);
    assert.deepEqual([...desk.ask(), ...desk.ask()], ['validated_signal', 'validated_signal']);
  });
});

describe('prices', () => {
  test('before its first tick an instrument is valued at the signal’s own price', () => {
    const desk = new Desk(BROKERS[0] as BrokerId);
    const fresh = new RiskManager(desk.plan, new InstrumentTable(instruments(2)));
    fresh.onEvent(desk.signal({ price: rs(101), quantity: units(100) }), root(), desk.out);
    fresh.onEvent(desk.signal({ price: rs(90), quantity: units(100) }), root(), desk.out);
    fresh.onEvent(desk.signal(), root(), desk.out);
    const codes = desk.out
      .take()
      .map((event) => (event.type === 'rejected_signal' ? event.reasons[0]?.code : event.type));
    assert.deepEqual(codes, ['RISK_CASH', 'validated_signal', 'validated_signal'], 'without any price it may wait');
  });

  test('a tick is stale after its time, and the time survives a restart', () => {
    const desk = new Desk(BROKERS[0] as BrokerId, { staleAfterMs: 60_000 });
    desk.restart();
    assert.deepEqual(desk.ask({ at: after(60) }), ['validated_signal']);
    assert.deepEqual(desk.ask({ at: after(61) }), ['RISK_STALE_PRICE']);
    desk.risk.onTick(tick({ price: rs(102) }), root(after(61)), desk.out);
    assert.deepEqual(desk.ask({ at: after(61) }), ['validated_signal']);
  });

  test('a limit order is valued and reserved at its limit', () => {
    const desk = new Desk(BROKERS[0] as BrokerId);
    assert.deepEqual(desk.ask({ quantity: units(99), limitPrice: rs(100) }), ['validated_signal']);
    assert.deepEqual(desk.ask({ limitPrice: rs(1) }), ['RISK_CASH'], '9,999 of 10,000 are reserved');
    assert.deepEqual(desk.ask({ limitPrice: rs(0.95) }), ['validated_signal']);
  });
});

describe('what is in flight', () => {
  /** 60 of the 99 units that the cash can buy. */
  const sixty = { id: 'sixty', quantity: units(60) };

  /** A desk whose signal for sixty units became an order. */
  function withOrder(): { desk: Desk; order: ReturnType<typeof submitted> } {
    const desk = new Desk(BROKERS[0] as BrokerId);
    assert.deepEqual(desk.ask(sixty), ['validated_signal']);
    const order = submitted(signal({ ...sixty, broker: desk.broker }));
    desk.take(order);
    return { desk, order };
  }

  test('cash of accepted signals and working orders is not there for others', () => {
    const { desk } = withOrder();
    assert.deepEqual(desk.ask({ quantity: units(40) }), ['RISK_CASH']);
    desk.restart();
    assert.deepEqual(desk.ask({ quantity: units(40) }), ['RISK_CASH']);
    assert.deepEqual(desk.ask({ quantity: units(39) }), ['validated_signal']);
    assert.deepEqual(desk.ask({ quantity: units(40), strategyId: BETA }), ['validated_signal'], 'a book of its own');
  });

  test('a fill turns the reserve of its part into a position', () => {
    const { desk, order } = withOrder();
    desk.take(filled(order, { quantity: units(30), fillPrice: rs(100) }));
    assert.equal(desk.risk.ledger.book(ALPHA).cash, rs(7_000));
    assert.deepEqual(desk.ask({ quantity: units(40) }), ['RISK_CASH']);
    desk.take(filled(order, { quantity: units(30), fillPrice: rs(90) }));
    assert.deepEqual(desk.ask({ quantity: units(42) }), ['validated_signal']);
    assert.deepEqual(desk.ask({ side: 'SELL', quantity: units(61) }), ['RISK_NO_POSITION']);
    assert.deepEqual(desk.ask({ side: 'SELL', quantity: units(60) }), ['validated_signal']);
    assert.deepEqual(desk.ask({ side: 'SELL', quantity: units(1) }), ['RISK_NO_POSITION'], 'all of it is offered');
  });

  for (const type of ['order_failed', 'order_cancelled', 'order_expired'] as const) {
    test(`${type} releases what is left`, () => {
      const { desk, order } = withOrder();
      desk.take(filled(order, { quantity: units(10) }), ended(type, order));
      assert.deepEqual(desk.ask({ quantity: units(89) }), ['validated_signal']);
      assert.deepEqual(desk.ask({ quantity: units(1) }), ['RISK_CASH']);
    });
  }

  test('a signal that expires before it becomes an order releases its reserve', () => {
    const desk = new Desk(BROKERS[0] as BrokerId);
    const asked = desk.signal(sixty);
    desk.risk.onEvent(asked, root(), desk.out);
    desk.out.take();
    const { broker, strategyId, token, trace, at } = validated(asked);
    desk.take({ type: 'expired_signal', broker, strategyId, token, trace, at, signal: asked, code: 'SUPERSEDED' });
    assert.deepEqual(desk.ask({ quantity: units(99) }), ['validated_signal']);
  });

  test('a deposit can be spent, and a withdrawal cannot', () => {
    const desk = new Desk(BROKERS[0] as BrokerId);
    desk.take(adjusted(rs(101), { broker: desk.broker }));
    assert.deepEqual(desk.ask({ quantity: units(100) }), ['validated_signal']);
    desk.take(adjusted(-rs(100), { broker: desk.broker, strategyId: BETA }));
    assert.deepEqual(desk.ask({ quantity: units(99), strategyId: BETA }), ['RISK_CASH']);
  });

  test('news that neither costs nor frees anything changes nothing', () => {
    const { desk, order } = withOrder();
    const before = reread(desk.risk.snapshot());
    const { broker, strategyId, token, trace, at } = order;
    const about = { broker, strategyId, token, trace, at, order: order.order };
    desk.take({ type: 'order_placed', ...about, brokerOrderId: 'B1' });
    desk.take(validated(signal({ broker })));
    const terms = { quantity: undefined, orderType: undefined, limitPrice: undefined, triggerPrice: undefined };
    const purpose = 'trade' as const;
    const asked = { broker, strategyId, token, trace, at, orderId: order.order.orderId, purpose, ...terms };
    const change = { ...asked, type: 'order_change', action: 'cancel', expiresAt: order.expiresAt } as const;
    const verdict = { broker, strategyId, token, trace, at, change };
    const changeId = trace.id;
    desk.take(
      { type: 'validated_change', ...verdict },
      { type: 'rejected_change', ...verdict, reasons: [] },
      { type: 'order_claimed', ...about },
      { type: 'modify_submitted', ...about, changeId },
      { type: 'cancel_submitted', ...about, changeId },
      { type: 'alert_raised', broker, trace, at, code: 'TEST', subject: 'test', message: 'test' },
      { ...validated(signal({ broker })), type: 'rejected_signal' as const, reasons: [] },
    );
    const money = 0 as Money;
    const pnl = { realised: money, unrealised: money, netPnl: money, maxDrawdown: money };
    const exposure = { grossExposure: money, netExposure: money };
    const amounts = { ...pnl, ...exposure, cash: money, fees: money, equity: money };
    desk.take({ type: 'pnl_snapshot', broker, strategyId, trace, at, ...amounts });
    assert.deepEqual(reread(desk.risk.snapshot()), before);
  });
});

test('a new plan takes effect at the next signal, on the same books and with room for new instruments', () => {
  const desk = new Desk(BROKERS[0] as BrokerId);
  const table = new InstrumentTable(instruments(1));
  const risk = new RiskManager(desk.plan, table);
  risk.onTick(tick(), root(), desk.out);
  table.add(instrument({ token: 2, symbol: 'S2' }));
  risk.replan({ ...desk.plan, limits: limits({ maxOrderQuantity: 1 }) });
  risk.onTick(tick({ instrument: 1 }), root(), desk.out);
  risk.onEvent(desk.signal({ token: 2 }), root(), desk.out);
  risk.onEvent(desk.signal({ token: 2, quantity: units(2) }), root(), desk.out);
  assert.deepEqual(desk.out.types(), ['validated_signal', 'rejected_signal']);
});

test('a signal that waited is asked about again, is no duplicate of itself, and holds nothing when it is refused', () => {
  const desk = new Desk(BROKERS[0] as BrokerId, { duplicateWindowMs: 60_000, maxTradesPerDay: 1 });
  const waiting = desk.signal({ quantity: units(90) });
  desk.risk.onEvent(waiting, root(), desk.out);
  const [passed] = ofType(desk.out.take(), 'validated_signal');
  assert.ok(passed !== undefined);
  assert.equal(desk.risk.confirm(passed, root(after(1)), desk.out), true);
  assert.deepEqual(desk.out.take(), []);
  desk.risk.onTick(tick({ price: rs(200) }), root(after(2)), desk.out);
  assert.equal(desk.risk.confirm(passed, root(after(2)), desk.out), false);
  const [said] = ofType(desk.out.take(), 'rejected_signal');
  assert.deepEqual(
    [said?.reasons.map(({ code }) => code), said?.trace.id],
    [['RISK_CASH'], `${passed.trace.id}/r.${desk.broker}.0`],
  );
  assert.deepEqual(desk.risk.snapshot().reservations, []);
});
