import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatInstant } from '#core/time.ts';
import { CascadesApart } from '../../test/support/cascades-apart.ts';
import { CascadeRun } from '../../test/support/cascade-run.ts';
import { everything, ONE, roughPlan, TAPE, THREE, TWO } from '../../test/support/rough-market.ts';
import { PIPELINE, type StageName } from './pipeline.ts';

const STAGES = PIPELINE.map(({ name }) => name);
const SPLITS: readonly (readonly (readonly StageName[])[])[] = [
  STAGES.map((name) => [name]),
  [['market_feed'], ['strategy_runner'], ['risk_manager', 'trading_engine', 'portfolio_manager']],
  [['market_feed', 'trading_engine'], ['strategy_runner'], ['risk_manager', 'portfolio_manager']],
  [['portfolio_manager'], ['market_feed', 'strategy_runner', 'risk_manager', 'trading_engine']],
];

describe('stages that run apart and keep in step', () => {
  for (const split of SPLITS) {
    const name = split.map((stages) => stages.join(' and ')).join(', ');
    test(`decide word for word what one process decides: ${name}`, () => {
      const plan = roughPlan([ONE, TWO, THREE]);
      const whole = new CascadeRun(plan, everything).rows(TAPE);
      const apart = new CascadesApart(plan, everything, split).rows(TAPE);
      assert.deepEqual(apart.messages.toSorted(), whole.bytes().toSorted());
      assert.ok(apart.messages.filter((message) => message.includes('"order_filled"')).length > 100);
      for (const broker of [ONE, TWO, THREE]) {
        const [one, books] = [whole.namespace(broker), apart.with('portfolio_manager').namespace(broker)?.portfolio];
        assert.deepEqual(books?.snapshot(), one.portfolio.snapshot());
        const risk = apart.with('risk_manager').namespace(broker)?.risk.snapshot();
        assert.deepEqual(risk?.reservations, one.risk.snapshot().reservations);
        const engine = apart.with('trading_engine').namespace(broker)?.engine.working();
        assert.deepEqual(
          engine?.map(({ terms }) => terms.orderId),
          one.engine.working().map(({ terms }) => terms.orderId),
        );
      }
      assert.equal(formatInstant(apart.with('market_feed').at), formatInstant(whole.cascade.at));
    });
  }
});
