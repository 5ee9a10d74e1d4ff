// A Kite simulator for tests, with a virtual clock, a few contracts and a session, and a client that sends requests to it
// without a socket.
import { VirtualClock } from '#adapters/clock/virtual-clock.ts';
import { price, quantity } from '#core/decimal.ts';
import { type Instrument } from '#core/market/instrument.ts';
import { DEPTH_WIDTH, NO_VOLUME } from '#core/market/tick.ts';
import { type EpochMs } from '#core/time.ts';
import { contract, rehearsalContracts, type Contract } from '#kite-simulator/catalogue.ts';
import { type SimulatorOptions } from '#kite-simulator/options.ts';
import { type KiteAnswer } from '#kite-simulator/rest/messages.ts';
import { KiteSimulator } from '#kite-simulator/simulator.ts';
import { rs } from './builders.ts';
import { ist } from './tape-builder.ts';

/** A Monday on which the exchange trades, after the open. */
export const KITE_START = ist('2026-01-05T09:20:00');
export const INFY = 408065;
export const SBIN = 779521;
export const NIFTY = 256265;

export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly data: unknown;
  readonly message: string;
  readonly errorType: string;
}

export interface KiteWorld {
  readonly simulator: KiteSimulator;
  readonly clock: VirtualClock;
  /** Sends a request with the session of this world; throws when it is not answered. */
  readonly call: (method: string, path: string, fields?: Readonly<Record<string, unknown>>) => Promise<Reply>;
  raw(method: string, path: string, fields?: Readonly<Record<string, unknown>>): Promise<KiteAnswer>;
  /** Places with defaults: buy one INFY at a limit, for delivery. */
  place(fields?: Readonly<Record<string, unknown>>, variety?: string): Promise<Reply>;
  /** The same, and throws unless it was accepted. */
  placed(fields?: Readonly<Record<string, unknown>>, variety?: string): Promise<string>;
  /** A tick in rupees. */
  tick(token: number, rupees: number, how?: { readonly volume?: number; readonly depth?: readonly number[] }): void;
  order(orderId: string): Promise<Readonly<Record<string, unknown>>>;
}

export function shares(): Contract[] {
  const share = (token: number, symbol: string, close: number): Contract =>
    contract(instrumentOf(token, symbol, true), { previousClose: rs(close) });
  return [
    share(INFY, 'INFY', 1500),
    share(SBIN, 'SBIN', 800),
    contract(instrumentOf(NIFTY, 'NIFTY 50', false), { previousClose: rs(26000) }),
  ];
}

export function kiteWorld({
  start = KITE_START,
  ...options
}: Partial<SimulatorOptions> & { readonly start?: EpochMs } = {}): KiteWorld {
  const clock = new VirtualClock(start);
  const contracts = [...shares(), ...rehearsalContracts()];
  // Tests send more than ten orders in one instant of the virtual clock, unless they are about limits.
  const limits = { order: 1e6, quote: 1e6, historical: 1e6, other: 1e6, ordersAMinute: 1e6, ordersADay: 1e6 };
  const simulator = new KiteSimulator({ clock, contracts, limits, ...options });
  const accessToken = simulator.control.login();
  const world: KiteWorld = {
    simulator,
    clock,
    raw: (method, path, fields = {}) => {
      const [plain = '', query = ''] = path.split('?', 2);
      const text = new URLSearchParams(
        Object.entries(fields).map(([name, value]): [string, string] => [name, String(value)]),
      ).toString();
      const isForm = method === 'POST' || method === 'PUT';
      return simulator.api.answer({
        method,
        path: plain,
        query: new URLSearchParams(isForm ? query : [query, text].filter((part) => part !== '').join('&')),
        headers: {
          authorization: `token ${simulator.broker.sessions.credentials.apiKey}:${tokenOf(simulator) ?? accessToken}`,
          'content-type': 'json' in fields ? 'application/json' : 'application/x-www-form-urlencoded',
        },
        body: 'json' in fields ? JSON.stringify(fields['json']) : isForm ? text : '',
        ip: '127.0.0.1',
      });
    },
    call: async (method, path, fields) => replyOf(await world.raw(method, path, fields)),
    place: (fields = {}, variety = 'regular') => world.call('POST', `/orders/${variety}`, { ...buyOne, ...fields }),
    placed: async (fields, variety) => {
      const { status, data, message } = await world.place(fields, variety);
      if (status !== 200) throw new Error(`not placed: ${status} ${message}`);
      return (data as { order_id: string }).order_id;
    },
    tick: (token, rupees, { volume = NO_VOLUME, depth } = {}) =>
      simulator.onTicks([
        {
          token,
          price: rs(rupees),
          time: clock.now(),
          volume,
          ...(depth === undefined ? {} : { depth: depthOf(depth), depthAt: 0 }),
        },
      ]),
    order: async (orderId) => {
      const { data } = await world.call('GET', '/orders');
      const found = (data as Record<string, unknown>[]).find((row) => row['order_id'] === orderId);
      if (found === undefined) throw new Error(`order ${orderId} is not in the book`);
      return found;
    },
  };
  return world;
}

/** Five bids and five offers from `[bid price, quantity, offer price, quantity]`, in rupees; the rest is empty. */
function depthOf([bid = 0, bidQuantity = 0, offer = 0, offerQuantity = 0]: readonly number[]): Int32Array {
  const depth = new Int32Array(DEPTH_WIDTH);
  depth.set([rs(bid), bidQuantity, 1], 0);
  depth.set([rs(offer), offerQuantity, 1], DEPTH_WIDTH / 2);
  return depth;
}

export function replyOf(answer: KiteAnswer): Reply {
  if (answer.kind !== 'answer') throw new Error(`expected an answer, found ${answer.kind}`);
  const isJson = answer.type === 'application/json';
  const body = (isJson ? parse(answer.body) : {}) as { data?: unknown; message?: string; error_type?: string };
  const { status, type, body: text } = answer;
  return { status, type, text, data: body.data, message: body.message ?? '', errorType: body.error_type ?? '' };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return { message: `no JSON: ${String(error)}` };
  }
}

function tokenOf(simulator: KiteSimulator): string | undefined {
  return simulator.broker.sessions.current?.accessToken;
}

function instrumentOf(token: number, symbol: string, tradable: boolean): Instrument {
  return { token, symbol, exchange: 'NSE', segment: 'NSE', tickSize: price(500), lotSize: quantity(1), tradable };
}

const buyOne = {
  exchange: 'NSE',
  tradingsymbol: 'INFY',
  transaction_type: 'BUY',
  order_type: 'LIMIT',
  product: 'CNC',
  quantity: 1,
  price: 1500,
  validity: 'DAY',
};
