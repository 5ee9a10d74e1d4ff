// Events as plain data, for snapshots: their traces spelled out.
import { type ValidatedChange, type ValidatedSignal } from '../events.ts';
import { plainTrace } from '../ids.ts';

export function plainValidated(validated: ValidatedSignal): ValidatedSignal {
  const signal = { ...validated.signal, trace: plainTrace(validated.signal.trace) };
  return { ...validated, trace: plainTrace(validated.trace), signal };
}

export function plainChange(validated: ValidatedChange): ValidatedChange {
  const change = { ...validated.change, trace: plainTrace(validated.change.trace) };
  return { ...validated, trace: plainTrace(validated.trace), change };
}
