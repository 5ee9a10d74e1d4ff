// Every path of Kite Connect that is answered here: what it needs, which limit counts it, and what answers it.
import { basketMargins, contractNote, orderMargins } from './margin-calculator.ts';
import { candles, instrumentsCsv, quotes } from './quotes.ts';
import {
  auctions,
  convertPosition,
  holdings,
  holdingsCompact,
  holdingsSummary,
  poolJson,
  positions,
  userMargins,
} from './portfolio.ts';
import { cancelOrder, find, modifyOrder, placeOrder } from './place.ts';
import { circuitOf } from '../exchange/market.ts';
import { readVariety, type Fields } from '../exchange/validation.ts';
import { type Broker } from '../broker.ts';
import { type Route } from '../faults/faults.ts';
import { sha256 } from './sessions.ts';
import { htmlPage, success, type KiteRequest, type PlainAnswer } from './messages.ts';
import { inputError, KiteError, tokenError } from './kite-error.ts';
import { type RequestClass } from './limits.ts';
import { historyJson, orderJson, rupees, tradeJson, type Json } from './order-json.ts';
import { fullProfile, profile, sessionJson } from './user.ts';

export interface Call {
  readonly broker: Broker;
  readonly request: KiteRequest;
  /** The parts of the path that the pattern leaves open. */
  readonly parts: readonly string[];
  /** Form fields and query, as Kite takes both. */
  readonly fields: Fields;
}

export interface RouteEntry {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** `*` is one part of the path. */
  readonly path: string;
  readonly limit: RequestClass;
  readonly fault: Route;
  /** Whether it needs the header of a session; all but the login do. */
  readonly isOpen?: boolean;
  readonly answer: (call: Call) => PlainAnswer;
}

const data =
  (make: (call: Call) => unknown) =>
  (call: Call): PlainAnswer =>
    success(make(call));

const ORDER_ROUTES: readonly RouteEntry[] = [
  order('POST', '/orders/*', 'place', ({ broker, parts, fields }) =>
    placeOrder(broker, readVariety(parts[0] ?? ''), fields),
  ),
  order('PUT', '/orders/*/*', 'modify', ({ broker, parts: [variety = '', id = ''], fields }) =>
    modifyOrder(broker, variety, id, fields),
  ),
  order('DELETE', '/orders/*/*', 'cancel', ({ broker, parts: [variety = '', id = ''] }) =>
    cancelOrder(broker, variety, id),
  ),
  read('/orders', 'orders', ({ broker }) =>
    broker.book
      .orders()
      .filter(({ visibleAt }) => visibleAt <= broker.options.clock.now())
      .map((each) => orderJson(each, userOf(broker))),
  ),
  read('/orders/*', 'order', ({ broker, parts: [id = ''] }) =>
    broker.book.history(find(broker, id).orderId).map((entry) => historyJson(entry, userOf(broker))),
  ),
  read('/orders/*/trades', 'trades', ({ broker, parts: [id = ''] }) => {
    const { orderId } = find(broker, id);
    return broker.book.trades.filter((trade) => trade.orderId === orderId).map(tradeJson);
  }),
  read('/trades', 'trades', ({ broker }) => broker.book.trades.map(tradeJson)),
];

