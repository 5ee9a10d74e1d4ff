// What a test or a person may do to the simulator that no client of Kite can: turn on faults, move prices, end sessions,
// and see everything that was accepted, whether a client can see it or not.
import { type Money } from '#core/decimal.ts';
import { NO_VOLUME } from '#core/market/tick.ts';
import { type KiteTrade } from '../account/order.ts';
import { quantityOf } from '../account/positions.ts';
import { nameOf } from '../catalogue.ts';
import { readTerms, type Fields } from '../exchange/validation.ts';
import { FAULTS, type FaultKind } from '../faults/fault-list.ts';
import { type ArmedFault, type FaultSpec } from '../faults/faults.ts';
import { orderJson, rupees, type Json } from '../rest/order-json.ts';
import { type Phase } from '../broker.ts';
import { type KiteSimulator } from '../simulator.ts';

/** The simulator's own truth, hidden orders and all. */
export interface Truth {
  readonly orders: readonly Json[];
  readonly trades: readonly KiteTrade[];
  readonly positions: readonly { readonly name: string; readonly product: string; readonly quantity: number }[];
  readonly cash: { readonly equity: number; readonly commodity: number };
  /** Requests by route, 429s, requests with a dead token, open sockets, faults that struck. */
  readonly counts: {
    readonly requests: Readonly<Record<string, number>>;
    readonly tooMany: number;
    readonly authenticationFailures: number;
    readonly sockets: number;
    readonly faults: Readonly<Record<string, number>>;
  };
}

export class Control {
  readonly #simulator: KiteSimulator;

  constructor(simulator: KiteSimulator) {
    this.#simulator = simulator;
  }

  /** Every kind of fault with where it strikes and what it does. */
  kinds(): typeof FAULTS {
    return FAULTS;
  }

  /** Turns a fault on: `arm('no-answer', { route: 'place', count: 1 })`. The id turns it off. */
  arm(kind: FaultKind, how: Omit<FaultSpec, 'kind'> = {}): number {
    return this.#simulator.broker.faults.arm({ ...how, kind });
  }

  /** The faults that are on, with how often each has struck. */
  armed(): readonly ArmedFault[] {
    return this.#simulator.broker.faults.list();
  }

  disarm(id: number): boolean {
    return this.#simulator.broker.faults.disarm(id);
  }

  clear(): void {
    this.#simulator.broker.faults.clear();
  }

  /** A request token, as the login page gives one. */
  requestToken(): string {
    return this.#simulator.broker.sessions.newRequestToken();
  }

  /** An access token without the login page. */
  login(): string {
    return this.#simulator.broker.sessions.begin().accessToken;
  }

  /** Ends the session. Sockets that are open live on, as Kite's do. */
  expireToken(): void {
    this.#simulator.broker.sessions.end();
  }

  /** Cuts every open socket of the ticker. */
  dropSockets(): void {
    this.#simulator.ticker.cutAll();
  }

  /** Moves a price by one tick of the market, given by Kite's name of the instrument; false for an unknown one. */
  setPrice(name: string, price: number, how: { readonly volume?: number; readonly depth?: Int32Array } = {}): boolean {
    const { broker } = this.#simulator;
    const contract = broker.catalogue.byName(name);
    if (contract === undefined) return false;
    const { token } = contract.instrument;
    const { volume = NO_VOLUME, depth } = how;
    const tick = { token, price, time: broker.now(), volume };
    this.#simulator.onTicks([depth === undefined ? tick : { ...tick, depth, depthAt: 0 }]);
    return true;
  }

  /** A text frame to every socket: an error, or a message of the broker's. */
  say(type: 'error' | 'message', data: unknown): void {
    this.#simulator.ticker.say(type, data);
  }

  setPhase(phase: Phase): void {
    const { broker } = this.#simulator;
    broker.phase = phase;
    broker.exchange.releaseAfterMarket();
    broker.exchange.settle();
  }

  /** Undefined: orders are taken from anywhere. */
  registerIps(ips: readonly string[] | undefined): void {
    this.#simulator.broker.registeredIps = ips;
  }

  endDay(): void {
    this.#simulator.broker.endDay();
  }

  /** The market is over: what works ends, nothing is taken, and the day's book can be read until the next one's first tick. */
  closeMarket(): void {
    this.setPhase('closed');
    const { exchange } = this.#simulator.broker;
    exchange.endDay();
    exchange.settle();
  }

  /** Puts money into the account, as a person does. In 1/10,000 rupee. */
  payIn(pool: 'equity' | 'commodity', amount: Money): void {
    const { book, exchange } = this.#simulator.broker;
    const { cash } = book.account;
    book.setAccount({ ...book.account, cash: { ...cash, [pool]: cash[pool] + amount } });
    exchange.settle();
  }

  squareOff(): void {
    this.#simulator.broker.squareOff();
  }

  /** An order of the same user from elsewhere, such as Kite's own web page. Its id. */
  placeElsewhere(variety: string, fields: Fields): string {
    const { broker } = this.#simulator;
    const terms = readTerms(variety, fields, broker.market);
    return broker.exchange.accept({ ...terms, foreign: true }).orderId;
  }

  truth(): Truth {
    const { broker, api, ticker } = this.#simulator;
    const { userId } = broker.sessions.credentials;
    return {
      orders: broker.book.orders().map((order) => orderJson(order, userId)),
      trades: broker.book.trades,
      positions: broker.book.positions.list().map((position) => {
        const contract = broker.catalogue.byToken(position.token);
        const name = contract === undefined ? `${position.token}` : nameOf(contract);
        return { name, product: position.product, quantity: quantityOf(position) };
      }),
      cash: { equity: rupees(broker.margins.of('equity').net), commodity: rupees(broker.margins.of('commodity').net) },
      counts: {
        requests: api.counts(),
        tooMany: broker.limits.refused,
        authenticationFailures: broker.sessions.failures,
        sockets: ticker.connections,
        faults: broker.faults.counts(),
      },
    };
  }
}
