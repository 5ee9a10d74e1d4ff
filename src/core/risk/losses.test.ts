import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  adjusted,
  after,
  ALPHA,
  BETA,
  BROKERS,
  controlled,
  filled,
  inr,
  instruments,
  limits,
  namespacePlan,
  OPEN,
  RecordingOut,
  reread,
  root,
  rs,
  signal,
  submitted,
  tick,
  units,
} from '../../../test/support/builders.ts';
import { ist } from '../../../test/support/tape-builder.ts';
import { type Money, type Ppm } from '../decimal.ts';
import { type DomainEvent, type TradingSignal } from '../events.ts';
import { type BrokerId, type StrategyId } from '../ids.ts';
import { InstrumentTable } from '../market/instrument.ts';
import { type RiskLimits } from '../plan.ts';
import { type EpochMs } from '../time.ts';
import { RiskManager } from './risk.ts';

const broker = BROKERS[0] as BrokerId;
const STRATEGY = `strategy:${ALPHA}`;

/** A gate at 100 rupees, whose books have 10,000 each. */
class Desk {
  readonly out = new RecordingOut();
  readonly #plan;
  gate: RiskManager;
  #count = 0;

  constructor(set: Partial<RiskLimits>) {
    this.#plan = namespacePlan({ broker, limits: limits(set), startingCash: inr(10_000) });
    this.gate = this.#new();
    for (const instrument of [0, 1]) this.price(100, OPEN, instrument);
  }

  #new(): RiskManager {
    return new RiskManager(this.#plan, new InstrumentTable(instruments(2)));
  }

  restart(): void {
    const state = reread(this.gate.snapshot());
    this.gate = this.#new();
    this.gate.restore(state);
  }

  /** A tick; what the gate says of it in short. */
  price(rupees: number, at: EpochMs = OPEN, instrument = 0): readonly string[] {
    this.gate.onTick(tick({ instrument, price: rs(rupees) }), root(at), this.out);
    return this.said();
  }

  take(event: DomainEvent, at: EpochMs = event.at): readonly string[] {
    this.gate.onEvent(event, root(at), this.out);
    return this.said();
  }

  said(): readonly string[] {
    return this.out.take().map((event) => {
      if (event.type === 'control_changed') return `${event.action} ${event.subject}`;
      if (event.type === 'alert_raised') return event.code;
      return event.type === 'rejected_signal' ? event.reasons.map(({ code }) => code).join() : event.type;
    });
  }

  ask(wanted: Partial<TradingSignal> = {}, at: EpochMs = OPEN): readonly string[] {
    return this.take(signal({ broker, id: `signal ${this.#count++}`, at, ...wanted }), at);
  }

  /** Buys or sells so many at 100 rupees. */
  trade(quantity: number, strategyId: StrategyId = ALPHA, at: EpochMs = OPEN, price = rs(100)): readonly string[] {
    const side = quantity < 0 ? ('SELL' as const) : ('BUY' as const);
    const asked = signal({
      broker,
      strategyId,
      side,
      quantity: units(Math.abs(quantity)),
      id: `made ${this.#count++}`,
    });
    return this.take(filled(submitted(asked, `order ${this.#count++}`), { fillPrice: price, at }), at);
  }
}

