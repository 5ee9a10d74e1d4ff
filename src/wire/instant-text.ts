// Instants as text for whoever writes many messages: the events that follow from one input share their instants, and those
// of the next share their second, so the last text is kept.
import { formatInstant, SECOND_MS, threeDigits, type EpochMs } from '#core/time.ts';

/** What `formatInstant` writes after the seconds: `.000Z`. */
const AFTER_SECONDS = 5;

/** A function like `formatInstant` that remembers its last answer. */
export function instantWriter(): (at: EpochMs) => string {
  let lastAt = 0 as EpochMs;
  let lastText = formatInstant(lastAt);
  let second = 0;
  let untilSecond = lastText.slice(0, -AFTER_SECONDS);
  return (at) => {
    if (at === lastAt) return lastText;
    lastAt = at;
    const since = at - second;
    if (since >= 0 && since < SECOND_MS) return (lastText = `${untilSecond}.${threeDigits(since)}Z`);
    lastText = formatInstant(at);
    second = Math.floor(at / SECOND_MS) * SECOND_MS;
    untilSecond = lastText.slice(0, -AFTER_SECONDS);
    return lastText;
  };
}
