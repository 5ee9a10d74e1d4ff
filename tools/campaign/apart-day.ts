// A tape in five processes on servers of their own. `npm run campaign -- --apart-day TAPE`, at speed: what each stage applied, in
// its order, replayed in one process gives its state; the books are the fold of the fills; every signal was answered once.
// `--apart-step TICKS`, in step: the state is that of one process.
import assert from 'node:assert/strict';
import { Place } from '../../test/e2e/support/place.ts';
import { lastWords } from '../../test/e2e/support/processes.ts';
import { syntheticTape, TRADED } from '../../test/e2e/support/synthetic-tape.ts';
import { checkApart, type ApartCounts } from '../../test/services/apart-checks.ts';
import { Deployment } from '../../test/services/deployment.ts';
import { startServers, type Ends } from './started-servers.ts';

const STAGES = ['market_feed', 'strategy_runner', 'risk_manager', 'trading_engine', 'portfolio_manager'] as const;
const LIFE = { lifeMsMax: 3_600_000 };
const TRADING = { RISK__MAX_TRADES_PER_DAY: '200' };

export interface ApartDay extends ApartCounts {
  readonly seconds: number;
  readonly sha256: string;
}

/** Plays a tape in five processes and holds what they left to each other. Throws what does not hold. */
export async function playApart(tape: string): Promise<ApartDay> {
  return onServers({}, async (place) => {
    const seconds = await runParts(place, tape, []);
    const counts = await checkApart(place, STAGES.length);
    assert.ok(counts.fills > 0, 'nothing was filled: books that are the fold of no fills prove nothing');
    return { seconds, ...counts, sha256: place.sha256() };
  });
}

export interface ApartStep {
  readonly seconds: number;
  readonly ticks: number;
  readonly sha256: string;
}

/** Plays so many ticks in five processes in step, and holds what they left to what one process leaves. Throws what does not hold. */
export async function stepApart(ticks: number): Promise<ApartStep> {
  return onServers(TRADING, async (place, context) => {
    const tape = syntheticTape(context, { rows: Math.ceil(ticks / TRADED.length), symbols: TRADED });
    const whole = new Place(context, TRADING);
    await whole.play(tape);
    const seconds = await runParts(place, tape, ['--lockstep']);
    const sha256 = place.sha256();
    assert.equal(sha256, whole.sha256());
    return { seconds, ticks: whole.ticks(), sha256 };
  });
}

type Context = Parameters<typeof Deployment.make>[0];

async function onServers<T>(
  env: Record<string, string>,
  work: (place: Place, context: Context) => Promise<T>,
): Promise<T> {
  const [ends, servers]: readonly [Ends, Ends] = [[], []];
  try {
    const { where } = await startServers(servers);
    const context = { after: (end: unknown) => ends.push(end as () => unknown) };
    const { place } = await Deployment.make(context, env, where);
    return await work(place, context);
  } finally {
    for (const end of [...ends, ...servers]) await end();
  }
}

/** Returns how many seconds it took. */
async function runParts(place: Place, tape: string, pace: readonly string[]): Promise<number> {
  const began = performance.now();
  const flags = ['--feed', `tape:${tape}`, '--speed', 'max', '--once', ...pace];
  const programs = STAGES.map((stage) => place.program(['start', '--stages', stage, ...flags], {}, LIFE));
  await Promise.all(
    programs.map(async (program, k) => {
      const ended = await program.ended;
      // The others would wait for the part that is gone.
      if (ended.code !== 0) for (const other of programs) other.kill('SIGKILL');
      assert.equal(ended.code, 0, `${STAGES[k]}: ${lastWords(ended)}`);
    }),
  );
  return (performance.now() - began) / 1_000;
}
