// A market that is hard on orders: costs, delays, partial fills, limits that bite and a strategy that breaks. For the
// laws that must hold whatever happens.
import { type Ppm } from '#core/decimal.ts';
import { type BrokerId, type StrategyId } from '#core/ids.ts';
import { type NamespacePlan, type Plan } from '#core/plan.ts';
import {
  ALPHA,
  alternating,
  BETA,
  BROKERS,
  catalogueOf,
  deployment,
  exchangeTerms,
  inr,
  instruments,
  limits,
  namespacePlan,
  plan,
  strategyOf,
  wander,
} from './builders.ts';

export const [ONE, TWO, THREE] = BROKERS as readonly [BrokerId, BrokerId, BrokerId];

/** Sells what it holds at even seconds and bids below the market at odd ones: orders that rest. */
const bidding = strategyOf('bidding', ({ seen }, now, own) => {
  if (seen % 2 === 0) return own.quantity > 0 ? { side: 'SELL', quantity: own.quantity } : undefined;
  const limitPrice = (now.price - 500) as typeof now.price;
  return { side: 'BUY', quantity: 1 + (seen % 7), orderType: 'limit', limitPrice };
});
/** Throws at its 40th tick of an instrument. */
const fragile = strategyOf('fragile', ({ seen }) => {
  if (seen === 40) throw new Error('worn out');
  return seen % 9 === 0 ? { side: 'BUY', quantity: 1 } : undefined;
});
/** Finds the strategies of `roughPlan`. */
export const everything = catalogueOf(alternating, bidding, fragile);

export function roughTerms(broker: BrokerId, overrides: Partial<NamespacePlan> = {}): NamespacePlan {
  return namespacePlan({
    broker,
    startingCash: inr(3_000),
    exchange: exchangeTerms({
      slippage: 500 as Ppm,
      commission: 1_000 as Ppm,
      latencyMsMean: 900,
      latencyMsStd: 700,
      partialFills: true,
      roundToTick: true,
    }),
    limits: limits({ maxPositionUnits: 30, maxTradesPerDay: 60, duplicateWindowMs: 2_000, staleAfterMs: 60_000 }),
    signalTtlMs: 5_000,
    ...overrides,
  });
}

/** Three deployments on four instruments; the one that breaks runs in the first and the third namespace only. */
export function roughPlan(brokers: readonly BrokerId[], overrides: Partial<Plan> = {}): Plan {
  return plan({
    instruments: instruments(4),
    snapshotIntervalMs: 60_000,
    namespaces: brokers.map((broker) => roughTerms(broker)),
    deployments: [
      deployment({ strategyId: ALPHA }),
      deployment({ strategyId: BETA, strategyType: 'bidding', tokens: [1, 2, 3] }),
      deployment({ strategyId: 'gamma' as StrategyId, strategyType: 'fragile', brokers: [ONE, THREE] }),
    ],
    ...overrides,
  });
}

export const TAPE = wander({ seed: 11, rows: 600, instruments: 4 });
