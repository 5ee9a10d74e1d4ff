import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ALPHA,
  BETA,
  adjusted,
  filled,
  inr,
  instrument,
  rs,
  signal,
  submitted,
  units,
} from '../../../test/support/builders.ts';
import { ist } from '../../../test/support/tape-builder.ts';
import type { OrderFilled } from '#core/events.ts';
import type { StrategyId } from '#core/ids.ts';
import { formatDay } from '#core/time.ts';
import { statementOf, type Account } from './statement.ts';

interface Trade {
  readonly on: string;
  readonly side: 'BUY' | 'SELL';
  readonly quantity: number;
  readonly price: number;
  readonly fees?: number;
  readonly token?: number;
  readonly strategyId?: StrategyId;
}

function fill({ on, side, quantity, price, fees = 0, token = 1, strategyId = ALPHA }: Trade): OrderFilled {
  const at = ist(`${on}T10:00:00`);
  const of = signal({ id: `${on} ${side} ${token}`, side, quantity: units(quantity), token, strategyId, at });
  return filled(submitted(of), { fillPrice: rs(price), fees: inr(fees) });
}

function accountOf(...trades: readonly Trade[]): Account {
  return {
    broker: 'paper',
    fills: trades.map(fill),
    adjustments: [],
    instruments: new Map([
      [1, instrument({ token: 1, symbol: 'INFY' })],
      [2, instrument({ token: 2, symbol: 'NIFTY26NOVFUT', exchange: 'NFO', kind: 'future' })],
    ]),
  };
}

/** Kind, units, days and amounts of the gains in short. */
function gainsOf(account: Account, within: (day: string) => boolean = () => true): readonly string[] {
  return statementOf(account, (day) => within(formatDay(day))).gains.map(
    (it) =>
      `${it.gain} ${it.symbol} ${it.quantity}: ${it.buy_date} to ${it.sell_date}, ${it.profit} - ${it.charges} = ${it.net}`,
  );
}

test('the four kinds of gain, with the charges of both sides', () => {
  const account = accountOf(
    { on: '2021-06-11', side: 'BUY', quantity: 10, price: 100, fees: 2 },
    { on: '2021-06-14', side: 'BUY', quantity: 1, price: 1_000, fees: 0.5, token: 2 },
    { on: '2022-06-10', side: 'SELL', quantity: 4, price: 150, fees: 1 },
    { on: '2022-06-13', side: 'SELL', quantity: 6, price: 160, fees: 1 },
    { on: '2022-06-13', side: 'SELL', quantity: 1, price: 900, fees: 0.5, token: 2 },
    { on: '2022-06-14', side: 'BUY', quantity: 3, price: 100 },
    { on: '2022-06-14', side: 'SELL', quantity: 3, price: 101, fees: 1 },
  );
  assert.deepEqual(gainsOf(account), [
    'short_term INFY 4: 2021-06-11 to 2022-06-10, 200.00 - 1.80 = 198.20',
    'long_term INFY 6: 2021-06-11 to 2022-06-13, 360.00 - 2.20 = 357.80',
    'speculative INFY 3: 2022-06-14 to 2022-06-14, 3.00 - 1.00 = 2.00',
    'business NIFTY26NOVFUT 1: 2021-06-14 to 2022-06-13, -100.00 - 1.00 = -101.00',
  ]);
});

test('the account is one for all strategies, and a year has what was closed in it', () => {
  const account = accountOf(
    { on: '2021-03-30', side: 'BUY', quantity: 1, price: 100 },
    { on: '2021-03-31', side: 'BUY', quantity: 1, price: 110, strategyId: BETA },
    { on: '2021-04-01', side: 'SELL', quantity: 1, price: 120, strategyId: BETA },
    { on: '2022-04-01', side: 'SELL', quantity: 1, price: 130 },
  );
  const inYear = (day: string): boolean => day >= '2021-04-01' && day <= '2022-03-31';
  assert.deepEqual(gainsOf(account, inYear), ['short_term INFY 1: 2021-03-30 to 2021-04-01, 20.00 - 0.00 = 20.00']);
  const { trades } = statementOf(account, (day) => inYear(formatDay(day)));
  assert.deepEqual(
    trades.map(({ traded_at, strategy_id, value }) => [traded_at, strategy_id, value]),
    [['2021-04-01T04:30:00.000Z', 'beta', '120.00']],
  );
});

test('what contract notes corrected is told apart, and deposits are no gain', () => {
  const account = {
    ...accountOf(),
    adjustments: [
      adjusted(5_000, { kind: 'charges', why: 'contract note of 2021-06-11: rounding -0.5' }),
      adjusted(70_000),
    ],
  };
  assert.deepEqual(gainsOf(account), [
    'contract_note contract note of 2021-06-11: rounding -0.5 null: null to 2021-06-11, 0.00 - -0.50 = 0.50',
  ]);
});

test('an instrument that the plan forgot keeps its token as its name', () => {
  const account = { ...accountOf({ on: '2021-06-11', side: 'BUY', quantity: 1, price: 1 }), instruments: new Map() };
  const { trades } = statementOf(account, () => true);
  assert.deepEqual([trades[0]?.symbol, trades[0]?.exchange], ['1', '']);
});
