// Long answers one behind the other: each gives way to the pipeline between its pieces, and side by side their pieces
// would fill the time between two of its turns all the same.
import { ProblemError } from '#api/problem.ts';

const WAITING_MAX = 16;

export class OneAtATime {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** Runs `work` when all that came before is done. Throws `ProblemError` when too much waits already. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= WAITING_MAX) {
      throw new ProblemError(503, `expected at most ${WAITING_MAX} questions of this kind at once; ask again later`);
    }
    this.#waiting++;
    const mine = this.#last.then(work).finally(() => this.#waiting--);
    // What fails is told to whoever asked; the next one does not care.
    this.#last = Promise.allSettled([mine]);
    return mine;
  }
}
