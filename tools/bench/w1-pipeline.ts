// W1 through the pipeline itself: the settings file, the strategy, risk, engine, exchange and portfolio that live runs.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { prepareBacktest } from '#app/backtest.ts';
import { bookOf } from '#app/research/execute.ts';
import { loadSettings } from '#app/config/load-settings.ts';
import { W1_SETTINGS } from './paths.ts';
import { readBinaryTape } from './binary-tape.ts';
import { report, type W1Result } from './w1-result.ts';

const [path = '', capital = '10000000', passes = '6', hash = ''] = process.argv.slice(2);
const loaded = loadSettings({
  env: {},
  envFileText: readFileSync(W1_SETTINGS, 'utf8'),
  overrides: { PAPER_TRADING__STARTING_CASH: capital },
});
if (!loaded.ok) throw new Error(`the settings file of W1 is refused: ${JSON.stringify(loaded.error)}`);
const { settings } = loaded.value;
const { batch, instruments } = readBinaryTape(path);
batch.count = batch.capacity;
const sourceOf = (): string => 'w1';
const parameters = { fast: '10', slow: '30', quantity: '10' };

const begin = await prepareBacktest(settings, instruments, 'sma_crossover', parameters);

function run(): W1Result {
  const { cascade, tally } = begin();
  cascade.onTicks(batch, 0, batch.capacity, sourceOf);
  const book = bookOf(cascade);
  return {
    ticks: batch.capacity,
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

/** The fills as the reference answer hashes them: tick, token, signed quantity, price and fees. */
function hashOfFills(): string {
  const { cascade, tally } = begin();
  const digest = createHash('sha256');
  let k = 0;
  tally.onFill = ({ token, order, quantity, fillPrice, fees }) => {
    digest.update(`${k},${token},${order.side === 'BUY' ? quantity : -quantity},${fillPrice},${fees}\n`);
  };
  for (; k < batch.capacity; k++) cascade.onTicks(batch, k, k + 1, sourceOf);
  return digest.digest('hex');
}

if (hash === 'hash') console.log(JSON.stringify({ fills_sha256: hashOfFills() }));
else report(run, Number(passes));