describe('the loss of a day', () => {
  const set = { maxDayLoss: rs(100) as number as Money };

  test('past its limit takes the strategy down to reducing, and halts it at half as much again', () => {
    const desk = new Desk(set);
    desk.trade(10);
    assert.deepEqual(desk.price(90), [], 'at the limit');
    assert.deepEqual(desk.price(89.95), [`reducing ${STRATEGY}`, 'RISK_DAY_LOSS']);
    assert.equal(desk.gate.stateOf(STRATEGY), 'reducing');
    assert.deepEqual(desk.ask(), ['RISK_REDUCING,RISK_DAY_LOSS']);
    assert.deepEqual(desk.ask({ strategyId: BETA }), ['validated_signal']);
    assert.deepEqual(desk.ask({ side: 'SELL' }), ['validated_signal'], 'what shrinks may pass');
    desk.restart();
    assert.deepEqual(desk.price(85), []);
    assert.deepEqual(desk.price(84.95), [`killed ${STRATEGY}`, 'RISK_DAY_LOSS']);
    assert.deepEqual(desk.ask({ side: 'SELL' }), ['RISK_HALTED']);
    assert.deepEqual(desk.price(120), [], 'nothing comes up by itself');
    assert.equal(desk.gate.stateOf(STRATEGY), 'halted');
    desk.take(controlled('released', { broker, subject: STRATEGY }));
    assert.deepEqual(desk.ask(), ['validated_signal']);
  });

  test('a fall that is deep enough at once halts at once', () => {
    const desk = new Desk(set);
    desk.trade(10);
    assert.deepEqual(desk.price(50), [`killed ${STRATEGY}`, 'RISK_DAY_LOSS']);
  });

  test('counts from the day’s own beginning, and money put in is no gain', () => {
    const desk = new Desk(set);
    desk.trade(10);
    desk.price(91);
    const monday = ist('2021-06-14T09:15:00');
    assert.deepEqual(desk.price(85, monday), [], 'the new day began at 91');
    desk.restart();
    desk.take(adjusted(rs(1_000), { broker, at: monday }));
    assert.deepEqual(desk.price(81, monday), []);
    assert.deepEqual(desk.price(80.95, monday), [`reducing ${STRATEGY}`, 'RISK_DAY_LOSS']);
  });

  test('is asked for with every signal too, before the next tick', () => {
    const desk = new Desk(set);
    desk.trade(10, ALPHA, OPEN, rs(111));
    assert.deepEqual(desk.ask(), ['RISK_DAY_LOSS']);
  });

  test('of all books takes the namespace down', () => {
    const desk = new Desk({ maxAccountDayLoss: rs(100) as number as Money });
    desk.trade(6);
    desk.trade(6, BETA);
    assert.deepEqual(desk.price(91.95), []);
    assert.deepEqual(desk.ask(), ['validated_signal']);
    assert.deepEqual(desk.price(91.65), [`reducing ${broker}`, 'RISK_ACCOUNT_DAY_LOSS']);
    assert.deepEqual(desk.ask({ strategyId: BETA }), ['RISK_REDUCING,RISK_ACCOUNT_DAY_LOSS']);
  });
});

describe('the drawdown', () => {
  test('of a book stops its strategy when it is set to', () => {
    const desk = new Desk({ maxDrawdown: 10_000 as Ppm, drawdownAction: 'stop' });
    desk.trade(10);
    assert.deepEqual(desk.price(90), []);
    assert.deepEqual(desk.price(89.95), [`reducing ${STRATEGY}`, 'RISK_DRAWDOWN']);
  });

  test('of all books counts from their peak together', () => {
    const desk = new Desk({ maxAccountDrawdown: 10_000 as Ppm });
    desk.trade(10);
    desk.trade(10, BETA);
    desk.price(150);
    desk.restart();
    assert.deepEqual(desk.price(140), []);
    assert.deepEqual(desk.ask(), ['validated_signal']);
    assert.deepEqual(desk.price(139.95), [`reducing ${broker}`, 'RISK_ACCOUNT_DRAWDOWN']);
    assert.deepEqual(desk.ask(), ['RISK_REDUCING,RISK_ACCOUNT_DRAWDOWN']);
  });
});

