// Where a consumer group begins to read a topic. Pure, and apart from the reading, because a wrong answer here loses
// fills or runs signals of yesterday.
import { type TopicRange } from '#ports/event-log.ts';
import { parseTopic, STREAMS } from '#wire/topics.ts';
import { ServiceError } from './service-error.ts';

export interface GroupPosition {
  readonly group: string;
  readonly range: TopicRange;
  /** What the group committed; undefined for a group that never read this topic. */
  readonly committed: number | undefined;
  /** Where the service asked a new group to begin. */
  readonly from: 'start' | 'end' | undefined;
}

export interface FirstOffset {
  readonly offset: number;
  /** Messages that retention removed before this group read them. */
  readonly missed: number;
}

/**
 * The offset that a group reads first. A group that has read the topic goes on there. A new one begins at the end of
 * ticks and signals, which are only good while they are fresh, and at the first event of everything else; events that
 * are no longer held are an error there, unless the service asked for the start and so for what is left.
 */
export function firstOffset({ group, range, committed, from }: GroupPosition): FirstOffset {
  const { topic, start, end } = range;
  if (committed === undefined) {
    if ((from ?? defaultStart(topic)) === 'end') return { offset: end, missed: 0 };
    if (start > 0 && from === undefined) throw eventsGone(group, range, 0);
    return { offset: start, missed: 0 };
  }
  if (committed > end) {
    throw new ServiceError(
      'OFFSET_AHEAD',
      `${group} has read ${topic} up to ${committed}, but the topic ends at ${end}: this is another log, or one that ` +
        'lost messages. Use the log that the group has read, or give the group another name.',
    );
  }
  if (committed >= start) return { offset: committed, missed: 0 };
  if (defaultStart(topic) === 'start' && from !== 'start') throw eventsGone(group, range, committed);
  return { offset: start, missed: start - committed };
}

/** Where a new group of a topic begins unless the service says otherwise. */
export function defaultStart(topic: string): 'start' | 'end' {
  const parsed = parseTopic(topic);
  if (parsed === undefined || parsed.deadLetters) return 'start';
  const fleeting = parsed.scope === 'market' || STREAMS[parsed.stream].retention === 'signal';
  return fleeting ? 'end' : 'start';
}

function eventsGone(group: string, { topic, start }: TopicRange, expected: number): ServiceError {
  return new ServiceError(
    'EVENTS_GONE',
    `${group} must read ${topic} from offset ${expected}, but the oldest that is still held is ${start}. Restore a ` +
      "backup that holds them, or give the handler from: 'start' to go on with what is left.",
  );
}
