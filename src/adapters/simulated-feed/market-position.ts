// Where a simulated market goes on after a restart, written for the store and read back with suspicion.
import { createHash } from 'node:crypto';
import { invariant } from '#core/invariant.ts';
import { type EpochMs } from '#core/time.ts';
import { type FeedPosition } from '#ports/feed.ts';
import { type MarketState, type SimulatedMarketOptions } from './simulated-market.ts';

/** Names a market by all that its ticks depend on, but for the calendar. */
export function marketId(options: SimulatedMarketOptions): string {
  const { seed, start, ticksPerSecond } = options;
  const instruments = options.instruments.map(({ instrument, previousClose, averageDailyVolume }) => {
    const { token, segment, tickSize, lotSize, tradable } = instrument;
    return [token, segment, tickSize, lotSize, tradable, previousClose, averageDailyVolume];
  });
  const text = JSON.stringify([seed, start, ticksPerSecond, instruments]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

export function writeMarketPosition(market: string, state: MarketState): FeedPosition {
  return { market, ...state };
}

/** Undefined when the position is that of another market or feed. */
export function readMarketPosition(
  position: FeedPosition | undefined,
  market: string,
  instruments: number,
): MarketState | undefined {
  if (position?.['market'] !== market) return undefined;
  const { sequence, from, slot, prices, previousCloses, volumes } = position;
  const isRow = (value: unknown): value is readonly number[] =>
    Array.isArray(value) && value.length === instruments && value.every((each) => Number.isSafeInteger(each));
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
  invariant(
    isCount(sequence) && isCount(from) && isCount(slot) && isRow(prices) && isRow(previousCloses) && isRow(volumes),
    `the position of simulated market ${market} is unreadable: start with a fresh DATA_DIR`,
  );
  return { sequence, from: from as EpochMs, slot, prices, previousCloses, volumes };
}
