// The consumer groups that the brokers keep: which ones there are, and how those that nobody uses any more go away.
import { type Admin } from '@platformatic/kafka';
import { LogError } from '#ports/event-log.ts';
import { type KafkaConnection } from './settings.ts';
import { withAdmin } from './topics.ts';

export interface ConsumerGroup {
  readonly group: string;
  /** `EMPTY` when nobody reads under it now. */
  readonly state: string;
  /** The topics that it has read. */
  readonly topics: readonly string[];
}

/** Every consumer group of the brokers, by name. Throws `LogError`. */
export async function listGroups(connection: KafkaConnection): Promise<readonly ConsumerGroup[]> {
  return withAdmin(connection, 'list the consumer groups', async (admin) => {
    const found = [...(await admin.listGroups()).values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
    if (found.length === 0) return [];
    const offsets = await admin.listConsumerGroupOffsets({ groups: found.map(({ id }) => id) });
    const topics = new Map(
      offsets.map(({ groupId, topics: read }) => [groupId, read.map(({ name }) => name).toSorted()]),
    );
    return found.map(({ id, state }) => ({ group: id, state: state.toUpperCase(), topics: topics.get(id) ?? [] }));
  });
}

/** Deletes groups with what they have read. Refuses all of them when one is not there or is read under now. */
export async function deleteGroups(connection: KafkaConnection, names: readonly string[]): Promise<void> {
  await withAdmin(connection, `delete the groups ${names.join(', ')}`, async (admin) => {
    const states = await statesOf(admin);
    for (const name of names) {
      const state = states.get(name);
      if (state === undefined)
        throw refusal(name, 'there is none of that name', 'alpha-panda topics groups list shows them');
      if (state !== 'EMPTY' && state !== 'DEAD') {
        throw refusal(name, `somebody reads under it now (${state})`, 'stop that program first');
      }
    }
    await admin.deleteGroups({ groups: [...names] });
  });
}

async function statesOf(admin: Admin): Promise<ReadonlyMap<string, string>> {
  return new Map([...(await admin.listGroups()).values()].map(({ id, state }) => [id, state.toUpperCase()]));
}

function refusal(name: string, found: string, remedy: string): LogError {
  return new LogError('NOT_ALLOWED', `The group ${name} cannot be deleted: ${found}; ${remedy}. Nothing was deleted.`);
}
