// What holds whatever orders, changes, ticks and phases come, and in whatever order: a random day on the floor, and an
// observer who knows the rules and sees only what the exchange is told and what it says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { after, reread, rs, units } from '../../../test/support/builders.ts';
import { Floor, type Level, type Shown } from '../../../test/support/exchange-floor.ts';
import { type Ppm } from '../decimal.ts';
import { type OrderType, type Side, type TradingSignal } from '../events.ts';
import { type BrokerReport, type ChangeableTerms } from '../execution/report.ts';
import { NO_VOLUME } from '../market/tick.ts';
import { type ExchangeTerms } from '../plan.ts';

const RUNS = 1_500;
const TYPES = ['market', 'limit', 'stop', 'stop_limit'] as const;
const rupees = fc.integer({ min: 95, max: 105 });
const prices = { limit: rupees, trigger: rupees, quantity: fc.integer({ min: 1, max: 20 }) };

interface Wanted {
  readonly type: OrderType;
  readonly limit: number;
  readonly trigger: number;
  readonly quantity: number;
}

const submits = fc.record({
  act: fc.constant('submit' as const),
  type: fc.constantFrom(...TYPES),
  side: fc.constantFrom<Side>('BUY', 'SELL'),
  validity: fc.constantFrom('DAY' as const, 'DAY' as const, 'IOC' as const),
  token: fc.integer({ min: 1, max: 2 }),
  ...prices,
});
const modifies = fc.record({
  act: fc.constant('modify' as const),
  which: fc.nat({ max: 9 }),
  type: fc.constantFrom(...TYPES),
  ...prices,
});
const cancels = fc.record({ act: fc.constant('cancel' as const), which: fc.nat({ max: 9 }) });
const ticks = fc.record({
  act: fc.constant('tick' as const),
  price: rupees,
  traded: fc.oneof(fc.nat({ max: 25 }), fc.constant(NO_VOLUME)),
  on: fc.nat({ max: 1 }),
  shown: fc.option(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 8 }), { nil: undefined }),
});
const phases = fc.record({
  act: fc.constant('phase' as const),
  kind: fc.constantFrom('continuous' as const, 'continuous' as const, 'opening_call' as const, 'closing_call' as const),
});
const steps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: submits },
    { weight: 2, arbitrary: modifies },
    { weight: 1, arbitrary: cancels },
    { weight: 9, arbitrary: ticks },
    { weight: 1, arbitrary: phases },
  ),
  { maxLength: 50, size: 'max' },
);
type Step = Parameters<Parameters<typeof steps.map>[0]>[0][number];

const someTerms: fc.Arbitrary<Partial<ExchangeTerms>> = fc.record({
  book: fc.constantFrom('ticks' as const, 'depth' as const),
  partialFills: fc.boolean(),
  slippage: fc.constantFrom(0, 500, 30_000).map((ppm) => ppm as Ppm),
  marketProtection: fc.constantFrom(0, 10_000).map((ppm) => ppm as Ppm),
  roundToTick: fc.boolean(),
  latencyMsMean: fc.constantFrom(0, 0, 1_500),
  latencyMsStd: fc.constantFrom(0, 700),
  fillAt: fc.constantFrom('next' as const, 'next' as const, 'last' as const),
});

function termsOf({ type, limit, trigger, quantity }: Wanted): ChangeableTerms {
  return {
    quantity: units(quantity),
    orderType: type,
    limitPrice: type === 'limit' || type === 'stop_limit' ? rs(limit) : undefined,
    triggerPrice: type === 'stop' || type === 'stop_limit' ? rs(trigger) : undefined,
  };
}

/** Bids below and offers above a price, a level each half a rupee. */
function around(price: number, sizes: readonly number[]): Shown {
  const half = Math.ceil(sizes.length / 2);
  const levels = (way: 1 | -1, from: readonly number[]): readonly Level[] =>
    from.map((size, k): Level => [price + way * (k + 1) * 0.5, size]);
  return { bids: levels(-1, sizes.slice(0, half)), offers: levels(1, sizes.slice(half)) };
}

interface Known {
  readonly side: Side;
  readonly token: number;
  terms: ChangeableTerms;
  filled: number;
  ended: boolean;
  /** Prices since it was sent have reached its trigger, or it has none. */
  setOff: boolean;
}

