// What other programs look at most, in Redis: every book and every order at work, as `state` and `orders` show them, and each
// change of one on a channel. It is written after the commit, by nobody who waits; what Redis loses is written anew.
import { ENDED, type OrderRow } from '#engine/views.ts';
import { type BrokerId } from '#core/ids.ts';
import { type Clock } from '#ports/clock.ts';
import { type RowChange, type Store } from '#ports/store.ts';
import { keyOf, type Key } from '#wire/keys.ts';
import { type ViewChange, type ViewServer } from '#adapters/redis/view-server.ts';

export type ViewName = 'portfolio' | 'orders';

export interface HotViewsOptions {
  readonly server: Pick<ViewServer, 'replace' | 'change'>;
  readonly store: Pick<Store, 'rows'>;
  readonly brokers: readonly BrokerId[];
  /** Those whose rows this process writes. */
  readonly views: readonly ViewName[];
  readonly clock: Clock;
}

/** Changes of one view that come within so long are written together, the last of each entry alone. */
const WRITE_EVERY_MS = 250;
/** A server that was away is tried again, and then given everything. */
const AGAIN_AFTER_MS = 2_000;
/** Views without changes are kept from growing old. */
const KEEP_EVERY_MS = 5_000;

const VIEW_OF: Partial<Record<RowChange['kind'], ViewName>> = { book: 'portfolio', order: 'orders' };

/** Under which a view lies as a hash, an entry an id. */
export function viewKey(broker: BrokerId, view: ViewName): Key {
  return keyOf(broker, 'views', view);
}

/** On which each change of a namespace's views is told. */
export function changesChannel(broker: BrokerId): Key {
  return keyOf(broker, 'views', 'changes');
}

export class HotViews {
  readonly #options: HotViewsOptions;
  /** By view: its entries. */
  readonly #views = new Map<Key, Map<string, string>>();
  /** Rows that were committed since the last write: the last of each. */
  readonly #rows = new Map<string, RowChange>();
  /** The views that the server was given entries of; undefined when it may have something else than is known here. */
  #there: readonly Key[] | undefined;
  #writtenAt = Number.NEGATIVE_INFINITY;

  constructor(options: HotViewsOptions) {
    this.#options = options;
    for (const broker of options.brokers) {
      for (const view of options.views) this.#views.set(viewKey(broker, view), new Map());
    }
    for (const kind of ['book', 'order'] as const) {
      if (this.#isOurs(kind)) for (const row of options.store.rows(kind)) this.#changeOf({ kind, ...row });
    }
  }

  committed(rows: readonly RowChange[]): void {
    for (const row of rows) if (this.#isOurs(row.kind)) this.#rows.set(`${row.kind} ${row.broker} ${row.id}`, row);
  }

  /** Writes until `signal` is aborted. A server that is away is given everything when it is back. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const isWritten = await this.#write();
      await this.#options.clock.sleep(isWritten ? WRITE_EVERY_MS : AGAIN_AFTER_MS, signal);
    }
    if (this.#there !== undefined) await this.#write();
  }

  #isOurs(kind: RowChange['kind']): boolean {
    const view = VIEW_OF[kind];
    return view !== undefined && this.#options.views.includes(view);
  }

  /** Takes a row into its view; nothing for one of a namespace that is not active. */
  #changeOf({ kind, broker, id, value }: RowChange): readonly ViewChange[] {
    const view = VIEW_OF[kind];
    if (view === undefined) return [];
    const key = viewKey(broker as BrokerId, view);
    const entries = this.#views.get(key);
    if (entries === undefined) return [];
    const [shown, isThere] = shownOf(kind, value);
    if (isThere) entries.set(id, shown);
    else entries.delete(id);
    const channel = changesChannel(broker as BrokerId);
    const told = `{"view":"${view}","id":${JSON.stringify(id)},"value":${shown}}`;
    return [{ key, id, value: isThere ? shown : undefined, channel, told }];
  }

  /** False when the server has to be given everything. */
  async #write(): Promise<boolean> {
    const now = this.#options.clock.monotonicMs();
    if (this.#there !== undefined && this.#rows.size === 0 && now - this.#writtenAt < KEEP_EVERY_MS) return true;
    const changes = [...this.#rows.values()].flatMap((row) => this.#changeOf(row));
    const there = this.#there;
    this.#rows.clear();
    try {
      const { server } = this.#options;
      const isThere = there === undefined ? await server.replace(this.#views) : await server.change(changes, there);
      this.#there = isThere === false ? undefined : this.#filled();
      this.#writtenAt = now;
    } catch {
      // The check of Redis says what is wrong with it.
      this.#there = undefined;
    }
    return this.#there !== undefined;
  }

  #filled(): readonly Key[] {
    return [...this.#views].filter(([, entries]) => entries.size > 0).map(([key]) => key);
  }
}

/** A row as it is shown, and whether it stays: an order that has ended is told once more and then gone. */
function shownOf(kind: RowChange['kind'], value: string | undefined): readonly [shown: string, isThere: boolean] {
  if (value === undefined) return ['null', false];
  if (kind !== 'order') return [value, true];
  const { row } = JSON.parse(value) as { readonly row: OrderRow };
  return [JSON.stringify(row), !ENDED.has(row.status)];
}
