// What the API reads: the books, the orders, the log and the health of the platform.
import { z } from 'zod';
import { parseTopic } from '#wire/topics.ts';
import { sees, type Caller } from './access.ts';
import * as contract from './contract.ts';
import { brokerStatus, healthAnswer, type HealthSource } from './health-answers.ts';
import { cut, decodeCursor, encodeCursor, paged, pageOf, whole } from './paging.ts';
import { ProblemError } from './problem.ts';
import type { Reading, StoredMessage } from './reading.ts';
import { API, define, demandSight, type Route } from './route.ts';
import { messageText } from './stored-text.ts';

export interface RouteSource extends HealthSource {
  readonly reading: Reading;
}

export const ofBroker = { broker: z.string().max(64).optional().describe('Only of this namespace.') };

export function readingRoutes(source: RouteSource): readonly Route[] {
  return [
    ...bookRoutes(source),
    controlRoute(source),
    ...orderRoutes(source),
    ...logRoutes(source),
    ...healthRoutes(source),
  ];
}

function bookRoutes(source: RouteSource): readonly Route[] {
  const { reading, brokers: active } = source;
  return [
    define('GET', `${API}/brokers`, 'The namespaces, and whether each may trade now.', {
      role: 'viewer',
      watchMs: 2_000,
      query: z.strictObject(paged),
      answer: contract.listOf(contract.broker),
      handle: async ({ caller, query }) => {
        const mine = reading.brokers().filter((each) => sees(caller, each.broker));
        const all = mine.map((each) => ({
          ...each,
          status: active.includes(each.broker) ? brokerStatus(source, each.broker) : 'inactive',
        }));
        return pageOf('brokers', all, ({ broker }) => [broker], query);
      },
    }),
    define('GET', `${API}/portfolios`, 'Cash, P&L and equity of every book.', {
      role: 'viewer',
      watchMs: 1_000,
      query: z.strictObject({ ...ofBroker, ...paged }),
      answer: contract.listOf(contract.portfolio),
      handle: async ({ caller, query }) => {
        const all = reading.portfolios(knownBroker(reading, caller, query.broker));
        const books = all.filter((book) => sees(caller, book.broker));
        return pageOf('portfolios', books, ({ broker, strategy_id: strategy }) => [broker, strategy], query);
      },
    }),
    define('GET', `${API}/positions`, 'What every book holds.', {
      role: 'viewer',
      watchMs: 1_000,
      query: z.strictObject({ ...ofBroker, ...paged }),
      answer: contract.listOf(contract.position),
      handle: async ({ caller, query }) => {
        const all = reading.positions(knownBroker(reading, caller, query.broker));
        const lines = all.filter((line) => sees(caller, line.broker));
        return pageOf('positions', lines, (line) => [line.broker, line.strategy_id, line.instrument_token], query);
      },
    }),
  ];
}

function controlRoute({ reading }: RouteSource): Route {
  return define('GET', `${API}/control`, 'What may be sent now, scope by scope.', {
    role: 'viewer',
    watchMs: 1_000,
    query: z.strictObject({ ...ofBroker, ...paged }),
    answer: contract.listOf(contract.controlState),
    handle: async ({ caller, query }) => {
      const one = knownBroker(reading, caller, query.broker);
      const lines = reading.control().filter(({ broker }) => sees(caller, broker) && (one ?? broker) === broker);
      return pageOf('control', lines, ({ broker, scope }) => [broker, scope], query);
    },
  });
}

function orderRoutes({ reading }: RouteSource): readonly Route[] {
  return [
    define('GET', `${API}/orders`, 'Every order with its state, in the order in which they were submitted.', {
      role: 'viewer',
      watchMs: 1_000,
      query: z.strictObject({
        ...ofBroker,
        state: z.enum(contract.ORDER_STATES).optional().describe('Only those in this state.'),
        strategy_id: z.string().max(256).optional().describe('Only those of this strategy.'),
        ...paged,
      }),
      answer: contract.listOf(contract.order),
      handle: async ({ caller, query: { broker, state, strategy_id: strategyId, limit, cursor } }) => {
        const known = knownBroker(reading, caller, broker);
        const filter = { brokers: known === undefined ? caller.brokers : [known], state, strategyId };
        const key = decodeCursor('orders', cursor, ['', '', '']);
        const after = key && { submittedAt: key[0], broker: key[1], orderId: key[2] };
        const orders = await reading.orders(filter, after, limit + 1);
        return cut('orders', orders, (order) => [order.submitted_at, order.broker, order.order_id], limit);
      },
    }),
    define('GET', `${API}/orders/{order_id+}`, 'One order, and everything that was told of it.', {
      role: 'viewer',
      watchMs: 1_000,
      answer: contract.orderHistory,
      handle: async ({ caller, parameter: orderId }) => {
        const found = await reading.order(orderId);
        if (found === undefined) {
          throw new ProblemError(404, 'there is no order of this id; /api/v1/orders lists those there are');
        }
        demandSight(caller, found.order.broker);
        return found;
      },
    }),
  ];
}