class Observer {
  readonly orders = new Map<string, Known>();
  fills = 0;
  /** Orders that somebody asked to have no trigger. */
  readonly #freed = new Set<string>();
  #now: { readonly token: number; readonly price: number } | undefined;

  sent(orderId: string, side: Side, token: number, terms: ChangeableTerms, last: number): void {
    const known = { side, token, terms, filled: 0, ended: false, setOff: terms.triggerPrice === undefined };
    this.orders.set(orderId, known);
    this.#see(known, last);
  }

  asked(orderId: string, terms: ChangeableTerms): void {
    if (terms.triggerPrice === undefined) this.#freed.add(orderId);
  }

  /** A tick, of which the exchange is told next; `undefined` when it is told something else. */
  now(tick: { readonly token: number; readonly price: number } | undefined): void {
    this.#now = tick;
    if (tick === undefined) return;
    const { token, price } = tick;
    for (const known of this.orders.values()) if (known.token === token) this.#see(known, price);
  }

  #see(known: Known, price: number): void {
    const { triggerPrice } = known.terms;
    if (triggerPrice === undefined) return;
    known.setOff ||= known.side === 'BUY' ? price >= triggerPrice : price <= triggerPrice;
  }

  /** Holds what is said against the rules; returns how much was filled. */
  hear(reports: readonly BrokerReport[]): number {
    let volume = 0;
    for (const report of reports) {
      const known = this.orders.get(report.orderId);
      assert.ok(known !== undefined, `nobody sent ${report.orderId}`);
      if (report.kind === 'change_refused') continue;
      assert.ok(!known.ended, `${report.orderId} has ended, yet it is ${report.kind}`);
      if (report.kind === 'modified') {
        // A trigger that is gone was reached, unless somebody asked for an order without one.
        const { triggerPrice } = report.terms;
        if (known.terms.triggerPrice !== undefined && triggerPrice === undefined) {
          assert.ok(known.setOff || this.#freed.has(report.orderId), `${report.orderId} is set off by nothing`);
          known.setOff = true;
          known.terms = report.terms;
        } else this.#changed(known, report.terms);
      } else if (report.kind === 'fill') {
        volume += report.quantity;
        this.#fill(known, report);
      } else if (report.kind !== 'accepted') known.ended = true;
    }
    return volume;
  }

  /** Another trigger is reached by what comes after it: by the tick at hand, if it arrived with that. */
  #changed(known: Known, terms: ChangeableTerms): void {
    if (terms.triggerPrice !== known.terms.triggerPrice) known.setOff = false;
    known.terms = terms;
    if (this.#now?.token === known.token) this.#see(known, this.#now.price);
  }

  #fill(known: Known, fill: Extract<BrokerReport, { kind: 'fill' }>): void {
    const { quantity, limitPrice } = known.terms;
    this.fills++;
    known.filled += fill.quantity;
    assert.ok(fill.quantity > 0 && known.filled <= quantity, `${fill.orderId}: ${known.filled} of ${quantity}`);
    assert.ok(known.setOff, `${fill.orderId} filled before its trigger was seen`);
    if (limitPrice !== undefined) {
      const within = known.side === 'BUY' ? fill.price <= limitPrice : fill.price >= limitPrice;
      assert.ok(within, `${fill.orderId}: ${fill.price} is beyond ${limitPrice}`);
    }
    known.ended = known.filled === quantity;
  }
}

const CALL: readonly OrderType[] = ['market', 'limit'];

/** Takes one step and returns what the exchange said, in short. */
function take(floor: Floor, step: Step, k: number, last: readonly number[]): readonly string[] {
  const at = after(k);
  switch (step.act) {
    case 'submit': {
      const { type, side, validity, token } = step;
      const { orderType, ...terms } = termsOf(step);
      const wanted: Partial<TradingSignal> = { ...terms, orderType, side, validity, token };
      assert.equal(orderType, type);
      return floor.submit(`o${k}`, wanted, at, rs(last[token - 1] ?? 0));
    }
    case 'modify':
      return floor.modify(`o${k - 1 - step.which}`, termsOf(step), at);
    case 'cancel':
      return floor.cancel(`o${k - 1 - step.which}`, at);
    case 'tick': {
      const { price, traded, on, shown } = step;
      return floor.tick(price, { traded, on, at, ...(shown === undefined ? {} : around(price, shown)) });
    }
    case 'phase':
      return floor.phase(step.kind, step.kind === 'continuous' ? TYPES : CALL, at);
  }
}

