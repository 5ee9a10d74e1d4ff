// The strategies that ship with the platform, by type. A user's own are loaded beside them and are not listed here.
import { type Strategy } from '#core/strategy/strategy.ts';
import { hybridMeanReversion } from './hybrid-mean-reversion.ts';
import { hybridMomentum } from './hybrid-momentum.ts';
import { lowFrequencyDemo } from './low-frequency-demo.ts';
import { meanReversion } from './mean-reversion.ts';
import { mlBreakout } from './ml-breakout.ts';
import { mlMeanReversion } from './ml-mean-reversion.ts';
import { mlMomentum } from './ml-momentum.ts';
import { momentum } from './momentum.ts';
import { openingRangeBreakout } from './opening-range-breakout.ts';
import { rsi } from './rsi.ts';
import { smaCrossover } from './sma-crossover.ts';
import { supertrend } from './supertrend.ts';

/** The shipped set, which `start` deploys when the user has deployed nothing. */
export const shippedSet: readonly Strategy[] = [smaCrossover, momentum, meanReversion, rsi, lowFrequencyDemo];

/** Every shipped strategy; types are unique. */
export const shippedStrategies: readonly Strategy[] = [
  ...shippedSet,
  openingRangeBreakout,
  supertrend,
  mlMomentum,
  mlMeanReversion,
  mlBreakout,
  hybridMomentum,
  hybridMeanReversion,
];

/** The shipped strategy of a type, or undefined when there is none. */
export function findStrategy(type: string): Strategy | undefined {
  return shippedStrategies.find((strategy) => strategy.type === type);
}
