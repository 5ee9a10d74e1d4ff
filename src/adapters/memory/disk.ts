// What a memory store keeps its commits on: it outlives the store, as a disk outlives a process, and can be told to fail.
import { type NewMessage } from '#ports/event-log.ts';
import { StoreError, type NewInput, type OutboxMessage, type RowChange, type Snapshot } from '#ports/store.ts';

export interface KeptInput extends NewInput {
  readonly seq: number;
  readonly appendedAt: number;
  /** The offset that its first tick has in `market.ticks`. */
  readonly firstTick: number;
}

export interface KeptMessage extends NewMessage {
  readonly offset: number;
}

export interface KeptRow extends Omit<RowChange, 'value'> {
  readonly value: string;
}

/** Everything that was committed. */
export class Contents {
  /** Those with a seq above `forgotten`, in order. */
  inputs: KeptInput[] = [];
  /** seq of the newest input that retention has taken away. */
  forgotten = 0;
  lastSeq = 0;
  /** The next offset of `market.ticks`. */
  marketEnd = 0;
  readonly topics = new Map<string, KeptMessage[]>();
  /** Every message in the order of the commits. */
  readonly outbox: OutboxMessage[] = [];
  readonly ids = new Map<string, Set<string>>();
  /** By kind, broker and id. */
  readonly rows = new Map<string, KeptRow>();
  /** By group and topic. */
  readonly offsets = new Map<string, number>();
  /** Newest first. */
  snapshots: Snapshot[] = [];

  /** A copy that later commits do not reach. */
  copy(): Contents {
    const copy = new Contents();
    copy.inputs = [...this.inputs];
    copy.forgotten = this.forgotten;
    copy.lastSeq = this.lastSeq;
    copy.marketEnd = this.marketEnd;
    for (const [topic, messages] of this.topics) copy.topics.set(topic, [...messages]);
    copy.outbox.push(...this.outbox);
    for (const [topic, ids] of this.ids) copy.ids.set(topic, new Set(ids));
    for (const [key, row] of this.rows) copy.rows.set(key, row);
    for (const [key, offset] of this.offsets) copy.offsets.set(key, offset);
    copy.snapshots = [...this.snapshots];
    return copy;
  }
}

/** Who holds the disk as its writer; a crash takes it away. */
export interface Hold {
  lost: boolean;
}

export class MemoryDisk {
  readonly contents = new Contents();
  #failure: 'before' | 'after' | undefined;
  #hold: Hold | undefined;

  /** The next commit fails: before anything of it is durable, or after all of it is. */
  failNext(when: 'before' | 'after'): void {
    this.#failure = when;
  }

  /** The writer dies: its store writes nothing any more, and another may open the disk. */
  crash(): void {
    if (this.#hold !== undefined) this.#hold.lost = true;
    this.#hold = undefined;
    this.#failure = undefined;
  }

  /** Makes somebody the writer. Throws `StoreError` LOCKED while another is. */
  hold(): Hold {
    if (this.#hold !== undefined)
      throw new StoreError('LOCKED', 'The memory disk is in use by another store: close it first.');
    this.#hold = { lost: false };
    return this.#hold;
  }

  release(hold: Hold): void {
    if (this.#hold === hold) this.#hold = undefined;
  }

  /** Writes with the failure that was asked for. */
  write(apply: (contents: Contents) => void): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure === 'before') throw failed('before it was durable');
    apply(this.contents);
    if (failure === 'after') throw failed('after it was durable');
  }
}

function failed(when: string): StoreError {
  return new StoreError('WRITE_FAILED', `The memory disk was told to fail a commit ${when}.`);
}
