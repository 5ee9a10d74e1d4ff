// Holds what our log says against what Kite really has, order by order and trade by trade.
import { hashIn, hashOf } from '#adapters/zerodha/tag.ts';
import { type EventId } from '#core/ids.ts';

/** What was done in a number of runs, and what must not have happened in any. */
export interface Tally {
  intents: number;
  fills: number;
  deaths: number;
  unknowns: number;
  kills: number;
  /** Intents of which Kite has two orders, and orders that nobody meant. */
  doubled: number;
  /** Trades that were not booked, and orders at Kite of which the log says that they are not there, or the reverse. */
  lost: number;
  /** Trades that were booked twice, or that Kite does not have. */
  bookedTwice: number;
  /** Orders that left after a kill. */
  afterKill: number;
  /** Instruments of which Kite and the books hold different quantities. */
  positions: number;
  /** Orders whose outcome is still open here, or over there. */
  unsettled: number;
  /** What was found, with the run that shows it. */
  readonly findings: string[];
}

export const BOUNDS = ['doubled', 'lost', 'bookedTwice', 'afterKill', 'positions', 'unsettled'] as const;
export type Bound = (typeof BOUNDS)[number];

export function emptyTally(): Tally {
  const done = { intents: 0, fills: 0, deaths: 0, unknowns: 0, kills: 0 };
  return { ...done, doubled: 0, lost: 0, bookedTwice: 0, afterKill: 0, positions: 0, unsettled: 0, findings: [] };
}

/** Adds what another tally counted. */
export function addTally(sum: Tally, { findings, ...counts }: Tally): void {
  for (const [name, count] of Object.entries(counts) as [keyof typeof counts, number][]) sum[name] += count;
  sum.findings.push(...findings);
}

/** What both sides say once everything could settle. */
export interface Evidence {
  /** Orders by our log, with their status in its views. */
  readonly intents: readonly { readonly orderId: string; readonly status: string }[];
  /** Orders of which the log has Kite's id. */
  readonly placed: ReadonlySet<string>;
  /** Fills by our log; an id ends with the id of the trade at Kite. */
  readonly fills: readonly { readonly id: string; readonly quantity: number }[];
  /** Units that our books hold, by any name of an instrument that `kite` uses too. */
  readonly held: ReadonlyMap<string, number>;
  readonly kite: {
    readonly orders: readonly { readonly orderId: string; readonly tag: string | null; readonly status: string }[];
    readonly trades: readonly { readonly orderId: string; readonly tradeId: string; readonly quantity: number }[];
    readonly held: ReadonlyMap<string, number>;
  };
}

/** Compares the two; `deployment` is the letter in our tags. */
export function compare(evidence: Evidence, deployment: string, found: (bound: Bound, what: string) => void): void {
  const { intents, kite } = evidence;
  const orderIds = new Map(intents.map(({ orderId }) => [hashOf(orderId as EventId), orderId]));
  const ourIdOf = (tag: string | null): string | undefined => {
    const hash = hashIn(tag ?? undefined, deployment);
    return hash === undefined ? undefined : (orderIds.get(hash) ?? `nothing of ours (${hash})`);
  };
  compareOrders(evidence, ourIdOf, found);
  compareFills(evidence, ourIdOf, found);
  for (const name of new Set([...evidence.held.keys(), ...kite.held.keys()])) {
    const [here, there] = [evidence.held.get(name) ?? 0, kite.held.get(name) ?? 0];
    if (here !== there) found('positions', `${here} of ${name} here, ${there} there`);
  }
}

type OurIdOf = (tag: string | null) => string | undefined;
type Found = (bound: Bound, what: string) => void;

const AT_KITE: ReadonlySet<string> = new Set(['new', 'partially_filled', 'filled', 'cancelled', 'resurrected']);
const OPEN: ReadonlySet<string> = new Set(['sending', 'unknown']);
const AT_WORK: ReadonlySet<string> = new Set([...OPEN, 'new', 'partially_filled', 'resurrected']);
const ENDED_THERE: ReadonlySet<string> = new Set(['COMPLETE', 'CANCELLED', 'REJECTED']);

/** Every intent is one order at Kite, or none where the log says that there is none. */
function compareOrders({ intents, placed, kite }: Evidence, ourIdOf: OurIdOf, found: Found): void {
  const there = Map.groupBy(
    kite.orders.filter(({ tag }) => ourIdOf(tag) !== undefined),
    ({ tag }) => ourIdOf(tag),
  );
  for (const { orderId, status } of intents) {
    const orders = there.get(orderId) ?? [];
    there.delete(orderId);
    const [order] = orders;
    if (orders.length > 1) found('doubled', `${orderId} is there ${orders.length} times`);
    if (OPEN.has(status)) found('unsettled', `${orderId} is ${status}`);
    else if (order === undefined) {
      // One that waited in the engine and was cancelled there never left.
      const left = AT_KITE.has(status) && (status !== 'cancelled' || placed.has(orderId));
      if (left) found('lost', `${orderId} is ${status} here and not there`);
    } else if (status === 'rejected' && order.status !== 'REJECTED') {
      found('lost', `${orderId} is rejected here and ${order.status} there`);
    } else if (ENDED_THERE.has(order.status) && AT_WORK.has(status)) {
      found('unsettled', `${orderId} is ${status} here and ${order.status} there`);
    }
  }
  for (const orderId of there.keys()) found('doubled', `${orderId} is there and was never meant to be`);
}

function compareFills({ fills, kite }: Evidence, ourIdOf: OurIdOf, found: Found): void {
  const ours = new Map(kite.orders.map(({ orderId, tag }) => [orderId, ourIdOf(tag)]));
  const there = new Map<string, number>();
  for (const { orderId, tradeId, quantity } of kite.trades) {
    const orderIdHere = ours.get(orderId);
    if (orderIdHere !== undefined) there.set(`${orderIdHere} ${tradeId}`, quantity);
  }
  const seen = new Set<string>();
  for (const { id, quantity } of fills) {
    const name = id.replace(/\/x\.[^/]*\.([^./]+)$/, ' $1');
    if (seen.has(name)) found('bookedTwice', `${id} is booked twice`);
    else if (there.get(name) !== quantity) found('bookedTwice', `${id} of ${quantity} is not at Kite`);
    seen.add(name);
  }
  for (const name of there.keys()) if (!seen.has(name)) found('lost', `the trade ${name} is not booked`);
}
