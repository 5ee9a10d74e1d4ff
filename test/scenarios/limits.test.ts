// What ends unused, what a kill does to orders in each state, and days that are not like the others.
import { join } from 'node:path';
import { loadCalendar } from '#adapters/calendar-files/calendar-files.ts';
import { parseCalendarData } from '#core/market/calendar-data.ts';
import { sessionCalendar } from '#core/market/session-calendar.ts';
import { dayNumber, parseDay, type DayNumber } from '#core/time.ts';
import { exchangeTerms, limits, rs } from '../support/builders.ts';
import { projectRoot } from '../../tools/pinned-node.mjs';
import { tell } from './tell.ts';

const SLOW_BROKER = [
  {
    from: dayNumber(2021, 1, 1),
    to: dayNumber(2026, 12, 31),
    perSecond: 1,
    perMinute: 2,
    perDay: 0,
    modifiesPerOrder: 25,
    slices: 10,
  },
];
const PACED = { namespace: { pacing: SLOW_BROKER } };
const BEHIND_A_GATEWAY = { namespace: { answeredBy: 'gateway' } } as const;

tell('a signal expires at the gate, while it waits for a price, and while it waits for the budget', PACED, (s) =>
  s
    .say('at the gate')
    .tick('09:15:00', 100)
    .ask('09:15:01', { expiresAt: s.at('09:15:01') })
    .say('in the warm-up queue')
    .ask('09:20:00', { expiresAt: s.at('09:20:10') })
    .pass('09:20:10')
    .say('in the queue of the account: two orders a minute, a tenth of which is kept for exits')
    .tick('09:21:00', 100)
    .ask('09:21:01', { limitPrice: rs(90) })
    .ask('09:21:02', { limitPrice: rs(91), expiresAt: s.at('09:21:30') })
    .pass('09:21:30')
    .book(),
);

tell('an exit that became too old is asked for again', {}, (s) =>
  s
    .tick('09:15:00', 100)
    .ask('09:15:01')
    .tick('09:15:02', 100)
    .say('five minutes without a price: the exit waits, expires, and goes at the next price')
    .ask('09:20:00', { side: 'SELL', expiresAt: s.at('09:20:10') })
    .pass('09:20:10')
    .tick('09:20:12', 99)
    .tick('09:20:13', 98.5)
    .book(),
);

tell('kill while an order waits for the budget', PACED, (s) =>
  s
    .tick('09:15:00', 100)
    .ask('09:15:01', { limitPrice: rs(95) })
    .ask('09:15:01', { limitPrice: rs(96) })
    .control('09:15:01', 'killed')
    .say('the budget of the second is used: the cancel goes with the next one')
    .pass('09:15:02')
    .book(),
);

tell('kill while an order is sent, unknown, at work and partly filled', BEHIND_A_GATEWAY, (s) =>
  s
    .control('09:14:00', 'armed')
    .tick('09:15:00', 100)
    .ask('09:15:01', { limitPrice: rs(99) })
    .ask('09:15:02', { limitPrice: rs(98), strategyId: 'beta' as never })
    .report('09:15:02', 2, { kind: 'accepted', brokerOrderId: 'B2' })
    .report('09:15:03', 2, { kind: 'fill', tradeId: 'T1', quantity: 4, price: rs(98) })
    .report('09:15:03', 1, { kind: 'unanswered', message: 'no answer within 5 s' })
    .control('09:15:04', 'killed')
    .ask('09:15:05')
    .say('the broker’s book settles the unknown order, and its cancel goes out then')
    .report('09:15:06', 1, { kind: 'accepted', brokerOrderId: 'B1' })
    .report('09:15:07', 1, { kind: 'cancelled', message: 'by the user' })
    .report('09:15:07', 2, { kind: 'cancelled', message: 'by the user' }),
);

tell('a broker takes nothing before it is armed', BEHIND_A_GATEWAY, (s) =>
  s.tick('09:15:00', 100).ask('09:15:01').control('09:15:02', 'armed').ask('09:15:03'),
);

tell(
  'every limit that objects is named',
  { namespace: { limits: limits({ maxOrderQuantity: 5, maxOrderValue: rs(400) as never }) } },
  (s) => s.tick('09:15:00', 100).ask('09:15:01', { limitPrice: rs(100.02) }),
);

const NSE = loadCalendar('nse', join(projectRoot, 'config', 'calendars'));

tell('a holiday, and the Muhurat session on its evening', { calendar: NSE, day: '2021-11-04' }, (s) =>
  s
    .tick('10:00:00', 100)
    .ask('10:00:01')
    .tick('18:15:00', 101)
    .ask('18:15:01', { product: 'MIS' })
    .tick('18:15:02', 101)
    .tick('19:00:00', 102)
    .tick('19:00:01', 102)
    .pass('19:15:00')
    .ask('19:15:01')
    .book(),
);

/** Trading ends a quarter of an hour earlier from a day on. */
const CHANGED = sessionCalendar([
  parseCalendarData(
    {
      name: 'nse',
      covers: { from: '2026-07-01', to: '2026-08-31' },
      segments: {
        NSE: {
          hours: [
            { from: '2026-07-01', preOpen: '09:00', open: '09:15', close: '15:30', source: 'test' },
            { from: '2026-08-03', preOpen: '09:00', open: '09:15', close: '15:15', source: 'test' },
          ],
          holidays: { '2026': { source: 'test', days: {} } },
          special: [],
        },
      },
    },
    'changed.json',
  ),
]);

tell('square-off follows the hours of the day', { calendar: CHANGED, day: '2026-07-31' }, (s) =>
  s
    .tick('09:15:00', 100)
    .ask('09:15:01', { product: 'MIS' })
    .tick('09:15:02', 100)
    .tick('15:00:00', 100)
    .tick('15:15:00', 100)
    .tick('15:15:01', 100)
    .pass('15:30:00')
    .day('2026-08-03')
    .tick('09:15:00', 100)
    .ask('09:15:01', { product: 'MIS' })
    .tick('09:15:02', 100)
    .tick('15:00:00', 100)
    .tick('15:00:01', 100)
    .book(),
);

const SPLIT = {
  action: 'split',
  ratio: { from: 1, to: 5 },
  amount: undefined,
  exDay: parseDay('2021-06-14') as DayNumber,
  who: 'asha',
  why: 'five for one',
} as const;

tell('a split overnight', { namespace: { exchange: exchangeTerms() } }, (s) =>
  s
    .tick('15:29:00', 100)
    .ask('15:29:01')
    .tick('15:29:02', 100)
    .pass('15:30:00')
    .book()
    .corporateAction('20:00:00', SPLIT)
    .book()
    .day('2021-06-14')
    .tick('09:15:00', 20)
    .ask('09:15:01', { side: 'SELL', quantity: 50 })
    .tick('09:15:02', 20.5)
    .book(),
);
