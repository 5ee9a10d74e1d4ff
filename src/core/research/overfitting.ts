// How much of a result is luck and search: the probabilistic and the deflated Sharpe ratio, and the probability of backtest
// overfitting. All Sharpe ratios here are for one period, not for a year.
import { kurtosisOf, meanOf, deviationOf, normalCdf, normalQuantile, skewnessOf } from './statistics.ts';

const EULER_MASCHERONI = 0.5772156649015329;
/** C(16, 8) = 12,870 ways to split; more blocks than this cost time and say no more. */
const BLOCKS_MAX = 16;

export interface SharpeFacts {
  readonly sharpe: number;
  readonly skewness: number;
  /** Not the excess: 3 for a normal distribution. */
  readonly kurtosis: number;
  readonly periods: number;
}

/** Null when the returns do not vary. */
export function sharpeFacts(returns: readonly number[]): SharpeFacts | null {
  const deviation = deviationOf(returns);
  if (!(deviation > 0)) return null;
  return {
    sharpe: meanOf(returns) / deviation,
    skewness: skewnessOf(returns),
    kurtosis: kurtosisOf(returns),
    periods: returns.length,
  };
}

/** Probability that the true Sharpe ratio is above `benchmark` (Bailey and López de Prado 2012, equation 11 ff.). */
export function probabilisticSharpe(facts: SharpeFacts, benchmark = 0): number {
  const { sharpe, skewness, kurtosis, periods } = facts;
  const spread = 1 - skewness * sharpe + ((kurtosis - 1) / 4) * sharpe ** 2;
  return normalCdf(((sharpe - benchmark) * Math.sqrt(periods - 1)) / Math.sqrt(spread));
}

/** The greatest Sharpe ratio to expect of `trials` without skill (Bailey and López de Prado 2014, equation 1). */
export function expectedMaxSharpe(varianceOfTrials: number, trials: number): number {
  if (trials < 2) return 0;
  const first = normalQuantile(1 - 1 / trials);
  const second = normalQuantile(1 - 1 / (trials * Math.E));
  return Math.sqrt(varianceOfTrials) * ((1 - EULER_MASCHERONI) * first + EULER_MASCHERONI * second);
}

/** The probabilistic Sharpe ratio against the best that so many trials would bring by luck. */
export function deflatedSharpe(facts: SharpeFacts, varianceOfTrials: number, trials: number): number {
  return probabilisticSharpe(facts, expectedMaxSharpe(varianceOfTrials, trials));
}

export interface OverfittingProbability {
  /** Share of the splits in which the best in sample is below the median out of sample. */
  readonly probability: number;
  readonly splits: number;
  readonly blocks: number;
}

/**
 * Combinatorially symmetric cross-validation (Bailey, Borwein, López de Prado and Zhu 2015): `returns` has one row of the same
 * periods for each trial. Null below two trials, or when the periods do not fill the blocks.
 */
export function overfittingProbability(returns: readonly (readonly number[])[]): OverfittingProbability | null {
  const periods = Math.min(...returns.map(({ length }) => length));
  const blocks = Math.min(BLOCKS_MAX, Math.floor(periods / 4) * 2);
  if (returns.length < 2 || blocks < 2) return null;
  const sums = returns.map((row) => blockSums(row, periods, blocks));
  let [splits, below] = [0, 0];
  for (const chosen of halves(blocks)) {
    const inside = sums.map((each) => sharpeOfBlocks(each, (block) => chosen.has(block)));
    const outside = sums.map((each) => sharpeOfBlocks(each, (block) => !chosen.has(block)));
    const best = inside.indexOf(inside.reduce((greatest, each) => Math.max(greatest, each)));
    const found = outside[best] as number;
    const lower = outside.filter((each) => each < found).length;
    const equal = outside.filter((each) => each === found).length;
    // The middle of the places that equals share, counted from 1.
    const rank = lower + (equal + 1) / 2;
    const share = rank / (outside.length + 1);
    splits++;
    if (Math.log(share / (1 - share)) <= 0) below++;
  }
  return { probability: below / splits, splits, blocks };
}

interface BlockSum {
  readonly count: number;
  readonly sum: number;
  readonly squares: number;
}

/** Sums suffice for a Sharpe ratio of any union of blocks; the periods that do not fill a block are left out at the front. */
function blockSums(row: readonly number[], periods: number, blocks: number): readonly BlockSum[] {
  const size = Math.floor(periods / blocks);
  const from = row.length - size * blocks;
  return Array.from({ length: blocks }, (_, block) => {
    const part = row.slice(from + block * size, from + (block + 1) * size);
    return {
      count: size,
      sum: part.reduce((sum, each) => sum + each, 0),
      squares: part.reduce((sum, each) => sum + each * each, 0),
    };
  });
}

/** A series that does not vary has earned nothing that could be compared: 0. */
function sharpeOfBlocks(blocks: readonly BlockSum[], includes: (block: number) => boolean): number {
  let [count, sum, squares] = [0, 0, 0];
  blocks.forEach((block, index) => {
    if (!includes(index)) return;
    count += block.count;
    sum += block.sum;
    squares += block.squares;
  });
  const variance = (squares - (sum * sum) / count) / (count - 1);
  return variance > 0 ? sum / count / Math.sqrt(variance) : 0;
}

/** Every way to choose half of the blocks. */
function* halves(blocks: number): Generator<ReadonlySet<number>> {
  const chosen: number[] = [];
  function* choose(from: number): Generator<ReadonlySet<number>> {
    if (chosen.length === blocks / 2) {
      yield new Set(chosen);
      return;
    }
    for (let block = from; block < blocks; block++) {
      chosen.push(block);
      yield* choose(block + 1);
      chosen.pop();
    }
  }
  yield* choose(0);
}
