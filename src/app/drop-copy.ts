// `alpha-panda drop-copy`: a process of its own that compares the broker's orders and trades with the log, and can do one thing
// about a difference: trip the kill switch.
import { systemClock } from '#adapters/clock/system-clock.ts';
import { RequestBudget } from '#adapters/zerodha/budget.ts';
import { KiteClient } from '#adapters/zerodha/kite-client.ts';
import { hashOf } from '#adapters/zerodha/tag.ts';
import { parseDecimal } from '#core/decimal.ts';
import { type BrokerId, type EventId } from '#core/ids.ts';
import { dayOf, parseInstant, SECOND_MS, type EpochMs } from '#core/time.ts';
import { type Clock } from '#ports/clock.ts';
import { refusedOffsets } from '#engine/refused.ts';
import { type StoreReader } from '#ports/store.ts';
import { topic, type Stream } from '#wire/topics.ts';
import { type BrokerSettings } from './config/brokers.ts';
import { type Settings } from './config/settings-schema.ts';
import { openReader } from './open-place.ts';
import { placeOf, type Place } from './place.ts';
import { discrepanciesIn, type Discrepancy, type LoggedFill } from './copy-compare.ts';
import { order } from './controls.ts';
import { KeptToken, sessionOf } from './kite-app.ts';
import { kiteHosts } from './kite-hosts.ts';
import { kiteHttp } from './kite-http.ts';
import { RequestError } from './reading/open-store.ts';

export interface DropCopyRequest {
  readonly broker: string;
  readonly stop: AbortSignal;
  readonly tell: (text: string) => void;
}

const EVERY_MS = 10 * SECOND_MS;
/** The log is right behind the broker; whatever lasts longer is no delay. */
const PATIENCE_MS = 60 * SECOND_MS;
const AT_ONCE = 1_000;

/** Watches until `stop` is aborted or it has tripped; true when it never had to. Throws `RequestError`. */
export async function runDropCopy(settings: Settings, { broker, stop, tell }: DropCopyRequest): Promise<boolean> {
  const account = settings.brokers.find(({ id }) => id === broker);
  if (account === undefined || account.kind === 'paper' || account.mode !== 'live') {
    throw new RequestError(`expected a namespace with MODE=live, found ${JSON.stringify(broker)}`);
  }
  const clock = systemClock();
  const session = sessionOf(account);
  const kept = new KeptToken(account, settings, tell);
  const root = kiteHosts(account.kiteRoot).api;
  const http = kiteHttp(root);
  const client = new KiteClient({ http, session, budget: new RequestBudget(clock) });
  const copy = new DropCopy({
    client,
    clock,
    broker: account.id,
    deployment: account.deployment,
    place: placeOf(settings),
  });
  try {
    for (let mark = ''; !stop.aborted;) {
      if (kept.mark !== mark) {
        mark = kept.mark;
        const token = kept.load();
        if (token !== undefined) session.begin(token);
      }
      const tripped = await copy.look();
      for (const trouble of copy.takeTroubles()) tell(trouble);
      if (tripped.length > 0) return trip(settings, account, tripped, tell);
      await clock.sleep(EVERY_MS, stop);
    }
    return true;
  } finally {
    http.close();
  }
}

function trip(
  settings: Settings,
  { id }: BrokerSettings,
  found: readonly Discrepancy[],
  tell: (text: string) => void,
): false {
  const why = found.map(({ what }) => what).join('; ');
  order(settings, 'killed', { broker: id, who: 'drop-copy', why: why.slice(0, WHY_MAX) });
  tell(`${id} is told to halt: ${why}`);
  return false;
}

const WHY_MAX = 400;

export interface DropCopyOptions {
  readonly client: Pick<KiteClient, 'orders' | 'trades'>;
  readonly clock: Clock;
  readonly broker: BrokerId;
  readonly deployment: string;
  readonly place: Place;
}

export class DropCopy {
  readonly #options: DropCopyOptions;
  readonly #hashes = new Set<string>();
  readonly #fills = new Map<string, LoggedFill>();
  /** The next offset of each stream. */
  readonly #offsets = new Map<Stream, number>();
  /** Since when a discrepancy has been seen, on the clock that never goes back. */
  #since = new Map<string, number>();
  #troubles: string[] = [];
  #couldNot = '';

  constructor(options: DropCopyOptions) {
    this.#options = options;
  }

  /** What could not be read, since the last call; each of it once. */
  takeTroubles(): readonly string[] {
    return this.#troubles.splice(0);
  }

  /** Looks at both once; returns what has to trip the switch. A side that cannot be read is no evidence of anything. */
  async look(): Promise<readonly Discrepancy[]> {
    const { client, clock, deployment } = this.#options;
    // The log is read after the broker: it may be ahead, and is never behind by more than it takes to write.
    const [orders, trades] = await Promise.all([client.orders(), client.trades()]);
    if (orders.kind === 'failed' || trades.kind === 'failed') {
      return this.#blind(
        `the broker's books cannot be read: ${orders.kind === 'failed' ? orders.message : messageOf(trades)}`,
      );
    }
    try {
      this.#readLog();
    } catch (error) {
      return this.#blind(`the log cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    }
    this.#couldNot = '';
    const logged = { hashes: this.#hashes, fills: this.#fills };
    const found = discrepanciesIn({ orders: orders.value, trades: trades.value }, logged, deployment);
    const now = clock.monotonicMs();
    this.#since = new Map(found.map(({ what }) => [what, this.#since.get(what) ?? now]));
    return found.filter(({ what, waits }) => !waits || now - (this.#since.get(what) ?? now) >= PATIENCE_MS);
  }

  #blind(why: string): readonly Discrepancy[] {
    if (why !== this.#couldNot) this.#troubles.push(why);
    this.#couldNot = why;
    return [];
  }

  #readLog(): void {
    const reader = openReader(this.#options.place, 'trading_engine');
    try {
      this.#follow(reader, 'orders.submitted', (type, data) => {
        if (type === 'order_submitted') this.#hashes.add(hashOf(String(data['order_id']) as EventId));
      });
      this.#follow(reader, 'orders.filled', (_type, data) => this.#addFill(data));
    } finally {
      reader.close();
    }
  }

  #follow(reader: StoreReader, stream: Stream, take: (type: string, data: Data) => void): void {
    const name = topic(this.#options.broker, stream);
    for (;;) {
      const page = reader.read(name, this.#offsets.get(stream) ?? 0, AT_ONCE);
      const last = page.at(-1);
      if (last === undefined) return;
      // What was refused when it came is no fact, and need not be JSON.
      const refused = refusedOffsets(reader, name);
      for (const { offset, value } of page) {
        if (refused.has(offset)) continue;
        const { type, data } = JSON.parse(value) as { readonly type: string; readonly data: Data };
        take(type, data);
      }
      this.#offsets.set(stream, last.offset + 1);
    }
  }

  #addFill(data: Data): void {
    const tradeId = String(data['fill_id']).split('.').at(-1) ?? '';
    const day = dayOf(parseInstant(String(data['timestamp'])) ?? (0 as EpochMs));
    const price = parseDecimal(String(data['fill_price'])) ?? 0;
    this.#fills.set(tradeId, { tradeId, side: String(data['side']), quantity: Number(data['quantity']), price, day });
  }
}

type Data = Readonly<Record<string, unknown>>;

function messageOf(outcome: { readonly kind: string; readonly message?: string }): string {
  return outcome.message ?? outcome.kind;
}
