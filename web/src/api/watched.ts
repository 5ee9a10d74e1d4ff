// Which of the answers that a page shows are watched: those of the queries in use that the server watches. What is watched needs
// no asking; what is not, or not yet, goes on being asked for.
import { useSyncExternalStore } from 'react';
import type { InfiniteData, Query, QueryClient } from '@tanstack/react-query';

/** The server takes so many; the others are asked for. */
const ADDRESSES_MAX = 32;
/** Pages come and go piece by piece; what they need is looked at together. */
const GATHER_MS = 150;

let current: ReadonlySet<string> = new Set();
const listeners = new Set<() => void>();

/** Says what is watched from now on. */
export function setWatched(addresses: readonly string[]): void {
  current = new Set(addresses);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** The addresses that are watched now. */
export function useWatched(): ReadonlySet<string> {
  return useSyncExternalStore(subscribe, () => current);
}

/** Calls `use` with the addresses of the queries in use, whenever they have changed; returns what ends it. */
export function followAddresses(client: QueryClient, use: (addresses: readonly string[]) => void): () => void {
  let gathering: ReturnType<typeof setTimeout> | undefined;
  let last = '';
  const look = (): void => {
    gathering = undefined;
    const inUse = client.getQueryCache().findAll({ type: 'active' });
    const addresses = [...new Set(inUse.flatMap((query) => addressOf(query) ?? []))].toSorted();
    const text = addresses.join('\n');
    if (text === last) return;
    last = text;
    use(addresses.slice(0, ADDRESSES_MAX));
  };
  const unsubscribe = client.getQueryCache().subscribe(({ type }) => {
    if (type.startsWith('observer')) gathering ??= setTimeout(look, GATHER_MS);
  });
  gathering = setTimeout(look, GATHER_MS);
  return () => {
    clearTimeout(gathering);
    unsubscribe();
  };
}

/** Puts an answer where the pages that show it read it. */
export function putAnswer(client: QueryClient, address: string, status: number, answer: unknown): void {
  for (const query of queriesOf(client, address)) {
    const { queryKey } = query;
    // What is refused is asked for once more, and the page says why.
    if (status !== 200) void client.invalidateQueries({ queryKey, exact: true });
    else if (queryKey[1] === 'list') putFirstPage(client, query, answer);
    else client.setQueryData(queryKey, answer);
  }
}

/** What was not sent again is as it was: its answers are of now. */
export function confirm(client: QueryClient, addresses: readonly string[]): void {
  for (const address of addresses) {
    for (const { queryKey } of queriesOf(client, address)) client.setQueryData(queryKey, (known: unknown) => known);
  }
}

function putFirstPage(client: QueryClient, { queryKey, state }: Query, answer: unknown): void {
  const known = state.data as InfiniteData<unknown> | undefined;
  // Pages behind it follow from where the first one ends, so they are read anew together.
  if (known !== undefined && known.pages.length > 1) void client.invalidateQueries({ queryKey, exact: true });
  else client.setQueryData(queryKey, { pages: [answer], pageParams: [undefined] });
}

function queriesOf(client: QueryClient, address: string): readonly Query[] {
  return client.getQueryCache().findAll({ predicate: (query) => addressOf(query) === address });
}

function addressOf({ meta }: Pick<Query, 'meta'>): string | undefined {
  return meta?.['address'] as string | undefined;
}
