// `npm run bench -- w1`: the answer first, then the ratio of the whole pipeline to the bare loop. With `journal`, the same
// with what happens to orders journalled, with everything journalled, and for a replay of that journal.
import { parseArgs } from 'node:util';
import { againstBare, round, sameFills, sentenceOf } from './against-bare.ts';
import { inFolder, tapeFor, W1_SHAPE } from './work.ts';

/** The most that each ratio may be. */
const PLAIN_MAX = 8;
const JOURNALLED = [
  { mode: 'orders', name: 'W1, orders and fills journalled', most: 9 },
  { mode: 'all', name: 'W1, every event journalled', most: 15 },
  { mode: 'replay', name: 'W1, replay of its journal', most: 12 },
];

const OPTIONS = {
  tape: { type: 'string' },
  capital: { type: 'string', default: '10000000' },
  seed: { type: 'string', default: `${W1_SHAPE.seed}` },
  pairs: { type: 'string', default: '7' },
  json: { type: 'boolean', default: false },
} as const;

export async function benchW1(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const { capital } = values;
  return inFolder((folder) => {
    const tape = tapeFor(values.tape, { ...W1_SHAPE, seed: Number(values.seed) }, folder);
    const hash = sameFills('W1', tape, capital);
    if (hash === undefined) return 1;
    const pairs = Number(values.pairs);
    const contest = { name: 'W1', script: 'w1-pipeline.ts', tape, capital, passes: 12, pairs, most: PLAIN_MAX };
    const outcome = againstBare(contest);
    if (outcome === undefined) return 1;
    if (!values.json) console.log(sentenceOf(contest, outcome));
    const { result, ratio, ns, coldNs, bareNs, good } = outcome;
    const figures = {
      ...result,
      fills_sha256: hash,
      ns_per_tick: round(ns),
      cold_ns_per_tick: round(coldNs),
      bare_ns_per_tick: round(bareNs),
      ratio: round(ratio.median),
      ratio_min: round(ratio.min),
      ratio_max: round(ratio.max),
      pairs: ratio.pairs,
    };
    console.log(JSON.stringify(figures));
    return good ? 0 : 1;
  });
}

export async function benchJournal(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const { capital } = values;
  return inFolder((folder) => {
    const tape = tapeFor(values.tape, { ...W1_SHAPE, seed: Number(values.seed) }, folder);
    let code = 0;
    for (const { mode, name, most } of JOURNALLED) {
      const pairs = Number(values.pairs);
      const contest = { name, script: 'w1-journal.ts', mode, tape, capital, passes: 6, pairs, most };
      const outcome = againstBare(contest);
      if (outcome !== undefined) console.log(sentenceOf(contest, outcome));
      if (outcome?.good !== true) code = 1;
      else console.log(JSON.stringify({ journalled: mode, ...outcome.ratio, ns_per_tick: round(outcome.ns) }));
    }
    return code;
  });
}
