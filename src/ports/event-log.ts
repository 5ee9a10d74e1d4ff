// The log: topics of messages with offsets, and what consumer groups have read. Every fact of the platform is a message.

/** A message on its way into the log. `value` is the envelope as JSON text, or whatever a stranger wrote. */
export interface NewMessage {
  readonly topic: string;
  readonly key: string;
  /** The envelope's id; unique in a topic. Undefined when a stranger gave none. */
  readonly id: string | undefined;
  readonly value: string;
  /** Made by the platform itself: its id is derived and is never looked for. */
  readonly own?: true;
  /** It came from the log that several processes share: it stands there already and is not published again. */
  readonly shared?: true;
  /** What stands beside the message for those who know how to read it; a log of one machine keeps none. */
  readonly seal?: string;
}

/**
 * A message of the log. Offsets of a partition count upwards from 0. A log of one machine leaves no gaps while retention
 * has not passed them; one on a broker may.
 */
export interface LogMessage extends NewMessage {
  readonly offset: number;
  /** Absent in partition 0, the only one of most logs. */
  readonly partition?: number;
  /** Who wrote it as its own, where the log knows: what a process wrote itself it need not take in again. */
  readonly producer?: string;
}

export interface TopicRange {
  readonly topic: string;
  /** Absent for partition 0. */
  readonly partition?: number;
  /** The oldest offset that is still held. */
  readonly start: number;
  /** The offset that the next message gets. */
  readonly end: number;
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** Who reads partitions as one of a group, and is told which. */
export interface GroupMember {
  /** These are its own from now on, beside those that it has. */
  assigned(partitions: readonly TopicPartition[]): void;
  /** These go to another member, who gets them when this resolves: work on them has ended and its place is kept. */
  revoked(partitions: readonly TopicPartition[]): Promise<void>;
}

export interface Membership {
  /** Gives everything back, so that the others need not wait until its silence is noticed. */
  leave(): Promise<void>;
}

/**
 * One log as services see it: they append at the end and read from an offset. A topic may have several partitions, each
 * with offsets and an order of its own; messages of one key are in one of them. Where none is named, 0 is meant.
 */
export interface EventLog {
  /**
   * Appends messages in order; durable when it resolves. Appends that wait together share one commit. A message
   * appended from outside the platform's own process is given its offset when the platform takes it in.
   */
  append(messages: readonly NewMessage[]): Promise<void>;
  /** Up to `limit` messages of a topic from `offset` on; from the start when retention has passed `offset`. */
  read(topic: string, offset: number, limit: number, partition?: number): Promise<readonly LogMessage[]>;
  /** Start and end of a topic; both 0 for one that nothing was written to. */
  range(topic: string, partition?: number): Promise<TopicRange>;
  /** How many partitions a topic has. A log without this has one of each. */
  partitions?(topic: string): Promise<number>;
  /** Every topic that was ever written to, by name, and each of its partitions that holds or held anything. */
  topics(): Promise<readonly TopicRange[]>;
  /** The next offset that a group reads; undefined when it never committed one for the topic. */
  committed(group: string, topic: string, partition?: number): Promise<number | undefined>;
  commit(group: string, topic: string, offset: number, partition?: number): Promise<void>;
  /**
   * Joins those who share the partitions of some topics under the name of a group; resolves when the first ones were
   * assigned, which may be none. Absent in a log of one process, where a group has one member.
   */
  join?(group: string, topics: readonly string[], member: GroupMember): Promise<Membership>;
  /** Calls `wake` after messages may have joined one of the topics; returns what ends it. It may call too often. */
  subscribe(topics: readonly string[], wake: () => void): () => void;
  close(): Promise<void>;
}

export const LOG_ERROR_CODES = {
  UNREACHABLE: 'The servers of the log do not answer.',
  AUTHENTICATION: 'The servers of the log do not accept the name or the password.',
  NOT_ALLOWED: 'The user may not do this on the log.',
  MISSING_TOPIC: 'A topic was not created.',
  TOO_LARGE: 'A message is larger than its topic takes.',
  REBALANCING: 'The members of the group are deciding who reads what.',
  CLOSED: 'The log was closed.',
  FAILED: 'The log answered with an error.',
} as const;

export type LogErrorCode = keyof typeof LOG_ERROR_CODES;

/** The message says what was expected, what was found and what to do; it never holds a secret. */
export class LogError extends Error {
  override readonly name = 'LogError';
  readonly code: LogErrorCode;
  /** How a consumer treats it: only what may pass by itself is worth another attempt. */
  readonly retry: 'infrastructure' | 'authentication' | 'poison';

  constructor(code: LogErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retry = RETRIES[code];
  }
}

const RETRIES: Readonly<Record<LogErrorCode, LogError['retry']>> = {
  UNREACHABLE: 'infrastructure',
  AUTHENTICATION: 'authentication',
  NOT_ALLOWED: 'authentication',
  MISSING_TOPIC: 'infrastructure',
  TOO_LARGE: 'poison',
  REBALANCING: 'infrastructure',
  CLOSED: 'poison',
  FAILED: 'infrastructure',
};
