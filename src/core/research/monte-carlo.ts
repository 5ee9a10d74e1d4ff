// What else the same trades could have looked like: their order drawn anew, many times over, from a seed.
import { draw } from '../random.ts';
import { quantileOf } from './statistics.ts';

export interface MonteCarloResult {
  readonly runs: number;
  /** Deepest fall from a peak as a share of it, at these shares of the runs. */
  readonly drawdown: Readonly<Record<'p5' | 'p50' | 'p95', number>>;
  /** Share of the runs in which the drawdown was at least as deep as that of the order that happened. */
  readonly as_deep: number;
  /** Share of the runs whose equity ever fell to half of the start. */
  readonly halved: number;
}

/** Shuffles the gains of the trades; every order ends at the same sum, so what differs is the way there. Null below two trades. */
export function shuffleTrades(
  nets: readonly number[],
  start: number,
  { runs, seed }: { readonly runs: number; readonly seed: number },
): MonteCarloResult | null {
  if (nets.length < 2 || runs < 1) return null;
  const actual = walk(nets, start);
  const walks = Array.from({ length: runs }, (_, run) => walk(shuffled(nets, seed, run), start));
  const depths = walks.map(({ depth }) => depth).sort((a, b) => a - b);
  return {
    runs,
    drawdown: { p5: quantileOf(depths, 0.05), p50: quantileOf(depths, 0.5), p95: quantileOf(depths, 0.95) },
    as_deep: depths.filter((depth) => depth >= actual.depth).length / runs,
    halved: walks.filter(({ least }) => least <= start / 2).length / runs,
  };
}

function walk(nets: readonly number[], start: number): { readonly depth: number; readonly least: number } {
  let [equity, peak, depth, least] = [start, start, 0, start];
  for (const net of nets) {
    equity += net;
    peak = Math.max(peak, equity);
    least = Math.min(least, equity);
    depth = Math.max(depth, (peak - equity) / peak);
  }
  return { depth, least };
}

/** Fisher and Yates. */
function shuffled(nets: readonly number[], seed: number, run: number): number[] {
  const result = [...nets];
  for (let k = result.length - 1; k > 0; k--) {
    const other = draw(seed, `trades ${run}`, k) % (k + 1);
    [result[k], result[other]] = [result[other] as number, result[k] as number];
  }
  return result;
}
