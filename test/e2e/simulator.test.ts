// The default start, as `npm start` does it: the simulated market, both namespaces, and an end on Ctrl-C or SIGTERM after
// which the next start goes on where this one stopped.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Place, type Event } from './support/place.ts';
import type { Program } from './support/processes.ts';

const timeout = 60_000;
/** What a user is promised to see, counted from the moment at which /health answers. */
const FLOWING_MS_MAX = 15_000;
const STREAMS = ['signals.raw', 'orders.submitted', 'orders.filled'];
const LAST_WORDS = 'Alpha Panda application shutdown complete.';

test('the simulated market flows in both namespaces, and goes on where a clean end left it', { timeout }, async (t) => {
  const place = new Place(t, { API__PORT: '0' });
  const topics = ['paper', 'zerodha'].flatMap((broker) => STREAMS.map((stream) => `${broker}.${stream}`));

  const first = place.program(['start']);
  const address = await addressOf(first);
  assert.equal((await answer(`${address}/health`)).status, 200);
  const ready = await answer(`${address}/health/ready`);
  assert.equal(ready.status, 200, JSON.stringify(ready.body));
  assert.deepEqual(ready.body['brokers'], { paper: 'ready', zerodha: 'ready' });
  await flowing(first, place, topics);
  const { body } = await answer(`${address}/health/ready`);
  const stages = body['stages'] as readonly { service_name: string; processed_count: number; error_count: number }[];
  assert.deepEqual(
    stages.map(({ service_name }) => service_name),
    ['market_feed', 'strategy_runner', 'risk_manager', 'trading_engine', 'portfolio_manager'],
  );
  assert.ok(stages.every(({ processed_count, error_count }) => processed_count > 0 && error_count === 0));
  await endsCleanly(first, 'SIGINT');

  const before = new Map(['market.ticks', ...topics].map((topic) => [topic, place.values(topic)]));
  const ticks = place.ticks();
  const second = place.program(['start']);
  await second.until('further ticks', () => (place.ticks() > ticks + 50 ? true : undefined));
  await endsCleanly(second, 'SIGTERM');
  for (const [topic, values] of before) goesOn(place.events(topic), values, place.values(topic), topic);
});

test('a feed without an end runs on with --once, saying so, and listens only when asked', { timeout }, async (t) => {
  const place = new Place(t);
  const program = place.program(['start', '--once']);
  await program.said('Application is now running.');
  assert.ok(program.errorLines.some((line) => line.includes('only a tape is ever done')));
  assert.equal(
    program.log.some(({ event }) => event.startsWith('Listening')),
    false,
  );
  program.kill('SIGTERM');
  await endsCleanly(program, 'SIGINT');
  assert.equal(program.log.filter(({ event }) => event.startsWith('Received')).length, 1, 'two at once are one');
});

async function addressOf(program: Program): Promise<string> {
  const { event } = await program.said('Listening on ');
  await program.said('Application is now running.');
  return event.slice('Listening on '.length);
}

async function answer(url: string): Promise<{ status: number; body: Readonly<Record<string, unknown>> }> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
  return { status: response.status, body: (await response.json()) as Readonly<Record<string, unknown>> };
}

async function flowing(program: Program, place: Place, topics: readonly string[]): Promise<void> {
  const missing = (): readonly string[] => {
    const held = place.read((reader) => new Map(reader.topics().map(({ topic, end }) => [topic, end])));
    return ['market.ticks', ...topics].filter((topic) => (held.get(topic) ?? 0) === 0);
  };
  await program.until('every topic to flow', () => (missing().length === 0 ? true : undefined), FLOWING_MS_MAX);
}

async function endsCleanly(program: Program, signal: 'SIGINT' | 'SIGTERM'): Promise<void> {
  const { code, stdout, stderr } = await program.stop(signal);
  assert.equal(code, 0, stderr);
  assert.equal(stdout, '');
  assert.equal(program.log[0]?.event, "Managing active brokers: ['paper', 'zerodha']");
  assert.equal(program.log.at(-1)?.event, LAST_WORDS);
}

/** What was there is there still, more came after it, no event is there twice, and time never went back. */
function goesOn(events: readonly Event[], before: readonly string[], after: readonly string[], topic: string): void {
  assert.deepEqual(after.slice(0, before.length), before, topic);
  assert.equal(new Set(events.map(({ id }) => id)).size, events.length, `ids of ${topic}`);
  const times = events.map(({ ts }) => ts);
  assert.deepEqual(times, times.toSorted(), `times of ${topic}`);
}