function logRoutes({ reading }: RouteSource): readonly Route[] {
  return [
    define('GET', `${API}/topics`, 'Every topic with the offsets that it holds.', {
      role: 'viewer',
      watchMs: 2_000,
      query: z.strictObject(paged),
      answer: contract.listOf(contract.topic),
      handle: async ({ caller, query }) => {
        const topics = reading.topics().filter(({ topic }) => seesTopic(caller, topic));
        return pageOf('topics', topics, ({ topic }) => [topic], query);
      },
    }),
    define('GET', `${API}/topics/{topic}/messages`, 'The messages of a topic, as they were stored.', {
      role: 'viewer',
      query: z.strictObject({
        from: whole(0, Number.MAX_SAFE_INTEGER).optional().describe('The first offset that is wanted.'),
        ...paged,
      }),
      answer: contract.listOf(contract.message),
      handle: async ({ caller, query: { from = 0, limit, cursor }, parameter: topic }) => {
        demandTopic(caller, topic);
        const known = reading.topics().find((each) => each.topic === topic);
        if (known === undefined) {
          throw new ProblemError(404, 'there is no topic of this name; /api/v1/topics lists those there are');
        }
        const list = `messages ${topic}`;
        const [begin] = decodeCursor(list, cursor, [0]) ?? [from];
        const messages = reading.messages(topic, begin, limit);
        const next = (messages.at(-1)?.offset ?? known.end) + 1;
        return messagesText(messages, next < known.end ? encodeCursor(list, [next]) : null);
      },
    }),
  ];
}

function healthRoutes(source: RouteSource): readonly Route[] {
  return [
    define('GET', `${API}/pipeline`, 'What each stage says of itself.', {
      role: 'viewer',
      watchMs: 2_000,
      answer: contract.pipeline,
      handle: async () => ({ running: source.running(), stages: source.stages() }),
    }),
    define('GET', `${API}/health`, 'Whether the platform is ready, check by check and namespace by namespace.', {
      role: 'viewer',
      watchMs: 2_000,
      answer: contract.health,
      handle: async ({ caller }) => {
        const { checks, brokers, ...rest } = healthAnswer(source);
        const mine = Object.entries(brokers).filter(([broker]) => sees(caller, broker));
        return {
          ...rest,
          checks: checks.filter(({ broker }) => broker === undefined || sees(caller, broker)),
          brokers: Object.fromEntries(mine),
        };
      },
    }),
  ];
}

/** Throws `ProblemError` for a topic of a namespace that the caller does not see. */
export function demandTopic(caller: Caller, topic: string): void {
  const parsed = parseTopic(topic);
  // What is of no namespace, such as letters about messages for topics that do not exist, is for who sees them all.
  demandSight(caller, parsed === undefined ? 'system' : parsed.scope === 'market' ? 'market' : parsed.broker);
}

function seesTopic(caller: Caller, topic: string): boolean {
  const parsed = parseTopic(topic);
  return sees(caller, parsed === undefined ? 'system' : parsed.scope === 'market' ? 'market' : parsed.broker);
}

/** Every namespace that there is and the caller sees. */
export function seenBrokers(reading: Reading, caller: Caller): readonly string[] {
  return reading.brokers().flatMap(({ broker }) => (sees(caller, broker) ? [broker] : []));
}

export function knownBroker(reading: Reading, caller: Caller, broker: string | undefined): string | undefined {
  if (broker === undefined) return undefined;
  const known = seenBrokers(reading, caller);
  if (known.includes(broker)) return broker;
  throw new ProblemError(404, `expected broker to be one of ${known.join(', ')}; there is no other namespace here`);
}

function messagesText(messages: readonly StoredMessage[], next: string | null): string {
  return `{"items":[${messages.map(messageText).join(',')}],"next_cursor":${JSON.stringify(next)}}`;
}
