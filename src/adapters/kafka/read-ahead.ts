// One partition as its readers see it: what was fetched and not yet read, so that reading a few messages at a time costs
// few requests. Readers at different places have a window each; those close together share one.
import { type LogMessage } from '#ports/event-log.ts';
import { EARLIEST, LATEST, type FetchClient, type Fetched, type Place } from './fetch-client.ts';
import { messagesOf } from './records.ts';

interface Chunk {
  readonly start: number;
  end: number;
  readonly messages: LogMessage[];
}

/** A contiguous part of the partition that is held here. */
interface Window {
  chunks: Chunk[];
  /** The offset that is fetched next. */
  end: number;
  fetching: Promise<void> | undefined;
}

/** Groups that read one partition at different places, in one process. */
const WINDOWS_MAX = 6;
/** At the end of a topic messages come one by one; so many of them are kept as one chunk. */
const SMALL_CHUNK = 1_000;
/** One that is read and one that is next. */
const CHUNKS_AHEAD = 2;

export class ReadAhead {
  readonly #place: Place;
  readonly #client: FetchClient;
  readonly #bytes: number;
  /** The last used first. */
  #windows: Window[] = [];

  constructor(place: Place, client: FetchClient, bytes: number) {
    this.#place = place;
    this.#client = client;
    this.#bytes = bytes;
  }

  /** Up to `limit` messages from `offset` on. `knownEnd` saves a request when the end of the partition is known. */
  async read(offset: number, limit: number, knownEnd: () => number | undefined): Promise<readonly LogMessage[]> {
    for (let from = offset; ;) {
      const window = this.#windowAt(from);
      const found = take(window, from, limit);
      if (found.length > 0) {
        this.#prepare(window, found, knownEnd);
        return found;
      }
      const end = window.end;
      if (end >= (knownEnd() ?? Infinity)) return [];
      await this.#fetch(window);
      // Nothing was there; or only what is no message, and then what follows it is fetched.
      if (window.end === end) return [];
      if (window.chunks.length === 0) from = window.end;
    }
  }

  /** Records that came while the end was watched: readers that stand there need not fetch them again. */
  offer(from: number, batches: Fetched['batches']): void {
    const window = this.#windows.find(({ end, fetching }) => end === from && fetching === undefined);
    if (window !== undefined) this.#add(window, batches);
  }

  #windowAt(offset: number): Window {
    let window = this.#windows.find(({ chunks, end }) => (chunks[0]?.start ?? end) <= offset && offset <= end);
    window ??= { chunks: [], end: offset, fetching: undefined };
    if (window !== this.#windows[0]) {
      this.#windows = [window, ...this.#windows.filter((other) => other !== window)].slice(0, WINDOWS_MAX);
    }
    return window;
  }

  /** Lets go of what lies behind the reader, and fetches the next chunk while it handles this one. */
  #prepare(window: Window, found: readonly LogMessage[], knownEnd: () => number | undefined): void {
    const last = found.at(-1)?.offset ?? 0;
    const current = window.chunks.findIndex(({ end }) => end > last);
    // The chunk before stays for a reader that is a little behind.
    if (current > 1) window.chunks.splice(0, current - 1);
    const ahead = window.chunks.filter(({ end }) => end > last).length;
    if (ahead >= CHUNKS_AHEAD || window.fetching !== undefined || window.end >= (knownEnd() ?? Infinity)) return;
    // What goes wrong is found again, and said, by the reader that needs it.
    void Promise.allSettled([this.#fetch(window)]);
  }

  /** Fetches what comes next, once for all who wait for it. */
  #fetch(window: Window): Promise<void> {
    window.fetching ??= this.#fetchNext(window).finally(() => (window.fetching = undefined));
    return window.fetching;
  }

  async #fetchNext(window: Window): Promise<void> {
    const node = await this.#client.leaderOf(this.#place);
    const start = window.end;
    const wanted = [{ ...this.#place, offset: start }];
    const fetched = await this.#client.fetch(node, wanted, { waitMs: 0, bytes: this.#bytes });
    if (fetched === undefined) return this.#leap(window);
    this.#add(window, fetched[0]?.batches ?? []);
  }

  #add(window: Window, batches: Fetched['batches']): void {
    const start = window.end;
    const { messages, end } = messagesOf(this.#place, batches, start);
    const last = window.chunks.at(-1);
    if (last !== undefined && last.messages.length + messages.length < SMALL_CHUNK) {
      last.messages.push(...messages);
      last.end = end;
    } else if (messages.length > 0) window.chunks.push({ start, end, messages });
    window.end = end;
  }

  /** Goes to the oldest offset that is held, when retention has passed the one that was wanted. */
  async #leap(window: Window): Promise<void> {
    const { topic, partition } = this.#place;
    const start = (await this.#client.offsets([topic], EARLIEST)).get(topic)?.[partition] ?? 0;
    if (start <= window.end) return;
    window.chunks = [];
    window.end = start;
  }
}

/** The end of every partition of a topic. */
export async function endsOf(client: FetchClient, topic: string): Promise<readonly number[]> {
  return (await client.offsets([topic], LATEST)).get(topic) ?? [];
}

function take({ chunks }: Window, offset: number, limit: number): readonly LogMessage[] {
  const first = chunks.findIndex(({ messages }) => (messages.at(-1)?.offset ?? -1) >= offset);
  if (first === -1) return [];
  const { messages = [] } = chunks[first] ?? {};
  // Where no offset is missing, the place of a message follows from the first one's.
  let index = Math.max(0, offset - (messages[0]?.offset ?? 0));
  if (messages[index]?.offset !== offset) index = messages.findIndex((message) => message.offset >= offset);
  const found = messages.slice(index, index + limit);
  for (let next = first + 1; found.length < limit && next < chunks.length; next++) {
    found.push(...(chunks[next]?.messages.slice(0, limit - found.length) ?? []));
  }
  return found;
}
