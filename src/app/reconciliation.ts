// Compares what the books of a namespace hold with what its broker says it holds, now and then and whenever somebody asks.
// A difference is an event and halts the strategies concerned; it is never mended by a fill that nobody saw.
import { type KiteClient } from '#adapters/zerodha/kite-client.ts';
import { type DomainEvent } from '#core/events.ts';
import { knownTrace, type BrokerId, type EventId, type Trace } from '#core/ids.ts';
import { Reconciler, type Difference, type Held } from '#core/portfolio/reconcile.ts';
import { type EpochMs } from '#core/time.ts';
import { control } from '#engine/control.ts';
import { type Ingest } from '#engine/ingest.ts';
import { type Namespace } from '#engine/namespace.ts';
import { type Clock } from '#ports/clock.ts';
import { type StoreReader } from '#ports/store.ts';
import { type Logger } from '#ports/telemetry.ts';
import { decodeMessage } from '#wire/decode.ts';
import { encodeEvent } from '#wire/encode.ts';
import { topic } from '#wire/topics.ts';

const WHO = 'reconciliation';
/** A difference that was just found is looked at again after this, and books that could not be read are asked for again. */
const AGAIN_MS = 5_000;
const AT_ONCE = 1_000;
const BREAKS = 'reconciliation.breaks';
const CONTROL = 'control.changes';
/** Events of ours say everything themselves. */
const NOTHING_ELSE = { at: 0 as EpochMs, ttlMs: 0, offsetId: '' };

export interface ReconciliationOptions {
  readonly accounts: readonly {
    readonly broker: BrokerId;
    readonly client: Pick<KiteClient, 'positions' | 'holdings'>;
  }[];
  readonly clock: Clock;
  readonly intervalMs: number;
  readonly logger: Logger;
}

interface Account {
  readonly broker: BrokerId;
  readonly client: Pick<KiteClient, 'positions' | 'holdings'>;
  readonly reconciler: Reconciler;
  /** Monotonic milliseconds at which the broker is asked next. */
  askAt: number;
  asking: boolean;
  /** Somebody asked while the broker was being asked: what it answers may be from before. */
  askedAgain: boolean;
  answer: Held | undefined;
  /** Units that are not the platform's, and how far they were read. */
  readonly external: Map<number, number>;
  readFrom: number;
}

export class Reconciliation {
  readonly #options: ReconciliationOptions;
  readonly #accounts: readonly Account[];
  #log: Pick<StoreReader, 'read'> | undefined;

  constructor(options: ReconciliationOptions) {
    this.#options = options;
    this.#accounts = options.accounts.map(({ broker, client }) => {
      const reconciler = new Reconciler();
      return {
        broker,
        client,
        reconciler,
        askAt: 0,
        asking: false,
        askedAgain: false,
        answer: undefined,
        external: new Map(),
        readFrom: 0,
      };
    });
  }

  /** Takes up the breaks that the log says are open, and follows what people say of units that are not the platform's. */
  resume(log: Pick<StoreReader, 'read'>): void {
    this.#log = log;
    for (const { broker, reconciler } of this.#accounts) reconciler.resume(openBreaks(log, broker));
  }

  /** Something may have happened unseen, such as while no connection stood: compare soon. */
  ask(): void {
    for (const account of this.#accounts) {
      account.askAt = 0;
      account.askedAgain = account.asking || account.answer !== undefined;
    }
  }

  /** Takes what brokers answered; true when that left something to commit. To be called in every turn. */
  settle(ingest: Ingest): boolean {
    let left = false;
    const now = this.#options.clock.monotonicMs();
    for (const account of this.#accounts) {
      const namespace = ingest.cascade.namespace(account.broker);
      if (namespace === undefined || ingest.cascade.at === 0) continue;
      if (this.#readExternal(account, ingest)) account.askAt = 0;
      if (account.answer !== undefined) left = this.#compare(account, namespace, ingest, account.answer) || left;
      else if (!account.asking && now >= account.askAt) void this.#read(account);
    }
    return left;
  }

  async #read(account: Account): Promise<void> {
    const { clock, logger } = this.#options;
    account.asking = true;
    const [positions, holdings] = await Promise.all([account.client.positions(), account.client.holdings()]);
    account.asking = false;
    if (positions.kind === 'failed' || holdings.kind === 'failed') {
      const why = [positions, holdings].flatMap((each) => (each.kind === 'failed' ? [each.message] : [])).join('; ');
      logger.warning(`What the broker holds cannot be read: ${why}`, { broker: account.broker });
      account.askAt = clock.monotonicMs() + AGAIN_MS;
      return;
    }
    const held = new Map<number, number>();
    for (const { token, quantity } of [...positions.value, ...holdings.value]) {
      held.set(token, (held.get(token) ?? 0) + quantity);
    }
    account.answer = held;
  }

  /** True when somebody has said something new. */
  #readExternal(account: Account, { ends }: Ingest): boolean {
    const name = topic(account.broker, CONTROL);
    let isNew = false;
    while (account.readFrom < (ends.get(name) ?? 0)) {
      const page = this.#log?.read(name, account.readFrom, AT_ONCE) ?? [];
      for (const { value } of page) {
        const decoded = decodeMessage(name, value, NOTHING_ELSE);
        if (!decoded.ok || decoded.value.type !== 'external_position') continue;
        account.external.set(decoded.value.token, decoded.value.quantity);
        isNew = true;
      }
      const last = page.at(-1);
      // What was taken in this turn is not in the log before its commit.
      if (last === undefined) break;
      account.readFrom = last.offset + 1;
    }
    return isNew;
  }

  #compare(account: Account, namespace: Namespace, ingest: Ingest, answer: Held): boolean {
    const { clock, intervalMs } = this.#options;
    const { broker, reconciler } = account;
    const { instruments, at } = ingest.cascade;
    account.answer = undefined;
    // What the account holds of instruments that are no business of ours is not compared.
    const theirs = new Map([...answer].filter(([token]) => instruments.indexOf(token) !== -1));
    for (const [token, units] of account.external) theirs.set(token, (theirs.get(token) ?? 0) - units);
    const { breaks, settled, doubtful } = reconciler.compare(heldIn(namespace, ingest), theirs, busyIn(namespace));
    account.askAt = account.askedAgain ? 0 : clock.monotonicMs() + (doubtful ? AGAIN_MS : intervalMs);
    account.askedAgain = false;
    for (const difference of breaks) {
      const trace = nextTrace(ingest, broker);
      put(ingest, { type: 'reconciliation_break', broker, trace, at, ...difference });
      halt(ingest, namespace, difference, trace.id);
    }
    for (const { token, held } of settled) {
      put(ingest, { type: 'reconciliation_settled', broker, trace: nextTrace(ingest, broker), at, token, held });
    }
    return breaks.length + settled.length > 0;
  }
}

