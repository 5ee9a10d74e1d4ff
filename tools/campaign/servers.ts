// `npm run campaign -- --servers N`: the distributed profile on servers of its own, of which one dies, or the platform, or its
// lock, N times for each fault. Every run has to end where one file ends, and the shared log has to have all of it.
import { draw } from '#core/random.ts';
import { Place } from '../../test/e2e/support/place.ts';
import { syntheticTape, TRADED } from '../../test/e2e/support/synthetic-tape.ts';
import { APART_FAULTS, runApartFault } from '../../test/services/apart-faults.ts';
import { Deployment } from '../../test/services/deployment.ts';
import { FAULTS, runFault, type Expected, type FaultServers } from '../../test/services/server-faults.ts';
import { startServers, type Ends } from './started-servers.ts';

export interface FaultLine {
  readonly fault: string;
  readonly runs: number;
  /** What did not hold, one text a run. */
  readonly broken: readonly string[];
}

const ROWS = 1_500;
/** Parts in step take a tick in some hundredths of a second. */
const ROWS_APART = 50;
const TRADING = { RISK__MAX_TRADES_PER_DAY: '200' };

/**
 * Runs every fault so often, at a moment that follows from the seed; those of parts in step only with `apart`. Throws when a
 * server is missing.
 */
export async function runServerFaults(
  times: number,
  seed: number,
  { apart: withParts }: { readonly apart: boolean } = { apart: true },
): Promise<readonly FaultLine[]> {
  const ends: Ends = [];
  try {
    const servers = await startServers(ends);
    const [whole, apart] = [await undisturbed(ends, ROWS), await undisturbed(ends, ROWS_APART)];
    const lines: FaultLine[] = [];
    for (const [fault, harm] of Object.entries(FAULTS)) {
      const run: Run = async (deployment, share) => runFault(harm, deployment, servers, whole, share);
      lines.push(await repeated(fault, run, servers, times, seed));
    }
    for (const [fault, harm] of Object.entries(withParts ? APART_FAULTS : {})) {
      const run: Run = async (deployment, share) => runApartFault(harm, deployment, servers, apart, share);
      lines.push(await repeated(fault, run, servers, times, seed));
    }
    return lines;
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}

/** One run on a deployment of its own, with its fault at a share of the tape. */
type Run = (deployment: Deployment, share: number) => Promise<void>;

async function repeated(
  fault: string,
  run: Run,
  servers: FaultServers,
  times: number,
  seed: number,
): Promise<FaultLine> {
  const broken: string[] = [];
  for (let k = 0; k < times; k++) {
    const share = (draw(seed, fault, k) % 900) / 1_000;
    const found = await tried(run, servers, share);
    if (found !== undefined) broken.push(`${fault} at ${share}: ${found}`);
    if (process.stderr.isTTY) process.stderr.write(`${fault}: ${k + 1} of ${times} runs, ${broken.length} broken\n`);
  }
  return { fault, runs: times, broken };
}

async function tried(run: Run, servers: FaultServers, share: number): Promise<string | undefined> {
  const ends: Ends = [];
  try {
    const context = { after: (end: unknown) => ends.push(end as () => unknown) };
    await run(await Deployment.make(context, TRADING, servers.where), share);
    return undefined;
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