const PORTFOLIO_ROUTES: readonly RouteEntry[] = [
  read('/portfolio/positions', 'positions', ({ broker }) => positions(broker)),
  write('PUT', '/portfolio/positions', ({ broker, fields }) => convertPosition(broker, fields)),
  read('/portfolio/holdings', 'holdings', ({ broker }) => holdings(broker)),
  read('/portfolio/holdings/compact', 'holdings', ({ broker }) => holdingsCompact(broker)),
  read('/portfolio/holdings/summary', 'holdings', ({ broker }) => holdingsSummary(broker)),
  read('/portfolio/holdings/auctions', 'holdings', ({ broker }) => auctions(broker)),
  write('POST', '/portfolio/holdings/authorise', ({ broker }) => ({
    request_id: sha256(`authorise ${broker.now()}`).slice(0, 32),
  })),
  read('/user/profile', 'other', ({ broker }) => profile(userOf(broker))),
  read('/user/profile/full', 'other', ({ broker }) => fullProfile(userOf(broker))),
  read('/user/margins', 'other', ({ broker }) => userMargins(broker)),
  read('/user/margins/*', 'other', ({ broker, parts: [pool = ''] }) => {
    if (pool !== 'equity' && pool !== 'commodity') throw inputError('Invalid `segment`.');
    return poolJson(broker, pool);
  }),
  write('POST', '/margins/orders', ({ broker, request }) => orderMargins(broker, request.body)),
  write('POST', '/margins/basket', ({ broker, request }) => basketMargins(broker, request.body)),
  write('POST', '/charges/orders', ({ broker, request }) => contractNote(broker, request.body)),
];

const MARKET_ROUTES: readonly RouteEntry[] = [
  ...(['quote', 'ohlc', 'ltp'] as const).map((kind): RouteEntry => {
    const path = kind === 'quote' ? '/quote' : `/quote/${kind}`;
    const answer = data(({ broker, request }) => quotes(broker, request.query.getAll('i'), kind));
    return { method: 'GET', path, limit: 'quote', fault: 'other', answer };
  }),
  {
    method: 'GET',
    path: '/instruments/historical/*/*',
    limit: 'historical',
    fault: 'other',
    answer: data(({ broker, parts: [token = '', interval = ''], fields }) =>
      candles(broker, {
        token,
        interval,
        from: fields['from'] ?? '',
        to: fields['to'] ?? '',
        oi: fields['oi'] === '1',
      }),
    ),
  },
  {
    method: 'GET',
    path: '/instruments',
    limit: 'other',
    fault: 'other',
    answer: ({ broker }) => dump(broker, undefined),
  },
  read('/instruments/trigger_range', 'other', triggerRange),
  read('/instruments/trigger_range/*', 'other', triggerRange),
  {
    method: 'GET',
    path: '/instruments/*',
    limit: 'other',
    fault: 'other',
    answer: ({ broker, parts: [exchange] }) => dump(broker, exchange),
  },
];

const GTT_ROUTES: readonly RouteEntry[] = [
  read('/gtt/triggers', 'other', ({ broker }) => broker.gtt.list()),
  read('/gtt/triggers/*', 'other', ({ broker, parts: [id] }) => broker.gtt.one(Number(id))),
  write('POST', '/gtt/triggers', ({ broker, fields }) => ({ trigger_id: broker.gtt.place(fields) })),
  write('PUT', '/gtt/triggers/*', ({ broker, parts: [id], fields }) => ({
    trigger_id: broker.gtt.modify(Number(id), fields),
  })),
  write('DELETE', '/gtt/triggers/*', ({ broker, parts: [id] }) => ({ trigger_id: broker.gtt.remove(Number(id)) })),
];

const ALERT_ROUTES: readonly RouteEntry[] = [
  read('/alerts', 'other', ({ broker }) => broker.alerts.list()),
  read('/alerts/*', 'other', ({ broker, parts: [uuid = ''] }) => broker.alerts.one(uuid)),
  read('/alerts/*/history', 'other', ({ broker, parts: [uuid = ''] }) => broker.alerts.history(uuid)),
  write('POST', '/alerts', ({ broker, fields }) => broker.alerts.create(fields)),
  write('PUT', '/alerts/*', ({ broker, parts: [uuid = ''], fields }) => broker.alerts.modify(uuid, fields)),
  write('DELETE', '/alerts', ({ broker, request }) => {
    broker.alerts.remove(request.query.getAll('uuid'));
    return null;
  }),
];

