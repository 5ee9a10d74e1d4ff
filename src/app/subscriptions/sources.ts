// What a subscription is told of, source by source: topics of the log, and the alerts that the platform keeps. Each source has
// positions that only grow, so that whoever knows the last one goes on behind it.
import { alertLine } from '#api/alert-line.ts';
import { type Kind } from '#api/subscription-contract.ts';
import { type Alert } from '#core/alerts/alert-book.ts';
import { type BrokerId } from '#core/ids.ts';
import { refusedOffsets } from '#engine/refused.ts';
import { type StoreReader } from '#ports/store.ts';
import { topic, type Stream } from '#wire/topics.ts';
import { type Subscription } from './subscriptions.ts';

export interface Outgoing {
  /** The same each time that it is sent. */
  readonly id: string;
  readonly source: string;
  /** Where the source goes on once this has arrived. */
  readonly position: number;
  /** JSON text without the braces around it. */
  readonly body: string;
}

/** Where nothing is to be told, and the source goes on behind it. */
export interface Passed extends Pick<Outgoing, 'source' | 'position'> {
  readonly body: undefined;
}

/** Where every topic ends, as somebody has looked. */
export type TopicEnds = ReadonlyMap<string, number>;

export interface Source {
  readonly name: string;
  /** The position of what comes next. */
  end(ends: TopicEnds): number;
  /** How many wait from a position on. */
  behind(position: number, ends: TopicEnds): number;
  /** From a position on, in order. */
  read(position: number, limit: number): readonly (Outgoing | Passed)[];
}

const STREAMS: Readonly<Record<Exclude<Kind, 'alerts'>, readonly Stream[]>> = {
  fills: ['orders.filled'],
  orders: ['orders.submitted', 'orders.failed', 'orders.cancelled'],
  risk: ['signals.rejected', 'control.changes', 'reconciliation.breaks'],
};

export interface SourceOptions {
  readonly store: Pick<StoreReader, 'read'>;
  readonly brokers: readonly BrokerId[];
  readonly alerts: () => readonly Alert[];
  readonly now: () => number;
}

export function sourcesOf(
  { kinds, brokers }: Pick<Subscription, 'kinds' | 'brokers'>,
  options: SourceOptions,
): readonly Source[] {
  const told = options.brokers.filter((broker) => brokers === null || brokers.includes(broker));
  return kinds.flatMap((kind): readonly Source[] => {
    if (kind === 'alerts') return [new AlertSource(options, brokers)];
    return told.flatMap((broker) =>
      STREAMS[kind].map((stream) => new TopicSource(topic(broker, stream), kind, options.store)),
    );
  });
}

const NONE: ReadonlySet<number> = new Set();

class TopicSource implements Source {
  readonly name: string;
  readonly #kind: Kind;
  readonly #store: SourceOptions['store'];

  constructor(name: string, kind: Kind, store: SourceOptions['store']) {
    this.name = name;
    this.#kind = kind;
    this.#store = store;
  }

  end(ends: TopicEnds): number {
    return ends.get(this.name) ?? 0;
  }

  behind(position: number, ends: TopicEnds): number {
    return Math.max(0, this.end(ends) - position);
  }

  read(position: number, limit: number): readonly (Outgoing | Passed)[] {
    const messages = this.#store.read(this.name, position, limit);
    // What was refused when it came lies there without its id, and is no fact that anybody may be told of in our name.
    const isSuspect = messages.some(({ id }) => id === undefined);
    const refused = isSuspect ? refusedOffsets(this.#store, this.name) : NONE;
    return messages.map(({ offset, value }) => {
      const next = { source: this.name, position: offset + 1 };
      if (refused.has(offset)) return { ...next, body: undefined };
      const about = `"kind":${JSON.stringify(this.#kind)},"topic":${JSON.stringify(this.name)},"offset":${offset}`;
      return { ...next, id: `${this.name}:${offset}`, body: `${about},"message":${value}` };
    });
  }
}

/** What was told of alerts, by when; an alert that changes again before it is read is told as it is then. */
class AlertSource implements Source {
  readonly name = 'alerts';
  readonly #options: SourceOptions;
  readonly #brokers: readonly string[] | null;

  constructor(options: SourceOptions, brokers: readonly string[] | null) {
    this.#options = options;
    this.#brokers = brokers;
  }

  end(): number {
    return this.#options.now() + 1;
  }

  behind(position: number): number {
    return this.#from(position).length;
  }

  read(position: number): readonly Outgoing[] {
    const told = this.#from(position);
    return told.map(({ at, alert }, k) => {
      const isLastOfInstant = told[k + 1]?.at !== at;
      const { id, state } = alert;
      const body = `"kind":"alerts","alert":${JSON.stringify(alertLine(alert))}`;
      // Those of one instant are left behind together: else a stop between them would lose the second.
      return { id: `alert:${id}:${state}:${at}`, source: this.name, position: isLastOfInstant ? at + 1 : at, body };
    });
  }

  #from(position: number): readonly { readonly at: number; readonly alert: Alert }[] {
    return this.#options
      .alerts()
      .filter(({ broker }) => this.#brokers === null || (broker !== undefined && this.#brokers.includes(broker)))
      .flatMap((alert) => {
        const at = alert.resolvedAt ?? alert.toldAt;
        return at === undefined || at < position ? [] : [{ at, alert }];
      })
      .toSorted((a, b) => a.at - b.at || Number(a.alert.id) - Number(b.alert.id));
  }
}
