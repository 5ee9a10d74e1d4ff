// How late the event loop calls a timer, as a histogram that adds up over processes and time, which quantiles do not.
import { PlainHistogram } from './plain-histogram.ts';

const EVERY_MS = 50;
const SECOND_MS = 1_000;
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export class LoopDelay {
  readonly #histogram = new PlainHistogram({
    name: 'trading_event_loop_delay_seconds',
    help: `How late the event loop called a timer of ${EVERY_MS} ms.`,
    bounds: BOUNDS,
  });
  readonly #timer: NodeJS.Timeout;

  /** @param monotonicMs a clock that never goes back */
  constructor(monotonicMs: () => number) {
    const series = this.#histogram.of();
    let before = monotonicMs();
    this.#timer = setInterval(() => {
      const now = monotonicMs();
      series.observe(Math.max(0, now - before - EVERY_MS) / SECOND_MS);
      before = now;
    }, EVERY_MS).unref();
  }

  histograms(): readonly PlainHistogram[] {
    return [this.#histogram];
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
