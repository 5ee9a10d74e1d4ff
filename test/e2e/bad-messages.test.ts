// What strangers write onto the log: each message is refused under a code and kept, whole, and the platform goes on as if
// it had never come. Only a message of another namespace stops anything, and only where it arrived.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NewMessage } from '#ports/event-log.ts';
import { Place, type Event } from './support/place.ts';
import { logLines } from './support/processes.ts';
import { signalMessage } from './support/signals.ts';
import { syntheticTape, TRADED } from './support/synthetic-tape.ts';

const timeout = 60_000;

/** Bad messages to paper.signals.raw, by the code under which each ends in the dead-letter topic. */
const DEAD: readonly (readonly [code: string, what: string, NewMessage])[] = [
  ['MALFORMED_JSON', 'malformed JSON', raw('{"type":"trading_signal",')],
  ['MALFORMED_JSON', 'no JSON at all', raw('BUY 100 RELIANCE')],
  ['NO_ENVELOPE', 'a list', raw('[]')],
  ['FUTURE_VERSION', 'a future schema version', signalMessage('paper', { version: 99 })],
  ['WRONG_TYPE', 'a type that the topic does not carry', signalMessage('paper', { type: 'order_filled' })],
  ['INVALID_DATA', 'quantity zero', signalMessage('paper', {}, { quantity: 0 })],
  ['INVALID_DATA', 'a negative quantity', signalMessage('paper', {}, { quantity: -5 })],
  ['INVALID_DATA', 'a fraction of a share', signalMessage('paper', {}, { quantity: 1.5 })],
  ['INVALID_DATA', 'a quantity beyond whole numbers', signalMessage('paper', {}, { quantity: 1e20 })],
  ['INVALID_DATA', 'no side', signalMessage('paper', {}, { signal_type: undefined })],
];

/** Readable signals that the risk gate refuses, by their code. */
const REJECTED: readonly (readonly [code: string, what: string, NewMessage])[] = [
  ['RISK_MAX_QUANTITY', 'a huge quantity', signalMessage('paper', { id: 'huge' }, { quantity: 9_000_000_000 })],
  ['RISK_PRICE_OFF_TICK', 'a price off the tick', signalMessage('paper', { id: 'off-tick' }, limitAt('1000.03'))],
  ['UNKNOWN_INSTRUMENT', 'an unknown instrument', signalMessage('paper', { id: 'who' }, { instrument_token: 1 })],
];

test(
  'bad messages are dead-lettered or rejected under their codes, and everything else trades on',
  { timeout },
  async (t) => {
    const tape = syntheticTape(t, { rows: 400, symbols: TRADED });
    const place = new Place(t);
    const elsewhere = [topicless('paper.orders.lost'), topicless('market.ticks')];
    place.put(...DEAD.map(([, , message]) => message), ...REJECTED.map(([, , message]) => message), ...elsewhere);
    const { stderr } = await place.play(tape);
    const counted = logLines(stderr.split('\n')).find(({ event }) => event.startsWith('Feed finished:'));
    assert.equal(counted?.['dead_lettered'], DEAD.length + elsewhere.length);

    const letters = place.events('paper.signals.raw.dlq').map(letterOf);
    const expected = DEAD.map(([code, , { value }]) => ({ code, value }));
    assert.deepEqual(
      letters.map(({ code, value }) => ({ code, value })),
      expected,
    );
    for (const { message } of letters) assert.match(message, /expected|found/);
    const raws = place.values('paper.signals.raw');
    for (const [, what, { value }] of DEAD) assert.ok(raws.includes(value), `${what} is kept on its topic, too`);
    assert.deepEqual(
      place.events('system.dlq').map((letter) => letterOf(letter).code),
      ['UNKNOWN_TOPIC', 'UNKNOWN_TOPIC'],
    );

    for (const [code, what, { value }] of REJECTED) {
      const { id } = JSON.parse(value) as { id: string };
      const rejected = place.events('paper.signals.rejected').find(({ correlation_id }) => correlation_id === id);
      assert.ok(rejected !== undefined && codesOf(rejected).includes(code), `${what}: ${JSON.stringify(rejected)}`);
    }

    const clean = new Place(t);
    await clean.play(tape);
    for (const topic of ['zerodha.orders.filled', 'paper.orders.filled']) {
      assert.deepEqual(place.values(topic), clean.values(topic), topic);
    }
    assert.equal((await place.run(['verify'])).code, 0);
  },
);

