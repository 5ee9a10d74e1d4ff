// Reads dead letters and the notes about them back. A topic of dead letters may also hold a stranger's text, which is
// neither. Apart from their writing, which loads no schemas.
import { type EpochMs, parseInstant } from '#core/time.ts';
import { type Settlement } from './dead-letter-note.ts';
import { decodeEnvelope } from './decode.ts';
import { deadLetterSettledData, systemErrorData } from './schemas/reports.ts';
import { deadLetterTopic, MARKET_TICKS } from './topics.ts';

export interface DeadLetter {
  readonly is: 'letter';
  readonly id: string;
  readonly at: EpochMs;
  readonly code: string;
  /** Why the message could not be handled, in the words of whoever gave it up. */
  readonly cause: string;
  /** What kind of failure it was, such as `poison`. */
  readonly kind: string;
  readonly attempts: number;
  readonly service: string;
  readonly topic: string;
  readonly partition: number;
  /** Null when the message never joined its topic. */
  readonly offset: number | null;
  readonly key: string;
  /** The message as it came, character by character. */
  readonly value: string;
}

export interface SettledNote {
  readonly is: 'note';
  readonly letterId: string;
  readonly settlement: Settlement;
  readonly who: string;
  readonly why: string;
  readonly at: EpochMs;
}

/** Every topic of dead letters takes the same messages; `system.dlq` has no topic that it belongs to. */
const ANY_LETTERS = deadLetterTopic(MARKET_TICKS);

/** A letter or a note; undefined for anything else. */
export function readDeadLetter(value: string): DeadLetter | SettledNote | undefined {
  const read = decodeEnvelope(ANY_LETTERS, value, { at: 0 as EpochMs, ttlMs: 0, offsetId: 'unnamed' });
  if (!read.ok) return undefined;
  const { id, ts, data } = read.value;
  const at = parseInstant(ts) ?? (0 as EpochMs);
  if (read.value.type === 'dead_letter_settled') {
    const { letter_id: letterId, settlement, who, why } = deadLetterSettledData.parse(data);
    return { is: 'note', letterId, settlement, who, why, at };
  }
  const { dlq_metadata: metadata, failure_info: failure, original_message: message } = systemErrorData.parse(data);
  return {
    is: 'letter',
    id,
    at,
    code: failure.error_class,
    cause: failure.error_message,
    kind: failure.error_type,
    attempts: failure.attempts ?? failure.retry_count + 1,
    service: metadata.service_name,
    topic: metadata.original_topic,
    partition: metadata.original_partition,
    offset: metadata.original_offset,
    key: message.key,
    value: originalText(message),
  };
}

/** Inverse of how `deadLetter` keeps a text. */
function originalText({ value, value_encoding }: { readonly value: string; readonly value_encoding: string }): string {
  return value_encoding === 'text' ? value : Buffer.from(value, 'base64').toString('utf16le');
}
