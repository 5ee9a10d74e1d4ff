// The messages of a topic, page by page and as they were stored, for whoever prints them. Memory does not grow with the
// topic, and the end is the one at the moment of asking, unless the reader follows.
import { keeperOf } from '#engine/pipeline.ts';
import { openReader } from '../open-place.ts';
import { type Place } from '../place.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogMessage } from '#ports/event-log.ts';
import type { StoreReader } from '#ports/store.ts';
import type { BrokerId } from '#core/ids.ts';
import { MARKET_TICKS, parseTopic, topicsOf } from '#wire/topics.ts';
import { knownBrokers, RequestError } from './open-store.ts';

export interface EventsRequest {
  readonly place: Place;
  readonly active: readonly string[];
  readonly topic: string;
  /** An offset, or `latest` for what comes after now. */
  readonly from: number | 'latest';
  /** Undefined ends at the last message; a signal goes on until it is aborted. */
  readonly follow: AbortSignal | undefined;
}

/** A message with the one thing a printer must know about its text. */
export interface StoredEvent {
  readonly offset: number;
  /** The value as it was stored; line breaks between its tokens are blanks, so that it stands on one line. */
  readonly line: string;
  /** False when the value is not JSON: a stranger wrote it. */
  readonly json: boolean;
}

export interface EventPage {
  readonly events: readonly StoredEvent[];
  /** Messages that were asked for and are held no longer, before the first of this page. */
  readonly skipped: number;
}

const PAGE = 250;
const LOOK_AGAIN_MS = 200;

/** Pages of at least one event each. Throws `RequestError` for a topic that does not exist. */
export async function* readEvents(request: EventsRequest): AsyncGenerator<EventPage> {
  const reader = openReader(request.place, keeperOf(request.topic));
  try {
    checkTopic(request.topic, knownTopics(reader, request.active));
    yield* pages(reader, request);
  } finally {
    reader.close();
  }
}

/** Every topic that there can be: of the active namespaces, and of those the store has something of. */
export function knownTopics(reader: StoreReader, active: readonly string[]): readonly string[] {
  const possible = topicsOf(knownBrokers(reader, active) as readonly BrokerId[]);
  const written = reader.topics().map(({ topic }) => topic);
  return [...new Set([...possible, ...written])];
}

/** The messages of one topic of an open store. */
export async function* pages(reader: StoreReader, request: EventsRequest): AsyncGenerator<EventPage> {
  const { topic, from, follow } = request;
  const trusted = topic === MARKET_TICKS;
  let end = endOf(reader, topic);
  let next = from === 'latest' ? end : from;
  for (;;) {
    while (next < end) {
      const messages = reader.read(topic, next, Math.min(PAGE, end - next));
      const [first, last] = [messages[0], messages.at(-1)];
      if (first === undefined || last === undefined) break;
      yield { events: messages.map((message) => storedEvent(message, trusted)), skipped: first.offset - next };
      next = last.offset + 1;
    }
    if (follow === undefined || follow.aborted) return;
    await sleep(LOOK_AGAIN_MS, undefined, { signal: follow }).catch(ignoreAbort);
    end = endOf(reader, topic);
  }
}

function checkTopic(topic: string, known: readonly string[]): void {
  if (known.includes(topic)) return;
  const about = parseTopic(topic) === undefined ? 'no such topic' : 'no such broker namespace here';
  const list = known.filter((name) => !name.endsWith('.dlq')).join('\n  ');
  throw new RequestError(`${about}: ${JSON.stringify(topic)}. Known, each with its .dlq:\n  ${list}`);
}

function endOf(reader: StoreReader, topic: string): number {
  return reader.range(topic).end;
}

/** Ticks are written by the platform itself, a million a day; any other topic may hold a stranger's text. */
export function storedEvent({ offset, value }: LogMessage, trusted: boolean): StoredEvent {
  if (trusted) return { offset, line: value, json: true };
  const json = isJson(value);
  return { offset, line: json ? value.replace(/[\r\n]+/g, ' ') : value, json };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function ignoreAbort(error: unknown): void {
  if ((error as Error).name !== 'AbortError') throw error;
}
