// A live account as a user runs it, with a Kite simulator in the place of Kite: nothing is ordered before a person has armed
// it, nobody can arm it while something is missing, and a kill doubles nothing.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { fillsOf, netOf } from './support/kite-book.ts';
import { kiteAt, liveAt, signedIn, type Kite, type Truth } from './support/live-kite.ts';
import { signalMessage } from './support/signals.ts';
import { Place } from './support/place.ts';
import { lastWords, type Program } from './support/processes.ts';

const timeout = 120_000;

function accountAt(kite: Kite, userId = 'SIM001'): Readonly<Record<string, string>> {
  return {
    ...liveAt(kite),
    ZERODHA__MODE: 'live',
    ZERODHA__USER_ID: userId,
    ZERODHA__STARTING_CASH: '150000',
    ZERODHA__DEPLOYMENT: 'Q',
  };
}

async function arm(place: Place): Promise<void> {
  const armed = await place.run(['arm', 'zerodha', '--why', 'all is well', '--who', 'asha']);
  assert.equal(armed.code, 0, lastWords(armed));
}

function controls(place: Place): readonly string[] {
  const events = place.events('zerodha.control.changes').filter(({ type }) => type === 'control_changed');
  return events.map(({ data }) => `${String(data['action'])} by ${String(data['who'])}: ${String(data['why'])}`);
}

async function until(program: Program, place: Place, what: string, topic: string, count: number): Promise<void> {
  await program.until(what, () => {
    const found = place.read((reader) => reader.topics().find((range) => range.topic === topic)?.end ?? 0);
    return place.ticks() > 0 && found >= count ? true : undefined;
  });
}

/** Buys one of each of some instruments that have traded; the shipped strategies have said their part while disarmed. */
function buy(place: Place, from: number, count: number): void {
  const tokens = place.events('paper.orders.filled').map(({ data }) => Number(data['instrument_token']));
  const chosen = [...new Set(tokens)].slice(from, from + count);
  assert.equal(chosen.length, count, 'instruments that have traded');
  place.put(...chosen.map((token) => signalMessage('zerodha', {}, { instrument_token: token })));
}

/** A tag of ours that two orders carry, as a doubled order would. */
const TWIN = 'AQ000000000000000000';

/** An order from elsewhere that rests: for one more of what was bought, at a price that the market is far from. */
function belowOf(bought: Truth['orders'][number] | undefined): object {
  const { tradingsymbol = '', average_price: price = 0 } = bought ?? {};
  const terms = { exchange: 'NSE', transaction_type: 'BUY', order_type: 'LIMIT', product: 'CNC', validity: 'DAY' };
  return { ...terms, tradingsymbol, quantity: '1', price: (Math.floor(price * 0.95 * 20) / 20).toFixed(2), tag: TWIN };
}

const FILLS = 'zerodha.orders.filled';