describe('repeated fills', () => {
  const set = { repeatedFills: 2, repeatedFillsWindowMs: 10_000 };

  test('of one side in one instrument halt the strategy', () => {
    const desk = new Desk(set);
    assert.deepEqual([desk.trade(1), desk.trade(1, ALPHA, after(5))].flat(), []);
    desk.restart();
    assert.deepEqual(desk.trade(1, BETA, after(6)), []);
    assert.deepEqual(desk.trade(1, ALPHA, after(9)), [`killed ${STRATEGY}`, 'RISK_REPEATED_FILLS']);
    assert.deepEqual(desk.trade(1, ALPHA, after(9)), [], 'it is told once');
    assert.deepEqual(desk.ask(), ['RISK_HALTED']);
  });

  test('are counted for the strategy whose limit it is, and for no other', () => {
    const desk = new Desk({});
    const limit = { name: 'repeatedFills', value: 1 } as const;
    desk.take(controlled('limit_changed', { broker, subject: STRATEGY, limit }));
    assert.deepEqual([desk.trade(1, BETA), desk.trade(1, BETA), desk.trade(1)].flat(), []);
    assert.deepEqual(desk.trade(1), [`killed ${STRATEGY}`, 'RISK_REPEATED_FILLS']);
  });

  test('start anew with the other side, and are forgotten after the window', () => {
    const desk = new Desk(set);
    for (const [quantity, at] of [
      [1, 0],
      [1, 1],
      [-1, 2],
      [1, 3],
      [1, 4],
      [1, 14],
    ] as const) {
      assert.deepEqual(desk.trade(quantity, ALPHA, after(at)), [], `${at}`);
    }
  });

  test('are orders, not the parts in which one is filled, and not the engine’s exits', () => {
    const desk = new Desk(set);
    const asked = signal({ broker, quantity: units(5), id: 'one' });
    desk.take(asked);
    const order = submitted(asked, 'one order');
    desk.take(order);
    for (let k = 0; k < 5; k++) assert.deepEqual(desk.take(filled(order, { quantity: units(1) })), []);
    for (let k = 0; k < 4; k++) {
      const exit = submitted(signal({ broker, side: 'SELL', purpose: 'flatten', id: `exit ${k}` }), `exit order ${k}`);
      assert.deepEqual(desk.take(filled(exit)), []);
    }
  });
});

describe('what a plan changes', () => {
  test('a simulated broker that becomes a real one is disarmed', () => {
    const desk = new Desk({});
    desk.gate.replan(namespacePlan({ broker, answeredBy: 'gateway' }));
    assert.equal(desk.gate.stateOf(broker), 'disarmed');
    desk.take(controlled('armed', { broker }));
    desk.gate.replan(namespacePlan({ broker, answeredBy: 'gateway' }));
    assert.equal(desk.gate.stateOf(broker), 'active', 'a real one that stays real keeps its state');
  });

  test('limits change while it runs', () => {
    const desk = new Desk({});
    const limit = { name: 'maxOrderQuantity', value: 5 } as const;
    desk.take(controlled('limit_changed', { broker, limit }));
    desk.restart();
    assert.deepEqual(desk.ask({ quantity: units(6) }), ['RISK_MAX_QUANTITY']);
  });
});

