import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#adapters/clock/system-clock.ts';
import { type Logger, silentLogger } from '#ports/telemetry.ts';
import { GroupPlaces } from './group-places.ts';

function world() {
  const committed: string[] = [];
  const state = { offsets: [3, 0], isAway: false, rounds: 0, warnings: 0 };
  const over = new AbortController();
  const log = {
    commit: async (group: string, topic: string, offset: number, partition = 0): Promise<void> => {
      if (state.isAway) throw new Error('the log is away');
      committed.push(`${group} ${topic}/${partition} ${offset}`);
    },
  };
  const logger: Logger = { ...silentLogger, warning: () => state.warnings++ };
  const clock = {
    ...systemClock(),
    sleep: async (): Promise<void> => {
      if (++state.rounds > 4) over.abort();
      state.isAway = state.rounds === 2 || state.rounds === 3;
    },
  };
  const places = new GroupPlaces({
    log,
    clock,
    logger,
    groupsOf: (topic) => (topic === 'a' ? ['us.one', 'us.two'] : []),
    places: async () => [
      ...state.offsets.map((offset, partition) => ({ topic: 'a', partition, offset })),
      { topic: 'nobody reads it', partition: 0, offset: 9 },
    ],
  });
  return { places, committed, state, over };
}

test('each group of a topic is told of, and again only where it has come further', async () => {
  const { places, committed, state } = world();
  await places.tell();
  assert.deepEqual(committed.splice(0), ['us.one a/0 3', 'us.two a/0 3', 'us.one a/1 0', 'us.two a/1 0']);
  await places.tell();
  assert.deepEqual(committed, []);
  state.offsets[1] = 5;
  await places.tell();
  assert.deepEqual(committed, ['us.one a/1 5', 'us.two a/1 5']);
});

test('a log that is away is told later, and says so once', async () => {
  const { places, committed, state, over } = world();
  await places.run(over.signal);
  assert.equal(state.warnings, 0, 'nothing had changed while it was away');
  assert.equal(committed.length, 4);
  const again = world();
  again.state.offsets = [3];
  again.state.rounds = 1;
  await again.places.run(again.over.signal);
  assert.deepEqual([again.state.warnings, again.committed], [1, ['us.one a/0 3', 'us.two a/0 3']]);
});
