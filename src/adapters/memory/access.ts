// Access records in memory: for tests.
import { type AccessKind, type AccessRecord, type AccessStore } from '#ports/access.ts';

/** One place; like a disk it outlives whoever opens it. */
export function openMemoryAccess(): AccessStore {
  const kinds = new Map<AccessKind, Map<string, AccessRecord>>();
  const of = (kind: AccessKind): Map<string, AccessRecord> => {
    const records = kinds.get(kind) ?? new Map<string, AccessRecord>();
    kinds.set(kind, records);
    return records;
  };
  return {
    all: (kind) => [...of(kind).values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    get: (kind, name) => of(kind).get(name),
    add: (kind, record) => {
      if (of(kind).has(record.name)) return false;
      of(kind).set(record.name, record);
      return true;
    },
    replace: (kind, record, before) => {
      if (of(kind).get(record.name)?.value !== before) return false;
      of(kind).set(record.name, record);
      return true;
    },
    remove: (kind, name) => of(kind).delete(name),
    forget: (kind, at) => {
      for (const { name, at: written } of of(kind).values()) if (written < at) of(kind).delete(name);
    },
    close: () => undefined,
  };
}
