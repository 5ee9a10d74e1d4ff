// `npm run bench -- w4`: ten million ticks streamed through the pipeline against W1's one million: the answers first, then
// the peak memory of both.
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { round } from './against-bare.ts';
import { interleave, ratioOf, runScript } from './paired.ts';
import { script } from './paths.ts';
import { type TimedResult, type W1Result } from './w1-result.ts';
import { inFolder, tapeFor, W1_SHAPE } from './work.ts';

const TIMES = 10;
const GROWTH_MAX = 1.2;
const CAPITAL = '10000000';

interface Streamed {
  readonly result: W1Result;
  readonly peak_kib: number;
}

export async function benchW4(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { pairs: { type: 'string', default: '7' }, seed: { type: 'string', default: `${W1_SHAPE.seed}` } },
  });
  return inFolder((folder) => {
    const shape = { ...W1_SHAPE, seed: Number(values.seed) };
    const short = tapeFor(undefined, shape, folder);
    const long = tapeFor(undefined, { ...shape, steps: TIMES * shape.steps }, folder);
    const longs: Streamed[] = [];
    const shorts: Streamed[] = [];
    const run = (tape: string): Streamed => runScript(script('w4-stream.ts'), [tape, CAPITAL]);
    interleave(
      Number(values.pairs),
      () => longs.push(run(long)),
      () => shorts.push(run(short)),
    );
    for (const [tape, [found]] of [[short, shorts] as const, [long, longs] as const]) {
      const { result: expected } = runScript<TimedResult>(script('w1-bare.ts'), [tape, CAPITAL, '2']);
      if (isDeepStrictEqual(found?.result, expected)) continue;
      console.error(`W4: found ${JSON.stringify(found?.result)}, the bare loop says ${JSON.stringify(expected)}`);
      return 1;
    }
    const growth = ratioOf(
      longs.map(({ peak_kib: peak }) => peak),
      shorts.map(({ peak_kib: peak }) => peak),
    );
    const { median, min, max, pairs } = growth;
    console.log(
      `W4: exact; peak memory ${round(median)} times W1's (${round(min)} to ${round(max)}, ${pairs} pairs), must be <= ${GROWTH_MAX}`,
    );
    const mib = (streamed: Streamed | undefined): number => Math.round((streamed?.peak_kib ?? 0) / 1024);
    console.log(JSON.stringify({ peak_mib: mib(longs[0]), w1_peak_mib: mib(shorts[0]), ...growth }));
    return median <= GROWTH_MAX ? 0 : 1;
  });
}
