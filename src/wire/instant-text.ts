// Instants as text for whoever writes many messages: the events that follow from one input share their instants, so the
// last text is kept.
import { formatInstant, type EpochMs } from '#core/time.ts';

/** A function like `formatInstant` that remembers its last answer. */
export function instantWriter(): (at: EpochMs) => string {
  let lastAt = 0 as EpochMs;
  let lastText = formatInstant(lastAt);
  return (at) => {
    if (at === lastAt) return lastText;
    lastText = formatInstant(at);
    lastAt = at;
    return lastText;
  };
}