describe('margin and exposure in the gate', () => {
  const short = { product: 'MIS', side: 'SELL', quantity: units(400) } as const;

  test('a short uses margin at its mark, and what is free is equity less that', () => {
    const desk = new Desk({});
    assert.deepEqual(desk.ask(short), ['validated_signal']);
    assert.deepEqual(desk.ask({ ...short, quantity: units(96) }), ['RISK_MARGIN'], '8,080 of 10,000 are reserved');
    assert.deepEqual(desk.ask({ ...short, quantity: units(95) }), ['validated_signal']);
    const asked = signal({ broker, ...short, token: 2, quantity: units(10), id: 'filled' });
    const other = new Desk({});
    other.take(filled(submitted(asked)));
    assert.equal(other.gate.ledger.book(ALPHA).productOf(1), 'MIS');
    other.restart();
    assert.deepEqual(other.ask({ quantity: units(97) }), ['validated_signal'], '10,000 less 200 of margin');
    assert.deepEqual(other.ask({ quantity: units(1) }), ['RISK_CASH']);
    assert.deepEqual(other.price(110, OPEN, 1), []);
    assert.deepEqual(other.ask({ ...short, token: 2, quantity: units(1) }), ['RISK_MARGIN'], 'the short has lost');
    assert.deepEqual(other.ask({ token: 2 }), ['RISK_PRODUCT_MIXED,RISK_CASH']);
    other.take(filled(submitted({ ...asked, side: 'BUY' }, 'back')));
    assert.equal(other.gate.ledger.book(ALPHA).productOf(1), undefined);
  });

  test('exposure counts what is held and what is in flight, of a book and of the account', () => {
    const desk = new Desk({
      maxGrossExposure: rs(1_500) as number as Money,
      maxNetExposure: rs(1_200) as number as Money,
      maxAccountGrossExposure: rs(2_000) as number as Money,
      maxAccountNetExposure: rs(1_800) as number as Money,
    });
    desk.trade(5);
    assert.deepEqual(desk.ask({ quantity: units(7) }), ['validated_signal']);
    assert.deepEqual(desk.ask({ quantity: units(1) }), ['RISK_NET_EXPOSURE']);
    const sale = { token: 2, side: 'SELL', product: 'MIS' } as const;
    assert.deepEqual(desk.ask({ ...sale, quantity: units(4) }), ['RISK_GROSS_EXPOSURE']);
    assert.deepEqual(desk.ask({ ...sale, quantity: units(3) }), ['validated_signal']);
    const beta = { strategyId: BETA, token: 2 } as const;
    assert.deepEqual(desk.ask({ ...beta, quantity: units(6) }), ['RISK_ACCOUNT_GROSS_EXPOSURE']);
    assert.deepEqual(desk.ask({ ...beta, quantity: units(5) }), ['validated_signal']);
    assert.deepEqual(desk.ask({ ...beta, token: 1, quantity: units(2) }), [
      'RISK_ACCOUNT_GROSS_EXPOSURE,RISK_ACCOUNT_NET_EXPOSURE',
    ]);
    assert.deepEqual(desk.ask({ side: 'SELL', quantity: units(5) }), ['validated_signal'], 'it comes down');
  });
});

describe('self-trade', () => {
  const refuse = { selfTrade: 'refuse' } as const;

  test('an order that would meet a resting one of the account is refused', () => {
    const desk = new Desk(refuse);
    assert.deepEqual(desk.ask({ limitPrice: rs(99), orderType: 'limit' }), ['validated_signal']);
    const sale = { strategyId: BETA, side: 'SELL', product: 'MIS' } as const;
    assert.deepEqual(desk.ask(sale), ['RISK_SELF_TRADE'], 'a market order reaches 1 % from the last price');
    assert.deepEqual(desk.ask({ ...sale, orderType: 'limit', limitPrice: rs(99) }), ['RISK_SELF_TRADE']);
    assert.deepEqual(desk.ask({ ...sale, orderType: 'limit', limitPrice: rs(99.05) }), ['validated_signal']);
    assert.deepEqual(desk.ask({ ...sale, orderType: 'stop', triggerPrice: rs(95) }), ['validated_signal']);
    assert.deepEqual(desk.ask({ orderType: 'limit', limitPrice: rs(99.05) }), ['RISK_SELF_TRADE']);
    assert.deepEqual(desk.ask({ orderType: 'stop_limit', triggerPrice: rs(100), limitPrice: rs(100) }), [
      'validated_signal',
    ]);
    assert.deepEqual(desk.ask({ orderType: 'limit', limitPrice: rs(99) }), ['validated_signal']);
    assert.deepEqual(desk.ask(), ['RISK_SELF_TRADE']);
  });

  test('is allowed where it is not refused', () => {
    const desk = new Desk({});
    desk.ask({ limitPrice: rs(99), orderType: 'limit' });
    assert.deepEqual(desk.ask({ strategyId: BETA, side: 'SELL', product: 'MIS' }), ['validated_signal']);
  });
});

test('messages of a minute are counted, and exits pass beyond them', () => {
  const desk = new Desk({ maxMessagesPerMinute: 2 });
  desk.trade(10);
  assert.deepEqual([...desk.ask(), ...desk.ask()], ['validated_signal', 'validated_signal']);
  desk.restart();
  assert.deepEqual(desk.ask({}, after(59)), ['RISK_MESSAGE_RATE']);
  assert.deepEqual(desk.ask({ side: 'SELL', purpose: 'square_off' }, after(59)), ['validated_signal']);
  assert.deepEqual(desk.ask({}, after(60)), ['validated_signal']);
});
