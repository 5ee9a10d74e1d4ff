// Lists that are read from the topics of the log: fills, signals with what became of them, and what followed from one root.
import { z } from 'zod';
import type { Caller } from './access.ts';
import * as contract from './contract.ts';
import { decodeCursor, encodeCursor, paged } from './paging.ts';
import type { MessageKey, Part, Reading, Walk } from './reading.ts';
import { API, define, type Route } from './route.ts';
import { knownBroker, ofBroker, seenBrokers } from './routes.ts';
import { messageText } from './stored-text.ts';

const filters = {
  ...ofBroker,
  strategy_id: z.string().max(256).optional().describe('Only those of this strategy.'),
  sort: z.enum(['oldest', 'newest']).default('oldest').describe('Which comes first in each namespace.'),
  ...paged,
};

export function logListRoutes(reading: Reading): readonly Route[] {
  return [
    define('GET', `${API}/fills`, 'Every execution with its price and fees, namespace by namespace.', {
      role: 'viewer',
      watchMs: 1_000,
      query: z.strictObject(filters),
      answer: contract.listOf(contract.fill),
      handle: async ({ caller, query: { broker, strategy_id: strategyId, sort, ...page } }) => {
        const list = `fills ${sort}`;
        const brokers = brokersOf(reading, caller, broker);
        return pageOf(list, await reading.fills({ brokers, strategyId }, walkOf(list, page, sort === 'newest')));
      },
    }),
    define(
      'GET',
      `${API}/signals`,
      'Signals and what became of them: the refusals with every limit and what was found.',
      {
        role: 'viewer',
        watchMs: 1_000,
        query: z.strictObject({
          ...filters,
          outcome: z
            .enum(contract.OUTCOMES)
            .optional()
            .describe('Only this outcome; made: every signal as it was made, decided or not.'),
        }),
        answer: contract.listOf(contract.signal),
        handle: async ({ caller, query: { broker, strategy_id: strategyId, outcome, sort, ...page } }) => {
          const list = `signals ${outcome ?? ''} ${sort}`;
          const filter = { brokers: brokersOf(reading, caller, broker), strategyId, outcome };
          return pageOf(list, await reading.signals(filter, walkOf(list, page, sort === 'newest')));
        },
      },
    ),
    define('GET', `${API}/messages/correlation/{correlation_id+}`, 'All that followed from one tick or message.', {
      role: 'viewer',
      query: z.strictObject({ ...ofBroker, ...paged }),
      answer: contract.listOf(contract.correlated),
      handle: async ({ caller, query: { broker, ...page }, parameter: id }) => {
        const list = `correlation ${id}`;
        const brokers = brokersOf(reading, caller, broker);
        const { items, last } = await reading.correlated(brokers, id, walkOf(list, page, false));
        const texts = items.map((item) => `{"topic":${JSON.stringify(item.topic)},${messageText(item).slice(1)}`);
        return `{"items":[${texts.join(',')}],"next_cursor":${JSON.stringify(cursorOf(list, last))}}`;
      },
    }),
  ];
}

function brokersOf(reading: Reading, caller: Caller, broker: string | undefined): readonly string[] {
  const one = knownBroker(reading, caller, broker);
  return one === undefined ? seenBrokers(reading, caller) : [one];
}

interface Page {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

function walkOf(list: string, { limit, cursor }: Page, newestFirst: boolean): Walk {
  const key = decodeCursor(list, cursor, ['', 0]);
  return { after: key && { topic: key[0], offset: key[1] }, limit, newestFirst };
}

function pageOf<Item>(list: string, { items, last }: Part<Item>): object {
  return { items, next_cursor: cursorOf(list, last) };
}

function cursorOf(list: string, last: MessageKey | undefined): string | null {
  return last === undefined ? null : encodeCursor(list, [last.topic, last.offset]);
}