/** A day on the floor under an observer; returns how many fills it saw. */
function observe(terms: Partial<ExchangeTerms>, day: readonly Step[]): number {
  const floor = new Floor(terms);
  const observer = new Observer();
  const last = [100, 100];
  for (const [k, step] of day.entries()) {
    const aimed = step.act === 'modify' || step.act === 'cancel' ? `o${k - 1 - step.which}` : undefined;
    if (aimed !== undefined && !observer.orders.has(aimed)) continue;
    if (step.act === 'submit') {
      observer.sent(`o${k}`, step.side, step.token, termsOf(step), rs(last[step.token - 1] ?? 0));
    }
    if (step.act === 'modify' && aimed !== undefined) observer.asked(aimed, termsOf(step));
    observer.now(step.act === 'tick' ? { token: step.on + 1, price: rs(step.price) } : undefined);
    if (step.act === 'tick') last[step.on] = step.price;
    take(floor, step, k, last);
    const volume = observer.hear(floor.heard);
    if (step.act !== 'tick' || step.traded === NO_VOLUME || terms.partialFills !== true) continue;
    const shown = terms.book === 'depth' ? (step.shown ?? []).reduce((sum, size) => sum + size, 0) : 0;
    assert.ok(volume <= step.traded + shown, `${volume} filled of ${step.traded} traded and ${shown} shown`);
  }
  floor.close();
  observer.hear(floor.heard);
  for (const [orderId, { ended }] of observer.orders) assert.ok(ended, `${orderId} has not ended with the day`);
  return observer.fills;
}

test('no order fills beyond its quantity, its limit, its trigger, its end or the volume of a tick', () => {
  let fills = 0;
  fc.assert(
    fc.property(someTerms, steps, (terms, day) => {
      fills += observe(terms, day);
    }),
    { numRuns: RUNS },
  );
  assert.ok(fills > 3 * RUNS, `only ${fills} fills`);
});

test('a market order with a band fills no farther than it from the last price when it arrived', () => {
  const moves = fc.array(fc.integer({ min: 50, max: 150 }), { minLength: 1, maxLength: 6 });
  const cases = fc.record({ side: fc.constantFrom<Side>('BUY', 'SELL'), moves, terms: someTerms });
  let fills = 0;
  fc.assert(
    fc.property(cases, ({ side, moves: path, terms }) => {
      const marketProtection = 50_000 as Ppm;
      const floor = new Floor({ ...terms, latencyMsMean: 0, latencyMsStd: 0, marketProtection });
      floor.submit('a', { side });
      const said = [...floor.heard];
      for (const [k, price] of path.entries()) {
        floor.tick(price, { traded: 3, at: after(k + 1), ...(k % 2 === 0 ? around(price, [2, 2, 2, 2]) : {}) });
        said.push(...floor.heard);
      }
      for (const report of said) {
        if (report.kind !== 'fill') continue;
        fills++;
        assert.ok(side === 'BUY' ? report.price <= rs(105) : report.price >= rs(95), `${report.price}`);
      }
    }),
    { numRuns: RUNS },
  );
  assert.ok(fills > RUNS / 2, `only ${fills} fills`);
});

test('a day that is broken off and read back says the same as one that never stopped', () => {
  fc.assert(
    fc.property(someTerms, steps, fc.nat({ max: 49 }), (terms, day, stop) => {
      const [straight, stopped] = [new Floor(terms), new Floor(terms)];
      const last = [100, 100];
      for (const [k, step] of day.entries()) {
        if (k === stop) stopped.restart();
        if (step.act === 'tick') last[step.on] = step.price;
        assert.deepEqual(take(stopped, step, k, last), take(straight, step, k, last));
      }
      assert.deepEqual(reread(stopped.exchange.snapshot()), reread(straight.exchange.snapshot()));
      assert.deepEqual(stopped.close(), straight.close());
    }),
    { numRuns: RUNS },
  );
});
