// What can be wrong with a service on the log or with what it asks for: the catalogue of codes, and the error that
// carries one.
import { type FailureKind } from '#wire/dead-letter.ts';
import { type WireErrorCode } from '#wire/error-codes.ts';

export const SERVICE_ERROR_CODES = {
  BAD_NAME: 'The name of a service or of a consumer group cannot be used.',
  NOTHING_TO_DO: 'The service has neither a handler nor anything to do at its start.',
  NO_TOPICS: 'A handler was given no topics.',
  TOPIC_TWICE: 'A topic was given to a service more than once.',
  GROUP_RESERVED: 'A consumer group belongs to a stage of the platform.',
  UNKNOWN_BROKER: 'A topic belongs to a broker that is not active.',
  DEAD_LETTER_TOPIC: 'A handler would send to a dead-letter topic.',
  PRODUCER_NOT_ADDED: 'A handler would send, and the service has no producer.',
  KEY_VALUE_NOT_ADDED: 'A handler asks for the key-value port, and the service does not have it.',
  KEY_VALUE_MISSING: 'The service needs a key-value port, and the settings hold none.',
  STORE_NOT_ADDED: 'A handler asks for the log, and the service was not given it.',
  NOT_DECLARED: 'A handler sends to a topic that it did not declare.',
  ID_REQUIRED: 'A message that follows from no other one needs an id of its own.',
  ATTEMPT_ENDED: 'A handler sends after its attempt has ended.',
  NOT_RUNNING: 'The service does not run.',
  ALREADY_STARTED: 'The service was started before.',
  HANDLER_TIMEOUT: 'A handler did not end in time.',
  EVENTS_GONE: 'Events that a group must not miss are no longer held.',
  OFFSET_AHEAD: 'A group has read further than its topic goes.',
} as const;

export type ServiceErrorCode = keyof typeof SERVICE_ERROR_CODES;

/** The message says what was expected, what was found and what to do. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  /** One of the catalogue's, or of the wire's when a message to send is malformed. */
  readonly code: ServiceErrorCode | WireErrorCode;
  /** How a consumer treats it. Most are mistakes in a program, which no second attempt mends. */
  readonly retry: FailureKind;

  constructor(code: ServiceError['code'], message: string, options: { retry?: FailureKind; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retry = options.retry ?? 'poison';
  }
}
