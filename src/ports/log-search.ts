// What was logged, for whoever looks for something in it.
import { type LogChannel, type LogLevel } from './telemetry.ts';

export interface FoundRecord {
  /** ISO 8601 in UTC; undefined for a line that says no time. */
  readonly timestamp: string | undefined;
  readonly level: LogLevel | undefined;
  /** Undefined when neither the line nor its file tells. */
  readonly channel: LogChannel | undefined;
  readonly component: string | undefined;
  readonly broker: string | undefined;
  readonly event: string;
  /** What stood beside the message. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface LogFilter {
  /** Undefined: what every channel has at WARNING and above. */
  readonly channel: LogChannel | undefined;
  /** The least serious that is wanted. */
  readonly level: LogLevel | undefined;
  readonly component: string | undefined;
  readonly broker: string | undefined;
  /** Stands in the message or a field, whether in capitals or not. */
  readonly text: string | undefined;
  /** Is in a field, or what one of them was derived from. */
  readonly id: string | undefined;
  /** Epoch milliseconds, both included. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  /** Whether whoever asks may be told of it. */
  readonly mayBeTold: (record: FoundRecord) => boolean;
}

/** A place between two records that stays where it is while files grow and are rotated. */
export interface LogPlace {
  readonly file: string;
  /** Bytes of the file that have not been looked at. */
  readonly before: number;
}

export interface LogPage {
  /** Newest first; it may be short, or empty, and go on all the same. */
  readonly records: readonly FoundRecord[];
  /** Where it goes on; undefined at the end. */
  readonly next: LogPlace | undefined;
}

export interface ChannelFiles {
  readonly channel: LogChannel;
  /** Rotated ones too, as long as they are not packed. */
  readonly files: number;
  readonly bytes: number;
  /** When something was last written, epoch milliseconds; undefined when nothing was. */
  readonly writtenAt: number | undefined;
}

export interface LogSearch {
  /**
   * Records behind `place`, or the newest ones. Looks at a bounded number of bytes, and gives way between pieces; undefined
   * when the place is in a file that is held no longer.
   */
  find(filter: LogFilter, place: LogPlace | undefined, limit: number): Promise<LogPage | undefined>;
  channels(): Promise<readonly ChannelFiles[]>;
}
