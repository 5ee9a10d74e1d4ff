// The default start over real sockets: ticks and orders of `zerodha` go through a Kite simulator whose book survives a kill,
// and nothing that runs paper alone opens a connection.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fillsOf, kiteBook, netOf } from './support/kite-book.ts';
import { connectionsOf, watched, type Connection } from './support/connections.ts';
import { Place } from './support/place.ts';
import { signalMessage } from './support/signals.ts';
import { lastWords, type Program } from './support/processes.ts';

const timeout = 60_000;
const LIVELY = { FEED__TICKS_PER_SECOND: '5' };

function filled(place: Place): number {
  return place.read((reader) => reader.topics().find(({ topic }) => topic === 'zerodha.orders.filled')?.end ?? 0);
}

async function trades(program: Program, place: Place, more: number): Promise<void> {
  const from = place.ticks() === 0 ? 0 : filled(place);
  await program.said('Application is now running.');
  await program.until('fills', () => (place.ticks() > 0 && filled(place) >= from + more ? true : undefined));
}

test(
  'the book of the simulator lies in DATA_DIR, survives kill -9, and says the same as the log',
  { timeout },
  async (t) => {
    const place = new Place(t, LIVELY);
    for (const more of [10, 4, 4]) {
      const program = place.program(['start']);
      await trades(program, place, more);
      program.kill('SIGKILL');
      await program.ended;
    }
    const last = place.program(['start']);
    await trades(last, place, 2);
    const ended = await last.stop('SIGINT');
    assert.equal(ended.code, 0, lastWords(ended));

    const [book, fills] = [kiteBook(place), fillsOf(place)];
    const byTrade = (list: readonly { readonly tradeId: string; readonly quantity: number }[]): readonly string[] =>
      list.map(({ tradeId, quantity }) => `${tradeId} ${quantity}`).toSorted();
    assert.deepEqual(byTrade(fills), byTrade(book.trades), 'every trade is booked once, and nothing else is');
    assert.deepEqual(netOf(fills), netOf(book.trades));
    const tags = book.orders.map(({ tag }) => tag);
    assert.equal(new Set(tags).size, tags.length, 'no order is there twice');
    assert.equal(tags.includes(null), false, 'every order is ours');

    const ticks = place.events('market.ticks');
    assert.ok(
      ticks.every(({ id }) => id.startsWith('kite-')),
      'ticks come over the ticker',
    );
    assert.equal(new Set(ticks.map(({ id }) => id)).size, ticks.length);
    const placed = place.events('zerodha.orders.submitted').filter(({ type }) => type === 'order_placed');
    const known = new Set(book.orders.map(({ orderId }) => orderId));
    assert.ok(placed.length > 0 && placed.every(({ data }) => known.has(String(data['broker_order_id']))));
    assert.match(await place.output('verify'), /equal/);
  },
);

async function connections(place: Place, args: readonly string[]): Promise<readonly Connection[]> {
  const program = place.program(args, watched(place));
  await program.said('Application is now running.');
  await program.until('ticks', () => (place.ticks() > 20 ? true : undefined));
  const ended = await program.stop('SIGINT');
  assert.equal(ended.code, 0, lastWords(ended));
  return connectionsOf(place);
}

test(
  'paper alone opens no connection to anywhere, and a rehearsal none that leaves the machine',
  { timeout },
  async (t) => {
    assert.deepEqual(await connections(new Place(t), ['start', '--brokers', 'paper']), []);
    const seen = await connections(new Place(t), ['start']);
    assert.deepEqual([...new Set(seen.map(({ address }) => address))], ['127.0.0.1']);
  },
);

/** A buy from outside that the market will not reach for a while. */
function farAway(place: Place): void {
  const { data = {} } = place.events('zerodha.orders.filled').at(-1) ?? {};
  const price = (Math.floor(Number(data['fill_price']) * 0.95 * 20) / 20).toFixed(2);
  const limited = { order_type: 'limit', limit_price: price, price };
  place.put(signalMessage('zerodha', {}, { instrument_token: data['instrument_token'], ...limited }));
}

test('orders at work stay with the one that has them', { timeout }, async (t) => {
  const place = new Place(t, LIVELY);
  const program = place.program(['start']);
  await trades(program, place, 1);
  farAway(place);
  await program.until('an order that rests', () =>
    place.events('zerodha.orders.submitted').some(({ data }) => data['strategy_id'] === 'mine') ? true : undefined,
  );
  const ended = await program.stop('SIGINT');
  assert.equal(ended.code, 0, lastWords(ended));
  const refused = await place.run(['start', '--speed', 'max']);
  assert.equal(refused.code, 2);
  assert.match(
    refused.stderr,
    /zerodha has \d+ orders at work at the Kite simulator, and by these settings the simulated exchange would answer it/,
  );
});
