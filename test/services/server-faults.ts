// A tape on the distributed profile while something dies: the platform, a server, the lock of its writer. Whatever it was, the
// run ends where one file ends, and the shared log lacks nothing.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@redis/client';
import { draw } from '#core/random.ts';
import { type DevBroker } from '../../tools/dev-broker/broker.ts';
import { type PostgresServer } from '../../tools/services/postgres.ts';
import { playing, type Digests, type Place } from '../e2e/support/place.ts';
import { lastWords, type Env, type Program } from '../e2e/support/processes.ts';
import { type CutLink } from '../support/cut-link.ts';
import { askSql } from '../support/postgres-place.ts';
import { type Deployment, type Servers } from './deployment.ts';
import { tellTwice } from './tell-twice.ts';

export interface FaultServers {
  readonly broker: DevBroker;
  readonly postgres: PostgresServer;
  readonly where: Servers;
  /** The ways to the log and to the database that can be cut. */
  readonly links: { readonly log: CutLink; readonly database: CutLink };
  /** Settings of a program that goes by them, given the URL of its database. */
  readonly linked: (databaseUrl: string) => Env;
}

/** What an undisturbed run of the embedded profile left. */
export interface Expected {
  readonly tape: string;
  readonly ticks: number;
  readonly digests: Digests;
  readonly sha256: string;
  readonly values: (topic: string) => readonly string[];
}

/** A run under way, and what plays its tape on. */
interface Run {
  readonly program: Program;
  readonly again: () => Program;
  readonly deployment: Deployment;
  readonly share: number;
}

/** Does its harm to a run that is under way; returns the run that has to come to the tape's end. */
type Harm = (run: Run, servers: FaultServers) => Promise<Program>;

/** Less than the time that a client waits for an answer, or more. */
const CUT_MS = [1_500, 8_000] as const;

export const FAULTS: Readonly<Record<string, Harm>> = {
  'platform killed': async ({ program, again }) => {
    program.kill('SIGKILL');
    await program.ended;
    return again();
  },
  'log killed': async ({ program }, { broker }) => {
    await broker.halt('SIGKILL');
    await sleep(500);
    await broker.start();
    return program;
  },
  'log restarted': async ({ program }, { broker }) => {
    await broker.halt('SIGTERM');
    await broker.start();
    return program;
  },
  'log cut off': async ({ program, share }, { links }) => {
    links.log.cut();
    await sleep(CUT_MS[draw(Math.floor(share * 1_000), 'cut', 0) % 2]);
    links.log.mend();
    return program;
  },
  'database killed': async ({ program, again }, { postgres }) => {
    await postgres.crash();
    const { code } = await program.ended;
    if (code === 0) return program;
    // It cannot know what became of its last commit; the next start does.
    assert.equal(code, 1);
    return again();
  },
  'database cut off': async ({ program, again }, { links }) => {
    links.database.cut();
    const { code, stderr } = await program.ended;
    links.database.mend();
    assert.equal(code, 1, stderr);
    return again();
  },
  'database silent for a moment': async ({ program }, { links }) => {
    links.database.cut();
    await sleep(CUT_MS[0]);
    links.database.mend();
    return program;
  },
  'stopped without log': async ({ program, again }, { broker }) => {
    await broker.halt('SIGKILL');
    const { code } = await program.stop('SIGTERM');
    await broker.start();
    assert.equal(code, 0);
    return again();
  },
  'redis flushed': async ({ program }, { where }) => {
    const client = await createClient({ url: where.redis }).connect();
    await client.sendCommand(['FLUSHALL']);
    client.destroy();
    return program;
  },
  'everything told twice, out of order': async ({ program, deployment, share }, { where }) => {
    await tellTwice(deployment, where.kafka, Math.floor(share * 1_000));
    return program;
  },
  'paused writer': async ({ program, again, deployment: { place } }) => {
    program.kill('SIGSTOP');
    // What a server does when a machine has been silent for too long.
    endWriters(place);
    const next = again();
    const ended = await next.ended;
    assert.equal(ended.code, 0, lastWords(ended));
    program.kill('SIGCONT');
    const woken = await program.ended;
    assert.equal(woken.code, 1, lastWords(woken));
    return again();
  },
};

/** A run that outlives one of these had come to its end before. */
const DEADLY: ReadonlySet<Harm | undefined> = new Set([FAULTS['database killed']]);

const LIFE = { lifeMsMax: 180_000 };
/** Small commits, so that there is much to be harmed. */
export const SMALL = { FEED__BATCH_TICKS: '100', STORE__SNAPSHOT_EVERY_TICKS: '2000' };

/** One run with its fault at `share` of the tape, which may come too late to find it at work. Throws what does not hold. */
export async function runFault(
  harm: Harm,
  deployment: Deployment,
  servers: FaultServers,
  expected: Expected,
  share: number,
): Promise<'hit' | 'missed'> {
  const { place } = deployment;
  await place.output('migrate');
  const env = { ...SMALL, ...servers.linked(place.env['DATABASE__POSTGRES_URL'] ?? '') };
  const again = (): Program => place.program(playing(expected.tape), env, LIFE);
  const first = again();
  const until = share * expected.ticks;
  await first.until(`${until} ticks`, () => (place.ticks() >= until ? true : undefined));
  const last = await harm({ program: first, again, deployment, share }, servers);
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
  return DEADLY.has(harm) && last === first ? 'missed' : 'hit';
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
