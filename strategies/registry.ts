// The strategies that ship with the platform, by type. A user's own are loaded beside them and are not listed here.
import { type Strategy } from '#core/strategy/strategy.ts';
import { lowFrequencyDemo } from './low-frequency-demo.ts';
import { meanReversion } from './mean-reversion.ts';
import { momentum } from './momentum.ts';
import { rsi } from './rsi.ts';
import { smaCrossover } from './sma-crossover.ts';

/** Every shipped strategy; types are unique. `start` deploys them all when the user has deployed none. */
export const shippedStrategies: readonly Strategy[] = [smaCrossover, momentum, meanReversion, rsi, lowFrequencyDemo];

/** The shipped strategy of a type, or undefined when there is none. */
export function findStrategy(type: string): Strategy | undefined {
  return shippedStrategies.find((strategy) => strategy.type === type);
}
