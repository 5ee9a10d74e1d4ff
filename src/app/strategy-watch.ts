// Measures how long strategies decide. With a feed in real time a slow one is quarantined, because it holds up every
// other; with a tape it is only reported, because nothing waits.
import { type BrokerId, type StrategyId } from '#core/ids.ts';
import { DEPLOYMENT, NAMESPACE, type Deciding } from '#core/strategy/deciding.ts';
import { type Strategy } from '#core/strategy/strategy.ts';
import { type Ingest } from '#engine/ingest.ts';
import { quarantine } from '#engine/quarantine.ts';
import { type Logger } from '#ports/telemetry.ts';

/** With a tape, one call in so many is measured: the clock costs more than most strategies do. */
const TAPE_SAMPLE = 64;

interface Slow {
  readonly broker: BrokerId;
  readonly strategyId: StrategyId;
  readonly tookMs: number;
}

export interface StrategyWatchOptions {
  readonly deciding: Deciding;
  readonly slowMs: number;
  readonly realtime: boolean;
  readonly monotonicMs: () => number;
  readonly logger: Logger;
  /** Told how long each measured decision about a tick took. */
  readonly decided?: ((ms: number) => void) | undefined;
}

export class StrategyWatch {
  readonly #options: StrategyWatchOptions;
  #places: readonly (readonly [number, number, number])[] = [];
  #calls = 0;
  readonly #reported = new Set<string>();

  constructor(options: StrategyWatchOptions) {
    this.#options = options;
  }

  /** The same strategy, measured. */
  measured(strategy: Strategy): Strategy {
    const { monotonicMs, slowMs, realtime, decided } = this.#options;
    return {
      ...strategy,
      ...this.#measuredRest(strategy),
      onTick: (parameters, state, tick, own, instrument, models) => {
        if (!realtime && this.#calls++ % TAPE_SAMPLE !== 0) {
          return strategy.onTick(parameters, state, tick, own, instrument, models);
        }
        const from = monotonicMs();
        try {
          return strategy.onTick(parameters, state, tick, own, instrument, models);
        } finally {
          const tookMs = monotonicMs() - from;
          decided?.(tookMs);
          if (tookMs > slowMs) this.#note(tookMs);
        }
      },
    };
  }

  /** What is asked less often than ticks come is always measured. */
  #measuredRest(strategy: Strategy): Pick<Strategy, 'onBar' | 'onTimer' | 'onFill'> {
    const { monotonicMs, slowMs } = this.#options;
    const timed =
      <Given extends unknown[], Answer>(ask: (...given: Given) => Answer) =>
      (...given: Given): Answer => {
        const from = monotonicMs();
        try {
          return ask(...given);
        } finally {
          const tookMs = monotonicMs() - from;
          if (tookMs > slowMs) this.#note(tookMs);
        }
      };
    return {
      ...(strategy.onBar && { onBar: timed(strategy.onBar.bind(strategy)) }),
      ...(strategy.onTimer && { onTimer: timed(strategy.onTimer.bind(strategy)) }),
      ...(strategy.onFill && { onFill: timed(strategy.onFill.bind(strategy)) }),
    };
  }

  /** Forgets what a replay took. */
  clear(): void {
    this.#places = [];
  }

  /** Acts on what was slow since the last call; true when something was put before the cascade. */
  settle(ingest: Ingest): boolean {
    const places = this.#places;
    if (places.length === 0) return false;
    this.#places = [];
    let acted = false;
    for (const slow of places.flatMap((place) => this.#named(ingest, place))) {
      const { broker, strategyId, tookMs } = slow;
      const why = `took ${Math.round(tookMs)} ms to decide, at most ${this.#options.slowMs} ms are allowed`;
      const name = `${broker}/${strategyId}`;
      if (this.#reported.has(name)) continue;
      this.#reported.add(name);
      this.#options.logger.warning(`Slow strategy ${strategyId}: ${why}`, { broker, strategy_id: strategyId });
      if (!this.#options.realtime) continue;
      quarantine(ingest, { broker, strategyId, who: 'strategy_watch', why, at: ingest.cascade.at });
      acted = true;
    }
    return acted;
  }

  #note(tookMs: number): void {
    const { deciding } = this.#options;
    this.#places = [...this.#places, [deciding[NAMESPACE] ?? 0, deciding[DEPLOYMENT] ?? 0, tookMs]];
  }

  #named(ingest: Ingest, [namespaceAt, deploymentAt, tookMs]: readonly [number, number, number]): readonly Slow[] {
    const namespace = ingest.cascade.namespaces()[namespaceAt - 1];
    const strategyId = namespace?.runner.strategyIds[deploymentAt - 1];
    return namespace === undefined || strategyId === undefined
      ? []
      : [{ broker: namespace.plan.broker, strategyId, tookMs }];
  }
}
