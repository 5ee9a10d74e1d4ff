// W1 through the pipeline itself: the settings file, the strategy, risk, engine, exchange and portfolio that live runs.
import { createHash } from 'node:crypto';
import { report, type W1Result } from './w1-result.ts';
import { prepareW1, resultOf, sourceOf } from './w1-setup.ts';

const [path = '', capital = '10000000', passes = '6', mode = ''] = process.argv.slice(2);
const { batch, begin } = await prepareW1(path, capital);

function run(): W1Result {
  const backtest = begin();
  backtest.cascade.onTicks(batch, 0, batch.capacity, sourceOf);
  return resultOf(backtest, batch.capacity);
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

if (mode === 'hash') console.log(JSON.stringify({ fills_sha256: hashOfFills() }));
else report(run, Number(passes));
