// The newest of every namespace, put in one order of time: the API lists them namespace by namespace.
import { useQueries } from '@tanstack/react-query';
import { call, type Item, type Sent } from '../api/client.ts';
import { kept } from '../api/queries.ts';
import { useWatched } from '../api/watched.ts';

const EVERY_MS = 10_000;

type ListName = 'GET /api/v1/fills' | 'GET /api/v1/signals';

export function useRecentFills(
  brokers: readonly string[],
  limit: number,
): readonly Item<'GET /api/v1/fills'>[] | undefined {
  const lists = useNewest('GET /api/v1/fills', brokers, { limit });
  return lists === undefined ? undefined : newest(lists, ({ ts }) => ts, limit);
}

export function useRecentRefusals(
  brokers: readonly string[],
  limit: number,
): readonly Item<'GET /api/v1/signals'>[] | undefined {
  const lists = useNewest('GET /api/v1/signals', brokers, { limit, outcome: 'rejected' });
  return lists === undefined ? undefined : newest(lists, ({ decided_at: at, ts }) => at ?? ts, limit);
}

/** The newest lines of each namespace, behind one another; undefined until all are there. */
function useNewest<Name extends ListName>(
  name: Name,
  brokers: readonly string[],
  query: NonNullable<Sent<Name>['query']>,
): readonly Item<Name>[] | undefined {
  const watched = useWatched();
  const read = useQueries({
    queries: brokers.map((broker) => {
      const sent = { query: { broker, ...query, sort: 'newest' } } as Sent<Name>;
      return {
        queryKey: [name, 'recent', sent],
        // Both lists have their lines under `items`, which the type of a name that is left open does not say.
        queryFn: async (): Promise<{ readonly items: readonly Item<Name>[] }> => (await call(name, sent)) as never,
        ...kept(name, sent, EVERY_MS, watched),
      };
    }),
  });
  if (brokers.length === 0 || read.some(({ data }) => data === undefined)) return undefined;
  return read.flatMap(({ data }) => data?.items ?? []);
}

function newest<Line>(lines: readonly Line[], timeOf: (line: Line) => string, limit: number): readonly Line[] {
  return lines.toSorted((a, b) => (timeOf(a) < timeOf(b) ? 1 : -1)).slice(0, limit);
}
