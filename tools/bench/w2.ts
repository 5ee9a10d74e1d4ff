// `npm run bench -- w2`: the rules of W1 on 3,000 instruments, with so little capital that most buys are refused and with
// plenty. The answers first, then the ratio to the bare loop.
import { parseArgs } from 'node:util';
import { againstBare, round, sameFills, sentenceOf } from './against-bare.ts';
import { inFolder, tapeFor } from './work.ts';

const SHAPE = { steps: 3_000, instruments: 3_000, seed: 42 };
const CAPITALS = ['10000000', '1000000000'];
const RATIO_MAX = 8;

export async function benchW2(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      tape: { type: 'string' },
      seed: { type: 'string', default: `${SHAPE.seed}` },
      pairs: { type: 'string', default: '3' },
    },
  });
  return inFolder((folder) => {
    const tape = tapeFor(values.tape, { ...SHAPE, seed: Number(values.seed) }, folder);
    let code = 0;
    for (const capital of CAPITALS) {
      const name = `W2 with ${capital} rupees`;
      const hash = sameFills(name, tape, capital);
      const pairs = Number(values.pairs);
      const contest = { name, script: 'w1-pipeline.ts', tape, capital, passes: 4, pairs, most: RATIO_MAX };
      const outcome = hash === undefined ? undefined : againstBare(contest);
      if (outcome === undefined) {
        code = 1;
        continue;
      }
      console.log(sentenceOf(contest, outcome));
      const { orders, fills, rejects, equity_e4: equity } = outcome.result;
      const figures = { capital, orders, fills, rejects, equity_e4: equity, fills_sha256: hash };
      console.log(JSON.stringify({ ...figures, ns_per_tick: round(outcome.ns), ...outcome.ratio }));
      if (!outcome.good) code = 1;
    }
    return code;
  });
}
