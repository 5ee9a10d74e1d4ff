// A tape in five processes while one of them, or a server under all of them, dies. A supervisor starts again what ends; whatever
// it was, a run in step ends where one file ends, message for message, and one at speed loses and doubles nothing.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { schemaOfPart } from '#adapters/postgres/deployment.ts';
import { openPostgresReader } from '#adapters/postgres/store-reader.ts';
import { draw } from '#core/random.ts';
import { MARKET_TICKS } from '#wire/topics.ts';
import { lastWords, type Env, type Program } from '../e2e/support/processes.ts';
import { checkApart } from './apart-checks.ts';
import { type Deployment } from './deployment.ts';
import { type Expected, type FaultServers } from './server-faults.ts';
import { tellTwice } from './tell-twice.ts';

const STAGES = ['market_feed', 'strategy_runner', 'risk_manager', 'trading_engine', 'portfolio_manager'] as const;
const LIFE = { lifeMsMax: 240_000 };
/** More than one fault can end: a part that keeps ending is a defect. */
const STARTS_MAX = 6;
/** More than a client waits for an answer. */
const CUT_MS = 8_000;

/** Five processes, each started again when it ends before the tape does. */
class Supervised {
  readonly #deployment: Deployment;
  /** The part that goes by the ways that can be cut. */
  readonly victim: string;
  readonly #linked: Env;
  readonly #flags: readonly string[];
  readonly running = new Map<string, Program>();
  readonly #ends: Promise<void>[] = [];
  /** Why a part ended for good before the tape did. */
  #failure: unknown;

  constructor(deployment: Deployment, flags: readonly string[], victim: string, linked: Env) {
    this.#deployment = deployment;
    this.#flags = flags;
    this.victim = victim;
    this.#linked = linked;
    for (const stage of STAGES) this.#ends.push(this.#keep(stage).catch((error: unknown) => this.#giveUp(error)));
  }

  /** Resolves when all have come to the tape's end. Throws why one has not. */
  async ended(): Promise<void> {
    await Promise.all(this.#ends);
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** The others would wait for the part that is gone. */
  #giveUp(error: unknown): void {
    this.#failure ??= error;
    for (const program of this.running.values()) program.kill('SIGKILL');
  }

  async #keep(stage: string): Promise<void> {
    for (let starts = 1; this.#failure === undefined; starts++) {
      const env = stage === this.victim ? this.#linked : {};
      const program = this.#deployment.place.program(['start', '--stages', stage, ...this.#flags], env, LIFE);
      this.running.set(stage, program);
      const ended = await program.ended;
      if (ended.code === 0) return;
      assert.ok(starts < STARTS_MAX, `${stage} ended ${starts} times: ${lastWords(ended)}`);
      await sleep(200);
    }
  }
}

interface Run {
  readonly parts: Supervised;
  readonly deployment: Deployment;
  readonly share: number;
}

type ApartHarm = (run: Run, servers: FaultServers) => Promise<void>;

export const APART_FAULTS: Readonly<Record<string, ApartHarm>> = {
  'part killed': async ({ parts: { running, victim } }) => {
    running.get(victim)?.kill('SIGKILL');
  },
  'every part killed': async ({ parts: { running } }) => {
    for (const program of running.values()) program.kill('SIGKILL');
  },
  'part paused': async ({ parts: { running, victim } }) => {
    const program = running.get(victim);
    program?.kill('SIGSTOP');
    await sleep(2_000);
    program?.kill('SIGCONT');
  },
  'part cut off from the log': async (_, { links }) => {
    links.log.cut();
    await sleep(CUT_MS);
    links.log.mend();
  },
  'part cut off from the database': async ({ parts: { running, victim } }, { links }) => {
    const program = running.get(victim);
    links.database.cut();
    await program?.ended;
    links.database.mend();
  },
  'log restarted under parts': async (_, { broker }) => {
    await broker.halt('SIGKILL');
    await broker.start();
  },
  'database killed under parts': async (_, { postgres }) => {
    await postgres.crash();
  },
  'everything told twice to parts, out of order': async ({ deployment, share }, { where }) => {
    await tellTwice(deployment, where.kafka, Math.floor(share * 1_000));
  },
};

/** One run in step with its fault at `share` of the tape, which ends where one file does. Throws what does not hold. */
export async function runInStep(
  harm: ApartHarm,
  deployment: Deployment,
  servers: FaultServers,
  expected: Expected,
  share: number,
): Promise<void> {
  const { place } = deployment;
  await runHarmed({ harm, deployment, servers, share, expected, pace: ['--lockstep'] });
  assert.equal(place.sha256(), expected.sha256);
  assert.match(await place.output('verify'), /equal/);
  for (const topic of Object.keys(expected.digests)) {
    if (topic === MARKET_TICKS) continue;
    const lines = (await place.output('events', '--topic', topic, '--json')).trim().split('\n');
    assert.deepEqual(lines.toSorted(), [...expected.values(topic)].toSorted(), topic);
  }
}

/** The same with each part at its own pace: nothing is lost or doubled. */
export async function runAtSpeed(
  harm: ApartHarm,
  deployment: Deployment,
  servers: FaultServers,
  expected: Pick<Expected, 'tape' | 'ticks'>,
  share: number,
): Promise<void> {
  await runHarmed({ harm, deployment, servers, share, expected, pace: [] });
  const { ticks, signals, fills } = await checkApart(deployment.place, STAGES.length);
  assert.equal(ticks, expected.ticks);
  assert.ok(signals > fills && fills > 0, `${signals} signals and ${fills} fills`);
}

interface HarmedRun {
  readonly harm: ApartHarm;
  readonly deployment: Deployment;
  readonly servers: FaultServers;
  readonly expected: Pick<Expected, 'tape' | 'ticks'>;
  readonly share: number;
  readonly pace: readonly string[];
}

async function runHarmed({ harm, deployment, servers, expected, share, pace }: HarmedRun): Promise<void> {
  const { place } = deployment;
  const databaseUrl = place.env['DATABASE__POSTGRES_URL'] ?? '';
  const victim = STAGES[draw(Math.floor(share * 1_000), 'part', 0) % STAGES.length] as string;
  const flags = ['--feed', `tape:${expected.tape}`, '--speed', 'max', '--once', ...pace];
  const parts = new Supervised(deployment, flags, victim, servers.linked(databaseUrl));
  const until = share * expected.ticks;
  while (ticksOf(databaseUrl) < until) await sleep(20);
  await harm({ parts, deployment, share }, servers);
  await parts.ended();
}

/** Ticks that the last in the turn has taken; none before its tables are there. */
function ticksOf(postgresUrl: string): number {
  try {
    const reader = openPostgresReader(postgresUrl, { schema: schemaOfPart('strategy') });
    const end = reader.topics().find(({ topic }) => topic === MARKET_TICKS)?.end ?? 0;
    reader.close();
    return end;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MISSING') return 0;
    throw error;
  }
}
