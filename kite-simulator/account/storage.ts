// Where the book is kept. What `commit` was given is durable when it returns, all of it or nothing: an order is answered
// and a trade is told only after that.

/** One thing that the book keeps; a value of undefined takes it away. */
export interface Entry {
  readonly kind: 'order' | 'history' | 'trade' | 'value';
  readonly key: string;
  readonly value: unknown;
}

export interface BookStorage {
  /** Everything that was committed, in order of kind and key. */
  load(): readonly Entry[];
  commit(entries: readonly Entry[]): void;
  close(): void;
}

/** A book in memory: it outlives the simulator that wrote it, but not the process. */
export function memoryStorage(): BookStorage {
  const kept = new Map<string, Entry>();
  return {
    load: () =>
      [...kept.entries()]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, entry]) => ({ ...entry, value: structuredClone(entry.value) })),
    commit: (entries) => {
      for (const entry of entries) {
        const name = `${entry.kind} ${entry.key}`;
        if (entry.value === undefined) kept.delete(name);
        else kept.set(name, entry);
      }
    },
    close: () => undefined,
  };
}
