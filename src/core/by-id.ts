// Values by id for a set that new ones enter and old ones leave all the time, and that mostly has few. While it has few
// they are looked through: a hash table pays for every one that comes and goes with a hash of its long id, and is built
// anew after every few.
import { type EventId } from './ids.ts';

const FEW = 16;

export class ById<T> {
  /** In the order in which they came, the values at the same places; empty while there are many. */
  readonly #ids: EventId[] = [];
  readonly #values: T[] = [];
  /** From the one on that makes them more than a few, until none is left. */
  #many: Map<EventId, T> | undefined;

  get size(): number {
    return this.#many === undefined ? this.#ids.length : this.#many.size;
  }

  get(id: EventId): T | undefined {
    if (this.#many !== undefined) return this.#many.get(id);
    const place = this.#placeOf(id);
    return place === -1 ? undefined : this.#values[place];
  }

  /** Puts a value under an id: behind all others, or in the place of the one that has the id. */
  set(id: EventId, value: T): void {
    if (this.#many !== undefined) {
      this.#many.set(id, value);
      return;
    }
    const place = this.#placeOf(id);
    if (place !== -1) this.#values[place] = value;
    else this.add(id, value);
  }

  /** Puts a value behind all others, under an id that none of them has. */
  add(id: EventId, value: T): void {
    if (this.#many === undefined && this.#ids.length === FEW) this.#becomeMany();
    if (this.#many !== undefined) this.#many.set(id, value);
    else {
      this.#ids.push(id);
      this.#values.push(value);
    }
  }

  delete(id: EventId): void {
    if (this.#many !== undefined) {
      this.#many.delete(id);
      if (this.#many.size === 0) this.#many = undefined;
      return;
    }
    const place = this.#placeOf(id);
    if (place === -1) return;
    closeGap(this.#ids, place);
    closeGap(this.#values, place);
  }

  /** In the order in which they came. */
  values(): readonly T[] {
    return this.#many === undefined ? [...this.#values] : [...this.#many.values()];
  }

  /** In the order in which they came. */
  entries(): readonly (readonly [EventId, T])[] {
    if (this.#many !== undefined) return [...this.#many];
    return this.#ids.map((id, place) => [id, this.#values[place] as T] as const);
  }

  #becomeMany(): void {
    this.#many = new Map(this.entries());
    this.#ids.length = 0;
    this.#values.length = 0;
  }

  /** The newest is asked for most. */
  #placeOf(id: EventId): number {
    const ids = this.#ids;
    for (let place = ids.length - 1; place >= 0; place--) if (ids[place] === id) return place;
    return -1;
  }
}

/** Takes out one element of a short list, without the list of taken ones that `splice` makes. */
function closeGap(list: unknown[], place: number): void {
  for (let k = place + 1; k < list.length; k++) list[k - 1] = list[k];
  list.pop();
}
