// What becomes of a message that could not be handled: it goes to the dead-letter topic whole, with its cause, its origin
// and how often it was tried, so that a person can look at it and send it again.
import { formatInstant, type EpochMs } from '#core/time.ts';
import { sha256 } from './canonical.ts';
import { envelopeText, type EncodedMessage } from './envelope.ts';
import { deadLetterTopic } from './topics.ts';

/** What kind of failure it was; it decides whether to try again makes sense, and when. */
export type FailureKind = 'transient' | 'infrastructure' | 'rate_limit' | 'business' | 'authentication' | 'poison';

const REPLAY_AFTER_MINUTES: Readonly<Record<FailureKind, number>> = {
  transient: 5,
  infrastructure: 15,
  rate_limit: 30,
  business: 60,
  authentication: 120,
  poison: -1,
};

export interface FailedMessage {
  readonly topic: string;
  /** Null when the message never joined its topic. */
  readonly offset: number | null;
  readonly partition?: number;
  readonly key: string;
  readonly value: string;
  readonly code: string;
  readonly message: string;
  /** How often it was tried; 1 when it was given up at once. */
  readonly attempts: number;
  readonly service: string;
  readonly consumerGroup?: string;
  readonly at: EpochMs;
  /** Poison unless it is said. */
  readonly kind?: FailureKind;
}

/** The dead letter of a message. The same failure of the same message makes the same bytes. */
export function deadLetter(failed: FailedMessage): EncodedMessage {
  const { topic, service } = failed;
  const cause = causeOf(failed);
  const id = `${cause}/dlq.${service}`;
  const key = failed.key.toWellFormed();
  const ts = formatInstant(failed.at);
  const header = { id, type: 'system_error', broker: 'system', key, source: service, ts } as const;
  const value = envelopeText(
    { ...header, correlationId: cause, causationId: cause },
    JSON.stringify(dataOf(failed, ts)),
  );
  return { topic: deadLetterTopic(topic), key, id, value };
}

/** Names the message by its place in the log, or by its text when it never had a place. */
function causeOf({ topic, partition = 0, offset, value }: FailedMessage): string {
  const place = offset === null ? sha256(value).slice(0, 16) : `${partition}:${offset}`;
  return `${topic.toWellFormed()}:${place}`;
}

function dataOf(failed: FailedMessage, ts: string): object {
  const { kind = 'poison', attempts } = failed;
  return {
    dlq_metadata: {
      original_topic: failed.topic,
      original_partition: failed.partition ?? 0,
      original_offset: failed.offset,
      dlq_timestamp: ts,
      service_name: failed.service,
    },
    failure_info: {
      error_type: kind,
      error_class: failed.code,
      error_message: failed.message,
      failure_reason: attempts > 1 ? 'max_retries_exceeded' : 'processing_failed',
      retry_count: Math.max(0, attempts - 1),
      attempts,
      stack_trace: null,
    },
    original_message: originalMessage(failed),
    replay_metadata: {
      can_replay: kind !== 'poison',
      suggested_delay_minutes: REPLAY_AFTER_MINUTES[kind],
      consumer_group: failed.consumerGroup ?? null,
      requires_manual_review: kind === 'poison' || kind === 'authentication',
    },
  };
}

/** As text; half surrogates would not survive other programs, so such a text is kept by its code units in base64. */
function originalMessage({ key, value }: FailedMessage): object {
  if (value.isWellFormed()) return { key, value, value_encoding: 'text' };
  return { key, value: Buffer.from(value, 'utf16le').toString('base64'), value_encoding: 'base64_utf16le' };
}
