// The topics of this deployment with what each of them holds.
import { type Place } from '../place.ts';
import { type StoreReader, StoreError } from '#ports/store.ts';
import { DEAD_LETTER_TYPES, MARKET_TICKS, MARKET_TYPES, parseTopic, STREAMS } from '#wire/topics.ts';
import type { BrokerId } from '#core/ids.ts';
import { topicsOf } from '#wire/topics.ts';
import { knownBrokers, withStores } from './open-store.ts';

export interface TopicLine {
  readonly topic: string;
  /** The oldest offset that is held, and the one that the next message gets. */
  readonly start: number;
  readonly end: number;
  readonly types: readonly string[];
}

/** Every topic, also before the first start, when all of them are empty. */
export function readTopics(place: Place, active: readonly string[]): readonly TopicLine[] {
  try {
    return withStores(place, (reader) => topicLines(reader, active));
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'MISSING') throw error;
    return topicsOf(active as readonly BrokerId[]).map((topic) => ({ topic, start: 0, end: 0, types: typesOf(topic) }));
  }
}

/** @param brokers every namespace that there is, when the caller knows them */
export function topicLines(
  reader: StoreReader,
  active: readonly string[],
  brokers: readonly string[] = knownBrokers(reader, active),
): readonly TopicLine[] {
  const ranges = new Map(reader.topics().map((range) => [range.topic, range]));
  return [...new Set([...topicsOf(brokers as readonly BrokerId[]), ...ranges.keys()])].map((topic) => {
    const { start, end } = ranges.get(topic) ?? { start: 0, end: 0 };
    return { topic, start, end, types: typesOf(topic) };
  });
}

function typesOf(topic: string): readonly string[] {
  const parsed = parseTopic(topic);
  if (parsed === undefined || parsed.deadLetters) return DEAD_LETTER_TYPES;
  return topic === MARKET_TICKS || parsed.scope === 'market' ? MARKET_TYPES : STREAMS[parsed.stream].types;
}
