// What must hold of the gate whatever comes in whatever order: a model beside it keeps every order by itself and adds up
// what could come of them at the worst.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  ALPHA,
  BETA,
  filled,
  inr,
  instruments,
  limits,
  namespacePlan,
  PAPER,
  RecordingOut,
  reread,
  root,
  rs,
  signal,
  submitted,
  tick,
  units,
} from '../../../test/support/builders.ts';
import { type OrderChange, type OrderSubmitted, type Product, type Side, type TradingSignal } from '../events.ts';
import { knownTrace, type EventId, type StrategyId } from '../ids.ts';
import { InstrumentTable } from '../market/instrument.ts';
import { RiskManager } from './risk.ts';

const BOOKS: readonly StrategyId[] = [ALPHA, BETA];
const CASH = inr(10_000);
const MARK = rs(100);
const MOST_UNITS = 120;
const BOOK_GROSS = rs(15_000);
const ACCOUNT_GROSS = rs(22_000);
const ACCOUNT_NET = rs(18_000);

const PLAN = namespacePlan({
  startingCash: CASH,
  limits: limits({
    maxPositionUnits: MOST_UNITS,
    maxGrossExposure: BOOK_GROSS as never,
    maxAccountGrossExposure: ACCOUNT_GROSS as never,
    maxAccountNetExposure: ACCOUNT_NET as never,
  }),
});

/** One thing that happens. Numbers pick among what is there. */
const anyStep = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('signal' as const),
      book: fc.constantFrom(0, 1),
      token: fc.constantFrom(1, 2),
      side: fc.constantFrom('BUY' as const, 'SELL' as const),
      product: fc.constantFrom('CNC' as const, 'MIS' as const),
      quantity: fc.integer({ min: 1, max: 70 }),
      limited: fc.boolean(),
      exit: fc.integer({ min: 0, max: 4 }).map((draw) => draw === 0),
    }),
  },
  fc.record({ kind: fc.constant('submit' as const), which: fc.nat(60), part: fc.integer({ min: 1, max: 70 }) }),
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('fill' as const), which: fc.nat(60), part: fc.nat(70) }) },
  fc.record({ kind: fc.constant('modify' as const), which: fc.nat(60), quantity: fc.integer({ min: 1, max: 90 }) }),
  fc.record({ kind: fc.constant('answer' as const), which: fc.nat(60), yes: fc.boolean() }),
  fc.record({ kind: fc.constant('end' as const), which: fc.nat(60), how: fc.constantFrom('cancelled', 'expired') }),
  fc.record({ kind: fc.constant('unknown' as const), which: fc.nat(60), yes: fc.boolean() }),
  fc.record({ kind: fc.constant('restart' as const) }),
);
type Step = typeof anyStep extends fc.Arbitrary<infer Value> ? Value : never;

/** A signal or an order as the model sees it. */
interface Open {
  readonly signal: TradingSignal;
  order: OrderSubmitted | undefined;
  quantity: number;
  asked: number | undefined;
  filled: number;
}

class World {
  gate = World.#new();
  readonly out = new RecordingOut();
  readonly open: Open[] = [];
  readonly held = new Map<string, number>();
  #count = 0;
  accepted = 0;
  refused = 0;
  changes = 0;

  constructor() {
    for (const instrument of [0, 1]) this.gate.onTick(tick({ instrument, price: MARK }), root(), this.out);
  }

