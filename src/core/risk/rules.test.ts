import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { after, ALPHA, inr, instrument, limits, OPEN, rs, signal, units } from '../../../test/support/builders.ts';
import { type Money, type Ppm } from '../decimal.ts';
import { type TradingSignal } from '../events.ts';
import { type RiskLimits } from '../plan.ts';
import { Book } from '../portfolio/book.ts';
import { RISK_CODES } from './reasons.ts';
import { objections, reserveFor, type Question } from './rules.ts';

const CASH = inr(100_000);

interface Case extends Partial<Omit<Question, 'signal' | 'limits'>> {
  readonly signal?: Partial<TradingSignal>;
  readonly limits?: Partial<RiskLimits>;
}

/** A question that no rule objects to, but for what is spelled out. */
function question({ signal: given = {}, limits: set = {}, ...overrides }: Case): Question {
  const asked = signal(given);
  const lastPrice = overrides.lastPrice ?? rs(100);
  return {
    signal: asked,
    at: OPEN,
    limits: limits(set),
    instrument: instrument(),
    held: 0,
    book: new Book(ALPHA, CASH, 1),
    inFlight: { buying: 0, selling: 0, reservedOfBook: 0 },
    lastPrice,
    lastTime: OPEN,
    price: asked.limitPrice ?? (lastPrice === 0 ? (asked.price ?? 0) : lastPrice),
    tradesToday: 0,
    ordersThisSecond: 0,
    previous: undefined,
    quarantined: false,
    halted: false,
    ...overrides,
  };
}

function reasons(asked: Case): readonly string[] {
  return objections(question(asked)).map(({ code, limit, found }) => `${code}: ${limit} / ${found}`);
}

test('with every limit off and cash at hand, no rule objects', () => {
  assert.deepEqual(reasons({}), []);
  assert.deepEqual(reasons({ signal: { side: 'SELL' }, held: 1 }), []);
});

/** A rule at its limit, one past it with the reason that it gives, and with the limit switched off. */
interface Edge {
  readonly name: string;
  readonly passes: Case;
  readonly fails: Case;
  readonly reason: string;
  readonly off?: Partial<RiskLimits>;
}

