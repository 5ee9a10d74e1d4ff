import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  adjusted,
  after,
  ALPHA,
  BETA,
  BROKERS,
  filled,
  instruments,
  namespacePlan,
  ofType,
  RecordingOut,
  reread,
  root,
  rs,
  signal,
  submitted,
  tick,
  units,
} from '../../../test/support/builders.ts';
import { type Money } from '../decimal.ts';
import { type BrokerId } from '../ids.ts';
import { InstrumentTable } from '../market/instrument.ts';
import { PortfolioManager } from './portfolio.ts';

function managerOf(broker: BrokerId): PortfolioManager {
  return new PortfolioManager(namespacePlan({ broker }), new InstrumentTable(instruments(2)));
}

for (const broker of BROKERS) {
  describe(`the portfolio manager of ${broker}`, () => {
    test('a report tells every book in numbers that fit together', () => {
      const manager = managerOf(broker);
      manager.replan(namespacePlan({ broker }), [ALPHA, BETA]);
      manager.onTick(tick({ price: rs(100) }));
      const order = submitted(signal({ broker, quantity: units(10) }));
      manager.onEvent(filled(order, { fillPrice: rs(100), fees: 1_000 as Money }));
      manager.onEvent(adjusted(-rs(1), { broker, strategyId: BETA }));
      manager.onTick(tick({ price: rs(98) }));
      const out = new RecordingOut();
      manager.report(root(after(300), 'NSE:2021-06-11@09:20:00'), out);
      assert.deepEqual(
        ofType(out.events, 'pnl_snapshot').map(({ trace, ...rest }) => ({ id: trace.id, ...rest })),
        [
          {
            id: `NSE:2021-06-11@09:20:00/p.${broker}.0`,
            type: 'pnl_snapshot',
            broker,
            strategyId: ALPHA,
            at: after(300),
            realised: 0,
            unrealised: -rs(20),
            cash: rs(999_000) - 1_000,
            fees: 1_000,
            equity: rs(999_980) - 1_000,
            grossExposure: rs(980),
            netExposure: rs(980),
            netPnl: -rs(20) - 1_000,
            maxDrawdown: rs(20) + 1_000,
          },
          {
            id: `NSE:2021-06-11@09:20:00/p.${broker}.1`,
            type: 'pnl_snapshot',
            broker,
            strategyId: BETA,
            at: after(300),
            realised: 0,
            unrealised: 0,
            cash: rs(999_999),
            fees: 0,
            equity: rs(999_999),
            grossExposure: 0,
            netExposure: 0,
            netPnl: 0,
            maxDrawdown: 0,
          },
        ],
      );
    });

    test('what posts nothing changes nothing', () => {
      const manager = managerOf(broker);
      const before = reread(manager.snapshot());
      manager.onEvent(signal({ broker }));
      manager.onEvent(submitted(signal({ broker })));
      assert.deepEqual(manager.snapshot(), before);
    });

    test('a manager that was written and read back says the same', () => {
      const manager = managerOf(broker);
      manager.onTick(tick());
      manager.onEvent(filled(submitted(signal({ broker })), { fees: 5 as Money }));
      const again = managerOf(broker);
      again.restore(reread(manager.snapshot()));
      assert.deepEqual(again.snapshot(), manager.snapshot());
      assert.equal(again.ledger.book(ALPHA).equity, manager.ledger.book(ALPHA).equity);
    });
  });
}
