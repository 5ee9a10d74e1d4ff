// Entries with exits that the engine owns, and positions that have to be closed.
import { type Ppm } from '#core/decimal.ts';
import { exchangeTerms, rs } from '../support/builders.ts';
import { tell } from './tell.ts';

const BOTH = { target: rs(105), stop: rs(97) };

tell('a bracket whose target comes first', {}, (s) =>
  s
    .tick('09:15:00', 100)
    .ask('09:15:01', { bracket: BOTH })
    .tick('09:15:02', 100)
    .tick('09:15:03', 105.2)
    .tick('09:15:04', 105.1)
    .book(),
);

tell('a bracket whose stop comes first', {}, (s) =>
  s.tick('09:15:00', 100).ask('09:15:01', { bracket: BOTH }).tick('09:15:02', 100).tick('09:15:03', 96.9).book(),
);

tell('a target that is reached and lost ends at the stop', {}, (s) =>
  s
    .tick('09:15:00', 100)
    .ask('09:15:01', { bracket: BOTH })
    .tick('09:15:02', 100)
    .tick('09:15:03', 105)
    .tick('09:15:04', 104.9)
    .tick('09:15:05', 96.5)
    .tick('09:15:06', 96.6)
    .book(),
);

tell(
  'a gap through the stop still exits',
  { namespace: { exchange: exchangeTerms({ marketProtection: 5_000 as Ppm }) } },
  (s) =>
    s
      .tick('09:15:00', 100)
      .ask('09:15:01', { bracket: BOTH })
      .tick('09:15:02', 100)
      .tick('09:15:03', 90)
      .tick('09:15:04', 89)
      .tick('09:15:09', 88)
      .tick('09:15:10', 88)
      .book(),
);

tell('a stop that follows the price', {}, (s) =>
  s
    .tick('09:15:00', 100)
    .ask('09:15:01', { bracket: { trail: rs(2) } })
    .tick('09:15:02', 100)
    .tick('09:15:03', 100.1)
    .tick('09:15:04', 103)
    .tick('09:15:05', 102)
    .tick('09:15:06', 100.9)
    .book(),
);

tell('a bracket whose time comes first, short', {}, (s) =>
  s
    .tick('09:15:00', 100)
    .ask('09:15:01', { side: 'SELL', product: 'MIS', bracket: { stop: rs(103), exitAt: s.at('10:00:00') } })
    .tick('09:15:02', 100)
    .tick('09:59:59', 99)
    .tick('10:00:00', 98.5)
    .tick('10:00:01', 98)
    .book(),
);

tell(
  'the exits follow what fills of the entry',
  { namespace: { exchange: exchangeTerms({ partialFills: true }) } },
  (s) =>
    s
      .tick('09:15:00', 100, 1_000)
      .ask('09:15:01', { limitPrice: rs(100), bracket: BOTH })
      .tick('09:15:02', 100, 1_004)
      .tick('09:15:03', 99.9, 1_007)
      .change('09:15:04', 1)
      .tick('09:15:05', 97, 5_000)
      .book(),
);

tell('a strategy sells a part of what its bracket guards', {}, (s) =>
  s
    .tick('09:15:00', 100)
    .ask('09:15:01', { bracket: BOTH })
    .tick('09:15:02', 100)
    .ask('09:15:03', { side: 'SELL', quantity: 4 })
    .tick('09:15:04', 101)
    .tick('09:15:05', 96)
    .book(),
);

tell('intraday positions are closed fifteen minutes before the close', {}, (s) =>
  s
    .tick('09:15:00', 100)
    .ask('09:15:01', { product: 'MIS', bracket: BOTH })
    .tick('09:15:02', 100)
    .ask('09:15:03', { product: 'MIS', quantity: 5, limitPrice: rs(90) })
    .tick('15:14:59', 101)
    .tick('15:15:00', 101)
    .tick('15:15:01', 101.5)
    .ask('15:16:00', { product: 'MIS' })
    .book(),
);

tell('kill, and flatten', {}, (s) =>
  s
    .tick('09:15:00', 100)
    .ask('09:15:01', { bracket: BOTH })
    .tick('09:15:02', 100)
    .ask('09:15:03', { limitPrice: rs(98) })
    .control('09:15:04', 'killed')
    .ask('09:15:05')
    .tick('09:15:06', 100)
    .book()
    .control('09:15:07', 'flatten')
    .tick('09:15:08', 100.5)
    .book(),
);
