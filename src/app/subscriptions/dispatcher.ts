// Sends what happens to whoever has subscribed to it: in order, signed, again until it has arrived, and from where it stopped
// after a restart. Each subscription has a line of its own, and nothing of the platform waits for any of them.
import { createHmac } from 'node:crypto';
import { postJson } from '#adapters/alert-channels/post.ts';
import type { DeliveryLine, SubscriptionLine } from '#api/subscription-contract.ts';
import { SECOND_MS } from '#core/time.ts';
import { type Clock } from '#ports/clock.ts';
import { type StoreReader } from '#ports/store.ts';
import { type Logger } from '#ports/telemetry.ts';
import { sourcesOf, type Outgoing, type Passed, type Source, type SourceOptions, type TopicEnds } from './sources.ts';
import { type Subscription, type Subscriptions } from './subscriptions.ts';

const LOOK_MS = SECOND_MS;
const TIMEOUT_MS = 10 * SECOND_MS;
/** Of each source at once. */
const PAGE = 50;
/** After each failure of one message; behind the last nothing more is sent. About 17 minutes in all. */
const AGAIN_AFTER_MS = [1, 2, 5, 15, 60, 300, 600].map((seconds) => seconds * SECOND_MS);
const KEPT_MAX = 100;
/** Keeping how far it is costs a sync of the disk on the loop of the trading: what is sent twice meanwhile has one id. */
const KEEP_EVERY_MS = 5 * SECOND_MS;
/** After the log or the place of the subscriptions could not be read. */
const BROKEN_MS = 15 * SECOND_MS;

