// When the next of many is due. Most are due never or late, and the clock is asked at every step: the earliest time is kept,
// and looked for again only after the one that it belonged to has moved.

export class DueTimes<T> {
  readonly #dueAt: (each: T) => number;
  readonly #times = new Map<T, number>();
  #earliest: number | undefined = Number.POSITIVE_INFINITY;

  /** `dueAt`: when one is due; infinite for never. It is asked when one is set, and then only. */
  constructor(dueAt: (each: T) => number) {
    this.#dueAt = dueAt;
  }

  /** The earliest time of all; infinite without one. */
  get next(): number {
    if (this.#earliest === undefined) {
      this.#earliest = Number.POSITIVE_INFINITY;
      for (const time of this.#times.values()) if (time < this.#earliest) this.#earliest = time;
    }
    return this.#earliest;
  }

  /** One is new, or something that its time depends on has changed. */
  set(each: T): void {
    const time = this.#dueAt(each);
    this.#forget(each, time);
    if (time === Number.POSITIVE_INFINITY) return;
    this.#times.set(each, time);
    if (this.#earliest !== undefined && time < this.#earliest) this.#earliest = time;
  }

  delete(each: T): void {
    this.#forget(each, Number.POSITIVE_INFINITY);
  }

  #forget(each: T, next: number): void {
    const before = this.#times.get(each);
    if (before === undefined || before === next) return;
    this.#times.delete(each);
    if (before === this.#earliest) this.#earliest = undefined;
  }
}
