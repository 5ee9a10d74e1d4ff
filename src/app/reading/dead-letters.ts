// The dead letters of a store, each with what became of it. Letters are never taken away: notes on the same topics say
// which of them were replayed or discarded.
import { type Place } from '../place.ts';
import { type EpochMs } from '#core/time.ts';
import { type LogMessage } from '#ports/event-log.ts';
import { type StoreReader } from '#ports/store.ts';
import { type DeadLetter, readDeadLetter, type SettledNote } from '#wire/read-dead-letter.ts';
import { deadLetterTopic, parseTopic } from '#wire/topics.ts';
import { knownTopics } from './events.ts';
import { checkBroker, RequestError, withStores } from './open-store.ts';

const PAGE = 500;
/** Letters about messages for topics that do not exist; it belongs to no namespace. */
const SYSTEM_LETTERS = 'system.dlq';

export interface Settled {
  readonly settlement: SettledNote['settlement'];
  readonly who: string;
  readonly why: string;
  readonly at: EpochMs;
}

/** A letter with its place. */
export interface StoredLetter {
  readonly topic: string;
  readonly offset: number;
  readonly letter: DeadLetter;
  /** The last word about it; undefined while there is none. */
  readonly settled: Settled | undefined;
  /** Everything that was said about it, in the order of the log. */
  readonly notes: readonly Settled[];
}

export interface LetterFilter {
  /** The namespace of the original topic. */
  readonly broker: string | undefined;
  /** A topic, with or without its `.dlq`. */
  readonly topic: string | undefined;
  readonly code: string | undefined;
}

export interface Letters {
  /** Oldest first. */
  readonly letters: readonly StoredLetter[];
  /** Messages on these topics that are neither letters nor notes: a stranger wrote them. */
  readonly strange: number;
}

/** The letters that a filter lets through. Throws `RequestError` for a topic or broker that does not exist. */
export function readLetters(place: Place, active: readonly string[], filter: LetterFilter): Letters {
  return withStores(place, (reader) => lettersIn(reader, active, filter));
}

/** The letters of an open store. */
export function lettersIn(reader: StoreReader, active: readonly string[], filter: LetterFilter): Letters {
  const { broker, topic, code } = filter;
  checkBroker(broker, reader, active);
  const topics = topic === undefined ? letterTopics(reader, active) : [lettersOf(topic, reader, active)];
  const read = topics.map((name) => topicLetters(reader, name));
  const letters = read
    .flatMap((each) => each.letters)
    .filter(({ letter }) => code === undefined || letter.code === code)
    .filter(({ letter }) => broker === undefined || brokerOf(letter.topic) === broker)
    .toSorted((a, b) => a.letter.at - b.letter.at || compare(a.topic, b.topic) || a.offset - b.offset);
  return { letters, strange: read.reduce((sum, { strange }) => sum + strange, 0) };
}

/** `lettersAt` of the store at a place. */
export function readLettersAt(
  place: Place,
  active: readonly string[],
  topic: string,
  offsets: readonly number[],
): readonly StoredLetter[] {
  return withStores(place, (reader) => lettersAt(reader, active, topic, offsets));
}

/** The letters at these offsets, in this order. Throws `RequestError` when one of them is none. */
export function lettersAt(
  reader: StoreReader,
  active: readonly string[],
  topic: string,
  offsets: readonly number[],
): readonly StoredLetter[] {
  const name = lettersOf(topic, reader, active);
  const { letters } = topicLetters(reader, name);
  const byOffset = new Map(letters.map((stored) => [stored.offset, stored]));
  return offsets.map((offset) => {
    const stored = byOffset.get(offset);
    if (stored !== undefined) return stored;
    throw new RequestError(`${name}: expected the offset of a dead letter, found ${offset}; ${hint(name, letters)}`);
  });
}

function hint(topic: string, letters: readonly StoredLetter[]): string {
  if (letters.length === 0) return 'the topic has no dead letter';
  return `alpha-panda dlq list --topic ${topic} shows them`;
}

/** Every topic that dead letters may lie on, in a fixed order. */
function letterTopics(reader: StoreReader, active: readonly string[]): readonly string[] {
  const letters = knownTopics(reader, active).filter((name) => deadLetterTopic(name) === name);
  return [...new Set([...letters, SYSTEM_LETTERS])];
}

/** The topic of dead letters that is meant. */
function lettersOf(topic: string, reader: StoreReader, active: readonly string[]): string {
  const known = letterTopics(reader, active);
  const name = deadLetterTopic(topic);
  if (known.includes(name)) return name;
  throw new RequestError(
    `expected a topic of dead letters, found ${JSON.stringify(topic)}. Known:\n  ${known.join('\n  ')}`,
  );
}

function topicLetters(reader: StoreReader, topic: string): Letters {
  return lettersAmong(topic, messagesOf(reader, topic));
}

/** Its letters by offset, with the notes about each. Letters of one id are about one message: a note settles them all. */
export function lettersAmong(topic: string, messages: Iterable<LogMessage>): Letters {
  const found: { readonly offset: number; readonly letter: DeadLetter }[] = [];
  const notes = new Map<string, Settled[]>();
  let strange = 0;
  for (const { offset, value } of messages) {
    const read = readDeadLetter(value);
    if (read === undefined) strange++;
    else if (read.is === 'letter') found.push({ offset, letter: read });
    else notes.set(read.letterId, [...(notes.get(read.letterId) ?? []), settledBy(read)]);
  }
  const letters = found.map(({ offset, letter }): StoredLetter => {
    const about = notes.get(letter.id) ?? [];
    return { topic, offset, letter, settled: about.at(-1), notes: about };
  });
  return { letters, strange };
}

function settledBy({ settlement, who, why, at }: SettledNote): Settled {
  return { settlement, who, why, at };
}

function* messagesOf(reader: StoreReader, topic: string): Generator<LogMessage> {
  for (let page = reader.read(topic, 0, PAGE), last = page.at(-1); last !== undefined; last = page.at(-1)) {
    yield* page;
    page = reader.read(topic, last.offset + 1, PAGE);
  }
}

/** The namespace that a topic is of; undefined for market data. A topic that does not exist still names one. */
export function brokerOf(topic: string): string | undefined {
  const parsed = parseTopic(topic);
  if (parsed === undefined) return topic.split('.')[0];
  return parsed.scope === 'broker' ? parsed.broker : undefined;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
