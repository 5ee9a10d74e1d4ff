// A plan with one namespace that a gateway answers, one instrument and one deployment, with nothing in the way of an order.
import { price, quantity, type Money, type Ppm } from '#core/decimal.ts';
import { type BrokerId, type StrategyId } from '#core/ids.ts';
import { type Plan } from '#core/plan.ts';
import { LIMITS_OFF } from '#core/risk/limits.ts';

const none = 0 as Ppm;

export function gatewayPlan(broker: BrokerId, strategyType: string): Plan {
  const about = { exchange: 'NSE', segment: 'NSE', tradable: true, lotSize: quantity(1), tickSize: price(500) };
  const fills = { slippage: none, commission: none, fillAt: 'next', partialFills: false, roundToTick: false } as const;
  const strategyId = strategyType as StrategyId;
  return {
    calendar: 'always_open',
    segment: 'NSE',
    freshMs: 60_000,
    snapshotIntervalMs: 300_000,
    instruments: [{ token: 1, symbol: 'ONE', ...about }],
    namespaces: [
      {
        broker,
        startingCash: 1_000_000_000_000 as Money,
        answeredBy: 'gateway',
        exchange: { ...fills, latencyMsMean: 0, latencyMsStd: 0, seed: 1 },
        signalTtlMs: 10_000,
        limits: { ...LIMITS_OFF, cashReserve: 1_000_000 as Ppm },
        exits: { stepMs: 5_000, alertAfter: 3, squareOffMs: 0 },
        pacing: [],
      },
    ],
    deployments: [{ strategyId, strategyType, parameters: {}, tokens: 'all', brokers: [broker] }],
  };
}
