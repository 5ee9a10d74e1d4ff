// What pages read, kept by TanStack Query: asked again when the live stream says that it changed, and now and then anyway.
import { QueryClient, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { ApiError, call, type Answer, type Item, type OperationName, type Sent } from './client.ts';

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

/** @param everyMs how often it is asked again when nothing else says that it changed */
export function useApi<Name extends GetName>(name: Name, sent: Sent<Name> = {}, everyMs = 15_000, enabled = true) {
  return useQuery<Answer<Name>>({
    queryKey: [name, sent],
    queryFn: async ({ signal }) => call(name, sent, { signal }),
    refetchInterval: everyMs,
    enabled,
  });
}

/** A list whose pages are read as far as a person wants. */
export function useList<Name extends GetName>(name: Name, query: Readonly<Record<string, unknown>>, everyMs = 15_000) {
  const result = useInfiniteQuery({
    queryKey: [name, 'list', query],
    queryFn: async ({ pageParam, signal }) => {
      const asked = { query: { ...query, cursor: pageParam } } as Sent<Name>;
      return (await call(name, asked, { signal })) as { items: readonly Item<Name>[]; next_cursor: string | null };
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next_cursor: next }) => next ?? undefined,
    refetchInterval: everyMs,
  });
  return { ...result, items: result.data?.pages.flatMap(({ items }) => items) };
}

export function refresh(names: readonly OperationName[]): void {
  void queryClient.invalidateQueries({ predicate: ({ queryKey }) => names.includes(queryKey[0] as OperationName) });
}

export function refreshAll(): void {
  void queryClient.invalidateQueries();
}
