// Values by name in memory: for tests, and for a run that leaves nothing behind.
import { type KeyValue } from '#ports/key-value.ts';

export function memoryKeyValue(): KeyValue {
  const values = new Map<string, string>();
  return {
    get: async (key) => values.get(key),
    set: async (key, value) => {
      values.set(key, value);
    },
    delete: async (key) => {
      values.delete(key);
    },
  };
}
