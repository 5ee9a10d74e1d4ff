// Each RISK setting at two values: the one just lets a signal pass, the other one just refuses it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type StrategyId } from '#core/ids.ts';
import { BETA, rs, units } from '../support/builders.ts';
import { codesOf, SettingsRun, type Env } from './settings-run.ts';

/** Codes of the last signal of a story that is told under two values of one setting. */
function compare(
  name: string,
  values: readonly [string, string],
  story: (run: SettingsRun) => readonly string[],
  env: Env = {},
) {
  return values.map((value) => story(new SettingsRun({ ...env, [name]: value })));
}

test('RISK__MAX_ORDER_QUANTITY is the most units that one order may have', () => {
  const story = (run: SettingsRun) => {
    run.price(0, 100);
    return codesOf(run.ask(1, { quantity: units(11) }));
  };
  assert.deepEqual(compare('RISK__MAX_ORDER_QUANTITY', ['11', '10'], story), [[], ['RISK_MAX_QUANTITY']]);
});

test('RISK__MAX_POSITION_UNITS bounds what a book holds together with what it has asked for', () => {
  const story = (run: SettingsRun) => {
    run.price(0, 100);
    run.ask(1, { quantity: units(6) });
    run.price(2, 100);
    return codesOf(run.ask(3, { quantity: units(5) }));
  };
  assert.deepEqual(compare('RISK__MAX_POSITION_UNITS', ['11', '10'], story), [[], ['RISK_MAX_POSITION']]);
});

test('RISK__MAX_ORDER_VALUE is the most rupees that one order may be worth', () => {
  const story = (run: SettingsRun) => {
    run.price(0, 100);
    return codesOf(run.ask(1, { quantity: units(10) }));
  };
  assert.deepEqual(compare('RISK__MAX_ORDER_VALUE', ['1000', '999.9999'], story), [[], ['RISK_MAX_VALUE']]);
});

test('RISK__MAX_TRADES_PER_DAY counts the orders of a strategy until the next day', () => {
  const story = (run: SettingsRun) => {
    run.price(0, 100);
    run.ask(1);
    run.ask(2);
    return codesOf(run.ask(3));
  };
  assert.deepEqual(compare('RISK__MAX_TRADES_PER_DAY', ['3', '2'], story), [[], ['RISK_MAX_TRADES']]);
});

test('RISK__PRICE_COLLAR_PERCENT is how far a price may lie from the last one', () => {
  const story = (run: SettingsRun) => {
    run.price(0, 100);
    return codesOf(run.ask(1, { orderType: 'limit', limitPrice: rs(105) }));
  };
  assert.deepEqual(compare('RISK__PRICE_COLLAR_PERCENT', ['5', '4.9999'], story), [[], ['RISK_PRICE_COLLAR']]);
});

test('RISK__STALE_AFTER_SECONDS is how old the last tick may be when a signal comes', () => {
  const story = (run: SettingsRun) => {
    run.price(0, 100);
    return codesOf(run.ask(30));
  };
  assert.deepEqual(compare('RISK__STALE_AFTER_SECONDS', ['30', '29.999'], story), [[], ['RISK_STALE_PRICE']]);
});

test('RISK__DUPLICATE_WINDOW_SECONDS is how long the same signal again is a duplicate', () => {
  const story = (run: SettingsRun) => {
    run.price(0, 100);
    run.ask(1);
    return codesOf(run.ask(3));
  };
  assert.deepEqual(compare('RISK__DUPLICATE_WINDOW_SECONDS', ['2', '2.001'], story), [[], ['RISK_DUPLICATE']]);
});

test('RISK__CASH_RESERVE_PERCENT is how much of its value a buy needs in cash', () => {
  const story = (run: SettingsRun) => {
    run.price(0, 100);
    return codesOf(run.ask(1, { quantity: units(10) }));
  };
  const env = { PAPER_TRADING__STARTING_CASH: '1000' };
  assert.deepEqual(compare('RISK__CASH_RESERVE_PERCENT', ['100', '100.0001'], story, env), [[], ['RISK_CASH']]);
});

/** A book of 10,000 rupees whose 50 units have lost 2,000 of them. */
function afterLoss(run: SettingsRun): void {
  run.price(0, 100);
  run.ask(1, { quantity: units(50) });
  run.price(2, 100);
  run.price(3, 60);
}

const SMALL_BOOK = { PAPER_TRADING__STARTING_CASH: '10000' };

test('RISK__MAX_DRAWDOWN_PERCENT is the loss from which a book enters nothing more', () => {
  const story = (run: SettingsRun) => {
    afterLoss(run);
    return codesOf(run.ask(4));
  };
  const codes = compare('RISK__MAX_DRAWDOWN_PERCENT', ['20', '19.9999'], story, SMALL_BOOK);
  assert.deepEqual(codes, [[], ['RISK_DRAWDOWN']]);
});

test('RISK__DRAWDOWN_EXITS decides whether a book past its limit may still sell', () => {
  const story = (run: SettingsRun) => {
    afterLoss(run);
    return codesOf(run.ask(4, { side: 'SELL' }));
  };
  const env = { ...SMALL_BOOK, RISK__MAX_DRAWDOWN_PERCENT: '10' };
  assert.deepEqual(compare('RISK__DRAWDOWN_EXITS', ['allow', 'refuse'], story, env), [[], ['RISK_DRAWDOWN']]);
});

test('RISK__MAX_ORDERS_PER_SECOND counts the orders of a namespace, whichever strategy they come from', () => {
  const story = (run: SettingsRun) => {
    run.price(0, 100);
    run.ask(1);
    run.ask(1.2, { strategyId: BETA });
    return codesOf(run.ask(1.9, { strategyId: 'gamma' as StrategyId }));
  };
  assert.deepEqual(compare('RISK__MAX_ORDERS_PER_SECOND', ['3', '2'], story), [[], ['RISK_ORDER_RATE']]);
});
