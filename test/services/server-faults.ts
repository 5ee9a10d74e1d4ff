// A tape on the distributed profile while something dies: the platform, a server, the lock of its writer. Whatever it was, the
// run ends where one file ends, and the shared log lacks nothing.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@redis/client';
import { type DevBroker } from '../../tools/dev-broker/broker.ts';
import { type PostgresServer } from '../../tools/services/postgres.ts';
import { playing, type Digests, type Place } from '../e2e/support/place.ts';
import { lastWords, type Program } from '../e2e/support/processes.ts';
import { askSql } from '../support/postgres-place.ts';
import { type Deployment, type Servers } from './deployment.ts';

export interface FaultServers {
  readonly broker: DevBroker;
  readonly postgres: PostgresServer;
  readonly where: Servers;
}

/** What an undisturbed run of the embedded profile left. */
export interface Expected {
  readonly tape: string;
  readonly ticks: number;
  readonly digests: Digests;
  readonly sha256: string;
  readonly values: (topic: string) => readonly string[];
}

/** Does its harm to a run that is under way; returns the run that has to come to the tape's end. */
type Harm = (program: Program, deployment: Deployment, servers: FaultServers, expected: Expected) => Promise<Program>;

export const FAULTS: Readonly<Record<string, Harm>> = {
  'platform killed': async (program, { place }, _, { tape }) => {
    program.kill('SIGKILL');
    await program.ended;
    return place.program(playing(tape), SMALL);
  },
  'log killed': async (program, _, { broker }) => {
    await broker.halt('SIGKILL');
    await sleep(500);
    await broker.start();
    return program;
  },
  'log restarted': async (program, _, { broker }) => {
    await broker.halt('SIGTERM');
    await broker.start();
    return program;
  },
  'database killed': async (program, { place }, { postgres }, { tape }) => {
    await postgres.crash();
    const { code } = await program.ended;
    // It cannot know what became of its last commit; the next start does.
    assert.equal(code, 1);
    return place.program(playing(tape), SMALL);
  },
  'stopped without log': async (program, { place }, { broker }, { tape }) => {
    await broker.halt('SIGKILL');
    const { code } = await program.stop('SIGTERM');
    await broker.start();
    assert.equal(code, 0);
    return place.program(playing(tape), SMALL);
  },
  'redis flushed': async (program, _, { where }) => {
    const client = await createClient({ url: where.redis }).connect();
    await client.sendCommand(['FLUSHALL']);
    client.destroy();
    return program;
  },
  'paused writer': async (program, { place }, _, { tape }) => {
    program.kill('SIGSTOP');
    // What a server does when a machine has been silent for too long.
    endWriters(place);
    const next = place.program(playing(tape), SMALL);
    const ended = await next.ended;
    assert.equal(ended.code, 0, lastWords(ended));
    program.kill('SIGCONT');
    const woken = await program.ended;
    assert.equal(woken.code, 1, lastWords(woken));
    return place.program(playing(tape), SMALL);
  },
};

/** Small commits, so that there is much to be harmed. */
export const SMALL = { FEED__BATCH_TICKS: '100', STORE__SNAPSHOT_EVERY_TICKS: '2000' };

/** One run with its fault at `share` of the tape. Throws what does not hold. */
export async function runFault(
  harm: Harm,
  deployment: Deployment,
  servers: FaultServers,
  expected: Expected,
  share: number,
): Promise<void> {
  const { place } = deployment;
  await place.output('migrate');
  const first = place.program(playing(expected.tape), SMALL);
  const until = share * expected.ticks;
  await first.until(`${until} ticks`, () => (place.ticks() >= until ? true : undefined));
  const last = await harm(first, deployment, servers, expected);
  const ended = await last.ended;
  assert.equal(ended.code, 0, lastWords(ended));
  assert.equal(place.sha256(), expected.sha256);
  assert.deepEqual(place.digests(), expected.digests);
  // A log that was away at the end has the rest from the next start, which does nothing else.
  await place.play(expected.tape);
  assert.deepEqual(place.digests(), expected.digests);
  for (const topic of Object.keys(expected.digests)) {
    const published = new Set((await deployment.published(topic)).map(({ value }) => value));
    const values = expected.values(topic);
    assert.equal(published.size, new Set(values).size, topic);
    assert.ok(
      values.every((value) => published.has(value)),
      `${topic} lacks something`,
    );
  }
}

function endWriters(place: Place): void {
  const url = place.env['DATABASE__POSTGRES_URL'] ?? '';
  const ended = askSql(
    url,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name LIKE 'alpha-panda store%'`,
  );
  assert.equal(ended.length, 1);
}
