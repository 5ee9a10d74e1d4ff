// The table of what the API answers. Registering, the refusal of other methods and the description of the API follow from
// it, so that none of them can forget a route.
import { z } from 'zod';
import * as contract from './contract.ts';
import { brokerStatus, healthAnswer, type HealthSource } from './health-answers.ts';
import { cut, decodeCursor, encodeCursor, paged, pageOf, whole } from './paging.ts';
import { ProblemError } from './problem.ts';
import type { Reading, StoredMessage } from './reading.ts';
import { messageText } from './stored-text.ts';

export interface Route {
  /** Under `/api/v1`; `{name}` is one part of the path, `{name+}` all that is left of it. */
  readonly path: string;
  readonly summary: string;
  readonly query: z.ZodObject;
  readonly answer: z.ZodType;
  /** The answer, or its text when that is JSON already. */
  readonly handle: (query: unknown, parameter: string) => Promise<object | string>;
}

export interface RouteSource extends HealthSource {
  readonly reading: Reading;
}

const ofBroker = { broker: z.string().max(64).optional().describe('Only of this namespace.') };

export function routesOf(source: RouteSource): readonly Route[] {
  return [...bookRoutes(source), ...orderRoutes(source), ...logRoutes(source), ...healthRoutes(source)];
}

function bookRoutes(source: RouteSource): readonly Route[] {
  const { reading, brokers: active } = source;
  return [
    define('/brokers', 'The namespaces, and whether each may trade now.', {
      query: z.strictObject(paged),
      answer: contract.listOf(contract.broker),
      handle: async (query) => {
        const all = reading.brokers().map((each) => ({
          ...each,
          status: active.includes(each.broker) ? brokerStatus(source, each.broker) : 'inactive',
        }));
        return pageOf('brokers', all, ({ broker }) => [broker], query);
      },
    }),
    define('/portfolios', 'Cash, P&L and equity of every book.', {
      query: z.strictObject({ ...ofBroker, ...paged }),
      answer: contract.listOf(contract.portfolio),
      handle: async (query) => {
        const books = reading.portfolios(knownBroker(reading, query.broker));
        return pageOf('portfolios', books, ({ broker, strategy_id: strategy }) => [broker, strategy], query);
      },
    }),
    define('/positions', 'What every book holds.', {
      query: z.strictObject({ ...ofBroker, ...paged }),
      answer: contract.listOf(contract.position),
      handle: async (query) => {
        const lines = reading.positions(knownBroker(reading, query.broker));
        return pageOf('positions', lines, (line) => [line.broker, line.strategy_id, line.instrument_token], query);
      },
    }),
  ];
}

function orderRoutes({ reading }: RouteSource): readonly Route[] {
  return [
    define('/orders', 'Every order with its state, in the order in which they were submitted.', {
      query: z.strictObject({
        ...ofBroker,
        state: z.enum(contract.ORDER_STATES).optional().describe('Only those in this state.'),
        strategy_id: z.string().max(256).optional().describe('Only those of this strategy.'),
        ...paged,
      }),
      answer: contract.listOf(contract.order),
      handle: async ({ broker, state, strategy_id: strategyId, limit, cursor }) => {
        const filter = { broker: knownBroker(reading, broker), state, strategyId };
        const key = decodeCursor('orders', cursor, ['', '', '']);
        const after = key && { submittedAt: key[0], broker: key[1], orderId: key[2] };
        const orders = await reading.orders(filter, after, limit + 1);
        return cut('orders', orders, (order) => [order.submitted_at, order.broker, order.order_id], limit);
      },
    }),
    define('/orders/{order_id+}', 'One order, and everything that was told of it.', {
      query: z.strictObject({}),
      answer: contract.orderHistory,
      handle: async (_query, orderId) => {
        const found = await reading.order(orderId);
        if (found === undefined) {
          throw new ProblemError(404, 'there is no order of this id; /api/v1/orders lists those there are');
        }
        return found;
      },
    }),
  ];
}

function logRoutes({ reading }: RouteSource): readonly Route[] {
  return [
    define('/topics', 'Every topic with the offsets that it holds.', {
      query: z.strictObject(paged),
      answer: contract.listOf(contract.topic),
      handle: async (query) => pageOf('topics', reading.topics(), ({ topic }) => [topic], query),
    }),
    define('/topics/{topic}/messages', 'The messages of a topic, as they were stored.', {
      query: z.strictObject({
        from: whole(0, Number.MAX_SAFE_INTEGER).optional().describe('The first offset that is wanted.'),
        ...paged,
      }),
      answer: contract.listOf(contract.message),
      handle: async ({ from = 0, limit, cursor }, topic) => {
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
    define('/pipeline', 'What each stage says of itself.', {
      query: z.strictObject({}),
      answer: contract.pipeline,
      handle: async () => ({ running: source.running(), stages: source.stages() }),
    }),
    define('/health', 'Whether the platform is ready, check by check and namespace by namespace.', {
      query: z.strictObject({}),
      answer: contract.health,
      handle: async () => healthAnswer(source),
    }),
  ];
}

interface Definition<Query extends z.ZodObject> {
  readonly query: Query;
  readonly answer: z.ZodType;
  readonly handle: (query: z.infer<Query>, parameter: string) => Promise<object | string>;
}

function define<Query extends z.ZodObject>(
  path: string,
  summary: string,
  { query: schema, answer, handle }: Definition<Query>,
): Route {
  return {
    path,
    summary,
    query: schema,
    answer,
    handle: async (query, parameter) => {
      const read = schema.safeParse(query);
      if (!read.success) throw new ProblemError(400, refusal(read.error, schema));
      return handle(read.data, parameter);
    },
  };
}

function refusal(error: z.ZodError, schema: z.ZodObject): string {
  const known = Object.keys(schema.shape);
  const takes = known.length === 0 ? 'no parameters' : known.join(', ');
  const found = error.issues.map(({ path, message }) => `${path.length === 0 ? '' : `${path.join('.')}: `}${message}`);
  return `${found.join('; ')}. It takes ${takes}`;
}

function knownBroker(reading: Reading, broker: string | undefined): string | undefined {
  if (broker === undefined) return undefined;
  const known = reading.brokers().map((each) => each.broker);
  if (known.includes(broker)) return broker;
  throw new ProblemError(404, `expected broker to be one of ${known.join(', ')}; there is no other namespace here`);
}

function messagesText(messages: readonly StoredMessage[], next: string | null): string {
  return `{"items":[${messages.map(messageText).join(',')}],"next_cursor":${JSON.stringify(next)}}`;
}
