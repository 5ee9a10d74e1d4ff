// A split overnight, as a person books it: two tapes on two days, and the command between them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StateReport } from '#app/reading/books.ts';
import { Place } from './support/place.ts';
import { syntheticTape } from './support/synthetic-tape.ts';

const timeout = 60_000;

test('a split between two days changes shares and no rupee, and a statement still adds up', { timeout }, async (t) => {
  const symbols = ['RELIANCE', 'INFY', 'TCS'];
  const place = new Place(t);
  await place.play(syntheticTape(t, { rows: 900, symbols, day: '2021-06-11' }));
  const before = await place.state();
  const [held] = before.brokers['zerodha']?.books.flatMap(({ positions }) => positions) ?? [];
  assert.ok(held !== undefined, 'something is held overnight');
  const token = `${held.instrument_token}`;
  const common = ['--instrument', token, '--ex-date', '2021-06-14', '--ratio', '1:2', '--why', 'test'];
  await place.output('corporate-action', 'bonus', '--broker', 'zerodha', ...common);

  await place.play(syntheticTape(t, { rows: 30, symbols, day: '2021-06-14' }));
  const [action] = place.events('zerodha.pnl.snapshots').filter(({ type }) => type === 'corporate_action');
  assert.ok(action !== undefined);
  assert.deepEqual(place.events('zerodha.pnl.snapshots.dlq'), []);
  const units = (state: StateReport, broker: string): number =>
    (state.brokers[broker]?.books ?? [])
      .flatMap(({ positions }) => positions)
      .filter(({ instrument_token }) => instrument_token === held.instrument_token)
      .reduce((sum, { quantity }) => sum + quantity, 0);
  const traded = (broker: string): number =>
    place
      .events(`${broker}.orders.filled`)
      .filter(({ ts, data }) => ts > '2021-06-14' && data['instrument_token'] === held.instrument_token)
      .reduce((sum, { data }) => sum + (data['side'] === 'BUY' ? 1 : -1) * Number(data['quantity']), 0);
  const after = await place.state();
  assert.equal(units(after, 'zerodha'), 2 * units(before, 'zerodha') + traded('zerodha'));
  assert.equal(units(after, 'paper'), units(before, 'paper') + traded('paper'), 'another namespace is not concerned');
  await place.output('statement', 'gains', '--broker', 'zerodha');
  assert.equal((await place.run(['verify'])).code, 0);
});
