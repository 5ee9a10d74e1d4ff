// The gate tries itself: each control is fired once, against a fresh gate in memory that has the limits of a plan. A
// control that does not answer is named, and a broker whose gate has one is not armed.
import { type NamespacePlan } from '../plan.ts';
import { Bench } from './self-test-bench.ts';
import { TRIALS, type Trial } from './self-test-trials.ts';

/** What became of one control: it fired, its limit is off, or it kept silent although it should have fired. */
export interface ControlTest {
  readonly control: string;
  readonly result: 'fired' | 'off' | 'silent';
}

/** Fires each control once. */
export function selfTest(plan: NamespacePlan): readonly ControlTest[] {
  return TRIALS.map((trial) => ({ control: trial.control, result: resultOf(trial, plan) }));
}

/** The controls that kept silent. */
export function silentControls(plan: NamespacePlan): readonly string[] {
  return selfTest(plan)
    .filter(({ result }) => result === 'silent')
    .map(({ control }) => control);
}

function resultOf({ control, off, state, fire }: Trial, plan: NamespacePlan): ControlTest['result'] {
  const bench = Bench.in(plan, state ?? (() => ({})));
  if (off?.(bench.limits, bench) === true) return 'off';
  return fire(bench).includes(control) ? 'fired' : 'silent';
}
