// Puts what other parts of the deployment wrote back into the order in which it came about. Topics and partitions are read
// one by one, so a fill may be seen before its order, and a signal before the fill that it answers; each message waits here
// for the one before it of its part, and for those of other parts that its part had taken before.
import { type Seal } from '#wire/seal.ts';

interface Held<T> {
  readonly seal: Seal;
  readonly message: T;
}

export class FellowOrder<T> {
  /** By part: the number of the newest message that was let go. */
  readonly #newest: Map<string, number>;
  readonly #self: string;
  /** By part, then by the number of the message before. */
  readonly #held = new Map<string, Map<number, Held<T>>>();

  /** @param newest by part, where an earlier process stopped */
  constructor(self: string, newest: ReadonlyMap<string, number>) {
    this.#self = self;
    this.#newest = new Map(newest);
  }

  /** By part: the newest message that was let go. */
  get newest(): ReadonlyMap<string, number> {
    return this.#newest;
  }

  /** How many messages wait for others. */
  get waiting(): number {
    let count = 0;
    for (const of of this.#held.values()) count += of.size;
    return count;
  }

  /** Takes a message and returns what may go on now, in order; undefined for one that it had before. */
  offer(seal: Seal, message: T): readonly T[] | undefined {
    if (seal.number <= this.#newestOf(seal.part)) return undefined;
    const held = this.#held.get(seal.part) ?? new Map<number, Held<T>>();
    this.#held.set(seal.part, held);
    // A message that was published twice may claim more the second time; what it claimed first is enough.
    if (held.has(seal.previous)) return undefined;
    held.set(seal.previous, { seal, message });
    return this.#letGo();
  }

  #letGo(): readonly T[] {
    const free: T[] = [];
    for (let found = true; found;) {
      found = false;
      for (const [part, held] of this.#held) {
        const next = held.get(this.#newestOf(part));
        if (next === undefined || !this.#hasAll(next.seal)) continue;
        held.delete(next.seal.previous);
        this.#newest.set(part, next.seal.number);
        free.push(next.message);
        found = true;
      }
    }
    return free;
  }

  #hasAll({ part, after }: Seal): boolean {
    for (const [other, number] of after) {
      // What this part decided itself it need not wait for.
      if (other !== part && other !== this.#self && this.#newestOf(other) < number) return false;
    }
    return true;
  }

  #newestOf(part: string): number {
    return this.#newest.get(part) ?? 0;
  }
}
