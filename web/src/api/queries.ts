// What pages read, kept by TanStack Query: sent by the server when it changes where that is watched, and asked again now and then
// anyway.
import { QueryClient, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { addressOf, ApiError, call, type Answer, type Item, type OperationName, type Sent } from './client.ts';
import { WATCHED } from './watchable.ts';
import { useWatched } from './watched.ts';

/** Refused is refused: only silence and haste are worth another try. */
function isWorthAnotherTry(failures: number, error: Error): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status === 429) && failures < 3;
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      retry: isWorthAnotherTry,
      retryDelay: (attempt, error) =>
        Math.max(500 * 2 ** attempt, error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0),
      staleTime: 1_000,
      // The platform is usually on this machine, whatever the browser thinks of the network.
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});

type GetName = Extract<OperationName, `GET ${string}`>;

/** What is watched is asked for as often, in case that a late answer hid a newer one. */
const WATCHED_EVERY_MS = 60_000;

/**
 * How a query of an operation is kept right: what says where it is watched, and how often it is asked again.
 * @param watched the addresses that are watched now
 */
export function kept<Name extends GetName>(
  name: Name,
  sent: Sent<Name>,
  everyMs: number,
  watched: ReadonlySet<string>,
): { readonly meta: Record<string, string>; readonly refetchInterval: number } {
  const address = addressOf(name.slice('GET '.length), sent);
  if (!WATCHED.has(name)) return { meta: {}, refetchInterval: everyMs };
  return { meta: { address }, refetchInterval: watched.has(address) ? WATCHED_EVERY_MS : everyMs };
}

/** @param everyMs how often it is asked again while it is not watched */
export function useApi<Name extends GetName>(name: Name, sent: Sent<Name> = {}, everyMs = 15_000, enabled = true) {
  const watched = useWatched();
  return useQuery<Answer<Name>>({
    queryKey: [name, sent],
    queryFn: async ({ signal }) => call(name, sent, { signal }),
    ...kept(name, sent, everyMs, watched),
    enabled,
  });
}

/** A list whose pages are read as far as a person wants. */
export function useList<Name extends GetName>(name: Name, query: Readonly<Record<string, unknown>>, everyMs = 15_000) {
  const watched = useWatched();
  const result = useInfiniteQuery({
    queryKey: [name, 'list', query],
    queryFn: async ({ pageParam, signal }) => {
      const asked = { query: { ...query, cursor: pageParam } } as Sent<Name>;
      return (await call(name, asked, { signal })) as { items: readonly Item<Name>[]; next_cursor: string | null };
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next_cursor: next }) => next ?? undefined,
    ...kept(name, { query }, everyMs, watched),
  });
  return { ...result, items: result.data?.pages.flatMap(({ items }) => items) };
}

export function refreshAll(): void {
  void queryClient.invalidateQueries();
}
