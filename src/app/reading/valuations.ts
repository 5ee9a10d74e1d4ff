// What books were worth at their last P&L snapshot, and what the day has brought since the last one of an earlier day.
import { formatDecimal } from '#core/decimal.ts';
import type { PnlSnapshot } from '#core/events.ts';
import type { BrokerId } from '#core/ids.ts';
import { dayOf, type EpochMs, formatInstant } from '#core/time.ts';
import { refusedOffsets } from '#engine/refused.ts';
import type { StoreReader } from '#ports/store.ts';
import { decodeMessage } from '#wire/decode.ts';
import { topic } from '#wire/topics.ts';

/** A book's value at the last P&L snapshot. */
export interface Valuation {
  readonly ts: string;
  readonly unrealised_pnl: string;
  readonly equity: string;
  readonly max_drawdown: string;
  /** Positions at their marks: longs and shorts together, and longs less shorts. */
  readonly gross_exposure: string;
  readonly net_exposure: string;
  /** With all charges: since the book was opened, and since the last snapshot of an earlier day. */
  readonly total_pnl: string;
  readonly day_pnl: string;
  /** What buying back the shorts would take, and the cash that is left for anything else. */
  readonly margin_used: string;
  readonly available: string;
}

const PAGE = 512;
const EVER = Number.MAX_SAFE_INTEGER as EpochMs;

/** The last valuation of each book of a namespace, from the end of its topic. */
export function lastValuations(
  reader: StoreReader,
  broker: string,
  books: readonly string[],
): ReadonlyMap<string, Valuation> {
  const snapshots = lastSnapshots(reader, broker, books);
  return new Map([...snapshots].map(([strategyId, { last, before }]) => [strategyId, valuationOf(last, before)]));
}

/** The last P&L snapshot of a book, and the last one of an earlier day. */
export interface LastSnapshots {
  readonly last: PnlSnapshot;
  readonly before: PnlSnapshot | undefined;
}

export function lastSnapshots(
  reader: StoreReader,
  broker: string,
  books: readonly string[],
): ReadonlyMap<string, LastSnapshots> {
  const last = new Map<string, PnlSnapshot>();
  const before = new Map<string, PnlSnapshot>();
  for (const snapshot of newestFirst(reader, broker as BrokerId)) {
    const { strategyId, at } = snapshot;
    const newest = last.get(strategyId);
    if (newest === undefined) last.set(strategyId, snapshot);
    else if (!before.has(strategyId) && dayOf(at) < dayOf(newest.at)) before.set(strategyId, snapshot);
    if (books.every((each) => before.has(each))) break;
  }
  return new Map(
    [...last].map(([strategyId, snapshot]) => [strategyId, { last: snapshot, before: before.get(strategyId) }]),
  );
}

export function valuationOf(last: PnlSnapshot, before: PnlSnapshot | undefined): Valuation {
  const margin = (last.grossExposure - last.netExposure) / 2;
  return {
    ts: formatInstant(last.at),
    unrealised_pnl: formatDecimal(last.unrealised),
    equity: formatDecimal(last.equity),
    max_drawdown: formatDecimal(last.maxDrawdown),
    gross_exposure: formatDecimal(last.grossExposure),
    net_exposure: formatDecimal(last.netExposure),
    total_pnl: formatDecimal(last.netPnl),
    day_pnl: formatDecimal(last.netPnl - (before?.netPnl ?? 0)),
    margin_used: formatDecimal(margin),
    available: formatDecimal(last.cash - margin),
  };
}

function* newestFirst(reader: StoreReader, broker: BrokerId): Generator<PnlSnapshot> {
  const name = topic(broker, 'pnl.snapshots');
  const refused = refusedOffsets(reader, name);
  const range = reader.range(name);
  for (let { end } = range; end > range.start;) {
    const from = Math.max(range.start, end - PAGE);
    for (const { offset, value } of reader.read(name, from, end - from).toReversed()) {
      if (refused.has(offset) || !value.includes('"type":"pnl_snapshot"')) continue;
      const decoded = decodeMessage(name, value, { at: EVER, ttlMs: 0, offsetId: `${name}:0:${offset}` });
      if (decoded.ok && decoded.value.type === 'pnl_snapshot') yield decoded.value;
    }
    end = from;
  }
}