const FUND_ROUTES: readonly RouteEntry[] = [
  read('/mf/orders', 'other', ({ broker }) => broker.funds.orders()),
  read('/mf/orders/*', 'other', ({ broker, parts: [id = ''] }) => broker.funds.order(id)),
  write('POST', '/mf/orders', ({ broker, fields }) => broker.funds.place(fields)),
  write('DELETE', '/mf/orders/*', ({ broker, parts: [id = ''] }) => broker.funds.cancel(id)),
  read('/mf/sips', 'other', ({ broker }) => broker.funds.sips()),
  read('/mf/sips/*', 'other', ({ broker, parts: [id = ''] }) => broker.funds.sip(id)),
  write('POST', '/mf/sips', ({ broker, fields }) => broker.funds.placeSip(fields)),
  write('PUT', '/mf/sips/*', ({ broker, parts: [id = ''], fields }) => broker.funds.modifySip(id, fields)),
  write('DELETE', '/mf/sips/*', ({ broker, parts: [id = ''] }) => broker.funds.cancelSip(id)),
  read('/mf/holdings', 'other', ({ broker }) => broker.funds.holdings()),
  {
    method: 'GET',
    path: '/mf/instruments',
    limit: 'other',
    fault: 'other',
    answer: ({ broker }) => ({ kind: 'answer', status: 200, type: 'text/csv', body: broker.funds.csv() }),
  },
];

const SESSION_ROUTES: readonly RouteEntry[] = [
  {
    method: 'POST',
    path: '/session/token',
    limit: 'other',
    fault: 'other',
    isOpen: true,
    answer: data(({ broker, fields }) => {
      const { api_key: apiKey = '', request_token: requestToken = '', checksum = '' } = fields;
      return sessionJson(broker.sessions.credentials, broker.sessions.exchange(apiKey, requestToken, checksum));
    }),
  },
  {
    method: 'DELETE',
    path: '/session/token',
    limit: 'other',
    fault: 'other',
    isOpen: true,
    answer: data(({ broker, fields }) => {
      if (!broker.sessions.accepts(fields['api_key'] ?? '', fields['access_token'] ?? '')) throw tokenError();
      broker.sessions.end();
      return true;
    }),
  },
  {
    method: 'POST',
    path: '/session/refresh_token',
    limit: 'other',
    fault: 'other',
    isOpen: true,
    answer: () => {
      throw new KiteError(403, 'PermissionException', 'Insufficient permission for that call.');
    },
  },
];

/** In the order in which they are tried: a path with fewer open parts comes first. */
export const ROUTES: readonly RouteEntry[] = [
  ...SESSION_ROUTES,
  ...ORDER_ROUTES,
  ...PORTFOLIO_ROUTES,
  ...MARKET_ROUTES,
  ...GTT_ROUTES,
  ...ALERT_ROUTES,
  ...FUND_ROUTES,
];

function order(method: RouteEntry['method'], path: string, fault: Route, make: (call: Call) => unknown): RouteEntry {
  return { method, path, limit: 'order', fault, answer: data(make) };
}

function read(path: string, fault: Route, make: (call: Call) => unknown): RouteEntry {
  return { method: 'GET', path, limit: 'other', fault, answer: data(make) };
}

function write(method: RouteEntry['method'], path: string, make: (call: Call) => unknown): RouteEntry {
  return { method, path, limit: 'other', fault: 'other', answer: data(make) };
}

function userOf(broker: Broker): string {
  return broker.sessions.credentials.userId;
}

function dump(broker: Broker, exchange: string | undefined): PlainAnswer {
  if (broker.faults.strikes('instruments-502') !== undefined) return htmlPage(502, '502 Bad Gateway');
  return { kind: 'answer', status: 200, type: 'text/csv', body: instrumentsCsv(broker, exchange) };
}

/** The old range of cover orders: what a stop may be, as a part of the last price. */
function triggerRange({ broker, request }: Call): Json {
  const rows = request.query.getAll('i').flatMap((name) => {
    const quote = broker.market.quote(broker.catalogue.byName(name)?.instrument.token ?? -1);
    if (quote === undefined) return [];
    const { lower, upper } = circuitOf(quote);
    const range = { instrument_token: quote.contract.instrument.token, lower: rupees(lower), upper: rupees(upper) };
    return [[name, range] as const];
  });
  return Object.fromEntries(rows);
}
