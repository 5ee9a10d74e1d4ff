// `npm run campaign -- --servers N`: the distributed profile on servers of its own, of which one dies, or the platform, or its
// lock, N times for each fault. Every run has to end where one file ends, and the shared log has to have all of it.
import { draw } from '#core/random.ts';
import { Place } from '../../test/e2e/support/place.ts';
import { syntheticTape, TRADED } from '../../test/e2e/support/synthetic-tape.ts';
import { APART_FAULTS, runAtSpeed, runInStep } from '../../test/services/apart-faults.ts';
import { Deployment } from '../../test/services/deployment.ts';
import { runRebalanceFault } from '../../test/services/group-faults.ts';
import { FAULTS, runFault, type Expected, type FaultServers } from '../../test/services/server-faults.ts';
import { startServers, type Ends } from './started-servers.ts';

export interface FaultLine {
  readonly fault: string;
  readonly runs: number;
  /** What did not hold, one text a run. */
  readonly broken: readonly string[];
}

const ROWS = 1_500;
/** Parts at speed wait for each other every ten seconds of market, and parts in step at every tick. */
const [ROWS_AT_SPEED, ROWS_IN_STEP] = [300, 25];
const TRADING = { RISK__MAX_TRADES_PER_DAY: '200' };

/** Which faults are tried: those of parts too, unless told otherwise, and those whose names match. */
export interface FaultChoice {
  readonly apart?: boolean;
  readonly only?: RegExp;
  /** Is told after each run how far it is. */
  readonly told?: (line: string) => void;
}

/** Runs every fault so often, at moments that follow from the seed. Throws when a server is missing. */
export async function runServerFaults(
  times: number,
  seed: number,
  { apart: withParts = true, only = /./, told = () => undefined }: FaultChoice = {},
): Promise<readonly FaultLine[]> {
  const ends: Ends = [];
  try {
    const servers = await startServers(ends);
    const whole = await undisturbed(ends, ROWS);
    const [atSpeed, inStep] = [await undisturbed(ends, ROWS_AT_SPEED), await undisturbed(ends, ROWS_IN_STEP)];
    const runs: (readonly [string, Run])[] = Object.entries(FAULTS).map(([fault, harm]) => [
      fault,
      async (deployment, share) => runFault(harm, deployment, servers, whole, share),
    ]);
    runs.push(['log restarted in a rebalance', async (_, share) => runRebalanceFault(servers, share)]);
    for (const [fault, harm] of Object.entries(withParts ? APART_FAULTS : {})) {
      runs.push(
        [`${fault}, in step`, async (deployment, share) => runInStep(harm, deployment, servers, inStep, share)],
        [`${fault}, at speed`, async (deployment, share) => runAtSpeed(harm, deployment, servers, atSpeed, share)],
      );
    }
    const lines: FaultLine[] = [];
    for (const [fault, run] of runs) {
      if (only.test(fault)) lines.push(await repeated(fault, run, servers, { times, seed, told }));
    }
    return lines;
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}

/** One run on a deployment of its own, with its fault at a share of the tape. */
type Run = (deployment: Deployment, share: number) => Promise<unknown>;

/** What came too late to do harm is no run of its fault, and is tried so often. */
const MISSES_MAX = 3;

interface Repeats {
  readonly times: number;
  readonly seed: number;
  readonly told: (line: string) => void;
}

async function repeated(fault: string, run: Run, servers: FaultServers, repeats: Repeats): Promise<FaultLine> {
  const { times, seed, told } = repeats;
  const broken: string[] = [];
  for (let [k, misses] = [0, 0]; k < times; k++) {
    const share = (draw(seed, fault, k + misses * times) % 900) / 1_000;
    const found = await tried(run, servers, share);
    if (found === MISSED && ++misses <= MISSES_MAX) {
      told(`${fault} at ${share}: ${MISSED}, and is tried again`);
      k--;
      continue;
    }
    if (found !== undefined) {
      broken.push(`${fault} at ${share}: ${found}`);
      told(`${fault} at ${share}: ${found}`);
    }
    told(`${fault}: ${k + 1} of ${times} runs, ${broken.length} broken`);
  }
  return { fault, runs: times, broken };
}

const MISSED = 'the run had ended before the blow';

async function tried(run: Run, servers: FaultServers, share: number): Promise<string | undefined> {
  const ends: Ends = [];
  try {
    const context = { after: (end: unknown) => ends.push(end as () => unknown) };
    const came = await run(await Deployment.make(context, TRADING, servers.where), share);
    return came === 'missed' ? MISSED : undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    // In the order in which they were given, as the test runner does.
    for (const end of ends) await end();
  }
}

async function undisturbed(ends: Ends, rows: number): Promise<Expected> {
  const context = { after: (end: unknown) => ends.push(end as () => unknown) };
  const tape = syntheticTape(context, { rows, symbols: TRADED });
  const place = new Place(context, TRADING);
  await place.play(tape);
  const digests = place.digests();
  const values = new Map(Object.keys(digests).map((topic) => [topic, place.values(topic)]));
  const ticks = rows * TRADED.length;
  return { tape, ticks, digests, sha256: place.sha256(), values: (topic) => values.get(topic) ?? [] };
}
