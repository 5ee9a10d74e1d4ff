import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  ALPHA,
  BETA,
  deployment,
  inr,
  limits,
  PAPER,
  plan,
  namespacePlan,
  reread,
} from '../../../test/support/builders.ts';
import { type LimitChange } from '../events.ts';
import { fundsTrouble } from './funds.ts';
import { LimitsInForce } from './limits-in-force.ts';
import { formatLimit, LIMIT_ROWS, LIMITS_OFF, limitRow, readLimit } from './limits.ts';

describe('limits as people write them', () => {
  test('every limit of the gate has a row, and what is written is read back', () => {
    assert.deepEqual(LIMIT_ROWS.map(({ field }) => field).toSorted(), Object.keys(LIMITS_OFF).toSorted());
    for (const row of LIMIT_ROWS) {
      const value = LIMITS_OFF[row.field];
      assert.deepEqual(readLimit(row.name, formatLimit(row, value)), { name: row.field, value });
    }
  });

  test('rupees, percentages, seconds, counts and choices are read in their own units', () => {
    const read = (name: string, text: string) => (readLimit(name, text) as LimitChange).value;
    assert.equal(read('max_order_value', '1000.5'), 10_005_000);
    assert.equal(read('price_collar_percent', '2.5'), 25_000);
    assert.equal(read('stale_after_seconds', '0.5'), 500);
    assert.equal(read('max_order_quantity', '7'), 7);
    assert.equal(read('self_trade', 'refuse'), 'refuse');
  });

  test('what is unknown, negative or malformed is refused with what is accepted', () => {
    const trouble = (name: string, text: string) => readLimit(name, text) as string;
    assert.match(trouble('max_fun', '1'), /^expected a limit, one of max_position_units, .*; found "max_fun"$/);
    assert.match(
      trouble('max_order_quantity', '-1'),
      /^expected max_order_quantity to be a whole number of at least 0/,
    );
    assert.match(trouble('max_order_value', '-1'), /rupees with at most 4 decimals of at least 0, found "-1"/);
    assert.match(trouble('stale_after_seconds', '0.0001'), /seconds with at most 3 decimals/);
    assert.match(trouble('stale_after_seconds', 'soon'), /seconds with at most 3 decimals/);
    assert.match(trouble('cash_reserve_percent', '99'), /percent .* of at least 100, found "99"/);
    assert.match(trouble('self_trade', 'maybe'), /^expected self_trade to be allow or refuse, found "maybe"$/);
    assert.equal(limitRow('max_fun'), undefined);
  });
});

describe('limits in force', () => {
  const change = (name: LimitChange['name'], value: number, subject = 'paper') => ({ subject, limit: { name, value } });

  test('a deployment’s own win over the namespace’s, and what a person changed for it over both', () => {
    const force = new LimitsInForce(limits({ maxOrderQuantity: 100, maxOrdersPerSecond: 5 }));
    const own = { maxOrderQuantity: 50, maxOrdersPerSecond: 99 };
    force.replan(limits({ maxOrderQuantity: 100, maxOrdersPerSecond: 5 }), [
      deployment({ limits: own }),
      deployment({ strategyId: BETA }),
    ]);
    const quantities = () => [force.of(ALPHA).maxOrderQuantity, force.of(BETA).maxOrderQuantity];
    assert.deepEqual(quantities(), [50, 100]);
    assert.equal(force.of(ALPHA).maxOrdersPerSecond, 5, 'what is of the account is the same for all');
    force.onControl(change('maxOrderQuantity', 80));
    assert.deepEqual(quantities(), [50, 80]);
    force.onControl(change('maxOrderQuantity', 60, `strategy:${ALPHA}`));
    force.onControl(change('maxOrderQuantity', 70, `strategy:${ALPHA}`));
    assert.deepEqual(quantities(), [70, 80]);
    force.onControl(change('maxOrderQuantity', 1, 'instrument:1'));
    force.onControl({ subject: PAPER });
    assert.deepEqual(quantities(), [70, 80]);
    const again = new LimitsInForce(limits({ maxOrderQuantity: 100 }));
    again.restore(reread(force.snapshot()));
    assert.deepEqual([again.of(ALPHA).maxOrderQuantity, again.of(BETA).maxOrderQuantity], [70, 80]);
  });

  test('limits that an older plan does not know are off', () => {
    assert.deepEqual(new LimitsInForce({}).of(ALPHA), LIMITS_OFF);
  });

  test('books are watched at every tick only while some limit asks for it', () => {
    const force = new LimitsInForce(limits({ maxDrawdown: 1 as never }));
    assert.equal(force.watching, false);
    force.onControl(change('maxDayLoss', 1, `strategy:${ALPHA}`));
    assert.equal(force.watching, true);
    for (const own of [
      { maxAccountDayLoss: 1 },
      { maxAccountDrawdown: 1 },
      { drawdownAction: 'stop', maxDrawdown: 1 },
    ]) {
      assert.equal(new LimitsInForce(limits(own as never)).watching, true);
    }
    assert.equal(new LimitsInForce(limits({ drawdownAction: 'stop' })).watching, false);
  });
});

test('the starting cash of real books together is at most what the account has', () => {
  const trouble = (funds: number | undefined, answeredBy: 'gateway' | 'simulated' = 'gateway') => {
    const terms = { startingCash: inr(100), answeredBy, ...(funds !== undefined && { funds: inr(funds) }) };
    const deployments = [ALPHA, BETA].map((strategyId) => deployment({ strategyId, brokers: [PAPER] }));
    return fundsTrouble(plan({ namespaces: [namespacePlan(terms)], deployments }));
  };
  assert.equal(trouble(undefined, 'simulated'), undefined);
  assert.equal(trouble(200), undefined);
  assert.match(trouble(199.99) ?? '', /^2 books of 100.00 at paper are more than the 199.99 of its account/);
  assert.match(trouble(undefined) ?? '', /need the funds of its account to be known/);
});
