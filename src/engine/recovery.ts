// Start is recovery, and there is one path: the newest snapshot whose hash holds, then every input after it, applied as
// it was the first time. Nothing is sent and nothing is written while it runs.
import { type Store, type StoreReader, type Snapshot, StoreError } from '#ports/store.ts';
import { type Ingest, type SnapshotBody, sha256, type TopicEnds } from './ingest.ts';
import { applyInput } from './input.ts';

/** Inputs are read back so many at a time, so that memory does not grow with the log. */
const INPUTS_AT_ONCE = 16;

export interface Recovered {
  /** seq of the snapshot that the state was restored from; 0 when it was rebuilt from the first input. */
  readonly fromSnapshot: number;
  readonly replayedInputs: number;
}

/** Rebuilds the state that the store's last commit left, and lets `ingest` record from there. */
export function recover(store: Store, ingest: Ingest): Recovered {
  const snapshot = store.snapshots().find((candidate) => sha256(candidate.body) === candidate.hash);
  if (snapshot === undefined && store.firstSeq() > 1) {
    throw new StoreError(
      'DAMAGED',
      `the log begins at input ${store.firstSeq()} and no snapshot that it could be replayed from is intact. ` +
        `Restore the data directory from a backup.`,
    );
  }
  if (snapshot !== undefined) restoreSnapshot(ingest, snapshot);
  let replayedInputs = 0;
  replay(store, snapshot?.seq ?? 0, store.lastSeq(), (input) => {
    applyInput(ingest.cascade, input);
    replayedInputs++;
  });
  ingest.resume(new Map(store.topics().map(({ topic, end }) => [topic, end])));
  return { fromSnapshot: snapshot?.seq ?? 0, replayedInputs };
}

/** Calls `take` for every input after `from`, up to and including `to`, in order. */
export function replay(
  store: StoreReader,
  from: number,
  to: number,
  take: (input: ReturnType<StoreReader['inputsAfter']>[number]) => void,
): void {
  let seq = from;
  while (seq < to) {
    const inputs = store.inputsAfter(seq, INPUTS_AT_ONCE);
    if (inputs.length === 0) break;
    for (const input of inputs) {
      if (input.seq > to) return;
      take(input);
      seq = input.seq;
    }
  }
}

function restoreSnapshot(ingest: Ingest, snapshot: Snapshot): void {
  const { state } = JSON.parse(snapshot.body) as SnapshotBody;
  ingest.cascade.restore(state);
}

/** The topic ends that a snapshot was taken at. */
export function endsOf(snapshot: Snapshot): TopicEnds {
  return new Map(Object.entries((JSON.parse(snapshot.body) as SnapshotBody).offsets));
}