const edges: readonly Edge[] = [
  {
    name: 'an index gives prices but cannot be traded',
    passes: {},
    fails: { instrument: instrument({ tradable: false, symbol: 'NIFTY 50' }) },
    reason: 'NOT_TRADABLE: a tradable instrument / NIFTY 50',
  },
  {
    name: 'a halted namespace takes nothing',
    passes: {},
    fails: { halted: true },
    reason: 'NAMESPACE_HALTED: an active namespace / paper',
  },
  {
    name: 'a quarantined strategy is refused',
    passes: {},
    fails: { quarantined: true },
    reason: 'STRATEGY_QUARANTINED: an active strategy / alpha',
  },
  {
    name: 'a last price is stale when it is older than the limit',
    passes: { limits: { staleAfterMs: 60_000 }, at: after(60) },
    fails: { limits: { staleAfterMs: 60_000 }, at: after(60.001) },
    reason: 'RISK_STALE_PRICE: 60 s / 60 s',
    off: { staleAfterMs: 0 },
  },
  {
    name: 'a limit price lies on the tick size',
    passes: { signal: { limitPrice: rs(100.05) } },
    fails: { signal: { limitPrice: rs(100.07) } },
    reason: 'RISK_PRICE_OFF_TICK: a multiple of 0.05 / 100.07',
  },
  {
    name: 'a quantity is whole lots',
    passes: { signal: { quantity: units(50) }, instrument: instrument({ lotSize: units(25) }) },
    fails: { signal: { quantity: units(51) }, instrument: instrument({ lotSize: units(25) }) },
    reason: 'RISK_LOT_SIZE: a multiple of 25 / 51',
  },
  {
    name: 'an order has at most so many units',
    passes: { signal: { quantity: units(10) }, limits: { maxOrderQuantity: 10 } },
    fails: { signal: { quantity: units(11) }, limits: { maxOrderQuantity: 10 } },
    reason: 'RISK_MAX_QUANTITY: 10 / 11',
    off: { maxOrderQuantity: 0 },
  },
  {
    name: 'an order has at most such a value',
    passes: { signal: { quantity: units(10) }, limits: { maxOrderValue: inr(1_000) } },
    fails: {
      signal: { quantity: units(10), limitPrice: rs(100.05) },
      limits: { maxOrderValue: inr(1_000) },
    },
    reason: 'RISK_MAX_VALUE: 1000.00 / 1000.50',
    off: { maxOrderValue: 0 as Money },
  },
  {
    name: 'a price above the last one keeps within the collar',
    passes: { signal: { limitPrice: rs(110) }, limits: { priceCollar: 100_000 as Ppm } },
    fails: { signal: { limitPrice: rs(110.05) }, limits: { priceCollar: 100_000 as Ppm } },
    reason: 'RISK_PRICE_COLLAR: within 10.00 % of 100.00 / 110.05',
    off: { priceCollar: 0 as Ppm },
  },
  {
    name: 'a price below the last one keeps within the collar',
    passes: { signal: { price: rs(90) }, limits: { priceCollar: 100_000 as Ppm } },
    fails: { signal: { price: rs(89.95) }, limits: { priceCollar: 100_000 as Ppm } },
    reason: 'RISK_PRICE_COLLAR: within 10.00 % of 100.00 / 89.95',
    off: { priceCollar: 0 as Ppm },
  },
  {
    name: 'a long position counts what is held and what is being bought',
    passes: {
      signal: { quantity: units(3) },
      held: 5,
      inFlight: { buying: 2, selling: 4, reservedOfBook: 0 },
      limits: { maxPositionUnits: 10 },
    },
    fails: {
      signal: { quantity: units(4) },
      held: 5,
      inFlight: { buying: 2, selling: 4, reservedOfBook: 0 },
      limits: { maxPositionUnits: 10 },
    },
    reason: 'RISK_MAX_POSITION: 10 / 11',
    off: { maxPositionUnits: 0 },
  },
  {
    name: 'a sale is limited to what the book holds and has not offered yet',
    passes: {
      signal: { side: 'SELL', quantity: units(6) },
      held: 10,
      inFlight: { buying: 9, selling: 4, reservedOfBook: 0 },
    },
    fails: {
      signal: { side: 'SELL', quantity: units(7) },
      held: 10,
      inFlight: { buying: 9, selling: 4, reservedOfBook: 0 },
    },
    reason: 'RISK_NO_POSITION: 6 held / 7',
  },
  {
    name: 'a strategy has at most so many accepted signals a day',
    passes: { tradesToday: 49, limits: { maxTradesPerDay: 50 } },
    fails: { tradesToday: 50, limits: { maxTradesPerDay: 50 } },
    reason: 'RISK_MAX_TRADES: 50 a day / 50',
    off: { maxTradesPerDay: 0 },
  },
  {
    name: 'a namespace has at most so many orders a second',
    passes: { ordersThisSecond: 9, limits: { maxOrdersPerSecond: 10 } },
    fails: { ordersThisSecond: 10, limits: { maxOrdersPerSecond: 10 } },
    reason: 'RISK_ORDER_RATE: 10 a second / 10',
    off: { maxOrdersPerSecond: 0 },
  },
  {
    name: 'the same order again is a duplicate until the window has passed',
    passes: {
      previous: { side: 'BUY', quantity: 1, limitPrice: 0, at: OPEN },
      at: after(1),
      limits: { duplicateWindowMs: 1_000 },
    },
    fails: {
      previous: { side: 'BUY', quantity: 1, limitPrice: 0, at: OPEN },
      at: after(0.999),
      limits: { duplicateWindowMs: 1_000 },
    },
    reason: 'RISK_DUPLICATE: 1000 ms apart / 999 ms',
    off: { duplicateWindowMs: 0 },
  },
  {
    name: 'a buy needs free cash for its value and its reserve',
    passes: { signal: { quantity: units(990) }, inFlight: { buying: 0, selling: 0, reservedOfBook: rs(10) } },
    fails: { signal: { quantity: units(990) }, inFlight: { buying: 0, selling: 0, reservedOfBook: rs(10) + 1 } },
    reason: 'RISK_CASH: 99989.9999 / 99990.00',
  },
  {
    name: 'a book that fell too far from its peak enters nothing',
    passes: { book: fallen(rs(50_000)), limits: { maxDrawdown: 500_000 as Ppm } },
    fails: { book: fallen(rs(50_000) + 1), limits: { maxDrawdown: 500_000 as Ppm } },
    reason: 'RISK_DRAWDOWN: 50000.00 / 50000.0001',
    off: { maxDrawdown: 0 as Ppm },
  },
];

/** A book whose equity lies so far below its peak. */
function fallen(loss: number): Book {
  const book = new Book(ALPHA, CASH, 1);
  book.fill(0, 1, loss, 0, 0);
  book.measure();
  return book;
}

describe('each rule passes at its limit and objects one past it', () => {
  for (const { name, passes, fails, reason, off } of edges) {
    test(name, () => {
      assert.deepEqual(reasons(passes), []);
      assert.deepEqual(reasons(fails), [reason]);
      if (off !== undefined) assert.deepEqual(reasons({ ...fails, limits: { ...fails.limits, ...off } }), []);
    });
  }
});

