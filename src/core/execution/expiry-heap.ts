// What expires, the soonest first: a binary heap, so that thousands may wait and each costs a few comparisons.

interface Entry<Item> {
  readonly at: number;
  readonly item: Item;
}

export class ExpiryHeap<Item> {
  readonly #entries: Entry<Item>[] = [];

  /** Puts in an item that expires at an instant; infinite for one that never does, which is not kept. */
  push(at: number, item: Item): void {
    if (at === Number.POSITIVE_INFINITY) return;
    const entries = this.#entries;
    const entry = { at, item };
    let place = entries.push(entry) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = entries[parent] as Entry<Item>;
      if (above.at <= at) break;
      entries[place] = above;
      place = parent;
    }
    entries[place] = entry;
  }

  /** The soonest; undefined when nothing is in. */
  peek(): Entry<Item> | undefined {
    return this.#entries[0];
  }

  /** Takes the soonest out. */
  pop(): Entry<Item> | undefined {
    const entries = this.#entries;
    const [first] = entries;
    const last = entries.pop();
    if (first === undefined || last === undefined || entries.length === 0) return first;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= entries.length) break;
      const other = child + 1;
      if (other < entries.length && (entries[other] as Entry<Item>).at < (entries[child] as Entry<Item>).at)
        child = other;
      const below = entries[child] as Entry<Item>;
      if (below.at >= last.at) break;
      entries[place] = below;
      place = child;
    }
    entries[place] = last;
    return first;
  }
}
