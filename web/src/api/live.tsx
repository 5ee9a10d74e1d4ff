// The live connection of the whole page: what the page shows is watched while it shows it. Pages never wait for it.
import { createContext, useContext, useEffect, useState, type ReactNode } from 'react';
import { useToken } from '../session.ts';
import { queryClient, refreshAll } from './queries.ts';
import { openWatch, type WatchState } from './watch.ts';
import { confirm, followAddresses, putAnswer, setWatched } from './watched.ts';

export interface Live {
  readonly state: WatchState;
  /** When the server last said something, epoch milliseconds. */
  readonly at: number | undefined;
}

const NOTHING: Live = { state: 'connecting', at: undefined };
const LiveContext = createContext<Live>(NOTHING);

export function useLive(): Live {
  return useContext(LiveContext);
}

export function LiveProvider({ children }: { readonly children: ReactNode }) {
  const [live, setLive] = useState(NOTHING);
  const [addresses, setAddresses] = useState<readonly string[]>([]);
  const token = useToken();
  useEffect(() => followAddresses(queryClient, setAddresses), []);
  useEffect(() => (addresses.length === 0 ? undefined : watched(addresses, setLive)), [addresses, token]);
  return <LiveContext value={live}>{children}</LiveContext>;
}

function watched(addresses: readonly string[], setLive: (change: (live: Live) => Live) => void): () => void {
  let wasInterrupted = false;
  return openWatch({
    addresses,
    onState: (state) => {
      setWatched(state === 'live' ? addresses : []);
      // What is not watched may have changed meanwhile too.
      if (state === 'live' && wasInterrupted) refreshAll();
      wasInterrupted = state === 'reconnecting';
      // Another page watches something else; that is no reason to doubt what is seen.
      setLive((live) => (state === 'connecting' && live.state === 'live' ? live : { ...live, state }));
    },
    onAnswer: (address, status, answer) => putAnswer(queryClient, address, status, answer),
    onRound: () => {
      confirm(queryClient, addresses);
      setLive((live) => ({ ...live, at: Date.now() }));
    },
  });
}
