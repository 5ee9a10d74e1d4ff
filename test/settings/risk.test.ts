// Each RISK setting at two values: the one just lets a signal pass, the other one just refuses it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type StrategyId } from '#core/ids.ts';
import { after, BETA, rs, units } from '../support/builders.ts';
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

const MIS = { product: 'MIS' } as const;

test('RISK__MAX_GROSS_EXPOSURE is the most that all positions of a book may be worth', () => {
  const story = (run: SettingsRun) => {
    run.price(0, 100);
    run.tick(1, 100, after(0));
    run.ask(1, { quantity: units(5) });
    return codesOf(run.ask(2, { ...MIS, token: 2, side: 'SELL', quantity: units(5) }));
  };
  assert.deepEqual(compare('RISK__MAX_GROSS_EXPOSURE', ['1000', '999.99'], story), [[], ['RISK_GROSS_EXPOSURE']]);
});

test('RISK__MAX_NET_EXPOSURE is the most that long less short of a book may be worth', () => {
  const story = (run: SettingsRun) => {
    run.price(0, 100);
    return codesOf(run.ask(1, { quantity: units(5) }));
  };
  assert.deepEqual(compare('RISK__MAX_NET_EXPOSURE', ['500', '499.99'], story), [[], ['RISK_NET_EXPOSURE']]);
});

/** Two strategies buy five units each. */
function bothBuy(run: SettingsRun): readonly string[] {
  run.price(0, 100);
  run.ask(1, { quantity: units(5) });
  return codesOf(run.ask(2, { strategyId: BETA, quantity: units(5) }));
}

test('RISK__MAX_ACCOUNT_GROSS_EXPOSURE is the most that the positions of all books may be worth', () => {
  const codes = compare('RISK__MAX_ACCOUNT_GROSS_EXPOSURE', ['1000', '999.99'], bothBuy);
  assert.deepEqual(codes, [[], ['RISK_ACCOUNT_GROSS_EXPOSURE']]);
});

test('RISK__MAX_ACCOUNT_NET_EXPOSURE is the most that long less short of all books may be worth', () => {
  const codes = compare('RISK__MAX_ACCOUNT_NET_EXPOSURE', ['1000', '999.99'], bothBuy);
  assert.deepEqual(codes, [[], ['RISK_ACCOUNT_NET_EXPOSURE']]);
});

/** Ten units bought at 100 rupees fall to 90; then the book, or another one, asks for one more. */
function fallen(run: SettingsRun, asks?: StrategyId): readonly string[] {
  run.price(0, 100);
  run.ask(1, { quantity: units(10) });
  run.price(2, 100);
  run.price(3, 90);
  return codesOf(run.ask(4, asks === undefined ? {} : { strategyId: asks }));
}

test('RISK__MAX_DAY_LOSS takes a strategy down to shrinking once its book has lost so much in a day', () => {
  const codes = compare('RISK__MAX_DAY_LOSS', ['100', '99.99'], (run) => fallen(run));
  assert.deepEqual(codes, [[], ['RISK_REDUCING', 'RISK_DAY_LOSS']]);
  assert.deepEqual(
    compare('RISK__MAX_DAY_LOSS', ['100', '99.99'], (run) => fallen(run, BETA)),
    [[], []],
  );
});

test('RISK__MAX_ACCOUNT_DAY_LOSS takes the namespace down to shrinking, whichever book lost', () => {
  const codes = compare('RISK__MAX_ACCOUNT_DAY_LOSS', ['100', '99.99'], (run) => fallen(run, BETA));
  assert.deepEqual(codes, [[], ['RISK_REDUCING', 'RISK_ACCOUNT_DAY_LOSS']]);
});

test('RISK__MAX_ACCOUNT_DRAWDOWN_PERCENT takes the namespace down when all books fell so far from their peak', () => {
  const env = { PAPER_TRADING__STARTING_CASH: '5000' };
  const codes = compare('RISK__MAX_ACCOUNT_DRAWDOWN_PERCENT', ['2', '1.9999'], (run) => fallen(run), env);
  assert.deepEqual(codes, [[], ['RISK_REDUCING', 'RISK_ACCOUNT_DRAWDOWN']]);
});

