// What trades and within which limits: the deployments of strategies, and the limits of the gate with what is used of them.
import { z } from 'zod';
import { sees } from './access.ts';
import * as contract from './contract.ts';
import { paged, pageOf } from './paging.ts';
import type { Reading } from './reading.ts';
import { API, define, type Route } from './route.ts';
import { knownBroker, ofBroker } from './routes.ts';

export function tradingRoutes(reading: Reading): readonly Route[] {
  return [
    define(
      'GET',
      `${API}/strategies`,
      'The deployed strategies with their parameters, and where each is switched on.',
      {
        role: 'viewer',
        watchMs: 5_000,
        query: z.strictObject(paged),
        answer: contract.listOf(contract.deployment),
        handle: async ({ caller, query }) => {
          const all = (await reading.deployments()).map((each) => {
            return { ...each, brokers: each.brokers.filter(({ broker }) => sees(caller, broker)) };
          });
          const mine = all.filter(({ brokers }) => brokers.length > 0);
          return pageOf('strategies', mine, (each) => [each.strategy_id], query);
        },
      },
    ),
    define(
      'GET',
      `${API}/limits`,
      'The limits of the risk gate for each book, and what is used of those that it keeps count of.',
      {
        role: 'viewer',
        watchMs: 2_000,
        query: z.strictObject({
          ...ofBroker,
          strategy_id: z.string().max(256).optional().describe('Only as they hold for this strategy.'),
          ...paged,
        }),
        answer: contract.listOf(contract.limit),
        handle: async ({ caller, query }) => {
          const one = knownBroker(reading, caller, query.broker);
          const lines = reading
            .limits()
            .filter(({ broker }) => sees(caller, broker) && (one ?? broker) === broker)
            .filter(({ strategy_id: id }) => (query.strategy_id ?? id) === id);
          return pageOf('limits', lines, (line) => [line.broker, line.strategy_id, line.limit], query);
        },
      },
    ),
  ];
}
