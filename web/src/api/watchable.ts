// Which readings the server watches for a page. A test holds the list against the table of routes.
import type { Operations } from './operations.ts';

/** A query of one of these says in its `meta` which address it asks. */
export const WATCHED: ReadonlySet<keyof Operations> = new Set<keyof Operations>([
  'GET /api/v1/alerts',
  'GET /api/v1/brokers',
  'GET /api/v1/candles',
  'GET /api/v1/control',
  'GET /api/v1/fills',
  'GET /api/v1/health',
  'GET /api/v1/instruments',
  'GET /api/v1/limits',
  'GET /api/v1/orders',
  'GET /api/v1/orders/{order_id}',
  'GET /api/v1/pipeline',
  'GET /api/v1/portfolios',
  'GET /api/v1/positions',
  'GET /api/v1/signals',
  'GET /api/v1/strategies',
  'GET /api/v1/topics',
]);
