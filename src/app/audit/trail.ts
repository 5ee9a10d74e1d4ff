// The audit trail of a running platform. What the API and the start have to tell is appended at once; the life of orders and
// every change of control stand in the log already and are copied from it a moment later, so that nothing waits for it: the
// trail itself knows how far it has copied, and after a crash goes on exactly there.
import { SECOND_MS } from '#core/time.ts';
import { type AuditReader, type AuditStore } from '#ports/audit.ts';
import { type Clock } from '#ports/clock.ts';
import { type LogMessage, type TopicRange } from '#ports/event-log.ts';
import { type StoreReader } from '#ports/store.ts';
import { type Logger } from '#ports/telemetry.ts';
import { type AuditFact } from '#wire/audit.ts';
import { canonicalJson } from '#wire/canonical.ts';
import { parseTopic, type Stream } from '#wire/topics.ts';

/** What is copied: every message of these streams. Refused signals are not: a day can have hundreds of thousands, and no order follows. */
const COPIED: ReadonlySet<Stream> = new Set([
  'orders.submitted',
  'orders.filled',
  'orders.failed',
  'orders.cancelled',
  'reconciliation.breaks',
  'control.changes',
]);
const PAGE = 500;
const LOOK_MS = SECOND_MS;
/** How often the same refusal of the same address is written down. */
const REPEAT_MS = 60 * SECOND_MS;
const REPEATS_MAX = 1_000;

export interface TrailOptions {
  readonly store: AuditStore;
  readonly log: Pick<StoreReader, 'topics' | 'read'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether this process has the whole of a topic. */
  readonly keeps: (topic: string) => boolean;
}

export class Trail {
  readonly #options: TrailOptions;
  readonly #copiedTo: Map<string, number>;
  readonly #repeats = new Map<string, { readonly until: number; count: number }>();
  /** Whether the log may hold what is not copied yet. */
  #behind = true;
  #day = '';

  constructor(options: TrailOptions) {
    this.#options = options;
    this.#copiedTo = new Map(options.store.copiedTo());
  }

  /** What is in it. */
  get reader(): AuditReader {
    return this.#options.store;
  }

  /** The log has more than it had. */
  onCommitted(): void {
    this.#behind = true;
  }

  /** Throws `StoreError`. */
  record(kind: string, fields: Readonly<Record<string, unknown>>): void {
    this.#options.store.append([this.#fact(kind, canonicalJson(fields))]);
  }

  /**
   * The same, once a minute for each `repeat`, with how many there were meanwhile: whoever is refused without end must not
   * fill the disk with it. Returns whether it was written.
   */
  recordRefusal(kind: string, fields: Readonly<Record<string, unknown>>, repeat: string): boolean {
    const now = this.#options.clock.now();
    const known = this.#repeats.get(repeat);
    if (known !== undefined && now < known.until) {
      known.count++;
      return false;
    }
    if (this.#repeats.size >= REPEATS_MAX) this.#repeats.clear();
    this.#repeats.set(repeat, { until: now + REPEAT_MS, count: 0 });
    this.record(kind, known === undefined || known.count === 0 ? fields : { ...fields, repeated: known.count });
    return true;
  }

  /** Copies what the log has, at most a page of each topic at once; false when there is more. Throws `StoreError`. */
  copy(): boolean {
    this.#behind = false;
    const { log, keeps } = this.#options;
    let isAll = true;
    for (const range of log.topics()) {
      if (!isCopied(range.topic) || !keeps(range.topic)) continue;
      isAll = this.#copyTopic(range) && isAll;
    }
    if (!isAll) this.#behind = true;
    return isAll;
  }

  /** Copies as the log grows, and logs the newest hash each day, until `signal` is aborted. */
  async follow(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    while (!signal.aborted) {
      try {
        if (this.#behind) this.copy();
        const day = new Date(clock.now()).toISOString().slice(0, 'YYYY-MM-DD'.length);
        if (day !== this.#day) this.#tellHead('Audit trail');
        this.#day = day;
      } catch (error) {
        logger.error('The audit trail cannot be written; what the log has is copied after the next start', { error });
        return;
      }
      await clock.sleep(LOOK_MS, signal);
    }
  }

  /** Copies the rest and logs the newest hash, to be kept elsewhere. */
  finish(): void {
    while (!this.copy());
    this.#tellHead('Audit trail at the stop');
    this.#options.store.close();
  }

  #copyTopic({ topic, start, end }: TopicRange): boolean {
    const next = Math.max(start, this.#copiedTo.get(topic) ?? 0);
    if (next >= end) return true;
    const messages = this.#options.log.read(topic, next, PAGE);
    const last = messages.at(-1);
    if (last === undefined) return true;
    const facts = messages.map((message) => this.#copied(topic, message));
    if (this.#options.store.append(facts) === undefined) {
      // Another process has copied it: where it stands is asked anew.
      for (const [name, offset] of this.#options.store.copiedTo()) this.#copiedTo.set(name, offset);
      return false;
    }
    this.#copiedTo.set(topic, last.offset + 1);
    return last.offset + 1 >= end;
  }

  #copied(topic: string, { offset, value }: LogMessage): AuditFact {
    return { ...this.#fact(typeIn(value), value), source: { topic, offset } };
  }

  #fact(kind: string, body: string): AuditFact {
    return { at: this.#options.clock.now(), kind, body };
  }

  #tellHead(what: string): void {
    const { seq, hash } = this.#options.store.head();
    this.#options.logger.info(`${what}: entry ${seq} has the hash ${hash}`, { audit_seq: seq, audit_hash: hash });
  }
}

export function isCopied(topic: string): boolean {
  const parsed = parseTopic(topic);
  return parsed?.scope === 'broker' && !parsed.deadLetters && COPIED.has(parsed.stream);
}

/** The type that a message says it has; a stranger's may say none. */
function typeIn(value: string): string {
  return /"type":"([a-z_]{1,64})"/.exec(value)?.[1] ?? 'unknown';
}
