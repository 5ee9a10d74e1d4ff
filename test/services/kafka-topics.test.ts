// Creating the platform's topics on a real broker.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { bootstrapTopics, missingTopics, planTopics } from '#adapters/kafka/topics.ts';
import { type BrokerId } from '#core/ids.ts';
import { kafkaPlace, settingsFor, skipped } from './kafka-place.ts';

describe('creating topics', { skip: skipped }, () => {
  it('creates what is missing, once, and tells what differs without changing it', async (t) => {
    const { admin } = kafkaPlace(t);
    const settings = settingsFor();
    // A broker of its own, so that the test may run again on the same servers.
    const id = `b${randomBytes(4).toString('hex')}` as BrokerId;
    const plan = planTopics([{ id, live: false }]).filter(({ topic }) => topic.startsWith(`${id}.`));
    const [changed, short] = [`${id}.orders.filled`, `${id}.signals.raw`];
    await admin.createTopics({
      topics: [changed],
      partitions: 2,
      replicas: 1,
      configs: [{ name: 'retention.ms', value: '604800000' }],
    });
    await admin.createTopics({
      topics: [short],
      partitions: 6,
      replicas: 1,
      configs: [{ name: 'retention.ms', value: '1000' }],
    });
    const names = plan.map(({ topic }) => topic);
    const missing = names.filter((topic) => topic !== changed && topic !== short);
    assert.deepEqual(await missingTopics(settings, plan), missing);
    const expected = [
      { topic: short, what: 'retention.ms', planned: 86_400_000, found: 1000 },
      { topic: changed, what: 'partitions', planned: 3, found: 2 },
    ];
    assert.deepEqual(await bootstrapTopics(settings, plan), { created: missing, differences: expected });
    assert.deepEqual(await missingTopics(settings, plan), []);
    assert.deepEqual(await bootstrapTopics(settings, plan), { created: [], differences: expected });
    const [described] = await admin.describeConfigs({
      resources: [{ resourceType: 2, resourceName: `${id}.control.changes` }],
    });
    const config = new Map(described?.configs.map(({ name, value }) => [name, value]));
    assert.equal(config.get('retention.ms'), `${30 * 86_400_000}`);
    assert.equal(config.get('message.timestamp.type'), 'LogAppendTime');
  });
});
