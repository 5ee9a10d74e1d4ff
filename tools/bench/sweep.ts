// `npm run bench -- sweep`: a search over W1 with one thread and with two, interleaved; the answers first, then the ratio.
import { parseArgs } from 'node:util';
import { interleave, ratioOf, runScript } from './paired.ts';
import { script } from './paths.ts';
import { inFolder, tapeFor, W1_SHAPE } from './work.ts';

/** What two cores must be at least. */
const RATIO_MIN = 1.8;

interface Timed {
  readonly seconds: number;
  readonly trials: number;
  readonly answer: string;
}

export async function benchSweep(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      tape: { type: 'string' },
      trials: { type: 'string', default: '200' },
      pairs: { type: 'string', default: '3' },
    },
  });
  return inFolder((folder) => {
    const tape = tapeFor(values.tape, W1_SHAPE, folder);
    return measure(tape, values.trials, Number(values.pairs));
  });
}

function measure(tape: string, trials: string, pairs: number): number {
  const run = (jobs: string): Timed => runScript<Timed>(script('sweep-run.ts'), [tape, jobs, trials]);
  const one: Timed[] = [];
  const two: Timed[] = [];
  interleave(
    pairs,
    () => one.push(run('1')),
    () => two.push(run('2')),
  );
  const answers = new Set([...one, ...two].map(({ answer }) => answer));
  if (answers.size !== 1) {
    console.error(`the searches found ${answers.size} different answers`);
    return 1;
  }
  const ratio = ratioOf(
    one.map(({ seconds }) => seconds),
    two.map(({ seconds }) => seconds),
  );
  const round = (value: number): number => Math.round(value * 100) / 100;
  console.log(
    `sweep: ${one[0]?.trials} trials, the same answer; two threads are ${round(ratio.median)} times one ` +
      `(${round(ratio.min)} to ${round(ratio.max)}, ${ratio.pairs} pairs), must be >= ${RATIO_MIN}`,
  );
  console.log(
    JSON.stringify({
      ...ratio,
      one_s: one.map(({ seconds }) => round(seconds)),
      two_s: two.map(({ seconds }) => round(seconds)),
    }),
  );
  return ratio.median >= RATIO_MIN ? 0 : 1;
}
