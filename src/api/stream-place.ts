// Where a stream stands, as the text that its events carry as their id: the offset that comes next, topic by topic. A
// client that names its last id goes on exactly behind that event, whatever happened to the server meanwhile.
import { ProblemError } from './problem.ts';

/** By topic, the offset that comes next. */
export type Place = ReadonlyMap<string, number>;

/** Topics of one stream. */
const TOPICS_MAX = 64;

export function placeText(place: Place): string {
  return [...place].map(([topic, next]) => `${topic}:${next}`).join(',');
}

/** Reads what a client sent as its last id. Throws `ProblemError`. */
export function parsePlace(text: string): Place {
  const parts = text.split(',').map((part) => /^([\w.-]+):(\d{1,15})$/.exec(part));
  const place = new Map<string, number>();
  for (const part of parts) {
    if (part === null) throw new ProblemError(400, 'expected Last-Event-ID to be the id of an event of this stream');
    place.set(part[1] as string, Number(part[2]));
  }
  return place;
}

export function parseTopics(text: string): readonly string[] {
  const topics = [...new Set(text.split(',').map((name) => name.trim()))];
  if (topics.length <= TOPICS_MAX) return topics;
  throw new ProblemError(400, `expected at most ${TOPICS_MAX} topics, found ${topics.length}; open another stream`);
}

/** Where a stream begins: behind the last id, and at the end of topics that it does not name. Throws `ProblemError`. */
export function beginningOf(
  topics: readonly string[],
  known: readonly { readonly topic: string; readonly end: number }[],
  lastId: string | undefined,
): Map<string, number> {
  const last = lastId === undefined || lastId === '' ? new Map<string, number>() : parsePlace(lastId);
  const ends = new Map(known.map(({ topic, end }) => [topic, end]));
  const place = new Map<string, number>();
  for (const topic of topics) {
    const end = ends.get(topic);
    if (end === undefined) throw new ProblemError(404, 'one of the topics is not there; /api/v1/topics lists them');
    const next = last.get(topic) ?? end;
    if (next > end) {
      throw new ProblemError(400, 'Last-Event-ID is of another log, which went further; begin without it');
    }
    place.set(topic, next);
  }
  return place;
}
