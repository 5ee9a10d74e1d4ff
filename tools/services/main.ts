// What `npm run test:services` runs: starts the real servers that the distributed profile stands on, runs the tests under
// test/services/ against them, and stops the servers whatever happens. A server that this machine does not have is left
// out by name; under CI that is a failure.
//
//   npm run test:services            everything
//   npm run test:services -- kafka   the files whose name contains one of the words
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { startBroker } from '../dev-broker/broker.ts';
import { compactReporter, reasonOf } from '../compact-reporter.ts';
import { projectRoot } from '../pinned-node.mjs';
import { startPostgres } from './postgres.ts';
import { startRedis } from './redis.ts';
import { type Missing } from './service.ts';

interface Started {
  readonly address: string;
  stop(): Promise<void>;
}

interface Service {
  readonly name: string;
  /** The tests find the server's address here, and skip themselves when it is not set. */
  readonly variable: string;
  readonly start: () => Promise<Started | Missing>;
}

const services: readonly Service[] = [
  {
    name: 'PostgreSQL',
    variable: 'ALPHA_PANDA_TEST_POSTGRES',
    async start() {
      const { server, missing } = await startPostgres();
      return server === undefined ? { missing } : { address: server.url, stop: () => server.stop() };
    },
  },
  {
    name: 'Redis',
    variable: 'ALPHA_PANDA_TEST_REDIS',
    async start() {
      const redis = await startRedis();
      return 'missing' in redis ? redis : { address: redis.url, stop: () => redis.stop() };
    },
  },
  {
    name: 'Kafka',
    variable: 'ALPHA_PANDA_TEST_KAFKA',
    async start() {
      const broker = await startBroker();
      if ('missing' in broker) return broker;
      return { address: broker.bootstrapServers.join(','), stop: () => broker.stop() };
    },
  },
];
const fileTimeoutMs = 10 * 60_000;

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
const running: Started[] = [];
try {
  const missing = await startAll();
  if (!stopping.signal.aborted) await runTests(process.argv.slice(2));
  if (missing.length > 0 && process.env['CI'] === 'true')
    fail(`CI needs every server; missing: ${missing.join(', ')}.`);
} finally {
  await Promise.all(running.map((server) => server.stop()));
  if (stopping.signal.aborted) fail('Stopped before the end; the servers have ended.');
}

/** The names of those that this machine does not have. */
async function startAll(): Promise<readonly string[]> {
  const missing: string[] = [];
  const startOne = async ({ name, variable, start }: Service): Promise<void> => {
    const server = await start();
    if ('missing' in server) {
      missing.push(name);
      console.log(`skipped: the tests of ${name}: ${server.missing}`);
      return;
    }
    running.push(server);
    process.env[variable] = server.address;
  };
  const started = await Promise.allSettled(services.map(startOne));
  for (const each of started) if (each.status === 'rejected') throw each.reason;
  return missing;
}

async function runTests(words: readonly string[]): Promise<void> {
  const all = globSync('test/services/*.test.ts', { cwd: projectRoot }).toSorted();
  const files = all.filter((path) => words.length === 0 || words.some((word) => path.includes(word)));
  if (files.length === 0) return fail('No test file matches.');
  const skipped: string[] = [];
  let succeeded = false;
  const events = run({
    files: files.map((path) => join(projectRoot, path)),
    cwd: projectRoot,
    // They measure nothing and share servers, but some start brokers of their own.
    concurrency: 1,
    timeout: fileTimeoutMs,
    signal: stopping.signal,
  });
  events.on('test:pass', (test) => {
    const reason = test.skip ?? test.todo;
    if (reason !== undefined) skipped.push(`${test.name} (${reasonOf(reason)})`);
  });
  events.on('test:summary', (summary) => {
    if (summary.file === undefined) succeeded = summary.success && summary.counts.tests > 0;
  });
  const report = process.stdout.isTTY ? events.compose(spec) : events.compose(compactReporter);
  report.pipe(process.stdout);
  await finished(report);
  if (!succeeded) process.exitCode = 1;
  if (skipped.length > 0 && process.env['CI'] === 'true') {
    fail(`CI runs every test, and these were skipped:\n  ${skipped.join('\n  ')}`);
  }
}

function fail(message: string): void {
  console.error(message);
  process.exitCode = 1;
}
