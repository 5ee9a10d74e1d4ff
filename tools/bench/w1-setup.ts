// What every way of running W1 has in common: the checked-in settings, the tape in memory, and cascades that begin anew.
import { readFileSync } from 'node:fs';
import { prepareBacktest, type Backtest } from '#app/backtest.ts';
import { loadSettings } from '#app/config/load-settings.ts';
import { type Settings } from '#app/config/settings-schema.ts';
import { bookOf } from '#app/research/execute.ts';
import { type TickBatch } from '#core/market/tick.ts';
import { readBinaryTape } from './binary-tape.ts';
import { W1_SETTINGS } from './paths.ts';
import { type W1Result } from './w1-result.ts';

export interface W1 {
  readonly batch: TickBatch;
  readonly begin: () => Backtest;
}

export const SOURCE = 'w1';
export const sourceOf = (): string => SOURCE;

export function w1Settings(capital: string): Settings {
  const loaded = loadSettings({
    env: {},
    envFileText: readFileSync(W1_SETTINGS, 'utf8'),
    overrides: { PAPER_TRADING__STARTING_CASH: capital },
  });
  if (!loaded.ok) throw new Error(`the settings file of W1 is refused: ${JSON.stringify(loaded.error)}`);
  return loaded.value.settings;
}

export async function prepareW1(path: string, capital: string): Promise<W1> {
  const { batch, instruments } = readBinaryTape(path);
  batch.count = batch.capacity;
  const parameters = { fast: '10', slow: '30', quantity: '10' };
  return { batch, begin: await prepareBacktest(w1Settings(capital), instruments, 'sma_crossover', parameters) };
}

export function resultOf({ cascade, tally }: Backtest, ticks: number): W1Result {
  const book = bookOf(cascade);
  return {
    ticks,
    orders: tally.orders,
    fills: tally.fills,
    rejects: tally.rejects,
    cash_e4: book.cash,
    equity_e4: book.equity,
    realised_e4: book.realised,
    fees_e4: book.fees,
    max_drawdown_e4: book.maxDrawdown,
  };
}