describe('the finer points', () => {
  test('every rule is asked: all reasons come together, in the order of the codes', () => {
    const found = objections(
      question({
        signal: { quantity: units(2_001), limitPrice: rs(200.07) },
        instrument: instrument({ tradable: false, lotSize: units(2) }),
        halted: true,
        quarantined: true,
        at: after(600),
        tradesToday: 5,
        ordersThisSecond: 5,
        previous: { side: 'BUY', quantity: 2_001, limitPrice: rs(200.07), at: after(599) },
        book: fallen(rs(80_000)),
        limits: {
          maxPositionUnits: 10,
          maxOrderQuantity: 10,
          maxOrderValue: 1 as Money,
          maxTradesPerDay: 5,
          priceCollar: 1 as Ppm,
          staleAfterMs: 1,
          duplicateWindowMs: 1_001,
          maxDrawdown: 1 as Ppm,
          maxOrdersPerSecond: 5,
        },
      }),
    ).map(({ code }) => code);
    const elsewhere = ['UNKNOWN_INSTRUMENT', 'RISK_NO_POSITION'];
    assert.deepEqual(
      found,
      RISK_CODES.filter((code) => !elsewhere.includes(code)),
    );
  });

  test('a signal that differs from the one before is no duplicate', () => {
    const previous = { side: 'BUY', quantity: 1, limitPrice: 0, at: OPEN };
    const window = { duplicateWindowMs: 1_000 };
    assert.equal(reasons({ previous, limits: window }).length, 1);
    assert.deepEqual(reasons({ previous: { ...previous, quantity: 2 }, limits: window }), []);
    assert.deepEqual(reasons({ previous: { ...previous, side: 'SELL' }, limits: window }), []);
    assert.deepEqual(reasons({ previous: { ...previous, limitPrice: rs(100) }, limits: window }), []);
    assert.deepEqual(reasons({ previous, limits: window, signal: { limitPrice: rs(100) } }), []);
    assert.deepEqual(reasons({ limits: window }), []);
  });

  test('past the drawdown limit, what the book holds may be sold when exits are allowed, and not otherwise', () => {
    const past = { book: fallen(rs(60_000)), held: 1, signal: { side: 'SELL' } } as const;
    assert.deepEqual(reasons({ ...past, limits: { maxDrawdown: 500_000 as Ppm } }), []);
    assert.deepEqual(reasons({ ...past, limits: { maxDrawdown: 500_000 as Ppm, drawdownExits: 'refuse' } }), [
      'RISK_DRAWDOWN: 50000.00 / 60000.00',
    ]);
  });

  test('a position past its limit may always shrink', () => {
    const set = { maxPositionUnits: 10 };
    assert.deepEqual(reasons({ held: 100, signal: { side: 'SELL', quantity: units(1) }, limits: set }), []);
    assert.deepEqual(reasons({ held: -100, signal: { side: 'BUY', quantity: units(1) }, limits: set }), []);
    assert.deepEqual(reasons({ held: 5, signal: { side: 'SELL', quantity: units(16) }, limits: set }), [
      'RISK_MAX_POSITION: 10 / -11',
      'RISK_NO_POSITION: 5 held / 16',
    ]);
  });

  test('a sale needs no cash, and one without a holding says that nothing is held', () => {
    const broke = { book: new Book(ALPHA, 0 as Money, 1) };
    assert.deepEqual(reasons({ ...broke, held: 1, signal: { side: 'SELL' } }), []);
    assert.deepEqual(reasons({ ...broke, signal: { side: 'SELL' } }), ['RISK_NO_POSITION: 0 held / 1']);
  });

  test('without a last price neither staleness nor the collar is judged', () => {
    const set = { staleAfterMs: 1, priceCollar: 1 as Ppm };
    assert.deepEqual(reasons({ lastPrice: 0, lastTime: 0, signal: { price: rs(5) }, limits: set }), []);
  });

  test('a market signal without a price of its own passes the collar', () => {
    assert.deepEqual(reasons({ limits: { priceCollar: 1 as Ppm } }), []);
  });

  test('a huge quantity is refused with a reason, also where its value or its reserve cannot be counted', () => {
    const value = { maxOrderValue: inr(1_000) };
    for (const quantity of [1e9, 9e9, 9_007_199_254, Number.MAX_SAFE_INTEGER]) {
      const codes = objections(question({ signal: { quantity: units(quantity) }, limits: value })).map(
        ({ code }) => code,
      );
      assert.deepEqual(codes, ['RISK_MAX_VALUE', 'RISK_CASH'], `${quantity}`);
    }
    assert.deepEqual(reasons({ signal: { quantity: units(Number.MAX_SAFE_INTEGER) }, limits: value }), [
      'RISK_MAX_VALUE: 1000.00 / 9007199254740991 x 100.00',
      'RISK_CASH: 100000.00 / more',
    ]);
  });

  test('the reserve is rounded half up', () => {
    const one = limits({ cashReserve: 1_010_000 as Ppm });
    assert.deepEqual(
      [49, 50, 149, 150].map((value) => reserveFor(value, one)),
      [49, 51, 150, 152],
    );
  });
});
