// Traces of a real platform, as a collector on a real socket receives them.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test, type TestContext } from 'node:test';
import { z } from 'zod';
import { traceIdOf } from '#app/tracing/order-traces.ts';
import { openReader } from '#app/open-place.ts';
import { join } from 'node:path';
import { started, tapeOf } from './platform-run.ts';
import { type Env } from './settings-run.ts';

const nanos = z.string().regex(/^\d{19}$/);
const attributes = z.array(z.strictObject({ key: z.string(), value: z.strictObject({ stringValue: z.string() }) }));
const spanShape = z.strictObject({
  traceId: z.string().regex(/^[0-9a-f]{32}$/),
  spanId: z.string().regex(/^[0-9a-f]{16}$/),
  parentSpanId: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .optional(),
  name: z.enum(['tick', 'strategy_runner', 'risk_manager', 'trading_engine', 'commit', 'order']),
  kind: z.union([z.literal(1), z.literal(3)]),
  startTimeUnixNano: nanos,
  endTimeUnixNano: nanos,
  attributes,
  events: z.array(z.strictObject({ timeUnixNano: nanos, name: z.string(), attributes })),
  status: z.strictObject({ code: z.union([z.literal(0), z.literal(2)]), message: z.string().optional() }),
});
type Span = z.infer<typeof spanShape>;
const requestShape = z.strictObject({
  resourceSpans: z.array(
    z.strictObject({
      resource: z.strictObject({ attributes }),
      scopeSpans: z.array(
        z.strictObject({
          scope: z.strictObject({ name: z.literal('alpha-panda'), version: z.string() }),
          spans: z.array(spanShape),
        }),
      ),
    }),
  ),
});

interface Collector {
  readonly endpoint: string;
  readonly spans: Span[];
  readonly paths: Set<string>;
  status: number;
}

async function collector(t: TestContext): Promise<Collector> {
  const made: Collector = { endpoint: '', spans: [], paths: new Set(), status: 200 };
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => (text += part));
    request.on('end', () => {
      made.paths.add(`${request.method} ${request.url} ${request.headers['content-type']}`);
      const { resourceSpans } = requestShape.parse(JSON.parse(text));
      if (made.status === 200)
        made.spans.push(...resourceSpans.flatMap((each) => each.scopeSpans.flatMap(({ spans }) => spans)));
      response.writeHead(made.status, { 'content-type': 'application/json' }).end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return Object.assign(made, { endpoint: `http://127.0.0.1:${port}` });
}

/** Plays a tape with traces, and returns what the log has of it. */
async function traced(t: TestContext, env: Env) {
  const { code, folder } = started(
    t,
    { ACTIVE_BROKERS: 'paper,zerodha', FEED__SOURCE: tapeOf(t, 300), RISK__MAX_TRADES_PER_DAY: '3', ...env },
    { once: true, listen: false },
  );
  assert.equal(await code, 0);
  const reader = openReader(join(folder, 'data'));
  const of = (stream: string, type: string) =>
    ['paper', 'zerodha'].flatMap((broker) => {
      const events = reader.read(`${broker}.${stream}`, 0, 10_000).map(({ value }) => JSON.parse(value) as Envelope);
      return events.filter((event) => event.type === type);
    });
  try {
    return {
      orders: of('orders.submitted', 'order_submitted'),
      fills: of('orders.filled', 'order_filled'),
      rejected: of('signals.rejected', 'rejected_signal'),
    };
  } finally {
    reader.close();
  }
}

interface Envelope {
  readonly id: string;
  readonly type: string;
  readonly correlation_id: string;
}

const attributeOf = ({ attributes: all }: Pick<Span, 'attributes'>, key: string): string | undefined =>
  all.find((each) => each.key === key)?.value.stringValue;
const idsOf = (spans: readonly Span[], name: string): readonly string[] =>
  spans.filter((span) => span.name === name).map((span) => attributeOf(span, 'alpha_panda.id') ?? '');

test('TRACING__OTLP_ENDPOINT is sent the trace of each order, and TRACING__SAMPLE_RATE is the share of other signals with one', async (t) => {
  const to = await collector(t);
  const { orders, fills, rejected } = await traced(t, { TRACING__OTLP_ENDPOINT: to.endpoint });
  assert.ok(orders.length > 4 && fills.length > 4 && rejected.length > 4);
  assert.deepEqual([...to.paths], ['POST /v1/traces application/json']);
  const { spans } = to;
  const filled = spans
    .filter(({ name }) => name === 'order')
    .flatMap(({ events }) => events.filter(({ name }) => name === 'order_filled'));
  assert.deepEqual(
    filled.map((event) => attributeOf(event, 'alpha_panda.id') ?? '').toSorted(),
    fills.map(({ id }) => id).toSorted(),
    'each fill is in the span of its order',
  );
  assert.deepEqual(idsOf(spans, 'commit').toSorted(), orders.map(({ id }) => `${id}#commit`).toSorted());
  // Only what became an order is told of.
  const roots = new Set(orders.map(({ correlation_id: id }) => traceIdOf(id)));
  assert.deepEqual(new Set(spans.map(({ traceId }) => traceId)), roots);
  for (const name of ['tick', 'strategy_runner', 'risk_manager', 'trading_engine', 'commit']) {
    assert.ok(
      spans.some((span) => span.name === name),
      name,
    );
  }
  for (const span of spans) {
    assert.ok(BigInt(span.startTimeUnixNano) <= BigInt(span.endTimeUnixNano), span.name);
    const parent = spans.find((each) => each.traceId === span.traceId && each.spanId === span.parentSpanId);
    assert.equal(parent === undefined, span.name === 'tick', `${span.name} hangs on another span of its trace`);
    if (parent === undefined || span.name === 'order') continue;
    assert.ok(
      BigInt(parent.startTimeUnixNano) <= BigInt(span.startTimeUnixNano),
      `${span.name} begins in ${parent.name}`,
    );
  }
  const ids = spans.map(({ traceId, spanId }) => `${traceId} ${spanId}`);
  assert.equal(new Set(ids).size, ids.length, 'no span is sent twice');

  const all = await collector(t);
  const sampled = await traced(t, { TRACING__OTLP_ENDPOINT: all.endpoint, TRACING__SAMPLE_RATE: '1' });
  const traces = new Set(all.spans.map(({ traceId }) => traceId));
  for (const { correlation_id: id } of sampled.rejected) assert.ok(traces.has(traceIdOf(id)), id);
  const refused = all.spans.filter(({ name, status }) => name === 'risk_manager' && status.code === 2);
  assert.equal(refused.length, sampled.rejected.length);
  assert.match(refused[0]?.status.message ?? '', /^RISK_/);

  const none = await collector(t);
  await traced(t, {});
  assert.deepEqual(none.paths.size, 0);
});

test('a collector that is away, or refuses, costs traces and nothing else', async (t) => {
  const to = await collector(t);
  to.status = 500;
  const { fills } = await traced(t, { TRACING__OTLP_ENDPOINT: to.endpoint });
  assert.ok(fills.length > 4);
  const { fills: same } = await traced(t, { TRACING__OTLP_ENDPOINT: 'http://127.0.0.1:9' });
  assert.equal(same.length, fills.length);
});
