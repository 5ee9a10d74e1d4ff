// A user's own service beside the platform, for every active broker: what it asks for in one namespace is filled there,
// and leaves no trace in any other. The third and the fourth namespace are configuration alone.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Place } from './support/place.ts';
import { PROJECT } from './support/processes.ts';

const BROKERS = ['paper', 'zerodha', 'paper_two', 'desk_four'];
const SERVICE = join(PROJECT, 'examples', 'services', 'echo-signal.ts');
/** What the service names its signal. */
const signalId = (broker: string): string => `echo-1.${broker}`;

test('a service asks each namespace for a share, and only there it is filled, once', { timeout: 60_000 }, async (t) => {
  const place = new Place(t, {
    API__PORT: '0',
    BROKERS__PAPER_TWO__KIND: 'paper',
    BROKERS__DESK_FOUR__KIND: 'zerodha',
  });
  const platform = place.program(['start'], { ACTIVE_BROKERS: JSON.stringify(BROKERS) });
  // A market order needs a price to be judged by: each of the fifty instruments has one by now.
  await platform.until('prices', () => (place.ticks() > 60 ? true : undefined));

  for (const broker of BROKERS) {
    const service = place.program(['service', SERVICE], { ACTIVE_BROKERS: broker });
    assert.equal((await service.said('Filled'))['broker'], broker);
    const { code, stderr } = await service.stop('SIGINT');
    assert.equal(code, 0, stderr);
  }
  const again = place.program(['service', SERVICE]);
  await again.said('Service echo_signal is running.');
  assert.equal((await again.stop('SIGTERM')).code, 0);
  assert.equal((await platform.stop('SIGINT')).code, 0);

  const { brokers } = await place.state();
  assert.deepEqual(Object.keys(brokers), BROKERS.toSorted());
  for (const broker of BROKERS) {
    const topics = topicsAbout(place, signalId(broker));
    assert.ok(
      topics.every((topic) => topic.startsWith(`${broker}.`)),
      `${broker}: ${topics.join(', ')}`,
    );
    assert.ok(topics.includes(`${broker}.orders.filled`));
    assert.equal(place.events(`${broker}.signals.raw`).filter(({ id }) => id === signalId(broker)).length, 1);
    const echo = brokers[broker]?.books.find(({ strategy_id }) => strategy_id === 'echo');
    assert.deepEqual(
      echo?.positions.map(({ quantity }) => quantity),
      [1],
      broker,
    );
  }
});

/** Topics that hold anything that followed from a message. */
function topicsAbout(place: Place, id: string): readonly string[] {
  const topics = place.read((reader) => reader.topics().map(({ topic }) => topic));
  return topics.filter((topic) => place.values(topic).some((value) => value.includes(`"correlation_id":"${id}"`)));
}
