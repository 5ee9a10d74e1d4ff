// Reads the audit trail from its first entry and names the first that is not what was written.
import { type AuditReader } from '#ports/audit.ts';
import { type StoreReader } from '#ports/store.ts';
import { AUDIT_START, breakAt, type AuditEntry, type AuditHead } from '#wire/audit.ts';

export interface TrailReport {
  /** The newest entry that is sound, and everything before it too. */
  readonly head: AuditHead;
  /** The first entry that is not, in words. */
  readonly broken: string | undefined;
}

const PAGE = 250;

/**
 * @param kept a hash that was kept elsewhere: it must be that of an entry
 * @param log when it is given, what was copied from it must stand there still
 */
export function verifyTrail(
  reader: AuditReader,
  kept?: string,
  log?: Pick<StoreReader, 'read' | 'topics'>,
): TrailReport {
  const steps = verifySteps(reader, kept, log);
  for (;;) {
    const { value, done } = steps.next();
    if (done === true) return value;
  }
}

/** The same piece by piece: yields the number of the last entry that is sound, and ends with the report. */
export function* verifySteps(
  reader: Pick<AuditReader, 'after'>,
  kept?: string,
  log?: Pick<StoreReader, 'read' | 'topics'>,
): Generator<number, TrailReport> {
  let head = AUDIT_START;
  let isThere = kept === undefined || kept === head.hash;
  const pages = log && new LogPages(log);
  for (let more = true; more;) {
    const entries = reader.after(head.seq, PAGE);
    for (const entry of entries) {
      const broken = breakAt(head, entry) ?? pages?.difference(entry);
      if (broken !== undefined) return { head, broken };
      head = { seq: entry.seq, hash: entry.hash };
      isThere ||= entry.hash === kept;
    }
    more = entries.length > 0;
    yield head.seq;
  }
  const missing = `no entry has the hash ${kept}: entries behind it were taken away, or the whole trail was written anew`;
  return { head, broken: isThere ? undefined : missing };
}

/** Messages of the log, read a page at a time in the order in which they were copied. */
class LogPages {
  readonly #log: Pick<StoreReader, 'read' | 'topics'>;
  readonly #starts: ReadonlyMap<string, number>;
  readonly #pages = new Map<string, ReadonlyMap<number, string>>();

  constructor(log: Pick<StoreReader, 'read' | 'topics'>) {
    this.#log = log;
    this.#starts = new Map(log.topics().map(({ topic, start }) => [topic, start]));
  }

  difference({ seq, source, body }: AuditEntry): string | undefined {
    if (source === undefined) return undefined;
    const { topic, offset } = source;
    // Held no longer, or in the store of another part.
    const start = this.#starts.get(topic);
    if (start === undefined || offset < start) return undefined;
    const found = this.#page(topic, offset).get(offset);
    if (found === body) return undefined;
    const what = found === undefined ? 'is not in the log' : 'is another one in the log';
    return `entry ${seq} was copied from ${topic}, offset ${offset}, which ${what}`;
  }

  #page(topic: string, offset: number): ReadonlyMap<number, string> {
    const known = this.#pages.get(topic);
    if (known?.has(offset)) return known;
    const page = new Map(this.#log.read(topic, offset, PAGE).map((message) => [message.offset, message.value]));
    this.#pages.set(topic, page);
    return page;
  }
}
