// The files of a tape in the order in which their rows come next: by time, then by symbol. A heap, because a folder may
// hold thousands of files and every row asks for the first.
import { type TapeCursor } from './tape-cursor.ts';

export class CursorHeap {
  readonly #cursors: TapeCursor[] = [];

  get top(): TapeCursor | undefined {
    return this.#cursors[0];
  }

  add(cursor: TapeCursor): void {
    const cursors = this.#cursors;
    let at = cursors.push(cursor) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = cursors[parent];
      if (above === undefined || isBefore(above, cursor)) break;
      cursors[at] = above;
      at = parent;
    }
    cursors[at] = cursor;
  }

  /** Puts the first one in its place again after it has moved on. */
  settleTop(): void {
    const moved = this.#cursors[0];
    if (moved !== undefined) this.#sink(moved);
  }

  removeTop(): void {
    const last = this.#cursors.pop();
    if (last !== undefined && this.#cursors.length > 0) this.#sink(last);
  }

  /** Lets a cursor sink from the top to its place. */
  #sink(cursor: TapeCursor): void {
    const cursors = this.#cursors;
    let at = 0;
    for (;;) {
      const left = cursors[2 * at + 1];
      if (left === undefined) break;
      const right = cursors[2 * at + 2];
      const isRightFirst = right !== undefined && isBefore(right, left);
      const child = isRightFirst ? right : left;
      if (isBefore(cursor, child)) break;
      cursors[at] = child;
      at = 2 * at + (isRightFirst ? 2 : 1);
    }
    cursors[at] = cursor;
  }
}

function isBefore(a: TapeCursor, b: TapeCursor): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}
