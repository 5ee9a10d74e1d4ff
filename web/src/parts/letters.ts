// Dead letters from the topics that hold them, each with what became of it: a note on the same topic names the letter.
import { useQueries } from '@tanstack/react-query';
import { useApi } from '../api/queries.ts';
import { messagesFrom, type Message } from './envelope.ts';

export interface Letter {
  /** Where it lies. */
  readonly topic: string;
  readonly offset: number;
  readonly id: string;
  readonly at: string;
  readonly broker: string;
  readonly code: string;
  readonly cause: string;
  /** The message as it came. */
  readonly message: string;
  readonly settled: Settled | undefined;
}

export interface Settled {
  readonly settlement: string;
  readonly who: string;
  readonly why: string;
  readonly at: string;
}

/** The newest of each topic that are read. */
const READ = 500;
const EVERY_MS = 5_000;

export function useLetters(broker: string | undefined) {
  const topics = useApi('GET /api/v1/topics', { query: { limit: 1_000 } }, EVERY_MS);
  const held = (topics.data?.items ?? []).filter(({ topic, end }) => {
    return topic.endsWith('.dlq') && end > 0 && (broker === undefined || topic.startsWith(`${broker}.`));
  });
  const read = useQueries({
    queries: held.map(({ topic, start, end }) => ({
      queryKey: ['letters', topic, end],
      queryFn: async () => messagesFrom(topic, Math.max(start, end - READ), READ),
      staleTime: Infinity,
      placeholderData: (before: readonly Message[] | undefined) => before,
    })),
  });
  const isRead = topics.data !== undefined && read.every(({ data }) => data !== undefined);
  const data = isRead
    ? read.flatMap((each) => lettersIn(each.data ?? [])).toSorted((a, b) => (a.at < b.at ? 1 : -1))
    : undefined;
  return { ...topics, data };
}

function lettersIn(messages: readonly Message[]): readonly Letter[] {
  const notes = new Map<unknown, Settled>();
  for (const { envelope } of messages) {
    if (envelope.type !== 'dead_letter_settled') continue;
    const { letter_id: id, settlement, who, why } = envelope.data;
    notes.set(id, { settlement: String(settlement), who: String(who), why: String(why), at: envelope.ts });
  }
  return messages.flatMap(({ topic, offset, envelope }) => {
    if (envelope.type !== 'system_error') return [];
    const failure = envelope.data['failure_info'] as Readonly<Record<string, unknown>>;
    const original = envelope.data['original_message'] as Readonly<Record<string, unknown>>;
    const letter: Letter = {
      topic,
      offset,
      id: envelope.id,
      at: envelope.ts,
      broker: topic.split('.')[0] ?? '',
      code: String(failure['error_class']),
      cause: String(failure['error_message']),
      message: String(original['value']),
      settled: notes.get(envelope.id),
    };
    return [letter];
  });
}