test('RISK__DRAWDOWN_ACTION decides whether the drawdown limit stops the strategy, also after it has recovered', () => {
  const story = (run: SettingsRun) => {
    fallen(run);
    run.price(5, 100);
    return codesOf(run.ask(6));
  };
  const env = { PAPER_TRADING__STARTING_CASH: '5000', RISK__MAX_DRAWDOWN_PERCENT: '1.9' };
  assert.deepEqual(compare('RISK__DRAWDOWN_ACTION', ['refuse', 'stop'], story, env), [[], ['RISK_REDUCING']]);
});

test('RISK__HALT_AT_PERCENT is the share of a loss limit at which nothing but cancels passes', () => {
  const story = (run: SettingsRun) => {
    fallen(run);
    return codesOf(run.ask(6, { side: 'SELL' }));
  };
  const codes = compare('RISK__HALT_AT_PERCENT', ['200', '199.99'], story, { RISK__MAX_DAY_LOSS: '50' });
  assert.deepEqual(codes, [[], ['RISK_HALTED']]);
});

test('RISK__MIS_MARGIN_PERCENT is the share of an intraday position that the book needs', () => {
  const story = (run: SettingsRun) => {
    run.price(0, 100);
    return codesOf(run.ask(1, { ...MIS, side: 'SELL', quantity: units(100) }));
  };
  const env = { PAPER_TRADING__STARTING_CASH: '2000', RISK__CASH_RESERVE_PERCENT: '100' };
  assert.deepEqual(compare('RISK__MIS_MARGIN_PERCENT', ['20', '20.01'], story, env), [[], ['RISK_MARGIN']]);
});

test('RISK__NRML_MARGIN_PERCENT is the share of a carried position that the book needs', () => {
  const story = (run: SettingsRun) => {
    run.price(0, 100);
    return codesOf(run.ask(1, { product: 'NRML', quantity: units(100) }));
  };
  const env = { PAPER_TRADING__STARTING_CASH: '2000', RISK__CASH_RESERVE_PERCENT: '100' };
  assert.deepEqual(compare('RISK__NRML_MARGIN_PERCENT', ['20', '20.01'], story, env), [[], ['RISK_MARGIN']]);
});

test('RISK__MAX_MESSAGES_PER_MINUTE counts the orders and changes of a namespace', () => {
  const story = (run: SettingsRun) => {
    run.price(0, 100);
    run.ask(1);
    run.ask(2, { strategyId: BETA });
    return codesOf(run.ask(3));
  };
  assert.deepEqual(compare('RISK__MAX_MESSAGES_PER_MINUTE', ['3', '2'], story), [[], ['RISK_MESSAGE_RATE']]);
});

/** Two orders are filled, so many seconds apart; then a third is asked for. */
function twice(seconds: number) {
  return (run: SettingsRun): readonly string[] => {
    run.price(0, 100);
    run.ask(1);
    run.price(2, 100);
    run.ask(1 + seconds);
    run.price(2 + seconds, 100);
    return codesOf(run.ask(3 + seconds));
  };
}

test('RISK__REPEATED_FILLS is how many orders of one side may fill in a row before the strategy is halted', () => {
  assert.deepEqual(compare('RISK__REPEATED_FILLS', ['2', '1'], twice(5)), [[], ['RISK_HALTED']]);
});

test('RISK__REPEATED_FILLS_WINDOW_SECONDS is how close together they are', () => {
  const codes = compare('RISK__REPEATED_FILLS_WINDOW_SECONDS', ['5', '5.001'], twice(5), { RISK__REPEATED_FILLS: '1' });
  assert.deepEqual(codes, [[], ['RISK_HALTED']]);
});

test('RISK__SELF_TRADE decides whether an order may meet a resting one of the same namespace', () => {
  const story = (run: SettingsRun) => {
    run.price(0, 100);
    run.ask(1, { orderType: 'limit', limitPrice: rs(99.5) });
    return codesOf(run.ask(2, { ...MIS, strategyId: BETA, side: 'SELL' }));
  };
  assert.deepEqual(compare('RISK__SELF_TRADE', ['allow', 'refuse'], story), [[], ['RISK_SELF_TRADE']]);
});
