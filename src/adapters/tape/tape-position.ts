// Where a tape goes on after a restart, written for the store and read back with suspicion.
import { type FeedPosition, type RefusedCounts } from '#ports/feed.ts';
import { FeedError } from './feed-error.ts';

/** The rows of each file that are done, and what became of them. */
export interface TapePosition {
  readonly tape: string;
  readonly files: Readonly<Record<string, number>>;
  readonly used: number;
  readonly refused: RefusedCounts;
  readonly finished: boolean;
}

export function writePosition(position: TapePosition): FeedPosition {
  return { ...position };
}

/** Undefined when the position is that of another tape or feed. Throws `FeedError` when it is ours and unreadable. */
export function readPosition(position: FeedPosition | undefined, tape: string): TapePosition | undefined {
  if (position?.['tape'] !== tape) return undefined;
  const { files, used, refused, finished } = position;
  if (!isCounts(files) || !isCounts(refused) || !isCount(used) || typeof finished !== 'boolean') {
    const message = `the position of tape ${tape} is unreadable: expected files, used, refused and finished`;
    throw new FeedError('TAPE_POSITION', `${message}, found ${JSON.stringify(position)}. Start with a fresh DATA_DIR.`);
  }
  return { tape, files, used, refused, finished };
}

function isCounts(value: unknown): value is Readonly<Record<string, number>> {
  return typeof value === 'object' && value !== null && Object.values(value).every(isCount);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
