// Messages a second, topic by topic, from two readings of where the topics end.
import { useEffect, useReducer } from 'react';
import type { Item } from '../api/client.ts';
import { useApi } from '../api/queries.ts';

export type TopicLine = Item<'GET /api/v1/topics'>;

interface Reading {
  readonly at: number;
  readonly ends: ReadonlyMap<string, number>;
}

export interface Rates {
  readonly topics: readonly TopicLine[];
  /** Undefined until there are two readings. */
  readonly perSecond: (topic: string) => number | undefined;
  readonly endOf: (topic: string) => number;
}

const EVERY_MS = 2_000;
/** Over so long a time that a slow stage does not seem to stand still between two messages. */
const WINDOW_MS = 10_000;

/** Kept from page to page, so that no view begins without a rate. */
let readings: readonly Reading[] = [];

export function useRates() {
  const read = useApi('GET /api/v1/topics', { query: { limit: 1_000 } }, EVERY_MS);
  const [, show] = useReducer((times: number) => times + 1, 0);
  const { data, dataUpdatedAt: at } = read;
  useEffect(() => {
    if (data === undefined) return;
    const ends = new Map(data.items.map(({ topic, end }) => [topic, end]));
    readings = [...readings.filter((each) => each.at >= at - WINDOW_MS && each.at < at), { at, ends }];
    show();
  }, [data, at]);
  const [first, last] = [readings[0], readings.at(-1)];
  const rates: Rates = {
    topics: data?.items ?? [],
    endOf: (topic) => last?.ends.get(topic) ?? 0,
    perSecond: (topic) => {
      if (first === undefined || last === undefined || first === last) return undefined;
      const [before = 0, now = 0] = [first.ends.get(topic), last.ends.get(topic)];
      return Math.max(0, now - before) / ((last.at - first.at) / 1_000);
    },
  };
  return { read, rates };
}
