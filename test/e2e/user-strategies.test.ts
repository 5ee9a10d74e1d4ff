// Strategies of the user's own that misbehave: one that throws, one that never comes back, one that is merely slow. Each
// costs the user that strategy at most, and never the platform.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Place, playing, type Event } from './support/place.ts';
import { syntheticTape, TRADED } from './support/synthetic-tape.ts';
import { userStrategies } from './support/user-strategies.ts';

const BROKERS = ['paper', 'zerodha'];
const GOOD = `if (state.ticks % 20 === 0) return { side: 'BUY', quantity: 1 };`;
const timeout = 60_000;

test('a strategy that throws is quarantined, and the others go on', { timeout }, async (t) => {
  const place = new Place(t);
  const faulty = `if (state.ticks === 50) throw new RangeError('no such thing');\n${GOOD}`;
  const env = { STRATEGIES_DIR: userStrategies(place.folder, { good: GOOD, faulty }) };
  const tape = syntheticTape(t, { rows: 400, symbols: TRADED });
  await place.play(tape, env);
  for (const broker of BROKERS) {
    const [change, ...others] = quarantines(place, broker);
    assert.equal(change?.data['subject'], 'faulty');
    assert.match(String(change?.data['why']), /no such thing/);
    assert.equal(others.length, 0);
    const fills = place.events(`${broker}.orders.filled`);
    const after = (strategyId: string): number => {
      return fills.filter(({ data, ts }) => data['strategy_id'] === strategyId && ts > (change?.ts ?? '')).length;
    };
    assert.ok(after('good') > 0 && after('sma_crossover') > 0, `${broker}: the others stopped trading`);
    assert.equal(signalsOf(place, broker, 'faulty').filter(({ ts }) => ts > (change?.ts ?? '')).length, 0);
    assert.ok(signalsOf(place, broker, 'faulty').length > 0);
  }
  const verified = await place.run(['verify'], env);
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
});

test(
  'a strategy without end is ended by the watchdog, and the next start completes without it',
  { timeout },
  async (t) => {
    const place = new Place(t, { STRATEGIES__HUNG_SECONDS: '1', STRATEGIES__SLOW_MS: '60000' });
    const endless = `while (state.ticks >= 50) state.ticks++;\n${GOOD}`;
    const env = { STRATEGIES_DIR: userStrategies(place.folder, { good: GOOD, endless }) };
    const tape = syntheticTape(t, { rows: 400, symbols: TRADED });
    const hung = await place.run(playing(tape), env);
    assert.notEqual(hung.code, 0, 'the endless strategy ended by itself');

    await place.play(tape, env);
    for (const broker of BROKERS) {
      assert.deepEqual(
        quarantines(place, broker).map(({ data }) => data['subject']),
        ['endless'],
        broker,
      );
      assert.equal(signalsOf(place, broker, 'endless').length, 0);
      assert.ok(signalsOf(place, broker, 'good').length > 20);
    }
    const verified = await place.run(['verify'], env);
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  },
);

test('a strategy that is slow at each tick, not endless, is left to finish a tape', { timeout }, async (t) => {
  const place = new Place(t, { STRATEGIES__HUNG_SECONDS: '1', ACTIVE_BROKERS: 'paper' });
  const slow = `for (let k = 0; k < 2_000_000; k++) state.ticks += k % 2 === 0 ? 1 : -1;\n${GOOD}`;
  const env = { STRATEGIES_DIR: userStrategies(place.folder, { slow }) };
  await place.play(syntheticTape(t, { rows: 400, symbols: TRADED }), env);
  assert.deepEqual(quarantines(place, 'paper'), []);
});

function quarantines(place: Place, broker: string): readonly Event[] {
  return place.events(`${broker}.control.changes`).filter(({ data }) => data['action'] === 'strategy_quarantined');
}

function signalsOf(place: Place, broker: string, strategyId: string): readonly Event[] {
  return place.events(`${broker}.signals.raw`).filter(({ data }) => data['strategy_id'] === strategyId);
}