/** Strategies that hold the instrument, or have orders in it, send nothing more until a person releases them. */
function halt(ingest: Ingest, { plan, portfolio, engine }: Namespace, difference: Difference, cause: EventId): void {
  const { broker } = plan;
  const { token, ours, theirs } = difference;
  const { instruments, at } = ingest.cascade;
  const index = instruments.indexOf(token);
  const holders = portfolio.ledger.books.filter(({ quantity }) => quantity[index] !== 0);
  const senders = engine.working().filter(({ submitted }) => submitted.token === token);
  const concerned = [...holders, ...senders.map(({ submitted }) => submitted)].map(({ strategyId }) => strategyId);
  const why = `the books hold ${ours} of ${instruments.at(index).symbol} and the broker holds ${theirs}`;
  for (const strategyId of new Set(concerned)) {
    const subject = `strategy:${strategyId}`;
    control(ingest, { broker, action: 'killed', subject, who: WHO, why, at, id: `${cause}:${strategyId}` });
  }
}

/** The next id on the topic of breaks. */
function nextTrace({ ends }: Ingest, broker: BrokerId): Trace {
  return knownTrace(`${WHO}:${broker}:${ends.get(topic(broker, BREAKS)) ?? 0}` as EventId);
}

function put(ingest: Ingest, event: DomainEvent): void {
  const { topic: name, key, value, id } = encodeEvent(event, WHO);
  ingest.message({ topic: name, value, offsetId: id }, event, key, event.at);
}

function heldIn({ portfolio }: Namespace, { cascade }: Ingest): Held {
  const held = new Map<number, number>();
  for (const { quantity } of portfolio.ledger.books) {
    cascade.instruments.list().forEach(({ token }, index) => {
      const units = quantity[index] ?? 0;
      if (units !== 0) held.set(token, (held.get(token) ?? 0) + units);
    });
  }
  return held;
}

/** Instruments in which it is open what became of an order. */
function busyIn({ engine }: Namespace): ReadonlySet<number> {
  const open = engine.working().filter(({ state }) => state === 'sending' || state === 'unknown');
  return new Set(open.map(({ submitted }) => submitted.token));
}

function openBreaks(log: Pick<StoreReader, 'read'>, broker: BrokerId): readonly Difference[] {
  const name = topic(broker, BREAKS);
  const open = new Map<number, Difference>();
  for (let offset = 0; ;) {
    const page = log.read(name, offset, AT_ONCE);
    for (const { value } of page) {
      const decoded = decodeMessage(name, value, NOTHING_ELSE);
      if (!decoded.ok) continue;
      const event = decoded.value;
      if (event.type === 'reconciliation_settled') open.delete(event.token);
      else if (event.type === 'reconciliation_break') open.set(event.token, event);
    }
    const last = page.at(-1);
    if (last === undefined) return [...open.values()];
    offset = last.offset + 1;
  }
}
