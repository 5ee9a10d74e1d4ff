import assert from 'node:assert/strict';
import { after as nodeAfter, describe, test } from 'node:test';
import { after, ALPHA, inr, instrument, limits, OPEN, rs, signal, units } from '../../../test/support/builders.ts';
import { type Money, type Ppm, type Price } from '../decimal.ts';
import { type Bracket, type TradingSignal } from '../events.ts';
import { type RiskLimits } from '../plan.ts';
import { Book } from '../portfolio/book.ts';
import { RISK_CODES } from './reasons.ts';
import { LimitsInForce } from './limits-in-force.ts';
import { type Question } from './question.ts';
import { type InFlight } from './reservations.ts';
import { isPlain, marginFor, objections, reserveFor } from './rules.ts';

const CASH = inr(100_000);
const banded = instrument({ priceBand: 100_000 as Ppm, previousClose: rs(100) });

interface Case extends Partial<Omit<Question, 'signal' | 'limits'>> {
  readonly signal?: Partial<TradingSignal>;
  readonly limits?: Partial<RiskLimits>;
}

function inFlight(overrides: Partial<InFlight> = {}): InFlight {
  const none = { buying: 0, selling: 0, exitBuying: 0, exitSelling: 0, peakBuying: 0, peakSelling: 0 };
  return { ...none, product: undefined, reservedOfBook: 0, ...overrides };
}

/** A question that no rule objects to, but for what is spelled out. */
function question({ signal: given = {}, limits: set = {}, ...overrides }: Case): Question {
  const asked = signal(given);
  const lastPrice = overrides.lastPrice ?? rs(100);
  return {
    plain: false,
    slicesMax: 0,
    signal: asked,
    at: OPEN,
    limits: limits(set),
    instrument: instrument(),
    held: 0,
    book: new Book(ALPHA, CASH, 1),
    heldProduct: undefined,
    inFlight: inFlight(),
    onMargin: 0,
    lastPrice,
    lastTime: OPEN,
    price: asked.limitPrice ?? (lastPrice === 0 ? (asked.price ?? 0) : lastPrice),
    units: asked.quantity,
    eased: false,
    tradesToday: 0,
    ordersThisSecond: 0,
    messagesThisMinute: 0,
    previous: undefined,
    quarantined: false,
    state: 'active',
    scope: '',
    unresolved: 0,
    unresolvedTrades: 0,
    meets: 0,
    exposure: undefined,
    dayLoss: 0,
    accountDayLoss: 0,
    accountDrawdown: 0,
    accountDrawdownLimit: 0,
    ...overrides,
  };
}

function reasons(asked: Case): readonly string[] {
  const full = question(asked);
  const found = objections(full);
  // Where a signal is plain and nothing else is looked at, the short list of rules finds the same.
  const { state, limits: set } = full;
  const plain = state === 'active' && isPlain(full.signal) && new LimitsInForce(set).plain;
  if (plain && full.meets === 0 && full.exposure === undefined && full.dayLoss === 0) {
    assert.deepEqual(objections({ ...full, plain }), found);
    plainCases++;
  }
  return found.map(({ code, limit, found: number }) => `${code}: ${limit} / ${number}`);
}

