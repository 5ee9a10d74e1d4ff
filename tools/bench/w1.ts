// `npm run bench -- w1`: the answer first, then the ratio of the whole pipeline to the bare loop.
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { interleave, medianOf, ratioOf, runScript } from './paired.ts';
import { script } from './paths.ts';
import { type TimedResult } from './w1-result.ts';

/** The most that the ratio may be. */
const RATIO_MAX = 8;

export function benchW1(args: readonly string[]): number {
  const { values } = parseArgs({
    args: [...args],
    options: {
      tape: { type: 'string' },
      capital: { type: 'string', default: '10000000' },
      pairs: { type: 'string', default: '7' },
      json: { type: 'boolean', default: false },
    },
  });
  if (values.tape === undefined) {
    console.error('bench w1 needs --tape TAPE.bin; make one with the tape generator of the benchmark folder');
    return 2;
  }
  const [pipeline, bare] = [script('w1-pipeline.ts'), script('w1-bare.ts')];
  const { fills_sha256 } = runScript<{ fills_sha256: string }>(pipeline, [values.tape, values.capital, '1', 'hash']);
  const ours: TimedResult[] = [];
  const yardstick: TimedResult[] = [];
  interleave(
    Number(values.pairs),
    () => ours.push(runScript(pipeline, [values.tape ?? '', values.capital, '6'])),
    () => yardstick.push(runScript(bare, [values.tape ?? '', values.capital, '6'])),
  );
  const [result, expected] = [ours[0]?.result, yardstick[0]?.result];
  if (result === undefined || !isDeepStrictEqual(result, expected)) {
    console.error(`the pipeline answers ${JSON.stringify(result)}, the bare loop ${JSON.stringify(expected)}`);
    return 1;
  }
  const warm = ratioOf(
    ours.map((run) => run.ns_per_tick),
    yardstick.map((run) => run.ns_per_tick),
  );
  const figures = {
    ...result,
    fills_sha256,
    ns_per_tick: round(medianOf(ours.map((run) => run.ns_per_tick))),
    cold_ns_per_tick: round(medianOf(ours.map((run) => run.cold_ns_per_tick))),
    bare_ns_per_tick: round(medianOf(yardstick.map((run) => run.ns_per_tick))),
    ratio: round(warm.median),
    ratio_min: round(warm.min),
    ratio_max: round(warm.max),
    pairs: warm.pairs,
  };
  if (!values.json) {
    const { ratio, ratio_min: min, ratio_max: max, pairs } = figures;
    console.log(
      `W1: exact; whole pipeline at ${ratio} times the bare loop (${min} to ${max}, ${pairs} pairs), must be <= ${RATIO_MAX}`,
    );
  }
  console.log(JSON.stringify(figures));
  return warm.median <= RATIO_MAX ? 0 : 1;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
