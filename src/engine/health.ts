// Checks of what the platform stands on, before the start and while it runs. A check says what it found and what to do;
// one that throws or takes too long has failed.
import { type Clock } from '#ports/clock.ts';

export interface CheckOutcome {
  readonly passed: boolean;
  readonly message: string;
}

/** What a failed check stops: the whole start, one namespace, or nothing. */
export type CheckScope = 'infrastructure' | 'broker' | 'information';

export interface HealthCheck {
  readonly component: string;
  readonly scope: CheckScope;
  /** The namespace that a check of scope `broker` is about. */
  readonly broker?: string;
  run(): Promise<CheckOutcome> | CheckOutcome;
  /**
   * What can be told of it at next to no cost, for whoever looks every few seconds; undefined when only `run` can tell.
   * A check without one is as it was found last.
   */
  glance?(): Promise<CheckOutcome | undefined> | CheckOutcome | undefined;
}

/** A check that costs so little that a glance is the whole of it. */
export function glanced(check: Omit<HealthCheck, 'glance'>): HealthCheck {
  return { ...check, glance: check.run };
}

export interface HealthResult extends CheckOutcome {
  readonly component: string;
  readonly scope: CheckScope;
  readonly broker: string | undefined;
}

/** Runs checks one after another, each at most `timeoutMs`, and keeps the last results. */
export class HealthMonitor {
  readonly #checks: readonly HealthCheck[];
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  results: readonly HealthResult[] = [];

  constructor(checks: readonly HealthCheck[], clock: Clock, timeoutMs: number) {
    this.#checks = checks;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** Whether nothing that everything stands on has failed. */
  get healthy(): boolean {
    return this.results.every(({ passed, scope }) => passed || scope !== 'infrastructure');
  }

  /** Whether a namespace may trade: all it stands on, and its own checks, passed. */
  ready(broker: string): boolean {
    return this.healthy && this.results.every((result) => result.passed || result.broker !== broker);
  }

  async run(): Promise<readonly HealthResult[]> {
    const results: HealthResult[] = [];
    for (const check of this.#checks) {
      const { component, scope, broker } = check;
      results.push({ component, scope, broker, ...(await this.#ask(check)) });
    }
    this.results = results;
    return results;
  }

  /** What a look between two rounds finds; the results stay those of the last round. */
  async glance(): Promise<readonly HealthResult[]> {
    const seen = await Promise.all(this.#checks.map(async (check) => this.#glanceAt(check)));
    return this.results.map((result) => seen.find((each) => isOf(each, result)) ?? result);
  }

  async #glanceAt(check: HealthCheck): Promise<HealthResult | undefined> {
    const { component, scope, broker } = check;
    if (check.glance === undefined) return undefined;
    const outcome = await this.#answerOf(async () => check.glance?.());
    return outcome && { component, scope, broker, ...outcome };
  }

  async #ask(check: HealthCheck): Promise<CheckOutcome> {
    return this.#answerOf(async () => check.run());
  }

  async #answerOf<Outcome extends CheckOutcome | undefined>(
    ask: () => Promise<Outcome>,
  ): Promise<Outcome | CheckOutcome> {
    const done = new AbortController();
    const tooLate = this.#clock.sleep(this.#timeoutMs, done.signal).then((): CheckOutcome => {
      return { passed: false, message: `no answer within ${this.#timeoutMs} ms` };
    });
    const asked = ask().catch((error: unknown): CheckOutcome => {
      return { passed: false, message: error instanceof Error ? error.message : String(error) };
    });
    const outcome = await Promise.race([asked, tooLate]);
    done.abort();
    return outcome;
  }
}

function isOf(seen: HealthResult | undefined, { component, broker }: HealthResult): boolean {
  return seen !== undefined && seen.component === component && seen.broker === broker;
}

/** Repeats the checks every `intervalMs` until `signal` is aborted. */
export async function watchHealth(
  monitor: HealthMonitor,
  clock: Clock,
  intervalMs: number,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(intervalMs, signal);
    if (!signal.aborted) await monitor.run();
  }
}
