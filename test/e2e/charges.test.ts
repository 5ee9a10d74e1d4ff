// What a start says of charges: which are in force, and that a day without rates is no day to trade on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Place, playing } from './support/place.ts';
import { syntheticTape } from './support/synthetic-tape.ts';

const timeout = 60_000;

test(
  'zerodha takes the dated tables by default and paper the flat commission, and reports say so',
  { timeout },
  async (t) => {
    const place = new Place(t);
    await place.play(syntheticTape(t, { rows: 400, symbols: ['RELIANCE', 'INFY'] }));
    const books = JSON.parse(await place.output('portfolio', '--json')) as { broker: string; charges: string }[];
    assert.deepEqual(
      [...new Set(books.map(({ broker, charges }) => `${broker} ${charges}`))],
      ['paper flat', 'zerodha dated'],
    );
    const notes = place.events('zerodha.pnl.snapshots').filter(({ type }) => type === 'ledger_adjusted');
    assert.ok(notes.length > 0 && notes.every(({ data }) => data['kind'] === 'charges'));
    assert.ok(place.events('paper.pnl.snapshots').every(({ type }) => type === 'pnl_snapshot'));
  },
);

test(
  'a tape of a day before the first row is refused with the file, and flat charges take it',
  { timeout },
  async (t) => {
    const tape = syntheticTape(t, { rows: 30, symbols: ['RELIANCE'], day: '2021-03-31' });
    const place = new Place(t);
    const { code, stderr } = await place.run(playing(tape));
    assert.equal(code, 1);
    assert.match(stderr, /zerodha\.json: expected a row for brokerage on 2021-03-31, found 2021-04-01 to 2026-12-31/);
    await new Place(t, { ZERODHA__CHARGES: 'flat' }).play(tape);
  },
);
