// A deployment whose stages run in several processes: which part each of them is, what proves that a message is of the
// deployment, and how far each part has come.

/** Under which a part keeps how far it has taken the others; the topic is the name of the other part. */
export const FELLOWS_GROUP = 'fellows';
/** Under which a publisher keeps its place among all messages, and that of the last one that it signed. */
export const OUTBOX_TOPIC = 'outbox';
export const SIGNED_TOPIC = 'outbox.signed';

export interface PartName {
  readonly part: string;
  readonly stages: readonly string[];
}

/** How far a part has come, as its last commits say. */
export interface PartProgress extends PartName {
  /** Ticks that it has applied, and whether its feed is over and what the end brings has happened. */
  readonly ticks: number;
  readonly over: boolean;
  /** Everything that it has committed is in the log. */
  readonly published: boolean;
  /** The number of the last message that others have to take; 0 for none. */
  readonly signed: number;
  /** By part: the number of the last message that it has taken. */
  readonly taken: ReadonlyMap<string, number>;
}

export interface Deployment {
  /** Names the deployment in the log. */
  readonly id: string;
  /** What signs its messages. */
  readonly secret: Uint8Array;
  /**
   * Enters a part. Throws `StoreError` when one of its stages belongs to another part, whose store holds what that stage
   * has done.
   */
  enter(part: PartName): void;
  parts(): readonly PartName[];
  /** Of every part that was entered. */
  look(): readonly PartProgress[];
  close(): void;
}
