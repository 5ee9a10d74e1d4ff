// The newest of every namespace, put in one order of time: the API lists them namespace by namespace.
import { useQueries } from '@tanstack/react-query';
import { call, type Item } from '../api/client.ts';

const EVERY_MS = 10_000;

export function useRecentFills(
  brokers: readonly string[],
  limit: number,
): readonly Item<'GET /api/v1/fills'>[] | undefined {
  const read = useQueries({
    queries: brokers.map((broker) => ({
      queryKey: ['GET /api/v1/fills', 'recent', broker, limit],
      queryFn: async () => call('GET /api/v1/fills', { query: { broker, limit, sort: 'newest' } }),
      refetchInterval: EVERY_MS,
    })),
  });
  if (brokers.length === 0 || read.some(({ data }) => data === undefined)) return undefined;
  return newest(
    read.flatMap(({ data }) => data?.items ?? []),
    ({ ts }) => ts,
    limit,
  );
}

export function useRecentRefusals(
  brokers: readonly string[],
  limit: number,
): readonly Item<'GET /api/v1/signals'>[] | undefined {
  const read = useQueries({
    queries: brokers.map((broker) => ({
      queryKey: ['GET /api/v1/signals', 'recent', broker, limit],
      queryFn: async () =>
        call('GET /api/v1/signals', { query: { broker, limit, outcome: 'rejected', sort: 'newest' } }),
      refetchInterval: EVERY_MS,
    })),
  });
  if (brokers.length === 0 || read.some(({ data }) => data === undefined)) return undefined;
  return newest(
    read.flatMap(({ data }) => data?.items ?? []),
    ({ decided_at: at, ts }) => at ?? ts,
    limit,
  );
}

function newest<Line>(lines: readonly Line[], timeOf: (line: Line) => string, limit: number): readonly Line[] {
  return lines.toSorted((a, b) => (timeOf(a) < timeOf(b) ? 1 : -1)).slice(0, limit);
}
