// Order types, validities, changes and slices.
import { type Ppm } from '#core/decimal.ts';
import { exchangeTerms, instrument, rs, units } from '../support/builders.ts';
import { tell } from './tell.ts';

const COSTS = { exchange: exchangeTerms({ commission: 1_000 as Ppm }) };

tell('market and limit orders for the day', { namespace: COSTS }, (s) =>
  s
    .tick('09:15:00', 100)
    .ask('09:15:01')
    .tick('09:15:02', 100.05)
    .ask('09:15:03', { side: 'SELL', quantity: 4, limitPrice: rs(101) })
    .tick('09:15:04', 100.95)
    .tick('09:15:05', 101.1)
    .book(),
);

tell('a limit order that the day ends', {}, (s) =>
  s
    .tick('09:15:00', 100)
    .ask('09:15:01', { limitPrice: rs(95) })
    .tick('09:15:02', 99)
    .pass('15:30:00')
    .book(),
);

tell('immediate or cancel', { namespace: { exchange: exchangeTerms({ partialFills: true }) } }, (s) =>
  s
    .tick('09:15:00', 100, 1_000)
    .ask('09:15:01', { validity: 'IOC', quantity: 10 })
    .tick('09:15:02', 100, 1_004)
    .ask('09:15:03', { validity: 'IOC', limitPrice: rs(99) })
    .tick('09:15:04', 100, 1_100)
    .book(),
);

tell('a stop and a stop-limit wait for their trigger', {}, (s) =>
  s
    .tick('09:15:00', 100)
    .ask('09:15:01', { orderType: 'stop', triggerPrice: rs(102), quantity: 10 })
    .ask('09:15:02', { orderType: 'stop_limit', triggerPrice: rs(103), limitPrice: rs(103.5), quantity: 5 })
    .tick('09:15:03', 101.95)
    .tick('09:15:04', 102.2)
    .tick('09:15:05', 104)
    .tick('09:15:06', 103.4)
    .book(),
);

tell(
  'a market order held to its band',
  { namespace: { exchange: exchangeTerms({ marketProtection: 10_000 as Ppm }) } },
  (s) => s.tick('09:15:00', 100).ask('09:15:01').tick('09:15:02', 102).tick('09:15:03', 100.9).book(),
);

tell(
  'a part fills, then the rest is cancelled',
  { namespace: { exchange: exchangeTerms({ partialFills: true }) } },
  (s) =>
    s
      .tick('09:15:00', 100, 1_000)
      .ask('09:15:01', { limitPrice: rs(100) })
      .tick('09:15:02', 100, 1_004)
      .change('09:15:03', 1)
      .tick('09:15:04', 99, 2_000)
      .book(),
);

tell('an order is changed up and down', {}, (s) =>
  s
    .tick('09:15:00', 100)
    .ask('09:15:01', { limitPrice: rs(98) })
    .change('09:15:02', 1, { quantity: units(15) })
    .change('09:15:03', 1, { quantity: units(6), limitPrice: rs(98.5) })
    .change('09:15:04', 1, { limitPrice: rs(98.52) })
    .tick('09:15:05', 98.4)
    .change('09:15:06', 1, { limitPrice: rs(97) })
    .book(),
);

const FREEZE = { plan: { instruments: [instrument({ freezeQuantity: units(18), lotSize: units(5) })] } };
const ONE_REFUSED = exchangeTerms({ rejectOrders: [{ place: 2, code: 'LIMIT_REACHED' }] });

tell(
  'an order above the freeze quantity goes in parts, and one part is refused',
  { ...FREEZE, namespace: { exchange: ONE_REFUSED } },
  (s) => s.tick('09:15:00', 100).ask('09:15:01', { quantity: 40 }).tick('09:15:02', 100).book(),
);

tell('delivery is never short, and an intraday sale is with margin', {}, (s) =>
  s
    .tick('09:15:00', 100)
    .ask('09:15:01', { side: 'SELL' })
    .ask('09:15:02', { side: 'SELL', product: 'MIS' })
    .tick('09:15:03', 100)
    .ask('09:15:04', { side: 'BUY', product: 'CNC', quantity: 1 })
    .tick('09:15:05', 99)
    .book(),
);
