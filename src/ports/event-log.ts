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
}

/** A message of the log. Offsets of a topic count from 0 and have no gaps while retention has not passed them. */
export interface LogMessage extends NewMessage {
  readonly offset: number;
}

export interface TopicRange {
  readonly topic: string;
  /** The oldest offset that is still held. */
  readonly start: number;
  /** The offset that the next message gets. */
  readonly end: number;
}

/** One log as services see it: they append at the end and read from an offset. */
export interface EventLog {
  /**
   * Appends messages in order; durable when it resolves. Appends that wait together share one commit. A message
   * appended from outside the platform's own process is given its offset when the platform takes it in.
   */
  append(messages: readonly NewMessage[]): Promise<void>;
  /** Up to `limit` messages of a topic from `offset` on; from the start when retention has passed `offset`. */
  read(topic: string, offset: number, limit: number): Promise<readonly LogMessage[]>;
  /** Start and end of a topic; both 0 for one that nothing was written to. */
  range(topic: string): Promise<TopicRange>;
  /** Every topic that was ever written to, by name. */
  topics(): Promise<readonly TopicRange[]>;
  /** The next offset that a group reads; undefined when it never committed one for the topic. */
  committed(group: string, topic: string): Promise<number | undefined>;
  commit(group: string, topic: string, offset: number): Promise<void>;
  /** Calls `wake` after messages may have joined one of the topics; returns what ends it. It may call too often. */
  subscribe(topics: readonly string[], wake: () => void): () => void;
  close(): Promise<void>;
}
