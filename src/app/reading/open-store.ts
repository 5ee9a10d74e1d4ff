// Opens the store of a data directory for reading only, beside a writer that may be running, and always closes it.
import { type StageName } from '#engine/pipeline.ts';
import { isOpen, openPartReader, openReader, partsOf } from '../open-place.ts';
import { type OpenPlace, type Place } from '../place.ts';
import type { StoreReader } from '#ports/store.ts';
import { PartsReader, type PartStore } from './parts-reader.ts';

/** A command asks for something that is not there; the message says what there is. Exit code 2. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
}

/**
 * Runs `work` on one committed moment of the store; of that of `stage` where stages run apart, of the books' when it is not
 * said. Throws `StoreError` when there is none that can be read.
 */
export function withStore<T>(place: Place | OpenPlace, work: (reader: StoreReader) => T, stage?: StageName): T {
  if (isOpen(place)) return place.store.consistently(() => work(place.store));
  const reader = openReader(place, stage);
  try {
    return reader.consistently(() => work(reader));
  } finally {
    reader.close();
  }
}

/** The same on the stores of all parts together, where stages run apart. */
export function withStores<T>(place: Place | OpenPlace, work: (reader: StoreReader) => T): T {
  const parts = isOpen(place) || typeof place === 'string' ? [] : partsOf(place);
  if (parts.length === 0 || isOpen(place) || typeof place === 'string') return withStore(place, work);
  const stores: PartStore[] = [];
  const reader = new PartsReader(stores);
  try {
    for (const part of parts) stores.push({ ...part, reader: openPartReader(place.postgresUrl, part) });
    return reader.consistently(() => work(reader));
  } finally {
    reader.close();
  }
}

/** Every namespace that the store has books or orders of, or that is active, in alphabetical order. */
export function knownBrokers(reader: StoreReader, active: readonly string[]): readonly string[] {
  const stored = [...reader.rows('book'), ...reader.rows('order')].map(({ broker }) => broker);
  return [...new Set([...active, ...stored])].toSorted();
}

/** Refuses a broker that nothing knows. Throws `RequestError`. */
export function checkBroker(broker: string | undefined, reader: StoreReader, active: readonly string[]): void {
  if (broker === undefined) return;
  const known = knownBrokers(reader, active);
  if (!known.includes(broker)) {
    throw new RequestError(`expected --broker to be one of ${known.join(', ')}, found ${JSON.stringify(broker)}`);
  }
}
