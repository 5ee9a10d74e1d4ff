// The market as charts want it: which instruments there are, and their candles.
import { z } from 'zod';
import * as contract from './contract.ts';
import { paged, pageOf, whole } from './paging.ts';
import { ProblemError } from './problem.ts';
import type { Reading } from './reading.ts';
import { API, define, type Route } from './route.ts';

const CANDLES_MAX = 2_000;
const CANDLES_DEFAULT = 400;

export function marketRoutes(reading: Reading): readonly Route[] {
  return [
    define('GET', `${API}/instruments`, 'The instruments that are watched, with the last price of each.', {
      role: 'viewer',
      watchMs: 5_000,
      query: z.strictObject(paged),
      answer: contract.listOf(contract.instrument),
      handle: async ({ query }) => {
        return pageOf(
          'instruments',
          await reading.instruments(),
          (each) => [each.symbol, each.instrument_token],
          query,
        );
      },
    }),
    define('GET', `${API}/candles`, 'The newest candles of a minute of an instrument, oldest first.', {
      role: 'viewer',
      watchMs: 2_000,
      query: z.strictObject({
        instrument: z.string().min(1).max(256).describe('Its symbol or token.'),
        limit: whole(1, CANDLES_MAX).default(CANDLES_DEFAULT).describe('How many at most.'),
      }),
      answer: contract.candles,
      handle: async ({ query: { instrument: name, limit } }) => {
        const found = await reading.candles(name, limit);
        if (found !== undefined) return found;
        throw new ProblemError(404, 'there is no such instrument; /api/v1/instruments lists those there are');
      },
    }),
  ];
}
