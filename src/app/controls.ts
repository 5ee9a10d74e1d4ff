// What a person orders about what may be sent, from the command line or over the API: arm, disarm, kill, release, and limits. Each is a
// message in the inbox of every namespace that it concerns, and the pipeline takes it before its next ticks.
import { placeOf, type OpenPlace } from './place.ts';
import { loadInstruments } from '#adapters/instrument-files/instrument-files.ts';
import type { ControlAction } from '#core/events.ts';
import { readLimit } from '#core/risk/limits.ts';
import { armingTrouble } from './arming.ts';
import type { Settings } from './config/settings-schema.ts';
import { namespacePlan } from './plan.ts';
import { INSTRUMENTS } from './project.ts';
import { RequestError } from './reading/open-store.ts';
import { RefusedError, requestControl, type ControlRequest } from './requests.ts';

export interface Ordered {
  /** Undefined: every active namespace. */
  readonly broker: string | undefined;
  /** Narrows the scope to one strategy, or to one instrument by its symbol or token. */
  readonly strategyId?: string | undefined;
  readonly instrument?: string | undefined;
  readonly who: string;
  readonly why: string;
  /** Where the platform itself has its store and inbox, when it is the platform that asks. */
  readonly within?: OpenPlace | undefined;
  /** What the ids of the messages begin with: the same again does nothing. Another one each time when it is not said. */
  readonly requestId?: string | undefined;
}

/** Asks every namespace that is concerned for an action; returns them. Throws `RequestError`. */
export function order(settings: Settings, action: ControlAction, ordered: Ordered): readonly string[] {
  const brokers = concerned(settings, ordered.broker);
  const subject = subjectOf(ordered);
  for (const broker of brokers) requestControl({ ...asked(settings, ordered, broker, action), action, subject });
  return brokers;
}

/** Arms one broker, unless it must not be. */
export function arm(settings: Settings, ordered: Ordered & { readonly broker: string }): void {
  concerned(settings, ordered.broker);
  const broker = settings.brokers.find(({ id }) => id === ordered.broker);
  const trouble =
    broker === undefined
      ? undefined
      : armingTrouble(namespacePlan(broker, settings), broker.mode, settings.feed.source.kind);
  if (trouble !== undefined) throw new RefusedError(trouble);
  order(settings, 'armed', ordered);
}

/** Asks for another limit; returns the namespaces. */
export function setLimit(settings: Settings, ordered: Ordered, name: string, value: string): readonly string[] {
  const limit = readLimit(name, value);
  if (typeof limit === 'string') throw new RequestError(limit);
  const brokers = concerned(settings, ordered.broker);
  const action = 'limit_changed';
  for (const broker of brokers) {
    const subject = ordered.strategyId === undefined ? broker : `strategy:${ordered.strategyId}`;
    requestControl({ ...asked(settings, ordered, broker, action), action, subject, limit });
  }
  return brokers;
}

/** What every message of an order has in common. */
export function asked(
  settings: Settings,
  { who, why, within, requestId }: Pick<Ordered, 'who' | 'why' | 'within' | 'requestId'>,
  broker: string,
  action: ControlAction,
): Omit<ControlRequest, 'action' | 'subject' | 'limit'> {
  return {
    place: within ?? placeOf(settings),
    ...(within !== undefined && { source: 'api' }),
    broker,
    who,
    why,
    requestId: requestId && `${requestId}-${broker}-${action}`,
  };
}

function concerned(settings: Settings, broker: string | undefined): readonly string[] {
  const active = settings.activeBrokers;
  if (broker === undefined) return active;
  if (active.some((id) => id === broker)) return [broker];
  throw new RequestError(`expected an active broker, one of ${active.join(', ')}; found ${JSON.stringify(broker)}`);
}

function subjectOf({ broker, strategyId, instrument }: Ordered): string {
  if (strategyId !== undefined && instrument !== undefined) {
    throw new RequestError('expected a strategy or an instrument, found both; order one after the other');
  }
  if (strategyId !== undefined) return `strategy:${strategyId}`;
  if (instrument !== undefined) return `instrument:${tokenOf(instrument)}`;
  return broker ?? 'global';
}

function tokenOf(name: string): number {
  if (/^\d{1,15}$/.test(name)) return Number(name);
  const listed = loadInstruments(INSTRUMENTS).listings.find(({ instrument }) => instrument.symbol === name);
  if (listed !== undefined) return listed.instrument.token;
  throw new RequestError(`expected a token or a symbol of config/instruments, found ${JSON.stringify(name)}`);
}
