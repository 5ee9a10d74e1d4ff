// What the tests of settings share: settings from environment variables as a start would load them, and the real pure
// pipeline under the plan that follows from them. A setting that gets lost anywhere on this way fails its test.
import { formatProblem } from '#app/config/problem.ts';
import { loadSettings, type LoadedSettings } from '#app/config/load-settings.ts';
import { type Settings } from '#app/config/settings-schema.ts';
import { makePlan } from '#app/plan.ts';
import { type DomainEvent, type TradingSignal } from '#core/events.ts';
import { type BrokerId } from '#core/ids.ts';
import { type Deployment, type Plan } from '#core/plan.ts';
import { after, alternating, catalogueOf, instruments, ofType, PAPER, signal } from '../support/builders.ts';
import { CascadeRun } from '../support/cascade-run.ts';

export type Env = Readonly<Record<string, string>>;

/** What a start would make of these variables; throws when it would refuse them. */
export function loaded(env: Env = {}): LoadedSettings {
  const result = loadSettings({ env });
  if (!result.ok) throw new Error(result.error.map(formatProblem).join('\n'));
  return result.value;
}

export function settingsOf(env: Env = {}): Settings {
  return loaded(env).settings;
}

/** The errors that keep a start from these variables; empty when it would start. */
export function refusalsOf(env: Env): readonly string[] {
  const result = loadSettings({ env });
  return result.ok ? [] : result.error.filter(({ severity }) => severity === 'error').map(formatProblem);
}

/** Costs and limits that would blur what a test is about. */
const PLAIN: Env = {
  ACTIVE_BROKERS: 'paper',
  // What keeps to no clock is answered inside the cascade, in every namespace.
  FEED__SOURCE: 'tape:ticks',
  PAPER_TRADING__SLIPPAGE_PERCENT: '0',
  PAPER_TRADING__COMMISSION_PERCENT: '0',
  RISK__STALE_AFTER_SECONDS: '0',
  RISK__DUPLICATE_WINDOW_SECONDS: '0',
};

export function planOf(env: Env, deployments: readonly Deployment[] = []): Plan {
  return makePlan(settingsOf({ ...PLAIN, ...env }), instruments(2), deployments, undefined);
}

/** A small market in which the test makes every tick and signal itself. */
export class SettingsRun extends CascadeRun {
  #signals = 0;

  constructor(env: Env = {}, deployments: readonly Deployment[] = [], strategy: unknown = alternating) {
    super(planOf(env, deployments), catalogueOf(strategy));
  }

  /** A tick of the first instrument, so many seconds after the open. */
  price(seconds: number, rupees: number, volume?: number): readonly DomainEvent[] {
    return this.tick(0, rupees, after(seconds), volume);
  }

  /** A signal from outside, so many seconds after the open; to buy one unit at market unless told otherwise. */
  ask(seconds: number, wanted: Partial<TradingSignal> = {}): readonly DomainEvent[] {
    return this.message(signal({ id: `s${++this.#signals}`, at: after(seconds), ...wanted }));
  }

  cash(broker: BrokerId = PAPER): number {
    return (this.namespace(broker).portfolio.ledger.books[0]?.cash ?? Number.NaN) / 10_000;
  }
}

/** The codes with which the risk gate refused; empty when it let everything pass. */
export function codesOf(events: readonly DomainEvent[]): readonly string[] {
  return ofType(events, 'rejected_signal').flatMap(({ reasons }) => reasons.map(({ code }) => code));
}
