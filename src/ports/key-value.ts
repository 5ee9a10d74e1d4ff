// Small values by name that outlive a handler: counters, marks, what a service remembers. Nothing that decides an order
// lives here; that is state of the cascade.
import { type Key } from '#wire/keys.ts';

export interface KeyValue {
  /** What was last set under the key; undefined when nothing was, or it was deleted. */
  get(key: Key): Promise<string | undefined>;
  /** Replaces what was under the key; a `get` that begins after it resolved sees the value. */
  set(key: Key, value: string): Promise<void>;
  /** Forgets the key; deleting one that is not there does nothing. */
  delete(key: Key): Promise<void>;
}