export interface DispatcherOptions extends Omit<SourceOptions, 'now' | 'store'> {
  readonly store: Pick<StoreReader, 'topics' | 'read'>;
  readonly subscriptions: Subscriptions;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Line {
  readonly subscription: Subscription;
  readonly sources: readonly Source[];
  readonly positions: Map<string, number>;
  readonly stop: AbortController;
  readonly kept: DeliveryLine[];
  /** Sources whose positions are further than what is kept of them. */
  readonly moved: Set<string>;
  keptAtMs: number;
  /** When its log or its place could not be read. */
  brokenAtMs: number | undefined;
  done: Promise<void>;
  attempts: number;
  delivered: number;
  deliveredAt: number | undefined;
  trouble: string | undefined;
}

export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #lines = new Map<string, Line>();
  #ends: { readonly at: number; readonly ends: TopicEnds } | undefined;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Sends until `stop` is aborted. Never rejects. */
  async run(stop: AbortSignal): Promise<void> {
    let failed: string | undefined;
    while (!stop.aborted) {
      try {
        this.#look();
        failed = undefined;
      } catch (error) {
        const message = String(error);
        if (message !== failed) this.#options.logger.error('Subscriptions cannot be looked after', { error });
        failed = message;
      }
      await this.#options.clock.sleep(LOOK_MS, stop);
    }
    for (const { stop: each } of this.#lines.values()) each.abort();
    await Promise.all([...this.#lines.values()].map(async ({ done }) => done));
  }

  /** What of each is to be told. */
  list(): readonly SubscriptionLine[] {
    return this.#options.subscriptions.list().map(({ id, address, kinds, brokers, dead }): SubscriptionLine => {
      const line = this.#lines.get(id);
      const trouble = dead?.trouble ?? line?.trouble ?? null;
      const state = dead !== null ? 'dead' : trouble === null ? 'active' : 'failing';
      const told = { id, address, kinds: [...kinds], brokers: brokers && [...brokers], trouble };
      return {
        ...told,
        state,
        delivered: line?.delivered ?? 0,
        last_delivered_at: line?.deliveredAt === undefined ? null : new Date(line.deliveredAt).toISOString(),
        behind: line === undefined ? 0 : behind(line, this.#topicEnds()),
      };
    });
  }

  /** The last attempts, oldest first; undefined for one that is not there. */
  deliveries(id: string): readonly DeliveryLine[] | undefined {
    const known = this.#options.subscriptions.list().some((each) => each.id === id);
    return known ? [...(this.#lines.get(id)?.kept ?? [])] : undefined;
  }

  /** Those to which nothing is sent any more, and why. */
  dead(): readonly { readonly id: string; readonly trouble: string }[] {
    return this.#options.subscriptions
      .list()
      .flatMap(({ id, dead }) => (dead === null ? [] : [{ id, trouble: dead.trouble }]));
  }

  /** Begins with those that are new or were resumed, and ends those that are gone. */
  #look(): void {
    const wanted = new Map(
      this.#options.subscriptions.list().flatMap((each) => (each.dead === null ? [[each.id, each]] : [])),
    );
    const now = this.#options.clock.monotonicMs();
    for (const [id, line] of this.#lines) {
      if (line.brokenAtMs !== undefined && now - line.brokenAtMs >= BROKEN_MS) this.#lines.delete(id);
      if (wanted.get(id)?.at === line.subscription.at) continue;
      line.stop.abort();
      // One that died keeps what it did for whoever looks; it is replaced when it is resumed.
      if (wanted.has(id) || !this.#isThere(id)) this.#lines.delete(id);
    }
    for (const [id, subscription] of wanted) if (!this.#lines.has(id)) this.#lines.set(id, this.#begin(subscription));
  }

  /** One look at the log serves every line, however many topics each reads. */
  #topicEnds(): TopicEnds {
    const now = this.#options.clock.monotonicMs();
    if (this.#ends === undefined || now - this.#ends.at >= LOOK_MS) {
      const ends = new Map(this.#options.store.topics().map(({ topic, end }) => [topic, end]));
      this.#ends = { at: now, ends };
    }
    return this.#ends.ends;
  }

  #isThere(id: string): boolean {
    return this.#options.subscriptions.list().some((each) => each.id === id);
  }

  #begin(subscription: Subscription): Line {
    const { subscriptions, clock } = this.#options;
    const sources = sourcesOf(subscription, { ...this.#options, now: () => clock.now() });
    const positions = new Map<string, number>();
    for (const source of sources) {
      const known = subscriptions.progressOf(subscription.id, source.name);
      const position = known ?? source.end(this.#topicEnds());
      positions.set(source.name, position);
      if (known === undefined) subscriptions.keepProgress(subscription.id, source.name, position);
    }
    const progress = { moved: new Set<string>(), keptAtMs: clock.monotonicMs(), brokenAtMs: undefined };
    const counts = { attempts: 0, delivered: 0, deliveredAt: undefined, trouble: undefined };
    const stop = new AbortController();
    const line: Line = {
      subscription,
      sources,
      positions,
      stop,
      kept: [],
      done: Promise.resolve(),
      ...progress,
      ...counts,
    };
    line.done = this.#follow(line).catch((error: unknown) => {
      line.trouble = 'the log or the place of the subscriptions cannot be read';
      line.brokenAtMs = clock.monotonicMs();
      this.#options.logger.error(`Nothing is sent to ${subscription.id} for ${BROKEN_MS / SECOND_MS} s`, { error });
    });
    return line;
  }

  async #follow(line: Line): Promise<void> {
    const { clock } = this.#options;
    const { signal } = line.stop;
    try {
      while (!signal.aborted) {
        const batch = gather(line, this.#topicEnds());
        if (!(await this.#sendAll(line, batch))) return;
        if (clock.monotonicMs() - line.keptAtMs >= KEEP_EVERY_MS) this.#keep(line);
        if (batch.length === 0) await clock.sleep(LOOK_MS, signal);
      }
    } finally {
      this.#keep(line);
    }
  }

  /** Whether all of it arrived. */
  async #sendAll(line: Line, batch: readonly (Outgoing | Passed)[]): Promise<boolean> {
    for (const outgoing of batch) {
      if (outgoing.body !== undefined && !(await this.#deliver(line, outgoing))) return false;
      line.positions.set(outgoing.source, outgoing.position);
      line.moved.add(outgoing.source);
    }
    return true;
  }

  /** Writes down how far the line is, unless the subscription is gone. */
  #keep(line: Line): void {
    const { clock, subscriptions } = this.#options;
    const { id } = line.subscription;
    line.keptAtMs = clock.monotonicMs();
    if (line.moved.size === 0 || !this.#isThere(id)) return;
    for (const source of line.moved) subscriptions.keepProgress(id, source, line.positions.get(source) ?? 0);
    line.moved.clear();
  }

  async #deliver(line: Line, outgoing: Outgoing): Promise<boolean> {
    const { clock, logger, subscriptions } = this.#options;
    const { id } = line.subscription;
    for (let attempt = 1; !line.stop.signal.aborted; attempt++) {
      const trouble = await this.#attempt(line, outgoing, attempt);
      if (line.stop.signal.aborted && trouble !== undefined) return false;
      if (trouble !== undefined && line.trouble === undefined) {
        logger.warning(`A message for the subscription ${id} did not arrive: ${trouble}`);
      }
      line.trouble = trouble;
      if (trouble === undefined) return true;
      const afterMs = AGAIN_AFTER_MS[attempt - 1];
      if (afterMs === undefined) {
        logger.error(`Nothing is sent to the subscription ${id} any more: ${attempt} attempts failed, ${trouble}`);
        subscriptions.die(id, trouble);
        return false;
      }
      await clock.sleep(afterMs, line.stop.signal);
    }
    return false;
  }

  /** What it failed with; undefined when it arrived. */
  async #attempt(line: Line, outgoing: Outgoing, attempt: number): Promise<string | undefined> {
    const { clock, subscriptions } = this.#options;
    const { id } = line.subscription;
    const [at, from] = [clock.now(), clock.monotonicMs()];
    const keys = subscriptions.keysOf(id);
    const signal = AbortSignal.any([line.stop.signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const trouble =
      keys === undefined
        ? 'it was made under another AUTH__SECRET_KEY; remove it and add it anew'
        : await send(keys, id, outgoing, at, signal).then(
            () => undefined,
            (error: unknown) => (error instanceof Error ? error.message : String(error)),
          );
    if (trouble === undefined) {
      line.delivered++;
      line.deliveredAt = at;
    }
    const tookMs = Math.round((clock.monotonicMs() - from) * 1_000) / 1_000;
    const told = { number: ++line.attempts, at: new Date(at).toISOString(), message_id: outgoing.id, attempt };
    line.kept.push({ ...told, trouble: trouble ?? null, took_ms: tookMs });
    if (line.kept.length > KEPT_MAX) line.kept.shift();
    return trouble;
  }
}

/** Sends one message once. Throws what went wrong, without the URL. */
export async function send(
  { url, secret }: { readonly url: string; readonly secret: string },
  subscription: string,
  { id, body }: Pick<Outgoing, 'id' | 'body'>,
  at: number,
  signal: AbortSignal,
): Promise<void> {
  const text = `{"id":${JSON.stringify(id)},"subscription":${JSON.stringify(subscription)},${body}}`;
  const seconds = `${Math.floor(at / SECOND_MS)}`;
  const mark = createHmac('sha256', secret).update(`${seconds}.${text}`).digest('hex');
  const headers = {
    'x-alpha-panda-id': encodeURI(id),
    'x-alpha-panda-timestamp': seconds,
    'x-alpha-panda-signature': `v1=${mark}`,
  };
  await postJson(url, text, headers, signal);
}

/** What waits, source by source, each in its order. */
function gather({ sources, positions }: Line, ends: TopicEnds): readonly (Outgoing | Passed)[] {
  return sources.flatMap((source) => {
    const position = positions.get(source.name) ?? 0;
    return source.behind(position, ends) === 0 ? [] : source.read(position, PAGE);
  });
}

function behind({ sources, positions }: Line, ends: TopicEnds): number {
  return sources.reduce((sum, source) => sum + source.behind(positions.get(source.name) ?? 0, ends), 0);
}
