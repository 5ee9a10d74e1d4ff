// How long ago the market and the books of each namespace were last heard of. Age is measured on the clock of the process
// that never goes back, so that a market that fell silent is noticed although no input tells of it.
import { CalendarError, type Calendar } from '#core/market/calendar.ts';
import { MINUTE_MS, SECOND_MS, type EpochMs } from '#core/time.ts';
import { glanced, type CheckOutcome, type HealthCheck } from '#engine/health.ts';
import { type Committed } from '#engine/ingest.ts';
import { type Clock } from '#ports/clock.ts';
import { type Settings } from './config/settings-schema.ts';
import { type Pipeline } from './pipeline.ts';

/** Listens to what is committed, once the feed has begun. */
export class Freshness {
  readonly #clock: Clock;
  #lastTickMs: number | undefined;
  #beganAt = 0 as EpochMs;
  readonly #snapshotAt = new Map<string, EpochMs>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The feed begins now, in a market whose time is `at`; 0 when it is not known. */
  begin(at: EpochMs): void {
    this.#lastTickMs = this.#clock.monotonicMs();
    this.#beganAt = at;
  }

  onCommitted({ events, ticks }: Committed): void {
    if (ticks > 0) this.#lastTickMs = this.#clock.monotonicMs();
    for (const event of events) if (event.type === 'pnl_snapshot') this.#snapshotAt.set(event.broker, event.at);
  }

  /** Milliseconds without a tick; undefined before the feed began. */
  get silentMs(): number | undefined {
    return this.#lastTickMs === undefined ? undefined : this.#clock.monotonicMs() - this.#lastTickMs;
  }

  /** When the namespace's books were last written, or the feed began. */
  snapshotAt(broker: string): EpochMs {
    return this.#snapshotAt.get(broker) ?? this.#beganAt;
  }
}

export interface FreshnessCheckOptions {
  readonly pipeline: Pick<Pipeline, 'feed' | 'ingest' | 'plan'>;
  readonly settings: Settings;
  readonly calendar: Calendar;
  readonly freshness: Freshness;
}

/** The checks that need a market in real time; with a tape nothing can be late. */
export function freshnessChecks(options: FreshnessCheckOptions): readonly HealthCheck[] {
  const brokers = options.settings.brokers.map(({ id }) => id);
  return [
    glanced({ component: 'market ticks', scope: 'infrastructure', run: () => checkTicks(options) }),
    ...brokers.map((broker) => {
      const run = (): CheckOutcome => checkSnapshots(options, broker);
      return glanced({ component: `${broker} snapshots`, scope: 'broker', broker, run });
    }),
  ];
}

function checkTicks(options: FreshnessCheckOptions): CheckOutcome {
  const exempt = exemption(options);
  if (exempt !== undefined) return { passed: true, message: exempt };
  const silentMs = options.freshness.silentMs ?? 0;
  const most = options.settings.healthChecks.marketTicksMaxAgeSeconds;
  const silence = `the last tick came ${seconds(silentMs)} ago`;
  if (silentMs <= most * SECOND_MS) return { passed: true, message: silence };
  return { passed: false, message: `${silence}, expected one every ${most} s; look after the feed` };
}

function checkSnapshots(options: FreshnessCheckOptions, broker: string): CheckOutcome {
  const exempt = exemption(options);
  if (exempt !== undefined) return { passed: true, message: exempt };
  const { pipeline, settings, calendar, freshness } = options;
  const now = marketNow(options);
  const last = freshness.snapshotAt(broker);
  const namespace = pipeline.ingest.cascade.namespaces().find(({ plan }) => plan.broker === broker);
  if (last === 0 || (namespace?.portfolio.ledger.counts.opened ?? 0) === 0)
    return { passed: true, message: 'no book yet' };
  // What was written at the last close is as old as the night; the session's open starts the count anew.
  const since = Math.max(last, calendar.sessionAt(pipeline.plan.segment, now)?.open ?? last);
  const { portfolioSnapshotMaxAgeSeconds: most } = settings.healthChecks;
  const limitMs = Math.max(most, 2 * settings.portfolioManager.snapshotIntervalSeconds) * SECOND_MS;
  const age = `the books were last written ${seconds(now - since)} ago`;
  if (now - since <= limitMs) return { passed: true, message: age };
  return { passed: false, message: `${age}, expected at most ${limitMs / SECOND_MS} s; look after the feed` };
}

/** Why nothing can be late now; undefined when it can. */
function exemption(options: FreshnessCheckOptions): string | undefined {
  const { pipeline, calendar, freshness } = options;
  if (pipeline.feed.kind === 'tape') return 'a tape has a time of its own';
  if (freshness.silentMs === undefined) return 'the feed has not begun';
  // Before its first tick a feed in real time is expected to begin at once.
  if (pipeline.ingest.cascade.at === 0) return undefined;
  try {
    const phase = calendar.phaseAt(pipeline.plan.segment, marketNow(options));
    return phase === 'open' ? undefined : `${pipeline.plan.segment} is ${phase}`;
  } catch (error) {
    // The check of the market hours reports it.
    if (error instanceof CalendarError) return error.message;
    throw error;
  }
}

/** The market's time as far as it can be told: the last input's, and what has passed since the last tick. */
function marketNow({ pipeline, freshness }: FreshnessCheckOptions): EpochMs {
  return (pipeline.ingest.cascade.at + (freshness.silentMs ?? 0)) as EpochMs;
}

function seconds(ms: number): string {
  return ms < MINUTE_MS ? `${(ms / SECOND_MS).toFixed(1)} s` : `${Math.round(ms / SECOND_MS)} s`;
}