test('a message of another namespace halts the one whose topic it came under, and no other', { timeout }, async (t) => {
  const tape = syntheticTape(t, { rows: 400, symbols: TRADED });
  const place = new Place(t);
  place.put({ ...signalMessage('zerodha'), topic: 'paper.signals.raw' });
  await place.play(tape);
  assert.deepEqual(
    place.events('paper.signals.raw.dlq').map((letter) => letterOf(letter).code),
    ['BROKER_MISMATCH'],
  );
  const [halt, ...others] = place.events('paper.control.changes');
  assert.deepEqual([halt?.data['action'], halt?.data['subject'], others.length], ['namespace_halted', 'paper', 0]);
  assert.deepEqual(place.events('paper.orders.submitted'), []);
  const rejected = place.events('paper.signals.rejected');
  assert.ok(rejected.length > 0 && rejected.every((event) => codesOf(event).includes('NAMESPACE_HALTED')));
  assert.deepEqual(place.events('zerodha.control.changes'), []);
  assert.ok(place.events('zerodha.orders.filled').length > 10);

  await place.play(syntheticTape(t, { rows: 400, symbols: TRADED, day: '2021-06-14' }));
  assert.deepEqual(place.events('paper.orders.submitted'), [], 'a new start does not lift the halt');
});

test("a stranger's text on a dead-letter topic does no harm", { timeout }, async (t) => {
  const place = new Place(t);
  const onto = (topic: string): NewMessage[] => [{ ...raw('{"broken'), topic }, topicless(topic)];
  place.put(...['paper.signals.raw.dlq', 'paper.control.changes.dlq', 'paper.pnl.snapshots.dlq'].flatMap(onto));
  await place.play(syntheticTape(t, { rows: 30, symbols: TRADED }));
  for (const command of [['verify'], ['strategies', 'list'], ['portfolio']]) await place.output(...command);
});

test(
  'what comes while the platform runs is refused the same way, and the next good signal is filled',
  { timeout },
  async (t) => {
    const place = new Place(t, { API__PORT: '0', ACTIVE_BROKERS: 'paper' });
    const platform = place.program(['start']);
    await platform.said('Application is now running.');
    // A market order needs a price to be judged by: each of the fifty instruments has one by now.
    await platform.until('prices', () => (place.ticks() > 60 ? true : undefined));
    place.put(...DEAD.map(([, , message]) => message), signalMessage('paper', { id: 'good' }));
    await platform.until('a fill', () => {
      return place.events('paper.orders.filled').find(({ correlation_id }) => correlation_id === 'good');
    });
    assert.equal(place.events('paper.signals.raw.dlq').length, DEAD.length);
    assert.equal((await platform.stop('SIGINT')).code, 0);
  },
);

interface Letter {
  readonly code: string;
  readonly message: string;
  readonly value: string;
}

function letterOf({ data }: Event): Letter {
  const { failure_info, original_message } = data as {
    failure_info: { error_class: string; error_message: string; attempts: number };
    original_message: { value: string };
  };
  assert.equal(failure_info.attempts, 1);
  return { code: failure_info.error_class, message: failure_info.error_message, value: original_message.value };
}

/** Why the risk gate refused a signal. */
function codesOf({ data }: Event): readonly string[] {
  return (data as { reasons: readonly { code: string }[] }).reasons.map(({ code }) => code);
}

function raw(value: string): NewMessage {
  return { topic: 'paper.signals.raw', id: undefined, key: '', value };
}

function topicless(topic: string): NewMessage {
  return { ...signalMessage('paper'), topic };
}

function limitAt(price: string): object {
  return { order_type: 'limit', limit_price: price, price };
}