let plainCases = 0;
nodeAfter(() => assert.ok(plainCases > 40, `${plainCases} cases were plain`));

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
    fails: { state: 'halted', scope: 'paper' },
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
    name: 'a signal becomes at most so many parts',
    passes: { slicesMax: 3, signal: { quantity: units(30) }, instrument: instrument({ freezeQuantity: units(10) }) },
    fails: { slicesMax: 3, signal: { quantity: units(31) }, instrument: instrument({ freezeQuantity: units(10) }) },
    reason: 'RISK_SLICES: 3 parts of 10 / 4',
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
      inFlight: inFlight({ buying: 2, selling: 4, reservedOfBook: 0 }),
      limits: { maxPositionUnits: 10 },
    },
    fails: {
      signal: { quantity: units(4) },
      held: 5,
      inFlight: inFlight({ buying: 2, selling: 4, reservedOfBook: 0 }),
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
      inFlight: inFlight({ buying: 9, selling: 4, reservedOfBook: 0 }),
    },
    fails: {
      signal: { side: 'SELL', quantity: units(7) },
      held: 10,
      inFlight: inFlight({ buying: 9, selling: 4, reservedOfBook: 0 }),
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
    passes: { signal: { quantity: units(990) }, inFlight: inFlight({ buying: 0, selling: 0, reservedOfBook: rs(10) }) },
    fails: {
      signal: { quantity: units(990) },
      inFlight: inFlight({ buying: 0, selling: 0, reservedOfBook: rs(10) + 1 }),
    },
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

/** Both sides of each new edge, for what is not delivery, the account and the scopes. */
const marginEdges: readonly Edge[] = [
  {
    name: 'a scope that is no whole namespace is halted by its own name',
    passes: {},
    fails: { state: 'halted', scope: 'strategy:alpha' },
    reason: 'RISK_HALTED: an active scope / strategy:alpha',
  },
  {
    name: 'a disarmed broker takes nothing',
    passes: {},
    fails: { state: 'disarmed', scope: 'paper' },
    reason: 'RISK_DISARMED: an armed broker / paper',
  },
  {
    name: 'what is reducing lets only pass what shrinks a position, with what is offered already',
    passes: {
      state: 'reducing',
      scope: 'paper',
      held: 10,
      inFlight: inFlight({ selling: 4 }),
      signal: { side: 'SELL', quantity: units(6) },
    },
    fails: { state: 'reducing', scope: 'paper', held: 10, signal: { quantity: units(1) } },
    reason: 'RISK_REDUCING: only what shrinks a position, by paper / BUY 1 at 10',
  },
  {
    name: 'a trigger price lies on the tick size',
    passes: { signal: { orderType: 'stop', triggerPrice: rs(100.05) } },
    fails: { signal: { orderType: 'stop', triggerPrice: rs(100.07) } },
    reason: 'RISK_PRICE_OFF_TICK: a multiple of 0.05 / 100.07',
  },
  {
    name: 'the limit of a stop to buy is at least its trigger',
    passes: { signal: { orderType: 'stop_limit', triggerPrice: rs(101), limitPrice: rs(101) } },
    fails: { signal: { orderType: 'stop_limit', triggerPrice: rs(101), limitPrice: rs(100.95) } },
    reason: 'RISK_STOP_LIMIT: at least the trigger 101.00 / 100.95',
  },
  {
    name: 'the limit of a stop to sell is at most its trigger',
    passes: { held: 1, signal: { side: 'SELL', orderType: 'stop_limit', triggerPrice: rs(99), limitPrice: rs(99) } },
    fails: { held: 1, signal: { side: 'SELL', orderType: 'stop_limit', triggerPrice: rs(99), limitPrice: rs(99.05) } },
    reason: 'RISK_STOP_LIMIT: at most the trigger 99.00 / 99.05',
  },
  {
    name: 'prices keep within the band of the instrument',
    passes: { instrument: banded, signal: { limitPrice: rs(110) } },
    fails: { instrument: banded, signal: { limitPrice: rs(110.05) } },
    reason: 'RISK_PRICE_BAND: 90.00 to 110.00 / 110.05',
  },
  {
    name: 'a book has one product in an instrument',
    passes: { heldProduct: 'MIS', held: 1, signal: { product: 'MIS' } },
    fails: { heldProduct: 'MIS', held: 1, signal: { product: 'NRML' } },
    reason: 'RISK_PRODUCT_MIXED: MIS / NRML',
  },
  {
    name: 'an order in flight has a product too',
    passes: { inFlight: inFlight({ product: 'CNC' }) },
    fails: { inFlight: inFlight({ product: 'NRML' }) },
    reason: 'RISK_PRODUCT_MIXED: NRML / CNC',
  },
  {
    name: 'an exposure past its limit may only come down',
    passes: {
      exposure: { bookGross: [9, 8], bookNet: [0, 0], accountGross: [0, 0], accountNet: [0, 0] },
      limits: { maxGrossExposure: 7 as Money },
    },
    fails: {
      exposure: { bookGross: [7, rs(8)], bookNet: [0, 0], accountGross: [0, 0], accountNet: [0, 0] },
      limits: { maxGrossExposure: 7 as Money },
    },
    reason: 'RISK_GROSS_EXPOSURE: 0.0007 / 8.00',
    off: { maxGrossExposure: 0 as Money },
  },
  {
    name: 'a namespace has at most so many messages a minute',
    passes: { messagesThisMinute: 9, limits: { maxMessagesPerMinute: 10 } },
    fails: { messagesThisMinute: 10, limits: { maxMessagesPerMinute: 10 } },
    reason: 'RISK_MESSAGE_RATE: 10 a minute / 10',
    off: { maxMessagesPerMinute: 0 },
  },
  {
    name: 'an order meets none of its own account',
    passes: {},
    fails: { meets: rs(100) },
    reason: 'RISK_SELF_TRADE: no order of its own account / 100.00',
  },
  {
    name: 'while the outcome of an order is open, nothing of its side follows',
    passes: {},
    fails: { unresolved: 3 },
    reason: 'RISK_UNRESOLVED: no order whose outcome is open / 3 units',
  },
  {
    name: 'an intraday buy needs its share of the value, with the reserve',
    passes: { signal: { product: 'MIS', quantity: units(4_950) } },
    fails: { signal: { product: 'MIS', quantity: units(4_951) } },
    reason: 'RISK_MARGIN: 100000.00 / 100010.20',
  },
  {
    name: 'a carried sale needs margin for what it opens, and none for what it closes',
    passes: { held: 10, heldProduct: 'NRML', signal: { product: 'NRML', side: 'SELL', quantity: units(1_000) } },
    fails: { held: 10, heldProduct: 'NRML', signal: { product: 'NRML', side: 'SELL', quantity: units(1_001) } },
    reason: 'RISK_MARGIN: 100000.00 / 100091.00',
  },
  {
    name: 'past the loss of a day nothing is entered',
    passes: { dayLoss: rs(10), limits: { maxDayLoss: rs(10) as number as Money } },
    fails: { dayLoss: rs(10) + 1, limits: { maxDayLoss: rs(10) as number as Money } },
    reason: 'RISK_DAY_LOSS: 10.00 / 10.0001',
    off: { maxDayLoss: 0 as Money },
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
  for (const { name, passes, fails, reason, off } of [...edges, ...marginEdges]) {
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
        signal: {
          quantity: units(2_001),
          orderType: 'stop_limit',
          limitPrice: rs(200.07),
          triggerPrice: rs(300),
          bracket: { target: rs(1), stop: undefined, trail: undefined, exitAt: undefined },
        },
        instrument: instrument({
          tradable: false,
          lotSize: units(2),
          priceBand: 100_000 as Ppm,
          previousClose: rs(100),
          freezeQuantity: units(1_000),
        }),
        slicesMax: 2,
        state: 'halted',
        scope: 'global',
        quarantined: true,
        heldProduct: 'MIS',
        at: after(600),
        tradesToday: 5,
        ordersThisSecond: 5,
        messagesThisMinute: 5,
        previous: { side: 'BUY', quantity: 2_001, limitPrice: rs(200.07), at: after(599) },
        book: fallen(rs(80_000)),
        meets: rs(100),
        unresolved: 3,
        exposure: { bookGross: [0, 2], bookNet: [0, 2], accountGross: [0, 2], accountNet: [0, 2] },
        dayLoss: 2,
        accountDayLoss: 2,
        accountDrawdown: 2,
        accountDrawdownLimit: 1,
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
          maxMessagesPerMinute: 5,
          maxGrossExposure: 1 as Money,
          maxNetExposure: 1 as Money,
          maxAccountGrossExposure: 1 as Money,
          maxAccountNetExposure: 1 as Money,
          maxDayLoss: 1 as Money,
          maxAccountDayLoss: 1 as Money,
        },
      }),
    ).map(({ code }) => code);
    const otherStates = ['RISK_HALTED', 'RISK_DISARMED', 'RISK_REDUCING'];
    const otherOrders = ['UNKNOWN_INSTRUMENT', 'RISK_NO_POSITION', 'RISK_REDUCE_ONLY', 'RISK_MARGIN'];
    assert.deepEqual(
      found,
      RISK_CODES.filter((code) => !otherStates.includes(code) && !otherOrders.includes(code)),
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

describe('brackets', () => {
  const none = { target: undefined, stop: undefined, trail: undefined, exitAt: undefined };
  const asked = (bracket: Partial<Bracket>, more: Case = {}) =>
    reasons({ ...more, signal: { bracket: { ...none, ...bracket }, ...more.signal } });

  test('take a profit above a buy and end a loss below it, and the other way round for a sale', () => {
    const short: Case = { signal: { side: 'SELL', product: 'MIS' } };
    assert.deepEqual(asked({}), []);
    assert.deepEqual(asked({ target: rs(101), stop: rs(99), trail: rs(1), exitAt: after(1) }), []);
    assert.deepEqual(asked({ target: rs(100) }), ['RISK_BRACKET: a target above 100.00 / 100.00']);
    assert.deepEqual(asked({ stop: rs(100) }), ['RISK_BRACKET: a stop below 100.00 / 100.00']);
    assert.deepEqual(asked({ target: rs(99), stop: rs(101) }, short), []);
    assert.deepEqual(asked({ target: rs(101) }, short), ['RISK_BRACKET: a target below 100.00 / 101.00']);
    assert.deepEqual(asked({ stop: rs(99) }, short), ['RISK_BRACKET: a stop above 100.00 / 99.00']);
  });

  test('have a trail above zero, a time that can come, and prices on the tick size and in the band', () => {
    assert.deepEqual(asked({ trail: 0 as Price }), ['RISK_BRACKET: a trail above 0.00 / 0.00']);
    assert.deepEqual(asked({ exitAt: OPEN }), [`RISK_BRACKET: an exit time after ${OPEN} / ${OPEN}`]);
    assert.deepEqual(asked({ target: rs(101.01) }), ['RISK_BRACKET: a multiple of 0.05 / 101.01']);
    assert.deepEqual(asked({ target: rs(111), stop: rs(95) }, { instrument: banded }), [
      'RISK_PRICE_BAND: 90.00 to 110.00 / 111.00',
    ]);
    assert.deepEqual(asked({ stop: rs(89) }, { instrument: banded }), ['RISK_PRICE_BAND: 90.00 to 110.00 / 89.00']);
  });

  test('are judged by themselves while no price is known', () => {
    const early: Case = { lastPrice: 0, lastTime: 0 };
    assert.deepEqual(asked({ target: rs(2), stop: rs(1) }, early), []);
    assert.deepEqual(asked({ target: rs(1), stop: rs(2) }, early), [
      'RISK_BRACKET: a target above the stop 2.00 / 1.00',
    ]);
  });
});

describe('stops', () => {
  test('have the prices that their type needs', () => {
    assert.deepEqual(reasons({ signal: { orderType: 'stop' } }), [
      'RISK_STOP_LIMIT: a trigger price of the stop order / none',
    ]);
    assert.deepEqual(reasons({ signal: { orderType: 'stop_limit', triggerPrice: rs(1) } }), [
      'RISK_STOP_LIMIT: a limit price of the stop_limit order / none',
    ]);
  });
});

describe('the engine’s own exits', () => {
  const exit = (more: Case): readonly string[] =>
    reasons({ ...more, signal: { side: 'SELL', purpose: 'bracket', quantity: units(10), ...more.signal } });

  test('pass where an entry does not', () => {
    const stuck: Case = {
      held: 10,
      quarantined: true,
      state: 'reducing',
      scope: 'paper',
      at: after(600),
      tradesToday: 5,
      ordersThisSecond: 5,
      messagesThisMinute: 5,
      book: fallen(rs(80_000)),
      limits: {
        maxOrderQuantity: 1,
        maxOrderValue: 1 as Money,
        maxTradesPerDay: 5,
        staleAfterMs: 1,
        maxDrawdown: 1 as Ppm,
        drawdownExits: 'refuse',
        maxOrdersPerSecond: 5,
        maxMessagesPerMinute: 5,
      },
    };
    assert.deepEqual(exit(stuck), []);
    assert.ok(reasons(stuck).length > 5);
  });

  test('only bring the position down: all exits of it together, and not what an open order may have sold', () => {
    assert.deepEqual(exit({ held: 9 }), ['RISK_REDUCE_ONLY: 9 to sell / 10']);
    assert.deepEqual(exit({ held: 12, inFlight: inFlight({ exitSelling: 3, product: 'CNC' }) }), [
      'RISK_REDUCE_ONLY: 9 to sell / 10',
    ]);
    assert.deepEqual(exit({ held: 12, inFlight: inFlight({ selling: 12, product: 'CNC' }) }), [], 'it is shrunk for');
    assert.deepEqual(exit({ held: 12, unresolvedTrades: 3 }), ['RISK_REDUCE_ONLY: 9 to sell / 10']);
    const short: Case = { heldProduct: 'MIS', signal: { side: 'BUY', product: 'MIS' } };
    assert.deepEqual(exit({ ...short, held: -10 }), []);
    assert.deepEqual(exit({ ...short, held: -10, inFlight: inFlight({ exitBuying: 1, product: 'MIS' }) }), [
      'RISK_REDUCE_ONLY: 9 to buy back / 10',
    ]);
    assert.deepEqual(exit({ ...short, held: 10 }), ['RISK_REDUCE_ONLY: 0 to buy back / 10']);
  });

  test('halted, only what a person asked to flatten passes; disarmed, nothing', () => {
    const halted: Case = { held: 10, state: 'halted', scope: 'paper' };
    assert.deepEqual(exit(halted), ['NAMESPACE_HALTED: an active namespace / paper']);
    assert.deepEqual(exit({ ...halted, signal: { purpose: 'flatten' } }), []);
    assert.deepEqual(exit({ ...halted, state: 'disarmed', signal: { purpose: 'flatten' } }), [
      'RISK_DISARMED: an armed broker / paper',
    ]);
  });
});

describe('shorts and margin', () => {
  const mis = { product: 'MIS' } as const;

  test('a short buy-back needs no margin and passes a drawdown; what enlarges it does not', () => {
    const short: Case = {
      held: -10,
      heldProduct: 'MIS',
      book: fallen(rs(60_000)),
      limits: { maxDrawdown: 500_000 as Ppm },
    };
    assert.deepEqual(reasons({ ...short, signal: { ...mis, quantity: units(10) } }), []);
    assert.deepEqual(reasons({ ...short, signal: { ...mis, side: 'SELL' } }), ['RISK_DRAWDOWN: 50000.00 / 60000.00']);
  });

  test('past the loss of a day, what shrinks a position passes', () => {
    const past: Case = { held: 10, dayLoss: 2, limits: { maxDayLoss: 1 as Money } };
    assert.deepEqual(reasons({ ...past, signal: { side: 'SELL', quantity: units(10) } }), []);
    assert.deepEqual(reasons(past), ['RISK_DAY_LOSS: 0.0001 / 0.0002']);
  });

  test('margin that cannot be counted is refused with a reason', () => {
    assert.deepEqual(reasons({ signal: { ...mis, quantity: units(Number.MAX_SAFE_INTEGER) } }), [
      'RISK_MARGIN: 100000.00 / more',
    ]);
  });

  test('what needs margin takes from the cash that delivery may use', () => {
    const most: Case = { signal: { quantity: units(990) }, onMargin: -rs(10) };
    assert.deepEqual(reasons(most), []);
    assert.deepEqual(reasons({ ...most, onMargin: -rs(10) - 1 }), ['RISK_CASH: 99989.9999 / 99990.00']);
  });

  test('the margin of delivery is its value', () => {
    assert.deepEqual(
      (['CNC', 'MIS', 'NRML'] as const).map((product) =>
        marginFor(1_000, product, limits({ nrmlMargin: 500_000 as Ppm })),
      ),
      [1_000, 200, 500],
    );
  });
});