test(
  'ZERODHA__DEPLOYMENT marks the orders of a live account, which a person arms and a kill does not double',
  { timeout },
  async (t) => {
    const kite = await kiteAt(t);
    const place = new Place(t, accountAt(kite));
    const program = place.program(['start'], {}, { lifeMsMax: timeout });
    await program.said('zerodha: live. Its orders go to the account SIM001');
    await program.said('Application is now running.');
    await arm(place);
    await program.said('Not armed: zerodha stays disarmed: nobody has signed in to Kite');

    await signedIn(place, await kite.requestToken());
    await until(program, place, 'signals that are refused', 'zerodha.signals.rejected', 1);
    await until(program, place, 'fills on paper', 'paper.orders.filled', 1);
    const refused = place
      .events('zerodha.signals.rejected')
      .map(({ data }) => JSON.stringify(data['rejection_reasons'] ?? data));
    assert.ok(
      refused.every((reasons) => reasons.includes('RISK_DISARMED')),
      refused[0],
    );
    assert.deepEqual((await kite.look<Truth>('/truth')).orders, [], 'nothing was ordered');

    await arm(place);
    await program.said('armed: zerodha');
    buy(place, 0, 5);
    await until(program, place, 'fills', FILLS, 3);
    program.kill('SIGKILL');
    await program.ended;
    const { orders } = await kite.look<Truth>('/truth');
    const again = place.program(['start'], {}, { lifeMsMax: timeout });
    await again.said('Application is now running.');
    await again.until('that it was disarmed', () =>
      controls(place).find((text) => text.startsWith('disarmed by start')),
    );
    const from = place.ticks();
    await again.until('ticks', () => (place.ticks() > from + 100 ? true : undefined));
    assert.equal((await kite.look<Truth>('/truth')).orders.length, orders.length, 'nothing is sent after a start');
    // The broker counts by the second, and what the killed process asked is counted too.
    await sleep(1_100);
    await arm(place);
    const fills = fillsOf(place).length;
    await again.said('armed: zerodha');
    buy(place, 5, 4);
    await until(again, place, 'more fills', FILLS, fills + 4);
    const watchedFrom = performance.now();
    const watching = place.program(['drop-copy', 'zerodha']);
    await again.until('the watch to have looked', () => (performance.now() > watchedFrom + 3_000 ? true : undefined));
    const [bought] = (await kite.look<Truth>('/truth')).orders;
    for (let k = 0; k < 2; k++) await kite.order('/orders', belowOf(bought));
    const watched = await watching.ended;
    assert.equal(watched.code, 1, lastWords(watched));
    assert.match(watched.stdout, /^zerodha is told to halt: two orders carry the tag AQ0{18}/);
    await again.until('the kill', () => controls(place).find((text) => text.startsWith('killed by drop-copy')));
    const ended = await again.stop('SIGINT');
    assert.equal(ended.code, 0, lastWords(ended));

    const truth = await kite.look<Truth>('/truth');
    const tags = truth.orders.map(({ tag }) => tag ?? '').filter((tag) => tag !== TWIN);
    assert.ok(
      tags.every((tag) => /^AQ.{18}$/.test(tag)),
      tags.join(),
    );
    assert.equal(new Set(tags).size, tags.length, 'no order is there twice');
    const byTrade = (list: readonly { readonly tradeId: string; readonly quantity: number }[]): readonly string[] =>
      list.map(({ tradeId, quantity }) => `${tradeId} ${quantity}`).toSorted();
    assert.deepEqual(byTrade(fillsOf(place)), byTrade(truth.trades));
    assert.deepEqual(netOf(fillsOf(place)), netOf(truth.trades));
    assert.match(await place.output('verify'), /equal/);

    const panicked = await place.run(['panic', 'zerodha']);
    assert.equal(panicked.code, 0, lastWords(panicked));
    assert.match(panicked.stdout, /^account SIM001$[^]*^orders that still work: 0$/m);
    assert.equal(panicked.stdout.split('\n').filter((line) => line.startsWith('position: NSE:')).length, 9);
    const mistyped = await place.run(['panic', 'zerodha', '--flatten', 'SIM002']);
    assert.deepEqual(
      [mistyped.code, /expected --flatten SIM001, .* nothing was done/.test(mistyped.stderr)],
      [1, true],
    );

    const rehearsal = await place.run(['start'], { ZERODHA__MODE: 'simulator' });
    assert.equal(rehearsal.code, 2);
    assert.match(rehearsal.stderr, /zerodha has been the account SIM001, and by these settings it is a rehearsal/);
  },
);

test('an account that the session is not of cannot be armed, and gets no order', { timeout }, async (t) => {
  const kite = await kiteAt(t);
  const place = new Place(t, accountAt(kite, 'ZZ9999'));
  await signedIn(place, await kite.requestToken());
  const program = place.program(['start', '--brokers', 'zerodha'], {}, { lifeMsMax: timeout });
  const failed = await program.said('Health check FAILED for zerodha authentication');
  assert.match(failed.event, /the session is of the account SIM001, and its orders belong to ZZ9999/);
  await until(program, place, 'ticks', 'market.ticks', 1);
  await arm(place);
  await program.said('Not armed: zerodha stays disarmed: the session is of the account SIM001');
  const doctor = await place.run(['doctor']);
  assert.equal(doctor.code, 1);
  assert.match(doctor.stdout, /^fail +account zerodha +the session is of SIM001, and the orders belong to ZZ9999/m);
  await until(program, place, 'signals that are refused', 'zerodha.signals.rejected', 3);
  assert.deepEqual((await kite.look<Truth>('/truth')).orders, []);
  const ended = await program.stop('SIGINT');
  assert.equal(ended.code, 0, lastWords(ended));
});
