// The messages that could not be handled. One that is of no namespace may speak of any, so it is for who sees them all.
import { z } from 'zod';
import { sees } from './access.ts';
import { listOf } from './contract.ts';
import { letter } from './letter-contract.ts';
import { paged, pageOf } from './paging.ts';
import type { Reading } from './reading.ts';
import { API, define, type Route } from './route.ts';
import { ofBroker } from './routes.ts';

const SYSTEM = 'system';

export function letterRoute(reading: Reading): Route {
  return define('GET', `${API}/dead-letters`, 'Messages that could not be handled, with what became of each.', {
    role: 'viewer',
    query: z.strictObject({
      ...ofBroker,
      topic: z.string().max(256).optional().describe('Only of this topic of letters.'),
      state: z.enum(['open', 'settled']).optional().describe('Only those that wait, or only those that do not.'),
      ...paged,
    }),
    answer: listOf(letter),
    handle: async ({ caller, query: { broker, topic, state, ...page } }) => {
      const lines = (await reading.letters()).filter((line) => {
        if (!sees(caller, line.broker ?? SYSTEM)) return false;
        if (broker !== undefined && line.broker !== broker) return false;
        if (topic !== undefined && line.topic !== topic) return false;
        return state === undefined || (state === 'open') === (line.settled === null);
      });
      return pageOf('dead letters', lines, (line) => [line.topic, line.offset], page);
    },
  });
}
