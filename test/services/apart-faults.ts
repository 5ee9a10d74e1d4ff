// A tape in five processes that keep in step while one of them, or a server under all of them, dies. A supervisor starts again
// what ends; whatever it was, the run ends where one file ends, message for message.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { schemaOfPart } from '#adapters/postgres/deployment.ts';
import { openPostgresReader } from '#adapters/postgres/store-reader.ts';
import { draw } from '#core/random.ts';
import { MARKET_TICKS } from '#wire/topics.ts';
import { lastWords, type Program } from '../e2e/support/processes.ts';
import { type Deployment } from './deployment.ts';
import { type Expected, type FaultServers } from './server-faults.ts';

const STAGES = ['market_feed', 'strategy_runner', 'risk_manager', 'trading_engine', 'portfolio_manager'] as const;
const LIFE = { lifeMsMax: 240_000 };
/** More than one fault can end: a part that keeps ending is a defect. */
const STARTS_MAX = 6;

/** Five processes, each started again when it ends before the tape does. */
class Supervised {
  readonly #deployment: Deployment;
  readonly #tape: string;
  readonly running = new Map<string, Program>();
  readonly #ends: Promise<void>[] = [];

  constructor(deployment: Deployment, tape: string) {
    this.#deployment = deployment;
    this.#tape = tape;
    for (const stage of STAGES) this.#ends.push(this.#keep(stage));
  }

  /** Resolves when all have come to the tape's end. */
  async ended(): Promise<void> {
    await Promise.all(this.#ends);
  }

  async #keep(stage: string): Promise<void> {
    const flags = ['--feed', `tape:${this.#tape}`, '--speed', 'max', '--once', '--lockstep'];
    for (let starts = 1; ; starts++) {
      const program = this.#deployment.place.program(['start', '--stages', stage, ...flags], {}, LIFE);
      this.running.set(stage, program);
      const ended = await program.ended;
      if (ended.code === 0) return;
      assert.ok(starts < STARTS_MAX, `${stage} ended ${starts} times: ${lastWords(ended)}`);
      await sleep(200);
    }
  }
}

type ApartHarm = (running: Supervised, servers: FaultServers, share: number) => Promise<void>;

export const APART_FAULTS: Readonly<Record<string, ApartHarm>> = {
  'part killed': async ({ running }, _, share) => {
    const stage = STAGES[draw(Math.floor(share * 1_000), 'part', 0) % STAGES.length] as string;
    running.get(stage)?.kill('SIGKILL');
  },
  'every part killed': async ({ running }) => {
    for (const program of running.values()) program.kill('SIGKILL');
  },
  'part paused': async ({ running }, _, share) => {
    const stage = STAGES[draw(Math.floor(share * 1_000), 'part', 1) % STAGES.length] as string;
    const program = running.get(stage);
    program?.kill('SIGSTOP');
    await sleep(2_000);
    program?.kill('SIGCONT');
  },
  'log restarted under parts': async (_, { broker }) => {
    await broker.halt('SIGKILL');
    await broker.start();
  },
  'database killed under parts': async (_, { postgres }) => {
    await postgres.crash();
  },
};

/** One run with its fault at `share` of the tape. Throws what does not hold. */
export async function runApartFault(
  harm: ApartHarm,
  deployment: Deployment,
  servers: FaultServers,
  expected: Expected,
  share: number,
): Promise<void> {
  const { place } = deployment;
  const parts = new Supervised(deployment, expected.tape);
  const until = share * expected.ticks;
  while (ticksOf(place.env['DATABASE__POSTGRES_URL'] ?? '') < until) await sleep(50);
  await harm(parts, servers, share);
  await parts.ended();
  assert.equal(place.sha256(), expected.sha256);
  assert.match(await place.output('verify'), /equal/);
  for (const topic of Object.keys(expected.digests)) {
    if (topic === MARKET_TICKS) continue;
    const lines = (await place.output('events', '--topic', topic, '--json')).trim().split('\n');
    assert.deepEqual(lines.toSorted(), [...expected.values(topic)].toSorted(), topic);
  }
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
