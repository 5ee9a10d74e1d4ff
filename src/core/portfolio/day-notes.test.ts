import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadCharges } from '#adapters/charge-files/charge-files.ts';
import {
  ALPHA,
  after,
  BETA,
  BROKERS,
  deployment,
  instrument,
  namespacePlan,
  ofType,
  plan,
  reread,
  signal,
  units,
} from '../../../test/support/builders.ts';
import { CascadeRun } from '../../../test/support/cascade-run.ts';
import { ist } from '../../../test/support/tape-builder.ts';
import { type BrokerId } from '../ids.ts';
import { InvariantError } from '../invariant.ts';
import { InstrumentTable } from '../market/instrument.ts';
import { type Plan } from '../plan.ts';
import { chargeFill } from './fill-charges.ts';
import { DayNotes } from './day-notes.ts';

const CHARGES = loadCharges(fileURLToPath(new URL('../../../config/charges', import.meta.url)));
const CLOSE = ist('2021-06-11T15:30:00');

function planOf(broker: BrokerId): Plan {
  return plan({
    namespaces: [namespacePlan({ broker, charges: 'dated' })],
    charges: CHARGES,
    deployments: [ALPHA, BETA].map((strategyId) =>
      deployment({ strategyId, strategyType: 'never', brokers: [broker] }),
    ),
  });
}

/** A day on which ALPHA buys ten units at 100 in two fills and sells four, and BETA does nothing. */
function day(broker: BrokerId, between: (run: CascadeRun) => void = () => undefined): CascadeRun {
  const never = {
    type: 'never',
    version: 1,
    summary: '',
    parameters: {},
    warmUpTicks: () => 0,
    start: () => ({}),
    onTick: () => undefined,
  };
  const run = new CascadeRun({ ...planOf(broker) }, () => never);
  run.tick(0, 100, after(0));
  run.message(signal({ id: 'one', broker, at: after(1), quantity: units(10) }));
  run.tick(0, 100, after(2));
  between(run);
  run.message(signal({ id: 'two', broker, at: after(60), side: 'SELL', quantity: units(4) }));
  run.tick(0, 100, after(61));
  run.clock(CLOSE);
  return run;
}

for (const broker of BROKERS) {
  test(`at the close ${broker} posts what the contract note of each book corrects, before the last snapshot`, () => {
    const run = day(broker);
    const notes = ofType(run.events, 'ledger_adjusted');
    assert.deepEqual(
      notes.map(({ strategyId, kind, who, amount, why, at }) => ({ strategyId, kind, who, amount, why, at })),
      [
        {
          strategyId: ALPHA,
          kind: 'charges',
          who: 'portfolio_manager',
          amount: 4_648,
          why: 'contract note of 2021-06-11, NSE: bought and sold on one day -0.4648',
          at: CLOSE,
        },
        {
          strategyId: ALPHA,
          kind: 'charges',
          who: 'portfolio_manager',
          amount: -2_961,
          why: 'contract note of 2021-06-11, NSE: rounding 0.2961',
          at: CLOSE,
        },
      ],
    );
    const types = run.events.map(({ type }) => type);
    assert.ok(types.lastIndexOf('ledger_adjusted') < types.lastIndexOf('pnl_snapshot'));
    const { portfolio, risk } = run.namespace(broker);
    const [book] = portfolio.ledger.books;
    assert.ok(book !== undefined);
    const fees = ofType(run.events, 'order_filled').reduce((sum, fill) => sum + fill.fees, 0);
    assert.equal(book.fees, fees);
    assert.equal(book.adjustments, 1_687);
    assert.equal(book.cash % 100, 0, 'the day ends in whole paise');
    assert.deepEqual(book.snapshot(), reread(risk.snapshot()).ledger.books[0]);
    assert.deepEqual(ofType(run.clock(ist('2021-06-14T15:30:00')), 'ledger_adjusted'), [], 'a note is posted once');
  });

  test(`the fills of the day survive a restart of ${broker}`, () => {
    assert.deepEqual(day(broker, (run) => run.restart()).bytes(), day(broker).bytes());
  });
}

test('a namespace that went back to the flat commission during the day posts no note', () => {
  const broker = BROKERS[0] as BrokerId;
  const run = day(broker, (running) => {
    running.cascade.replan({ ...planOf(broker), namespaces: [namespacePlan({ broker, charges: 'flat' })] });
  });
  assert.deepEqual(ofType(run.events, 'ledger_adjusted'), []);
  assert.deepEqual(new DayNotes().take('NSE', CHARGES), []);
});

test('dated charges without a table stop the program instead of being free', () => {
  const order = { submitted: { token: 1, order: {} }, value: 0, charged: 0 };
  const context = { instruments: new InstrumentTable([instrument()]) };
  const dated = namespacePlan({ charges: 'dated' });
  assert.throws(
    () => chargeFill(dated, context, order as never, { price: 1, quantity: 1 } as never, after(0)),
    (error) => error instanceof InvariantError && /paper takes dated charges/.test(error.message),
  );
});