  static #new(): RiskManager {
    return new RiskManager(PLAN, new InstrumentTable(instruments(2)));
  }

  take(step: Step): void {
    if (step.kind === 'signal') return this.#signal(step);
    if (step.kind === 'restart') {
      const state = reread(this.gate.snapshot());
      this.gate = World.#new();
      this.gate.restore(state);
      return;
    }
    const orders = this.open.filter(({ order }) =>
      step.kind === 'submit' ? order === undefined : order !== undefined,
    );
    const open = orders[step.which % Math.max(1, orders.length)];
    if (open === undefined) return;
    if (step.kind === 'submit') this.#submit(open, step.part);
    else if (step.kind === 'fill') this.#fill(open, step.part);
    else if (step.kind === 'modify') this.#modify(open, step.quantity);
    else if (step.kind === 'answer') this.#answer(open, step.yes);
    else if (step.kind === 'end') this.#end(open, step.how);
    else this.#unknown(open, step.yes);
  }

  #tell(event: Parameters<RiskManager['onEvent']>[0]): string {
    this.gate.onEvent(event, root(), this.out);
    return this.out.take()[0]?.type ?? '';
  }

  #signal(step: Extract<Step, { kind: 'signal' }>): void {
    const { token, side, product, quantity, limited, exit } = step;
    const strategyId = BOOKS[step.book] ?? ALPHA;
    // A resting order fills at the mark at the worst, so that what is lost is never the fill's own price.
    const price = limited ? { orderType: 'limit' as const, limitPrice: MARK } : {};
    const purpose = exit ? 'bracket' : 'trade';
    const terms = { strategyId, token, side, product, quantity: units(quantity), purpose, ...price } as const;
    const asked = signal({ id: `signal ${this.#count++}`, ...terms });
    if (this.#tell(asked) !== 'validated_signal') {
      this.refused++;
      return;
    }
    this.accepted++;
    if (exit) {
      const covered = this.worst(strategyId, token, side, 'bracket') + quantity;
      const held = this.heldBy(strategyId, token);
      assert.ok(covered <= (side === 'SELL' ? held : -held), `exits of ${covered} on a position of ${held}`);
    }
    this.open.push({ signal: asked, order: undefined, quantity, asked: undefined, filled: 0 });
  }

  #submit(open: Open, part: number): void {
    const quantity = Math.min(part, open.quantity);
    const made = submitted(open.signal, `order ${this.#count++}`, MARK);
    const order = { ...made, order: { ...made.order, quantity: units(quantity) } };
    this.#tell(order);
    if (quantity < open.quantity) {
      open.quantity -= quantity;
      this.open.push({ ...open, order, quantity });
    } else open.order = order;
  }

  #fill(open: Open, part: number): void {
    const { order, signal: asked } = open;
    const { strategyId, token } = asked;
    const left = open.quantity - open.filled;
    const quantity = Math.min(part, left);
    const held = this.heldBy(strategyId, token);
    // That an exit shrinks for what the strategy offers itself is the engine's part.
    const offered = this.worst(strategyId, token, asked.side);
    const covered = (asked.side === 'SELL' ? held : -held) - offered;
    if (order === undefined || quantity <= 0 || (asked.purpose !== 'trade' && quantity > covered)) return;
    this.#tell(filled(order, { quantity: units(quantity), fillPrice: MARK }));
    open.filled += quantity;
    this.held.set(`${strategyId} ${token}`, held + (asked.side === 'BUY' ? quantity : -quantity));
    if (open.filled === Math.max(open.quantity, open.asked ?? 0)) this.#drop(open);
  }

  #modify(open: Open, quantity: number): void {
    const { order, signal: asked } = open;
    if (order === undefined) return;
    const about = { broker: PAPER, strategyId: asked.strategyId, token: asked.token, at: asked.at };
    const trace = knownTrace(`change ${this.#count++}` as EventId);
    const nothing = { orderType: undefined, limitPrice: undefined, triggerPrice: undefined };
    const change: OrderChange = {
      type: 'order_change',
      ...about,
      trace,
      action: 'modify',
      orderId: order.order.orderId,
      purpose: asked.purpose,
      quantity: units(quantity),
      ...nothing,
      expiresAt: asked.expiresAt,
    };
    if (this.#tell(change) !== 'validated_change') return;
    this.changes++;
    assert.equal(open.asked, undefined, 'one change at a time');
    open.asked = quantity;
  }

  #answer(open: Open, yes: boolean): void {
    const { order, asked } = open;
    if (order === undefined || asked === undefined) return;
    const { broker, strategyId, token, trace, at } = order;
    const quantity = yes ? Math.max(asked, open.filled) : open.quantity;
    const about = { broker, strategyId, token, trace, at, order: { ...order.order, quantity: units(asked) } };
    if (yes) this.#tell({ type: 'order_modified', ...about });
    else this.#tell({ type: 'change_refused', ...about, action: 'modify', message: 'no' });
    open.asked = undefined;
    open.quantity = quantity;
    if (open.filled === quantity) this.#drop(open);
  }

  #end(open: Open, how: string): void {
    const { order } = open;
    if (order === undefined) return;
    const type = how === 'cancelled' ? 'order_cancelled' : 'order_expired';
    const { broker, strategyId, token, trace, at } = order;
    const about = { broker, strategyId, token, trace, at, order: order.order, message: 'over' };
    this.#tell({ type, ...about, filledQuantity: units(open.filled) });
    this.#drop(open);
  }

  #unknown(open: Open, yes: boolean): void {
    const { order } = open;
    if (order === undefined) return;
    const { broker, strategyId, token, trace, at } = order;
    const about = { broker, strategyId, token, trace, at, order: order.order };
    if (yes) this.#tell({ type: 'order_unknown', ...about, message: 'lost' });
    else this.#tell({ type: 'order_placed', ...about, brokerOrderId: 'B' });
  }

  #drop(open: Open): void {
    this.open.splice(this.open.indexOf(open), 1);
  }

  heldBy(strategyId: StrategyId, token: number): number {
    return this.held.get(`${strategyId} ${token}`) ?? 0;
  }

  /** Units that could still be filled at the worst. */
  worst(strategyId: StrategyId, token: number, side: Side, purpose: 'trade' | 'bracket' = 'trade'): number {
    return this.open
      .filter(({ signal: of }) => of.strategyId === strategyId && of.token === token)
      .filter(({ signal: of }) => of.side === side && of.purpose === purpose)
      .reduce((sum, { quantity, asked, filled: done }) => sum + Math.max(quantity, asked ?? 0) - done, 0);
  }

  productOf(strategyId: StrategyId, token: number): Product | undefined {
    const found = this.open.find(({ signal: of }) => of.strategyId === strategyId && of.token === token);
    const index = token - 1;
    return this.gate.ledger.book(strategyId).productOf(index) ?? found?.signal.product;
  }
}

