// What can be wrong with a tape, in one place: every code that an operator may meet, and the error that carries it.

/** `TAPE_DAMAGED` comes from a read, after the rows before the damage were given out; the others mostly at open. */
export type FeedErrorCode =
  | 'TAPE_MISSING'
  | 'TAPE_FOREIGN'
  | 'TAPE_AMBIGUOUS'
  | 'TAPE_DAMAGED'
  | 'TAPE_OUTSIDE_CALENDAR'
  | 'TAPE_POSITION'
  | 'TAPE_INCOMPLETE';

/** A feed cannot go on; the message names the file, what was expected, what was found and what to do. */
export class FeedError extends Error {
  override readonly name = 'FeedError';
  readonly code: FeedErrorCode;

  constructor(code: FeedErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
