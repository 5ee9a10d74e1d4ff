// Which troubles hold, and what is to be told of them. One trouble is one alert however often it is seen: it is told when
// it begins, told again while nobody has acknowledged it, and told when it has ended. The time is handed in.
import { type EpochMs } from '../time.ts';
import { kindOf, type AlertCode, type AlertSeverity } from './catalogue.ts';

export const ALERT_STATES = ['firing', 'acknowledged', 'resolved'] as const;
export type AlertState = (typeof ALERT_STATES)[number];

/** A trouble as somebody saw it. */
export interface Observation {
  readonly code: AlertCode;
  /** The namespace it is about; undefined when it is about all of them. */
  readonly broker: string | undefined;
  /** What it is about within that: an order, a strategy, a component. */
  readonly subject: string;
  readonly text: string;
}

export interface Alert extends Observation {
  readonly id: string;
  readonly severity: AlertSeverity;
  readonly state: AlertState;
  /** When the trouble began, not when it was told. */
  readonly since: EpochMs;
  readonly lastAt: EpochMs;
  readonly resolvedAt: EpochMs | undefined;
  /** How often it was seen to begin or to happen. */
  readonly count: number;
  /** How often it was told again because nobody had acknowledged it. */
  readonly escalation: number;
  readonly acknowledged: { readonly who: string; readonly why: string; readonly at: EpochMs } | undefined;
  /** When anybody was told of it last; undefined until somebody is. */
  readonly toldAt: EpochMs | undefined;
}

export interface Notice {
  readonly kind: 'fired' | 'escalated' | 'resolved';
  readonly alert: Alert;
}

export interface AlertTerms {
  /** Nobody is told of anything before this; what happens until then is told then. */
  readonly quietUntil: EpochMs;
  /** An alert that begins again within this time is told once. */
  readonly repeatMs: number;
  /** How long after it was told for the first time an alert is told again; the last step repeats. */
  readonly escalateMs: readonly number[];
  /** So many alerts are kept; ended ones go first. */
  readonly keep: number;
}

/** The subject of what has no place of its own any more. Nobody sees it end, so it ends when it is not seen again. */
export const OTHERS = 'others';
const OTHERS_QUIET_MS = 900_000;

type Draft = { -readonly [Field in keyof Alert]: Alert[Field] };

export class AlertBook {
  readonly #terms: AlertTerms;
  /** By key, oldest first. */
  readonly #alerts = new Map<string, Draft>();
  #made: number;

  /** @param kept what an earlier book kept */
  constructor(terms: AlertTerms, kept: readonly Alert[] = []) {
    this.#terms = terms;
    for (const alert of kept) this.#alerts.set(keyOf(alert), { ...alert });
    this.#made = kept.reduce((most, { id }) => Math.max(most, Number(id)), 0);
  }

  /** Every alert that is kept and has been told, oldest first. */
  list(): readonly Alert[] {
    return [...this.#alerts.values()].filter(({ toldAt }) => toldAt !== undefined).map((alert) => ({ ...alert }));
  }

  /** The trouble holds, or has happened. */
  raise(seen: Observation, at: EpochMs): void {
    const placed = this.#alerts.has(keyOf(seen)) || this.#hasRoom() ? seen : { ...seen, subject: OTHERS };
    const known = this.#alerts.get(keyOf(placed));
    if (known === undefined) {
      this.#alerts.set(keyOf(placed), this.#begun(placed, at));
      return;
    }
    known.text = seen.text;
    known.lastAt = at;
    if (known.state !== 'resolved') {
      if (kindOf(seen.code).quietMs !== undefined) known.count++;
      return;
    }
    Object.assign(known, { state: 'firing', since: at, resolvedAt: undefined, escalation: 0, acknowledged: undefined });
    known.count++;
  }

  /** The trouble holds no more. One that was never told is forgotten. */
  end(seen: Pick<Observation, 'code' | 'broker' | 'subject'>, at: EpochMs): readonly Notice[] {
    const known = this.#alerts.get(keyOf(seen));
    return known === undefined || known.state === 'resolved' ? [] : this.#resolve(known, at);
  }

  /** Undefined when there is no such alert, or it has ended. */
  acknowledge(id: string, who: string, why: string, at: EpochMs): Alert | undefined {
    const known = [...this.#alerts.values()].find((alert) => alert.id === id && alert.toldAt !== undefined);
    if (known === undefined || known.state === 'resolved') return undefined;
    known.state = 'acknowledged';
    known.acknowledged = { who, why, at };
    return { ...known };
  }

  /** What is due to be told at this instant. */
  due(at: EpochMs): readonly Notice[] {
    const notices: Notice[] = [];
    for (const alert of this.#alerts.values()) {
      if (alert.state === 'resolved') continue;
      const { holdMs, quietMs = alert.subject === OTHERS ? OTHERS_QUIET_MS : undefined } = kindOf(alert.code);
      if (at < this.#terms.quietUntil || at - alert.since < holdMs) continue;
      if (this.#isNews(alert)) {
        if (!this.#mayTell(alert, at)) continue;
        alert.toldAt = at;
        notices.push({ kind: 'fired', alert: { ...alert } });
      } else if (quietMs !== undefined && at - alert.lastAt >= quietMs) {
        notices.push(...this.#resolve(alert, at));
      } else if (this.#mustEscalate(alert, at)) {
        alert.escalation++;
        alert.toldAt = at;
        notices.push({ kind: 'escalated', alert: { ...alert } });
      }
    }
    return notices;
  }

  /** Nobody was told that it began this time. */
  #isNews({ toldAt, since, state }: Draft): boolean {
    return state === 'firing' && (toldAt === undefined || toldAt < since);
  }

  #mayTell({ toldAt }: Draft, at: EpochMs): boolean {
    return toldAt === undefined || at - toldAt >= this.#terms.repeatMs;
  }

  #mustEscalate({ state, severity, escalation, toldAt = 0 as EpochMs }: Draft, at: EpochMs): boolean {
    const { escalateMs } = this.#terms;
    const step = escalateMs[Math.min(escalation, escalateMs.length - 1)];
    return state === 'firing' && severity !== 'warning' && step !== undefined && at - toldAt >= step;
  }

  #resolve(alert: Draft, at: EpochMs): readonly Notice[] {
    if (alert.toldAt === undefined) {
      this.#alerts.delete(keyOf(alert));
      return [];
    }
    // What began again and was not told again has not ended for anybody either.
    const silent = this.#isNews(alert);
    alert.state = 'resolved';
    alert.resolvedAt = at;
    return silent ? [] : [{ kind: 'resolved', alert: { ...alert } }];
  }

  #begun(seen: Observation, at: EpochMs): Draft {
    return {
      ...seen,
      id: `${++this.#made}`,
      severity: kindOf(seen.code).severity,
      state: 'firing',
      since: at,
      lastAt: at,
      resolvedAt: undefined,
      count: 1,
      escalation: 0,
      acknowledged: undefined,
      toldAt: undefined,
    };
  }

  /** Makes room by forgetting the alert that ended first; without one there is none. */
  #hasRoom(): boolean {
    if (this.#alerts.size < this.#terms.keep) return true;
    for (const [key, { state }] of this.#alerts) {
      if (state !== 'resolved') continue;
      this.#alerts.delete(key);
      return true;
    }
    return false;
  }
}

function keyOf({ code, broker, subject }: Pick<Observation, 'code' | 'broker' | 'subject'>): string {
  return JSON.stringify([code, broker ?? null, subject]);
}
