// A simulated exchange under test, and what it says in short: `a#0 10@100` is the first fill of order `a`.
import assert from 'node:assert/strict';
import { type CancelSubmitted, type ModifySubmitted, type OrderTerms, type TradingSignal } from '#core/events.ts';
import { SimulatedExchange } from '#core/exchange/exchange.ts';
import { type ExchangePhase } from '#core/exchange/phase.ts';
import { type BrokerReport, type ChangeableTerms } from '#core/execution/report.ts';
import { knownTrace, type EventId } from '#core/ids.ts';
import { InstrumentTable, type Instrument } from '#core/market/instrument.ts';
import { DEPTH_LEVELS, DEPTH_WIDTH, NO_VOLUME } from '#core/market/tick.ts';
import { type ExchangeTerms } from '#core/plan.ts';
import { type Price } from '#core/decimal.ts';
import { type EpochMs } from '#core/time.ts';
import {
  after,
  ALPHA,
  exchangeTerms,
  instruments,
  OPEN,
  PAPER,
  reread,
  rs,
  signal,
  submitted,
  tick,
  units,
} from './builders.ts';

/** Price in rupees and quantity of a level, the best first. */
export type Level = readonly [number, number];

export interface Shown {
  readonly bids?: readonly Level[];
  readonly offers?: readonly Level[];
}

interface TickOptions extends Shown {
  readonly traded?: number;
  readonly at?: EpochMs;
  readonly on?: number;
}

/** The columns of one tick's depth. */
export function depthOf({ bids = [], offers = [] }: Shown): Int32Array<ArrayBuffer> {
  const columns = new Int32Array(DEPTH_WIDTH);
  for (const [first, levels] of [[0, bids] as const, [DEPTH_LEVELS, offers] as const]) {
    for (const [k, [rupees, quantity]] of levels.entries()) columns.set([rs(rupees), quantity, 1], (first + k) * 3);
  }
  return columns;
}

export class Floor {
  readonly terms: ExchangeTerms;
  readonly table: InstrumentTable;
  exchange: SimulatedExchange;
  /** What the last call said. */
  heard: readonly BrokerReport[] = [];
  /** The terms of each order as they were last asked for. */
  readonly #asked = new Map<string, { readonly terms: OrderTerms; readonly token: number }>();

  constructor(terms: Partial<ExchangeTerms> = {}, table: readonly Instrument[] = instruments(4)) {
    this.terms = exchangeTerms(terms);
    this.table = new InstrumentTable(table);
    this.exchange = new SimulatedExchange(this.terms, this.table);
  }

  /** An order to buy ten units of the first instrument at market, unless told otherwise. */
  submit(
    orderId: string,
    wanted: Partial<TradingSignal> = {},
    at: EpochMs = OPEN,
    reference: Price = rs(100),
  ): readonly string[] {
    const order = submitted(signal({ quantity: units(10), ...wanted }), orderId, reference);
    const index = this.table.indexOf(order.token);
    this.#asked.set(orderId, { terms: order.order, token: order.token });
    return this.#hear((reports) => this.exchange.submit(order, index, this.table.at(index), at, reports));
  }

  /** A change of some terms of an order; the others are as they were last asked for. */
  modify(orderId: string, wanted: Partial<ChangeableTerms>, at: EpochMs = OPEN): readonly string[] {
    const known = this.#asked.get(orderId) ?? { terms: submitted(signal(), orderId).order, token: 1 };
    const terms = { ...known.terms, ...wanted };
    this.#asked.set(orderId, { terms, token: known.token });
    const change: ModifySubmitted = { type: 'modify_submitted', ...this.#change(orderId, at) };
    return this.#hear((reports) => this.exchange.modify(change, this.table.indexOf(known.token), at, reports));
  }

  cancel(orderId: string, at: EpochMs = OPEN): readonly string[] {
    const change: CancelSubmitted = { type: 'cancel_submitted', ...this.#change(orderId, at) };
    return this.#hear((reports) => this.exchange.cancel(change, this.table.indexOf(change.token), at, reports));
  }

  #change(orderId: string, at: EpochMs): Omit<CancelSubmitted, 'type'> {
    const { terms, token } = this.#asked.get(orderId) ?? { terms: submitted(signal(), orderId).order, token: 1 };
    const changeId = `change of ${orderId}` as EventId;
    return { broker: PAPER, strategyId: ALPHA, token, trace: knownTrace(changeId), at, order: terms, changeId };
  }

  tick(rupees: number, { traded = NO_VOLUME, at = after(1), on = 0, ...shown }: TickOptions = {}): readonly string[] {
    const depth = depthOf(shown);
    const depthAt = shown.bids === undefined && shown.offers === undefined ? -1 : 0;
    const seen = tick({ instrument: on, price: rs(rupees), traded, time: at, depth, depthAt });
    return this.#hear((reports) => this.exchange.onTick(seen, this.table.at(on), at, reports));
  }

  phase(kind: ExchangePhase['kind'], accepts: ExchangePhase['accepts'], at: EpochMs = OPEN): readonly string[] {
    return this.#hear((reports) => this.exchange.onPhase('NSE', { kind, accepts }, at, reports));
  }

  close(segment = 'NSE', at: EpochMs = after(22_500)): readonly string[] {
    return this.#hear((reports) => this.exchange.onClose(segment, at, reports));
  }

  #hear(act: (reports: BrokerReport[]) => void): readonly string[] {
    const reports: BrokerReport[] = [];
    act(reports);
    this.heard = reports;
    return reports.map(inShort);
  }

  /** Goes on from what a snapshot of the present book gives back. */
  restart(): void {
    const state = reread(this.exchange.snapshot());
    this.exchange = new SimulatedExchange(this.terms, this.table);
    this.exchange.restore(state);
    assert.deepEqual(this.exchange.snapshot(), state);
  }
}

export function inShort(report: BrokerReport): string {
  const { orderId, kind } = report;
  switch (kind) {
    case 'fill':
      return `${orderId}#${report.tradeId} ${report.quantity}@${report.price / 10_000}`;
    case 'accepted':
      return `${orderId} accepted ${report.brokerOrderId}`;
    case 'refused':
      return `${orderId} refused ${report.code}: ${report.message}`;
    case 'change_refused':
      return `${orderId} not ${report.action === 'modify' ? 'modified' : 'cancelled'}: ${report.message}`;
    case 'modified': {
      const { quantity, orderType, limitPrice, triggerPrice } = report.terms;
      const limit = limitPrice === undefined ? '' : ` at ${limitPrice / 10_000}`;
      const trigger = triggerPrice === undefined ? '' : ` from ${triggerPrice / 10_000}`;
      return `${orderId} is ${orderType} ${quantity}${limit}${trigger}`;
    }
    default:
      return `${orderId} ${kind}`;
  }
}
