// The events of a topic as the platform itself wrote them. What was refused when it came lies on the topic too, for people
// to look at; the letter about it says its place.
import type { DomainEvent } from '#core/events.ts';
import type { EpochMs } from '#core/time.ts';
import type { LogMessage } from '#ports/event-log.ts';
import type { StoreReader } from '#ports/store.ts';
import { refusedOffsets } from '#engine/refused.ts';
import { decodeMessage } from '#wire/decode.ts';

const PAGE = 1_000;
/** Nothing is read here as made before it was taken. */
const EVER = Number.MAX_SAFE_INTEGER as EpochMs;

/** The events of one type on a topic, in the order of the log. */
export function* eventsOf<Type extends DomainEvent['type']>(
  reader: StoreReader,
  topic: string,
  type: Type,
): Generator<Extract<DomainEvent, { type: Type }>> {
  const refused = refusedOffsets(reader, topic);
  // Most of a topic may be of other types: only what looks right is read in full.
  const mark = `"type":${JSON.stringify(type)}`;
  for (const { offset, value } of messagesOf(reader, topic)) {
    if (refused.has(offset) || !value.includes(mark)) continue;
    const event = eventIn(topic, offset, value);
    if (event?.type === type) yield event as Extract<DomainEvent, { type: Type }>;
  }
}

/** The event that a message of the log is; undefined when it is none. */
export function eventIn(topic: string, offset: number, value: string): DomainEvent | undefined {
  const decoded = decodeMessage(topic, value, { at: EVER, ttlMs: 0, offsetId: `${topic}:0:${offset}` });
  return decoded.ok ? decoded.value : undefined;
}

function* messagesOf(reader: StoreReader, topic: string): Generator<LogMessage> {
  const range = reader.range(topic);
  for (let next = range.start; next < range.end;) {
    const page = reader.read(topic, next, PAGE);
    yield* page;
    next = (page.at(-1)?.offset ?? range.end) + 1;
  }
}
