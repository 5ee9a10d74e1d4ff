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

test('a service asks each namespace for a share, and only there it is filled', { timeout: 60_000 }, async (t) => {
  const place = new Place(t, {
    API__PORT: '0',
    BROKERS__PAPER_TWO__KIND: 'paper',
    BROKERS__DESK_FOUR__KIND: 'zerodha',
  });
  const platform = place.program(['start'], { ACTIVE_BROKERS: JSON.stringify(BROKERS) });
  await platform.said('Application is now running.');

  for (const broker of BROKERS) {
    const service = place.program(['service', SERVICE], { ACTIVE_BROKERS: broker });
    assert.equal((await service.said('Filled'))['broker'], broker);
    const { code, stderr } = await service.stop('SIGINT');
    assert.equal(code, 0, stderr);
  }

  for (const broker of BROKERS) {
    const [fill, ...others] = place
      .events(`${broker}.orders.filled`)
      .filter(({ correlation_id }) => correlation_id === signalId(broker));
    assert.deepEqual([fill?.broker, fill?.data['strategy_id'], others.length], [broker, 'echo', 0]);
    const topics = topicsAbout(place, signalId(broker));
    assert.ok(
      topics.length > 1 && topics.every((topic) => topic.startsWith(`${broker}.`)),
      `${broker}: ${topics.join(', ')}`,
    );
  }
  assert.equal((await platform.stop('SIGINT')).code, 0);

  const { brokers } = await place.state();
  assert.deepEqual(Object.keys(brokers), BROKERS.toSorted());
  for (const broker of BROKERS) {
    const echo = brokers[broker]?.books.find(({ strategy_id }) => strategy_id === 'echo');
    assert.deepEqual(
      echo?.positions.map(({ quantity }) => quantity),
      [1],
      broker,
    );
  }
});

test('the second start of a service asks for nothing that the first one asked for', { timeout: 60_000 }, async (t) => {
  const place = new Place(t, { API__PORT: '0', ACTIVE_BROKERS: 'paper' });
  const platform = place.program(['start']);
  await platform.said('Application is now running.');
  for (let start = 0; start < 2; start++) {
    const service = place.program(['service', SERVICE]);
    if (start === 0) await service.said('Filled');
    else await service.said('Service echo_signal is running.');
    assert.equal((await service.stop('SIGTERM')).code, 0);
  }
  await platform.stop('SIGINT');
  assert.equal(place.events('paper.signals.raw').filter(({ id }) => id === signalId('paper')).length, 1);
  assert.equal(place.events('paper.orders.filled').filter(({ data }) => data['strategy_id'] === 'echo').length, 1);
});

/** Topics that hold anything that followed from a message. */
function topicsAbout(place: Place, id: string): readonly string[] {
  const topics = place.read((reader) => reader.topics().map(({ topic }) => topic));
  return topics.filter((topic) => place.values(topic).some((value) => value.includes(`"correlation_id":"${id}"`)));
}
