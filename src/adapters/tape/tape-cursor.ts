// What the merge sees of a file: its next used row, and how many rows lie before it. One interface, so that the merge
// does not know what the rows are made of.
import { type FeedError } from './feed-error.ts';

/** The named reasons for which a row is refused, in the order in which they are tested. */
export const REFUSED_REASONS = ['bad_time', 'bad_price', 'out_of_session', 'duplicate', 'out_of_order'] as const;
export type RefusedReason = (typeof REFUSED_REASONS)[number];

/** `row`: the next used row is in the fields. `starved`: call `feed`, then `advance` again. `failed`: see `failure`. */
export type CursorState = 'row' | 'starved' | 'ended' | 'failed';

export interface TapeCursor {
  /** Names the file in a position and in messages: its symbol. */
  readonly label: string;
  /** Breaks a tie between files that have a row at the same time. */
  readonly order: number;
  /** The next used row; after the last one `time` stays, so that what ends the file has its place in the merge. */
  readonly time: number;
  readonly price: number;
  readonly volume: number;
  readonly row: number;
  /** Index in the feed's instruments. */
  readonly instrument: number;
  /** When the session of the next used row closes; Infinity where sessions are not looked at. */
  readonly sessionEnd: number;
  /** Rows before the next used row: given out or refused. */
  readonly consumed: number;
  readonly refused: Readonly<Record<RefusedReason, number>>;
  readonly failure: FeedError | undefined;
  /** Goes to the next used row and counts the refused rows on the way. */
  advance(): CursorState;
  /** Fetches more of the file. */
  feed(): Promise<void>;
  close(): Promise<void>;
}

export function noneRefused(): Record<RefusedReason, number> {
  return { bad_time: 0, bad_price: 0, out_of_session: 0, duplicate: 0, out_of_order: 0 };
}

/** `advance`, with as many pieces of the file as it takes. */
export async function advanceFully(cursor: TapeCursor): Promise<Exclude<CursorState, 'starved'>> {
  for (;;) {
    const state = cursor.advance();
    if (state !== 'starved') return state;
    await cursor.feed();
  }
}
