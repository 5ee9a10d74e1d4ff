// The live stream of the whole page: one connection, whose events say which readings are old. Pages never wait for it.
import { createContext, useContext, useEffect, useState, type ReactNode } from 'react';
import { useToken } from '../session.ts';
import type { OperationName } from './client.ts';
import { refresh, refreshAll, useApi } from './queries.ts';
import { openStream, type StreamState } from './stream.ts';

const STREAMS = [
  'orders.submitted',
  'orders.filled',
  'orders.failed',
  'orders.cancelled',
  'signals.rejected',
  'control.changes',
  'pnl.snapshots',
];
const TOPICS_MAX = 64;
/** Changes within so many milliseconds are read together, and not by all open dashboards at the same moment. */
const GATHER_MS = [500, 2_000] as const;

const ORDERS: readonly OperationName[] = [
  'GET /api/v1/orders',
  'GET /api/v1/orders/{order_id}',
  'GET /api/v1/fills',
  'GET /api/v1/portfolios',
  'GET /api/v1/positions',
];
/** Readings that an event of a topic makes old. */
const MADE_OLD: Readonly<Record<string, readonly OperationName[]>> = {
  orders: ORDERS,
  signals: ['GET /api/v1/signals'],
  control: ['GET /api/v1/control', 'GET /api/v1/brokers', 'GET /api/v1/strategies', 'GET /api/v1/limits'],
  pnl: ['GET /api/v1/portfolios', 'GET /api/v1/positions'],
};

export interface Live {
  readonly state: StreamState;
  /** When the last event or connection came, epoch milliseconds. */
  readonly at: number | undefined;
  readonly events: number;
}

const NOTHING: Live = { state: 'connecting', at: undefined, events: 0 };
const LiveContext = createContext<Live>(NOTHING);

export function useLive(): Live {
  return useContext(LiveContext);
}

export function LiveProvider({ children }: { readonly children: ReactNode }) {
  const [live, setLive] = useState(NOTHING);
  const token = useToken();
  const { data } = useApi('GET /api/v1/brokers');
  const names = (data?.items ?? []).map(({ broker }) => broker).join(',');
  useEffect(() => {
    if (names === '') return undefined;
    const topics = names.split(',').flatMap((broker) => STREAMS.map((stream) => `${broker}.${stream}`));
    return followed(topics.slice(0, TOPICS_MAX), setLive);
  }, [names, token]);
  return <LiveContext value={live}>{children}</LiveContext>;
}

function gatherMs(): number {
  const [least, most] = GATHER_MS;
  return least + Math.random() * (most - least);
}

function followed(topics: readonly string[], setLive: (change: (live: Live) => Live) => void): () => void {
  const old = new Set<OperationName>();
  let gathering: ReturnType<typeof setTimeout> | undefined;
  let count = 0;
  const read = (): void => {
    gathering = undefined;
    refresh([...old]);
    old.clear();
    const seen = count;
    count = 0;
    setLive((live) => ({ ...live, at: Date.now(), events: live.events + seen }));
  };
  let wasInterrupted = false;
  const close = openStream({
    topics,
    onState: (state) => {
      if (state === 'live' && wasInterrupted) refreshAll();
      wasInterrupted = state === 'reconnecting';
      setLive((live) => ({ ...live, state, at: state === 'live' ? Date.now() : live.at }));
    },
    onEvent: ({ topic }) => {
      count++;
      for (const name of MADE_OLD[topic.split('.')[1] ?? ''] ?? []) old.add(name);
      gathering ??= setTimeout(read, gatherMs());
    },
    onGap: refreshAll,
  });
  return () => {
    clearTimeout(gathering);
    close();
  };
}