/** What the worst of everything that is open would come to, against every limit. */
function check(world: World): void {
  let [accountGross, long, short] = [0, 0, 0];
  for (const strategyId of BOOKS) {
    const book = world.gate.ledger.book(strategyId);
    let [gross, used, reserved] = [0, 0, 0];
    for (const token of [1, 2]) {
      const held = world.heldBy(strategyId, token);
      assert.equal(book.quantity[token - 1], held, 'a position is its fills');
      const up = held + world.worst(strategyId, token, 'BUY');
      const down = held - world.worst(strategyId, token, 'SELL');
      const cnc = world.productOf(strategyId, token) !== 'MIS';
      assert.ok(up <= MOST_UNITS && down >= -MOST_UNITS, `${down} to ${up} units`);
      if (cnc) assert.ok(down >= 0, 'delivery is never short');
      const worst = Math.max(Math.abs(up), Math.abs(down)) * MARK;
      gross += worst;
      long += up * MARK;
      short += down * MARK;
      // A fifth is the margin of MIS, and whatever is reserved has a hundredth more.
      used += (Math.abs(held) * MARK) / (cnc ? 1 : 5);
      const opens = Math.max(up - Math.max(0, held), -down - Math.max(0, -held), 0);
      reserved += (1.01 * ((cnc ? world.worst(strategyId, token, 'BUY') : opens) * MARK)) / (cnc ? 1 : 5);
    }
    accountGross += gross;
    assert.ok(gross <= BOOK_GROSS, `a gross exposure of ${gross}`);
    assert.ok(used + reserved <= book.equity + 1, `${used} used and ${reserved} reserved of ${book.equity}`);
  }
  assert.ok(accountGross <= ACCOUNT_GROSS, `a gross exposure of the account of ${accountGross}`);
  assert.ok(Math.max(Math.abs(long), Math.abs(short)) <= ACCOUNT_NET, `a net from ${short} to ${long}`);
}

test('used and reserved together never pass a limit, whatever the interleaving', () => {
  let [accepted, refused, changes] = [0, 0, 0];
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 70, size: 'max' }), (steps) => {
      const world = new World();
      for (const step of steps) {
        world.take(step);
        check(world);
      }
      assert.equal(
        world.gate.snapshot().reservations.length,
        world.open.length,
        'nothing is reserved for what is over',
      );
      accepted += world.accepted;
      refused += world.refused;
      changes += world.changes;
    }),
    { numRuns: 1_500 },
  );
  assert.ok(accepted > 3_000 && refused > 3_000 && changes > 200, `${accepted}, ${refused}, ${changes}`);
});
