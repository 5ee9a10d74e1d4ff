// A list that is filled and emptied all the time. It keeps its room when it is emptied: setting an array's length to zero
// gives the room back, and the next element has to ask for it again.

export class ScratchList<T> {
  readonly #items: (T | undefined)[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    this.#items[this.#length++] = item;
  }

  /** The item at a place below `length`. */
  at(place: number): T {
    return this.#items[place] as T;
  }

  /** Forgets every item, and holds on to none. */
  clear(): void {
    for (let k = 0; k < this.#length; k++) this.#items[k] = undefined;
    this.#length = 0;
  }
}
